// What makes the console quicker for those who have JavaScript; every page works without it.
"use strict";

// -- keys: an element with data-key="s" is pressed or focused by that key; `?` opens the list of them ---------------------

function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "?") {
    const keys = document.getElementById("keys");
    if (keys) { event.preventDefault(); keys.showModal(); }
    return;
  }
  const found = [...document.querySelectorAll("[data-key]")].find(
    (each) => each.dataset.key === event.key && !each.disabled && each.checkVisibility());
  if (!found) return;
  event.preventDefault();
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(found.tagName)) { found.focus(); if (found.select) found.select(); } else { found.click(); }
});

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const open = target && target.closest("[data-dialog]");
  if (open) { event.preventDefault(); document.getElementById(open.dataset.dialog).showModal(); }
  document.querySelectorAll("details.menu[open]").forEach((menu) => { if (!menu.contains(target)) menu.open = false; });
});

// -- j and k walk through the rows of a list; Enter opens --------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || !/^[jk]$/.test(event.key)) return;
  const links = [...document.querySelectorAll("[data-row]")];
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  const next = event.key === "j" ? Math.min(at + 1, links.length - 1) : Math.max(at - 1, 0);
  links[next].focus();
  links[next].scrollIntoView({ block: "nearest" });
});

// -- filters ask at once ------------------------------------------------------------------------------------------------

document.addEventListener("change", (event) => {
  const form = event.target instanceof Element ? event.target.closest("form[data-at-once]") : null;
  if (form) form.requestSubmit();
});

// -- a form is sent once ------------------------------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  setTimeout(() => { delete form.dataset.sent; }, 5000);
});
