// The API page: a filter for the list of operations, and a mark on the one that is being read.
"use strict";

const nav = document.getElementById("docs-nav");
const filter = document.getElementById("docs-filter");
const links = [...nav.querySelectorAll("li a")];

filter.hidden = false;
filter.addEventListener("input", () => {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const link of links) {
    const text = link.textContent.toLowerCase();
    link.parentElement.hidden = !words.every((word) => text.includes(word));
  }
  for (const list of nav.querySelectorAll("ul")) {
    const none = !list.querySelector("li:not([hidden])");
    list.hidden = none;
    list.previousElementSibling.hidden = none;
  }
});

const byId = new Map(links.map((link) => [link.hash.slice(1), link]));
let here = null;
const watcher = new IntersectionObserver(
  (entries) => {
    const entry = entries.find((entry) => entry.isIntersecting);
    const link = entry && byId.get(entry.target.id);
    if (!link || link === here) return;
    here?.classList.remove("here");
    here?.removeAttribute("aria-current");
    link.classList.add("here");
    link.setAttribute("aria-current", "true");
    here = link;
    const box = nav.getBoundingClientRect();
    const at = link.getBoundingClientRect();
    if (at.top < box.top + 40 || at.bottom > box.bottom - 40) nav.scrollBy(0, at.top - box.top - box.height / 2);
  },
  { rootMargin: "-80px 0px -70% 0px" },
);
for (const id of byId.keys()) {
  const target = document.getElementById(id);
  if (target) watcher.observe(target);
}
