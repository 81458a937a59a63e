// The conversation: bubbles, cards, pins, notices, time separators and the typing sign.

import { $, el, icon, isWebLink } from "./dom.js";
import { citizen, momentText, state } from "./state.js";

const QUIET_S = 300; // a time separator after five quiet minutes, as WeChat shows it
let lastAt = 0;
let shown = new Set();
let onTap = () => {};
let typingTimer = 0;
let pinned = true; // the reader is at the end: what comes, also a picture that loads late, is followed
let lastTop = 0;

export function whenTapped(handler) {
  onTap = handler;
}

$("chat").addEventListener("scroll", () => {
  const { scrollTop, scrollHeight, clientHeight } = $("chat");
  const near = scrollHeight - scrollTop - clientHeight < 160;
  if (near) pinned = true;
  else if (scrollTop < lastTop) pinned = false; // only the reader scrolls up
  lastTop = scrollTop;
});

export function renderChat() {
  $("chat").replaceChildren();
  lastAt = 0;
  shown = new Set();
  showTyping(0);
  const lines = [...(state.lines.get(state.openid) || new Map()).values()];
  lines.sort((a, b) => a.id - b.id);
  if (!lines.length) $("chat").append(welcome());
  for (const line of lines) append(line);
  toEnd();
}

export function addLine(line) {
  if (shown.has(line.id)) return;
  const chat = $("chat");
  chat.querySelector(".welcome")?.remove();
  if (line.direction === "out" && line.via !== "system") showTyping(0);
  append(line);
  if (pinned || line.direction === "in") toEnd();
}

export function showTyping(seconds) {
  clearTimeout(typingTimer);
  const typing = seconds > 0;
  $("title").textContent = typing ? "对方正在输入…" : state.account.name || "";
  document.querySelector(".typing")?.remove();
  if (!typing) return;
  const dots = el("div", { class: "bubble dots" }, el("i"), el("i"), el("i"));
  $("chat").append(el("div", { class: "row theirs typing", "data-testid": "typing" }, face(false), dots));
  if (pinned) toEnd();
  typingTimer = setTimeout(() => showTyping(0), seconds * 1000);
}

function append(line) {
  shown.add(line.id);
  const chat = $("chat");
  if (line.at - lastAt > QUIET_S) chat.append(el("div", { class: "when" }, momentText(line.at)));
  lastAt = line.at;
  const row = line.via === "system" ? tip(line) : rowOf(line);
  const typing = chat.querySelector(".typing");
  if (typing) chat.insertBefore(row, typing);
  else chat.append(row);
}

function marks(line, className) {
  return {
    class: className,
    "data-testid": "bubble",
    "data-direction": line.direction,
    "data-via": line.via,
    "data-kind": line.kind,
    "data-line": line.id,
  };
}

function tip(line) {
  const className = line.kind === "notice" ? "tip fault" : "tip";
  return el("div", { class: "tip-row" }, el("span", marks(line, className), line.text));
}

function rowOf(line) {
  const mine = line.direction === "in";
  const body = (BODIES[line.kind] || plain)(line);
  const stack = el("div", { class: "stack" });
  if (line.sender) stack.append(el("div", { class: "sender" }, `工号 ${line.sender.split("@")[0]}`));
  stack.append(body);
  if (line.card.footer) stack.append(el("div", { class: "footer" }, line.card.footer));
  if (line.kind === "card") return el("div", { class: "row wide" }, stack);
  return el("div", { class: `row ${mine ? "mine" : "theirs"}` }, face(mine), stack);
}

function face(mine) {
  if (!mine) return el("div", { class: "face account", "aria-hidden": "true" }, "声");
  const who = citizen();
  const style = `background:${who.colour}`;
  return el("div", { class: "face", style, "aria-hidden": "true" }, who.name.slice(0, 1));
}

function plain(line) {
  return el("div", marks(line, "bubble"), ...parts(line));
}

function parts(line) {
  if (!line.parts.length) return [line.text || `[${line.kind}]`];
  return line.parts.map((part) => {
    if (part.option) {
      const tap = () => onTap(part.option);
      return el("button", { type: "button", class: "link", "data-testid": "option", onclick: tap }, part.text);
    }
    if (isWebLink(part.href)) {
      return el("a", { href: part.href, target: "_blank", rel: "noreferrer" }, part.text);
    }
    return document.createTextNode(part.text);
  });
}

function picture(line) {
  const image = el("img", { src: `media/${line.media_id}`, alt: "图片", loading: "lazy" });
  image.addEventListener("load", () => pinned && toEnd());
  return el("div", marks(line, "picture"), image);
}

function voice(line) {
  const waves = el("span", { class: "waves", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
  return el("div", { ...marks(line, "bubble voice"), "aria-label": "语音" }, waves, `${line.card.seconds || 2}″`);
}

function place(line) {
  const { lat, long, label } = line.card;
  return el(
    "div",
    marks(line, "place"),
    el("strong", {}, label || "位置"),
    el("small", {}, `${Number(lat).toFixed(5)}, ${Number(long).toFixed(5)}`),
    el("div", { class: "map", "aria-hidden": "true" }, icon("pin")),
  );
}

function card(line) {
  const kinds = { bizsend: "订阅通知", template: "服务通知" };
  const rows = (line.card.rows || []).map((row) =>
    el("div", { class: "pair" }, el("dt", {}, row.label), el("dd", {}, row.value)),
  );
  const more = isWebLink(line.card.url)
    ? el("a", { class: "more", href: line.card.url, target: "_blank", rel: "noreferrer" }, "查看详情")
    : null;
  return el(
    "article",
    marks(line, "card"),
    el("header", {}, el("span", { class: "face account small", "aria-hidden": "true" }, "声"), kinds[line.via] || "通知"),
    el("h3", {}, line.card.title),
    el("dl", {}, ...rows),
    more,
  );
}

function news(line) {
  return el(
    "div",
    marks(line, "place"),
    el("strong", {}, line.card.title || "图文"),
    el("small", {}, line.card.description || ""),
  );
}

const BODIES = {
  image: picture,
  voice,
  location: place,
  card,
  news,
  music: news,
  miniprogram: news,
};

function welcome() {
  const words = citizen()?.follows ? "和民声说说遇到的事" : "关注后可以和民声对话";
  return el("div", { class: "welcome" }, el("div", { class: "face account big" }, "声"), el("p", {}, words));
}

function toEnd() {
  const chat = $("chat");
  pinned = true;
  requestAnimationFrame(() => (chat.scrollTop = chat.scrollHeight));
}
