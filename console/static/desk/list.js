// The list: tabs, search and filters, and asking for what changed.

import { get } from "./api.js";
import { $, markTab, rove, setHidden, setText } from "./dom.js";
import { gather } from "./gather.js";
import { howMany, prepareRows, roveTo, step, takeRows } from "./rows.js";
import { setNow } from "./time.js";

const GATHER_MS = 400;
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
const query = { tab: "waiting", q: "", reason: "", holder: "" };
let opened = () => {};
let told = () => {};
let asked = 0;
let searching = 0;
const news = gather(load, GATHER_MS);

export const changed = news.changed;
export const resync = news.whole;
export const isPlainWaiting = () => query.tab === "waiting" && !isFiltered();
const isFiltered = () => Boolean(query.q || query.reason || query.holder);

// `open(id)` shows a conversation; `tell(answer, ids)` hears every answer of the server.
export function prepareList(self, open, tell) {
  [opened, told] = [open, tell];
  prepareRows(self, TICK_MS);
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
  renew();
}

export function chooseTab(name) {
  if (query.tab === name) return;
  query.tab = name;
  const tab = tabs.find((one) => one.dataset.tab === name);
  markTab(tabs, tab);
  $("rows-panel").setAttribute("aria-labelledby", tab.id);
  renew();
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
  $("rows-panel").scrollTop = 0;
  $("rows").setAttribute("aria-busy", "true");
  news.whole();
}

async function load(ids) {
  const question = asked;
  let answer;
  try {
    answer = await get("live_rows", {}, { ...query, ids: ids ? ids.join(",") : "" });
  } catch (error) {
    if (!howMany()) showEmpty("failed");
    throw error;
  }
  setNow(answer.now);
  showCounts(answer.counts);
  if (question !== asked) return news.whole();
  told(answer, ids);
  takeRows(answer.rows, ids, query.tab);
  showEmpty(howMany() ? "" : isFiltered() ? "filtered" : query.tab);
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

function showEmpty(name) {
  setHidden($("rows-empty"), !name);
  if (!name) return;
  const [big, small] = $("rows-empty").children;
  setText(big, EMPTY[name][0]);
  setText(small, EMPTY[name][1]);
  setHidden($("filters-off"), name !== "filtered");
}
