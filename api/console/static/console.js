// What makes the console quicker for those who have JavaScript; every page works without it.
"use strict";

// -- keys: an element with data-key="s" is pressed or focused by that key; `?` opens the list of them ---------------------

function typing(target) {
  return target instanceof HTMLElement && target.type !== "checkbox" && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
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

// -- x chooses the row that has the focus, to be decided with others; one link chooses all of the page ---------------------

document.addEventListener("keydown", (event) => {
  if (event.key !== "x" || typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = document.activeElement && document.activeElement.closest("tr");
  const box = row && row.querySelector(".choose input");
  if (box) { event.preventDefault(); box.click(); }
});

document.addEventListener("click", (event) => {
  const all = event.target instanceof Element ? event.target.closest("[data-choose-all]") : null;
  if (!all) return;
  event.preventDefault();
  const boxes = [...all.closest("table").querySelectorAll(".choose input")];
  const on = boxes.some((box) => !box.checked);
  boxes.forEach((box) => { box.checked = on; });
});

// -- the search box answers as one types; arrows walk through what it found ----------------------------------------------

(() => {
  const place = document.querySelector(".find .answers");
  if (!place) return;
  const form = place.closest("form"), box = form.querySelector("input");
  let waiting, asking;
  const hide = () => { clearTimeout(waiting); if (asking) asking.abort(); place.hidden = true; };
  const ask = async () => {
    if (asking) asking.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(`${place.dataset.ask}?q=${encodeURIComponent(box.value)}`, { signal: asking.signal });
      if (!answer.ok || answer.redirected) return;
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      place.replaceChildren(...found.body.childNodes);
      place.hidden = false;
    } catch (error) { if (error.name !== "AbortError") hide(); }
  };
  box.addEventListener("input", (event) => {
    clearTimeout(waiting);
    if (box.value.trim().length < 2) hide(); else if (!event.isComposing) waiting = setTimeout(ask, 180);
  });
  box.addEventListener("compositionend", () => { if (box.value.trim().length > 1) waiting = setTimeout(ask, 180); });
  form.addEventListener("submit", hide);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { hide(); return; }
    if (!/^Arrow(Down|Up)$/.test(event.key) || place.hidden) return;
    event.preventDefault();
    const stops = [box, ...place.querySelectorAll("a")];
    const at = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    stops[Math.max(0, Math.min(at, stops.length - 1))].focus();
  });
  document.addEventListener("click", (event) => { if (!form.contains(event.target)) hide(); });
  document.addEventListener("focusin", (event) => { if (!form.contains(event.target)) hide(); });
})();

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

// -- the next task is loaded while one looks at this one; an answer shows it at once -------------------------------------
// The server says whether what was loaded still holds: that the task is open, and no customer on it was touched.

(() => {
  let ready = null; // { url, main, pins }, or null while nothing is loaded

  const decision = () => document.querySelector("form.decide");

  const load = async () => {
    ready = null;
    const form = decision(), url = form && form.elements.then.value;
    if (!url || !/^\/console\/tasks\/[0-9]+/.test(url)) return;
    try {
      const answer = await fetch(url);
      if (!answer.ok || answer.redirected || decision() !== form) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const main = page.querySelector("main"), next = main.querySelector("form.decide");
      const here = location.pathname.split(":")[0];
      if (!next || new URL(next.elements.then.value, location.href).pathname === here) return;
      ready = { url, main, title: page.title, pins: main.querySelector("[data-pins]").dataset.pins };
    } catch (error) { /* without it the page is loaded when it is needed */ }
  };

  const show = (main, title, url) => {
    document.querySelector("main").replaceWith(main);
    document.title = title;
    if (url) history.pushState({ console: true }, "", url);
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
    load();
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented || form !== decision() || !event.submitter) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    const waiting = ready;
    if (waiting) { body.set("ready", waiting.url); body.set("ready_pins", waiting.pins); }
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const main = page.querySelector("main");
      if (waiting && answer.headers.get("X-Console-Ready") === "1") {
        waiting.main.prepend(...main.childNodes);
        show(waiting.main, waiting.title, waiting.url);
      } else if (answer.redirected && !new URL(answer.url).pathname.startsWith("/console/tasks")) {
        location.assign(answer.url);
      } else { show(main, page.title, answer.redirected ? answer.url : null); }
    } catch (error) { // the line was cut: as without JavaScript, and what was typed stays
      delete form.dataset.sent;
      const verdict = document.createElement("input");
      Object.assign(verdict, { type: "hidden", name: "verdict", value: event.submitter.value });
      form.append(verdict);
      form.submit();
    }
  });

  addEventListener("popstate", () => location.reload());
  load();
})();
