// The rows on the page: kept by id, put in order by moving only what is out of place, focus and place are never lost.

import { $ } from "./dom.js";
import { makeRow, ORDERS, patchRow, tickRow } from "./row.js";

const rows = new Map();
let me = {};
let selected = "";

export function prepareRows(self, every_ms) {
  me = self;
  setInterval(() => rows.forEach(tickRow), every_ms);
}

export const howMany = () => rows.size;

// Takes the rows among `ids` that are in the list (null: all there are).
export function takeRows(values, ids, tab) {
  const here = new Set(values.map((value) => value.id));
  const before = focused();
  const place = before && [...$("rows").children].indexOf(rows.get(before)?.item);
  for (const id of ids || [...rows.keys()]) {
    if (here.has(id)) continue;
    rows.get(id)?.item.remove();
    rows.delete(id);
  }
  for (const value of values) {
    const row = rows.get(value.id);
    if (row) patchRow(row, value);
    else rows.set(value.id, makeRow(value, me));
    markSelected(rows.get(value.id));
  }
  order(ORDERS[tab]);
  keepFocus(before, place);
}

export function select(id) {
  selected = id;
  rows.forEach(markSelected);
  roveTo(focused() || selected);
}

// Moves to the next or previous row; from elsewhere to the open one's neighbour, or the first.
export function step(way) {
  const links = [...$("rows").querySelectorAll(".row")];
  const at = links.findIndex((link) => link === document.activeElement);
  const start = links.findIndex((link) => link.dataset.id === selected);
  const next = at >= 0 ? links[at + way] : links[start >= 0 ? start + way : 0] || links[start];
  if (!next) return false;
  roveTo(next.dataset.id);
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

// One row is reached by Tab; the others by arrows, j and k.
export function roveTo(id) {
  const row = rows.get(id) || rows.get($("rows").querySelector(".row")?.dataset.id);
  for (const link of $("rows").querySelectorAll('.row[tabindex="0"]')) if (link !== row?.link) link.tabIndex = -1;
  if (row) row.link.tabIndex = 0;
}

function order(compare) {
  const sorted = [...rows.values()].sort((a, b) => compare(a.value, b.value) || a.value.id.localeCompare(b.value.id));
  let cursor = $("rows").firstElementChild;
  for (const { item } of sorted) {
    if (cursor && cursor !== item && cursor.nextElementSibling === item) cursor = item;
    if (cursor === item) cursor = item.nextElementSibling;
    else $("rows").insertBefore(item, cursor);
  }
}

const focused = () => document.activeElement?.closest?.("#rows .row")?.dataset.id || "";

function keepFocus(before, place) {
  if (before && focused() !== before) {
    const there = rows.get(before)?.link || $("rows").children[Math.min(place, rows.size - 1)]?.firstElementChild;
    there?.focus({ preventScroll: true });
  }
  roveTo(focused() || selected);
}

function markSelected({ value, link }) {
  if (value.id === selected) link.setAttribute("aria-current", "true");
  else if (link.hasAttribute("aria-current")) link.removeAttribute("aria-current");
}
