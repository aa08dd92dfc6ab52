// The login box works without this. It keeps people from sending twice, counts down to another code, and takes the code
// from the message where the browser can (WebOTP).
"use strict";

// What answered a POST can be reloaded without sending the form again: a phone does that when it comes back to a tab.
// Pages that only answer forms are left for the one that shows what comes next.
history.replaceState(null, "", location.pathname.endsWith("/code") ? "/login" : location.href);

const buttons = [...document.querySelectorAll("form button")];

document.addEventListener("submit", (event) => {
  const button = event.submitter ?? event.target.querySelector("button");
  // After the form has been read: a disabled button must not change what is sent.
  setTimeout(() => {
    for (const each of buttons) each.disabled = true;
    if (button?.dataset.busy) {
      button.dataset.label = button.textContent;
      button.textContent = button.dataset.busy;
    }
  });
});

// A page that comes back from the browser's memory is used again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of buttons) {
    button.disabled = false;
    if (button.dataset.label) button.textContent = button.dataset.label;
  }
});

for (const button of document.querySelectorAll("button[data-wait]")) {
  const label = button.textContent;
  const until = Date.now() + Number(button.dataset.wait) * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) {
      button.disabled = false;
      button.textContent = label;
      return;
    }
    button.disabled = true;
    button.textContent = `${label} (${left} s)`;
    setTimeout(tick, 250);
  };
  tick();
}

const form = document.getElementById("code-form");
if (form && "OTPCredential" in window) {
  const stop = new AbortController();
  form.addEventListener("submit", () => stop.abort());
  navigator.credentials
    .get({ otp: { transport: ["sms"] }, signal: stop.signal })
    .then((credential) => {
      if (!credential?.code) return;
      form.elements.code.value = credential.code;
      form.requestSubmit();
    })
    .catch(() => {
      // Refused, or nothing came: the code is typed then.
    });
}
