// The list: tabs, search, filters and rows, kept up to date by id without losing focus or place.

import { get } from "./api.js";
import { $, markTab, rove, setHidden, setText } from "./dom.js";
import { gather } from "./gather.js";
import { makeRow, ORDERS, patchRow, tickRow } from "./row.js";
import { setNow } from "./time.js";

const GATHER_MS = 150;
const SEARCH_MS = 300;
const TICK_MS = 5000;
const EMPTY = {
  waiting: ["现在没有人在等", "有市民需要人工时会自动出现在这里，不用刷新。喝口水，歇一会儿吧。"],
  mine: ["您手上没有市民", "在“等待”里接入一位，就会出现在这里。"],
  all: ["今天还没有人来过", "市民一开口，这里就能看到。"],
  closed: ["还没有结束的对话", ""],
  filtered: ["没有找到", "换个说法，或者清除搜索和筛选再看看。"],
  failed: ["暂时读不到名单", "正在重试，不用刷新。"],
};

const tabs = [...document.querySelectorAll("[data-tab]")];
const rows = new Map();
const query = { tab: "waiting", q: "", reason: "", holder: "" };
let me = {};
let opened = () => {};
let told = () => {};
let asked = 0;
let selected = "";
let searching = 0;
const news = gather(load, GATHER_MS);

export const changed = news.changed;
export const resync = news.whole;
export const isPlainWaiting = () => query.tab === "waiting" && !isFiltered();
const isFiltered = () => Boolean(query.q || query.reason || query.holder);

// `open(id)` shows a conversation; `tell(answer, ids)` hears every answer of the server.
export function prepareList(self, open, tell) {
  [me, opened, told] = [self, open, tell];
  rove(tabs, (tab) => chooseTab(tab.dataset.tab));
  $("search").addEventListener("input", (event) => {
    query.q = event.target.value.trim();
    clearTimeout(searching);
    searching = setTimeout(renew, SEARCH_MS);
  });
  for (const name of ["reason", "holder"]) {
    $(`filter-${name}`).addEventListener("change", (event) => {
      query[name] = event.target.value;
      renew();
    });
  }
  $("filters-off").addEventListener("click", clearFilters);
  $("rows").addEventListener("click", click);
  $("rows").addEventListener("keydown", (event) => {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (way && step(way)) event.preventDefault();
  });
  setInterval(() => rows.forEach(tickRow), TICK_MS);
  renew();
}

export function chooseTab(name) {
  if (query.tab === name) return;
  query.tab = name;
  const tab = tabs.find((one) => one.dataset.tab === name);
  markTab(tabs, tab);
  $("rows-panel").setAttribute("aria-labelledby", tab.id);
  $("rows-panel").scrollTop = 0;
  renew();
}

export function select(id) {
  selected = id;
  for (const row of rows.values()) markSelected(row);
  roveTo(focused() || selected);
}

// Moves to the next or previous row; from elsewhere to the open one, or the first.
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

function click(event) {
  const link = event.target.closest(".row");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  roveTo(link.dataset.id);
  opened(link.dataset.id);
}

function clearFilters() {
  for (const name of ["search", "filter-reason", "filter-holder"]) $(name).value = "";
  Object.assign(query, { q: "", reason: "", holder: "" });
  renew();
  $("search").focus();
}

// Another question than before: an answer to the last one that still comes is dropped.
function renew() {
  asked += 1;
  $("rows").setAttribute("aria-busy", "true");
  news.whole();
}

async function load(ids) {
  const question = asked;
  let answer;
  try {
    answer = await get("live_rows", {}, { ...query, ids: ids ? ids.join(",") : "" });
  } catch (error) {
    if (!rows.size) showEmpty("failed");
    throw error;
  }
  setNow(answer.now);
  showCounts(answer.counts);
  if (question !== asked) return news.whole();
  told(answer, ids);
  take(answer.rows, ids);
  $("rows").setAttribute("aria-busy", "false");
  if (!ids) setHidden($("rows-cut"), !answer.is_cut);
  document.querySelector("[data-desk]").dataset.ready = "1";
}

function showCounts(counts) {
  for (const tab of tabs) {
    const number = counts[tab.dataset.tab];
    const badge = tab.querySelector(".count");
    setText(badge, String(number ?? ""));
    setHidden(badge, !number);
    badge.classList.toggle("urgent", tab.dataset.tab === "waiting" && counts.urgent > 0);
  }
}

function take(values, ids) {
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
  order();
  keepFocus(before, place);
  showEmpty(rows.size ? "" : isFiltered() ? "filtered" : query.tab);
}

// Puts the items in order and moves only those that are out of place.
function order() {
  const sorted = [...rows.values()].sort((a, b) => ORDERS[query.tab](a.value, b.value) || a.value.id.localeCompare(b.value.id));
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

// One row is reached by Tab; the others by arrows, j and k.
function roveTo(id) {
  const row = rows.get(id) || rows.get($("rows").querySelector(".row")?.dataset.id);
  for (const link of $("rows").querySelectorAll('.row[tabindex="0"]')) if (link !== row?.link) link.tabIndex = -1;
  if (row) row.link.tabIndex = 0;
}

function markSelected({ value, link }) {
  if (value.id === selected) link.setAttribute("aria-current", "true");
  else if (link.hasAttribute("aria-current")) link.removeAttribute("aria-current");
}

function showEmpty(name) {
  setHidden($("rows-empty"), !name);
  if (!name) return;
  const [big, small] = $("rows-empty").children;
  setText(big, EMPTY[name][0]);
  setText(small, EMPTY[name][1]);
  setHidden($("filters-off"), name !== "filtered");
}
