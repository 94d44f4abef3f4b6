// What the pages do with a script; each of them works without.
"use strict";
document.documentElement.classList.add("scripted");

function showCopyButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.previousElementSibling.textContent);
  button.textContent = "Copied";
});

document.addEventListener("keydown", (event) => {
  const press = (id) => {
    const element = document.getElementById(id);
    if (element) {
      event.preventDefault();
      element.focus();
      if (id !== "find") element.click();
    }
  };
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key === "k") press("find");
  else if (control && event.key === "Enter") press("generate");
  else if (control && event.key === " ") press("explore");
  else if (control && event.key === "b") press("share");
  else if (event.key === "Escape") press("back");
});

document.addEventListener("htmx:after:swap", showCopyButtons);
document.addEventListener("DOMContentLoaded", showCopyButtons);
showCopyButtons();
