// One conversation in the list. An element stays the same one as long as the row is there.

import { el, setHidden, setText } from "./dom.js";
import { full, minutesSince, shortly, since } from "./time.js";

const LONG_MINUTES = 5;
const SPEAKERS = { bot: "机器人：", system: "系统：", note: "备注：" };

export function makeRow(value, me) {
  const parts = {
    label: el("b", { class: "label" }),
    reason: el("span", { class: "reason" }),
    since: el("span", { class: "row-since" }),
    said: el("span", { class: "said" }),
    holder: el("span", { class: "row-holder" }),
  };
  const link = el(
    "a",
    { class: "row", "data-testid": "row", "data-id": value.id, tabindex: -1 },
    el("span", { class: "row-top" }, parts.label, parts.reason, parts.since),
    parts.said,
    parts.holder,
  );
  const row = { value, link, item: el("li", {}, link), parts, me };
  patchRow(row, value);
  return row;
}

export function patchRow(row, value) {
  const { link, parts, me } = row;
  row.value = value;
  if (link.getAttribute("href") !== value.url) link.href = value.url;
  link.classList.toggle("urgent", value.is_emergency);
  setText(parts.label, value.label);
  const reason = value.waiting_since || value.is_emergency ? value.reason_name || "" : "";
  setText(parts.reason, reason);
  setHidden(parts.reason, !reason);
  setText(parts.said, speaker(value, me) + (value.said || "还没有说话"));
  setText(parts.holder, holderWords(value, me));
  parts.holder.className = `row-holder ${value.holder}${isMine(value, me) ? " mine" : ""}`;
  tickRow(row);
}

export function tickRow({ value, parts }) {
  const waits = value.waiting_since || value.unanswered_since;
  const verb = value.waiting_since ? "等了 " : "未答 ";
  const spent = waits ? since(waits) : "";
  setText(parts.since, waits ? (spent === "刚刚" ? spent : verb + spent) : shortly(value.last_at));
  parts.since.classList.toggle("waits", Boolean(waits));
  parts.since.classList.toggle("long", Boolean(waits) && minutesSince(waits) >= LONG_MINUTES);
  const at = waits || value.last_at;
  if (at) parts.since.title = full(at);
}

const isMine = (value, me) => value.holder === "staff" && value.agent === me.number;

function holderWords(value, me) {
  const gone = value.following ? "" : " · 已取消关注";
  if (value.holder === "bot") return `机器人在答${gone}`;
  if (value.holder === "waiting") return `在等人接入${gone}`;
  return (isMine(value, me) ? "您在接待" : `${value.agent} ${value.agent_name || ""}在接待`) + gone;
}

function speaker(value, me) {
  if (value.said_by === "staff") return isMine(value, me) ? "您：" : "同事：";
  return SPEAKERS[value.said_by] || "";
}

const later = (a, b) => (a || "").localeCompare(b || "");
const newest = (a, b) => later(b.last_at, a.last_at);

// How each tab is ordered; ties keep one order, so that rows do not change places for nothing.
export const ORDERS = {
  waiting: (a, b) => b.is_emergency - a.is_emergency || later(a.waiting_since, b.waiting_since),
  mine: (a, b) => !a.unanswered_since - !b.unanswered_since || later(a.unanswered_since, b.unanswered_since) || newest(a, b),
  all: newest,
  closed: newest,
};
