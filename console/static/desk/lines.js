// One line of a conversation as an element. All values are put in as text.

import { copy, el, icon, setText } from "./dom.js";
import { makeWords } from "./masked.js";
import { clock, full } from "./time.js";

const LIKELY = 0.5;
const POSSIBLE = 0.05;
const BAD = new Set(["failed", "withheld"]);
const FINE = new Set(["sent", "offered"]); // an answer to the citizen's own message is on its way for some seconds
const WAITS = new Set(["offered", "queued", "in_flight", "retry", "held"]);

// `doing`: {reveal(line, mask), again(key, button), enlarge(url), mayReveal, mayServe, maySendAgain}
export function makeLine(line, doing) {
  const marks = { "data-testid": "line", "data-id": line.id, "data-side": line.side };
  if (line.is_event) {
    return el("li", { ...marks, class: "event" }, `${line.speaker}${line.kind}${line.text ? `：${line.text}` : ""} · `, time(line));
  }
  const body = el("div", { class: "body" }, ...bodies(line, doing));
  const state = el("p", { class: "state-line", "data-testid": "state", hidden: true });
  return el("li", { ...marks, class: `bubble ${line.side}` }, head(line), body, understood(line), state);
}

const time = (line) => el("time", { datetime: line.at, title: full(line.at) }, clock(line.at));

function head(line) {
  const side = line.side === "note" ? "内部备注 · " : "";
  return el("p", { class: "meta" }, el("span", {}, side + line.speaker), " ", time(line), line.side === "note" && " · 市民看不到");
}

function bodies(line, doing) {
  const parts = [];
  if (line.emergency) parts.push(el("p", { class: "alarm" }, `紧急：已请市民拨打 ${line.emergency}`));
  if (line.medium) parts.push(medium(line, doing));
  else if (line.kind && !line.point) parts.push(el("span", { class: "kind" }, line.kind));
  if (line.point) parts.push(pin(line.point));
  if (line.text && !(line.point && line.text.startsWith(line.point.label || " "))) parts.push(makeWords(line, doing));
  return parts;
}

function medium(line, doing) {
  const { url, kind, is_ready: isReady } = line.medium;
  const name = line.kind || { image: "图片", voice: "语音", video: "视频" }[kind] || "文件";
  if (!isReady) return el("p", { class: "not-ready" }, `${name}正在从微信取回……`);
  if (kind === "image") {
    const image = el("img", { src: url, alt: `${line.speaker}发的图片`, loading: "lazy", width: 220, height: 165 });
    image.addEventListener("error", () => image.replaceWith(el("span", { class: "not-ready" }, "图片读不出来")));
    return el("button", { type: "button", class: "thumb", "aria-label": "看大图", onclick: () => doing.enlarge(url) }, image);
  }
  const words = kind === "voice" ? "下载语音（AMR）" : `下载${name}`;
  return el("a", { class: "download", href: url, download: true }, icon("voice"), words);
}

function pin({ latitude, longitude, datum, label }) {
  const numbers = `${Number(latitude).toFixed(6)}, ${Number(longitude).toFixed(6)}`;
  const button = el("button", { type: "button", class: "small", onclick: (event) => copy(numbers, event.currentTarget) }, "复制坐标");
  const words = el("span", {}, label && el("b", {}, label), el("span", { class: "soft number" }, `${numbers}（${String(datum).toUpperCase()}）`));
  return el("div", { class: "pin" }, icon("pin"), words, button);
}

function understood(line) {
  const found = line.understood;
  if (!found) return null;
  const percent = (share) => `${Math.round(share * 100)}%`;
  const services = (found.services || []).filter((one) => one.confidence >= POSSIBLE);
  const sure = services[0]?.confidence >= LIKELY ? ` · ${services[0].name}` : "";
  const summary = `听懂为：${found.intent_name}${sure}`;
  return el(
    "details",
    { class: "understood", "data-testid": "understood" },
    el("summary", {}, summary),
    el("p", {}, `意思：${found.intent_name}（把握 ${percent(found.confidence)}）`),
    ...services.map((one) => el("p", {}, `类别：${one.group ? `${one.group} · ` : ""}${one.name}（把握 ${percent(one.confidence)}）`)),
  );
}

// What became of a line of ours. The bot's lines are only spoken of when they did not arrive.
export function showState(item, line, state, doing) {
  const place = item.querySelector(".state-line");
  if (!place) return;
  const isQuiet = !state || (line.side !== "staff" && FINE.has(state.state));
  place.hidden = isQuiet;
  if (isQuiet) return;
  const look = BAD.has(state.state) ? "bad" : WAITS.has(state.state) ? "waits" : "good";
  place.dataset.state = state.state;
  place.className = `state-line ${look}`;
  const name = state.state === "held" && state.why ? "先留着" : state.name;
  const words = name + (state.why ? `：${state.why}` : "");
  let text = place.querySelector("span");
  if (!text) place.append((text = el("span")));
  setText(text, (look === "good" ? "✓ " : look === "bad" ? "! " : "") + words);
  const button = place.querySelector("button");
  const canRetry = state.can_retry && doing.mayServe;
  if (!canRetry) button?.remove();
  else if (!button) {
    const again = (event) => doing.again(line.key, event.currentTarget);
    place.append(el("button", { type: "button", class: "small", "data-testid": "again", onclick: again }, "重试"));
  } else button.disabled = false;
}
