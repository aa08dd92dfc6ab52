// Keeps the developer's inbox fresh. What messages say is written as text, never as markup.
"use strict";

const PERIOD = 2000;
const list = document.getElementById("messages");
const empty = document.getElementById("empty");
const live = document.getElementById("live");
const blank = document.getElementById("blank").content.firstElementChild;
let seen = null;

function card(message) {
  const node = blank.cloneNode(true);
  const part = (name) => node.querySelector(`[data-part="${name}"]`);
  node.dataset.id = message.id;
  for (const name of ["channel", "to", "body", "template", "locale", "from", "project"]) {
    part(name).textContent = message[name];
  }
  const time = part("time");
  const at = new Date(message.createdAt);
  const today = at.toDateString() === new Date().toDateString();
  time.dateTime = message.createdAt;
  time.title = message.createdAt;
  time.textContent = today ? at.toLocaleTimeString() : at.toLocaleString();
  if (message.subject) {
    part("subject").textContent = message.subject;
    part("subject").hidden = false;
  }
  if (message.code) {
    part("code").textContent = message.code;
    part("code-row").hidden = false;
  }
  if (message.link) {
    part("link").textContent = message.link;
    if (/^https?:\/\//.test(message.link)) part("link").href = message.link;
    part("link-row").hidden = false;
  }
  node.querySelector("button.copy").hidden = false;
  return node;
}

function show(messages) {
  const ids = new Set(messages.map((message) => message.id));
  // Only what changed is touched, so that a selection in an older message survives.
  for (const node of [...list.children]) {
    if (!ids.has(node.dataset.id) || seen === null) node.remove();
  }
  const here = new Set([...list.children].map((node) => node.dataset.id));
  for (const message of messages.filter((message) => !here.has(message.id)).reverse()) {
    const node = card(message);
    if (seen !== null && !seen.has(message.id)) node.classList.add("fresh");
    list.prepend(node);
  }
  empty.hidden = messages.length > 0;
  seen = ids;
}

function say(text, ok) {
  if (live.textContent !== text) live.textContent = text;
  live.classList.toggle("on", ok);
  live.classList.toggle("off", !ok);
}

async function refresh() {
  try {
    const answer = await fetch("/dev/inbox?limit=50", { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(answer.statusText);
    show(await answer.json());
    say("Live", true);
  } catch {
    say("The server does not answer. Trying again …", false);
  }
}

async function loop() {
  if (!document.hidden) await refresh();
  setTimeout(loop, PERIOD);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});
loop();
