// The lines of the open conversation: in order, none twice, and the reader stays where they read.

import { $, el, sayAloud, setHidden } from "./dom.js";
import { makeLine, showState } from "./lines.js";
import { dayMark } from "./time.js";

const GROUP_MS = 180000;
const NEAR_PX = 80;
const scroll = $("scroll");
const list = $("lines");
let doing = {};
let kept = []; // {line, item, mark, day}, by id
let byId = new Map();
let isPinned = true;

export function prepareTranscript(acts) {
  doing = acts;
  scroll.addEventListener("scroll", () => {
    isPinned = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_PX;
    if (isPinned) setHidden($("new-below"), true);
  });
  $("new-below").addEventListener("click", () => {
    toEnd();
    scroll.focus({ preventScroll: true });
  });
  new ResizeObserver(() => isPinned && toEnd()).observe(scroll);
}

export function clearTranscript() {
  kept = [];
  byId = new Map();
  list.replaceChildren();
  isPinned = true;
  setHidden($("new-below"), true);
}

export const lastId = () => kept.at(-1)?.line.id;
export const firstId = () => kept[0]?.line.id;

// Pictures and voices that were fetched from WeChat since their lines were shown.
export function arrived(media) {
  for (const entry of kept) {
    const { medium } = entry.line;
    if (medium && !medium.is_ready && media[medium.id]) renew(entry, { ...entry.line, medium: { ...medium, is_ready: true } });
  }
}

// Takes lines from the end: returns those that were not there before.
export function put(lines, states, isFirst) {
  const fresh = [];
  for (const line of lines) {
    if (!byId.has(line.id)) fresh.push(add(line));
  }
  if (fresh.length) arrange();
  for (const { line, item } of kept) if (line.key in states) showState(item, line, states[line.key], doing);
  const isOwn = fresh.some(({ line }) => line.side !== "system" && line.agent === doing.number);
  if (isFirst || isPinned || isOwn) toEnd();
  else if (fresh.length) setHidden($("new-below"), false);
  if (!isFirst) aloud(fresh.map(({ line }) => line));
  return fresh.map(({ line }) => line);
}

// Older lines above: what was in view stays in view.
export function putBefore(lines) {
  const fromEnd = scroll.scrollHeight - scroll.scrollTop;
  for (const line of lines) if (!byId.has(line.id)) add(line);
  arrange();
  scroll.scrollTop = scroll.scrollHeight - fromEnd;
}

export function toEnd() {
  isPinned = true;
  scroll.scrollTop = scroll.scrollHeight;
  setHidden($("new-below"), true);
}

function add(line) {
  const entry = { line, item: makeLine(line, doing), mark: null, day: dayMark(line.at) };
  byId.set(line.id, entry);
  kept.push(entry);
  return entry;
}

function renew(entry, line) {
  const item = makeLine(line, doing);
  item.classList.toggle("goes-on", entry.item.classList.contains("goes-on"));
  entry.item.replaceWith(item);
  Object.assign(entry, { line, item });
}

// Puts items in order, day marks before the first of a day, and joins what one speaker said in a row.
function arrange() {
  kept.sort((a, b) => a.line.id - b.line.id);
  let cursor = list.firstElementChild;
  const place = (node) => {
    if (cursor === node) cursor = node.nextElementSibling;
    else list.insertBefore(node, cursor);
  };
  kept.forEach((entry, at) => {
    const before = kept[at - 1];
    if (before?.day === entry.day) {
      if (entry.mark === cursor) cursor = entry.mark?.nextElementSibling ?? cursor;
      entry.mark?.remove();
      entry.mark = null;
    } else {
      entry.mark ??= el("li", { class: "day" }, entry.day);
      place(entry.mark);
    }
    place(entry.item);
    entry.item.classList.toggle("goes-on", goesOn(before?.line, entry.line));
  });
}

function goesOn(before, line) {
  if (!before || before.is_event || line.is_event || before.side !== line.side) return false;
  return before.speaker === line.speaker && line.side !== "note" && Date.parse(line.at) - Date.parse(before.at) < GROUP_MS;
}

function aloud(lines) {
  const others = lines.filter((line) => !(line.side === "staff" && line.agent === doing.number));
  if (others.length) sayAloud(others.map((line) => `${line.speaker}：${line.text || line.kind}`).join("。"));
}
