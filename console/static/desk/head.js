// The head of a conversation: who holds it, and what this member may do about that now.

import { post } from "./api.js";
import { expectWords } from "./composer.js";
import { $, el, setHidden, setText } from "./dom.js";
import { askBack, askHand, askRequeue } from "./handing.js";
import { minutesSince, since } from "./time.js";

const SAID_MS = 20000;
let saying = 0;
let shown = null;
let form = null;
let acts = "";
let after = () => {};

export function prepareHead(refresh) {
  after = refresh;
  setInterval(tick, 5000);
}

// What could not be done, said where the reader looks; "" takes it away, and so does time.
export function say(words) {
  clearTimeout(saying);
  setText($("refused"), words);
  setHidden($("refused"), !words);
  if (words) saying = setTimeout(say, SAID_MS, "");
}

export function showHead(news, me) {
  shown = news && news.conversation;
  form = news && news.form;
  if (!shown) {
    setText($("label"), "");
    setText($("holder"), "");
    $("acts").replaceChildren();
    setHidden($("waits"), true);
    acts = "";
    return;
  }
  setText($("label"), shown.label + (shown.following ? "" : "（已取消关注）"));
  setText($("holder"), holderWords(shown));
  $("holder").className = `holder ${shown.holder}${shown.is_mine ? " mine" : ""}`;
  tick();
  showActs(news, me);
}

function holderWords({ holder, is_mine: isMine, agent, agent_name: name }) {
  if (holder === "bot") return "机器人在答";
  if (holder === "waiting") return "在等人接入";
  return isMine ? "您在接待" : `${agent} ${name || ""}在接待`;
}

function tick() {
  const waits = shown?.waiting;
  setHidden($("waits"), !waits);
  if (!waits) return;
  const spent = since(waits.since);
  const words = `${waits.reason_name || "要人工"} · ${spent === "刚刚" ? "刚开始等" : `等了 ${spent}`}`;
  const look = waits.is_emergency ? " alarm" : minutesSince(waits.since) >= 5 ? " long" : "";
  setText($("waits"), words);
  $("waits").className = `reason-chip${look}`;
}

// Buttons change only when the state does, so that one under the finger stays where it is.
function showActs(news, me) {
  const buttons = actsOf(news, me);
  const wanted = buttons.map(({ id }) => id).join(" ");
  if (wanted === acts) return;
  acts = wanted;
  const had = document.activeElement?.closest?.("#acts");
  $("acts").replaceChildren(...buttons.map(({ id, words, look, act }) => el("button", { type: "button", class: look, "data-testid": id, onclick: (event) => act(event.currentTarget) }, words)));
  if (had) ($("acts").querySelector("button") || $("label")).focus();
}

function actsOf(news, me) {
  const { holder, is_mine: isMine, waiting } = news.conversation;
  if (!me.can.serve) return [];
  if (holder === "staff" && isMine) {
    return [
      { id: "hand-to", words: "转给同事", look: "second", act: () => askHand(shown, me, finish) },
      { id: "requeue", words: "退回等待", look: "second", act: () => askRequeue(shown, finish) },
      { id: "give-back", words: "交还机器人", look: "second", act: () => askBack(shown, form, finish) },
    ];
  }
  if (holder === "staff") {
    return me.can.supervise ? [{ id: "take-over", words: "接管", look: "second", act: (button) => run("take_over", {}, button) }] : [];
  }
  const clear = { id: "clear", words: "移出等待", look: "second", act: (button) => run("clear", { mark: shown.mark }, button) };
  const claim = { id: "claim", words: "接入", look: "main", act: (button) => run("claim", {}, button) };
  return waiting && holder === "bot" ? [clear, claim] : [claim];
}

async function run(name, body, button) {
  button.disabled = true;
  say("");
  try {
    await post(name, { id: shown.id }, body);
    if (name !== "clear") expectWords();
  } catch (error) {
    say(error.words);
  }
  button.disabled = false;
  after();
}

// A dialog did something, or was refused.
function finish(error) {
  say(error ? error.words : "");
  after();
}
