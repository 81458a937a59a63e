// A dialog made for one purpose: shown, and gone from the page when it closes; focus goes back where it was.

import { $, el, icon } from "./dom.js";

// `parts` go between the title and the buttons.
export function openSheet({ testid, title, parts, buttons, className = "" }) {
  const heading = el("h2", { id: `${testid}-title` }, title);
  const close = el("button", { type: "button", class: "tool close", "aria-label": "关闭", onclick: () => dialog.close() }, icon("close"));
  const trouble = el("p", { class: "trouble", role: "alert", hidden: true });
  const body = el("form", { class: "sheet-body", novalidate: true }, ...parts, trouble, el("div", { class: "presses" }, ...buttons));
  const dialog = el("dialog", { class: `sheet ${className}`, "data-testid": testid, "aria-labelledby": heading.id }, el("header", {}, heading, close), body);
  dialog.addEventListener("close", () => dialog.remove());
  $("main").append(dialog);
  dialog.showModal();
  const say = (words) => {
    trouble.textContent = words;
    trouble.hidden = !words;
  };
  return { dialog, body, say, close: () => dialog.close() };
}

// Runs what a form's button stands for, once at a time.
export function whenSent({ body, say }, act) {
  let isBusy = false;
  body.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    say("");
    body.setAttribute("aria-busy", "true");
    try {
      await act();
    } finally {
      isBusy = false;
      body.setAttribute("aria-busy", "false");
    }
  });
}
