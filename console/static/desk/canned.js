// Canned answers: "/" and some letters open a list above the box; its variables are filled by the server.

import { get } from "./api.js";
import { $, el } from "./dom.js";

const KEPT_MS = 30000;
const box = $("canned");
let words = null;
let idOf = () => "";
let changed = () => {};
let answers = [];
let asked = { id: "", at: 0 };
let found = [];
let at = 0;

export const isChoosing = () => box && !box.hidden && found.length > 0;

export function prepareCanned(currentId, area, keep) {
  [idOf, words, changed] = [currentId, area, keep];
  words.addEventListener("input", look);
  words.addEventListener("keydown", keys);
  words.addEventListener("blur", () => setTimeout(() => document.activeElement !== words && close(), 150));
  $("canned-open").addEventListener("click", () => {
    if (words.disabled) return;
    if (typed() === null) insert(words.selectionStart, words.selectionEnd, "/");
    words.focus();
    look();
  });
}

// What was typed after the "/" before the cursor; null if there is none.
function typed() {
  const before = words.value.slice(0, words.selectionStart);
  const match = before.match(/(?:^|\s)[/、]([^\s/、]*)$/);
  return match ? match[1] : null;
}

async function look() {
  const part = typed();
  if (part === null) return close();
  await load();
  if (typed() !== part) return;
  const wanted = part.toLowerCase();
  const starts = answers.filter((one) => one.code.toLowerCase().startsWith(wanted));
  const holds = answers.filter((one) => !starts.includes(one) && `${one.code}${one.title}`.toLowerCase().includes(wanted));
  found = [...starts, ...holds];
  at = 0;
  show();
}

async function load() {
  const id = idOf();
  if (asked.id === id && Date.now() - asked.at < KEPT_MS) return;
  try {
    const answer = await get("canned_for", { id });
    if (id !== idOf()) return;
    answers = answer.answers;
    asked = { id, at: Date.now() };
  } catch {
    answers = [];
  }
}

function show() {
  box.hidden = false;
  if (!found.length) {
    box.replaceChildren(el("p", { class: "soft" }, answers.length ? "没有这个代码的常用语" : "还没有常用语，可以在“常用语”页面添加"));
    return point();
  }
  box.replaceChildren(...found.map(optionOf));
  point();
}

function optionOf(one, index) {
  const take = (event) => {
    event.preventDefault(); // the cursor stays in the box
    choose(index);
  };
  return el(
    "div",
    { role: "option", id: `canned-${index}`, class: "option", onmousedown: take },
    el("span", { class: "code" }, `/${one.code}`),
    el("b", {}, one.title),
    one.is_own && el("span", { class: "own" }, "我的"),
    el("span", { class: "excerpt" }, one.text),
  );
}

function point() {
  [...box.querySelectorAll("[role=option]")].forEach((node, index) => node.setAttribute("aria-selected", String(index === at)));
  const node = box.querySelector('[aria-selected="true"]');
  node?.scrollIntoView({ block: "nearest" });
  if (node) words.setAttribute("aria-activedescendant", node.id);
  else words.removeAttribute("aria-activedescendant");
}

function close() {
  if (box.hidden) return;
  box.hidden = true;
  found = [];
  words.removeAttribute("aria-activedescendant");
}

function keys(event) {
  if (box.hidden || event.isComposing) return;
  if (event.key === "Escape") {
    event.stopPropagation();
    event.preventDefault();
    return close();
  }
  if (!found.length) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const isTaken = event.key === "Enter" || event.key === "Tab";
  if (!step && !isTaken) return;
  event.preventDefault();
  if (isTaken) return choose(at);
  at = (at + step + found.length) % found.length;
  point();
}

function choose(index) {
  const one = found[index];
  const part = typed();
  close();
  if (!one || part === null) return;
  const end = words.selectionStart;
  insert(end - part.length - 1, end, one.text);
  words.focus();
}

function insert(start, end, text) {
  words.setRangeText(text, start, end, "end");
  words.dispatchEvent(new Event("input", { bubbles: true }));
  changed();
}
