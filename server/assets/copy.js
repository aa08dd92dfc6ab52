// Buttons that copy: the text of the element named in data-copy, or of the <strong> beside the button.
"use strict";

for (const button of document.querySelectorAll("button.copy")) button.hidden = false;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const source = button.dataset.copy
    ? document.getElementById(button.dataset.copy)
    : button.parentElement.querySelector("strong");
  if (!source) return;
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = "Copied";
  } catch {
    // No clipboard on plain http: select the text, so that one key copies it.
    getSelection().selectAllChildren(source);
    button.textContent = "Selected";
  }
  button.disabled = true;
  setTimeout(() => {
    button.textContent = label;
    button.disabled = false;
  }, 1200);
});
