// Single-key shortcuts: never while somebody types, and they can be turned off (WCAG 2.1.4).

import { write } from "./composer.js";
import { $, isTyping } from "./dom.js";
import { chooseTab } from "./list.js";
import { step } from "./rows.js";

const KEPT = "desk.keys";
const press = (selector) => document.querySelector(selector)?.click();
const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => $("search").focus(),
  1: () => chooseTab("waiting"),
  2: () => chooseTab("mine"),
  3: () => chooseTab("all"),
  4: () => chooseTab("closed"),
  c: () => press("[data-testid=claim]"),
  r: () => write("answer"),
  n: () => write("note"),
  t: () => press("[data-testid=hand-to]"),
  b: () => press("[data-testid=give-back]"),
  f: () => press("#file-open"),
  "?": () => $("help").showModal(),
};
const ON_LIST = new Set(["j", "k", "/", "1", "2", "3", "4"]);

// `back()` goes one pane back on a phone; `toList()` shows the list there.
export function prepareKeys(back, toList) {
  $("help-open").addEventListener("click", () => $("help").showModal());
  $("keys-on").checked = isOn();
  $("keys-on").addEventListener("change", (event) => keep(event.target.checked));
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]") || event.isComposing) return;
    if (event.key === "Escape") return leave(event, back);
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !isOn()) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    if (ON_LIST.has(event.key)) toList();
    act();
  });
}

function leave(event, back) {
  if (isTyping(event.target)) {
    const isSearch = event.target === $("search");
    if (isSearch && event.target.value) return;
    event.target.blur();
    if (isSearch) step(0) || $("rows-panel").focus();
    else $("scroll").focus({ preventScroll: true });
    return;
  }
  back();
}

function isOn() {
  try {
    return localStorage.getItem(KEPT) !== "0";
  } catch {
    return true;
  }
}

function keep(isWanted) {
  try {
    localStorage.setItem(KEPT, isWanted ? "1" : "0");
  } catch {
    // storage is off: the choice lasts as long as the page
  }
}
