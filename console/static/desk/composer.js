// Writing to the citizen or to colleagues: drafts, the allowance, and nothing lost when sending fails.

import { post } from "./api.js";
import { isChoosing, prepareCanned } from "./canned.js";
import { $, markTab, newKey, rove, setHidden, setText } from "./dom.js";
import { preparePicture } from "./picture.js";
import { stamp } from "./time.js";

const MODES = {
  answer: { label: "回复市民", send: "发送", hint: "写给市民的话", how: "发送" },
  note: { label: "写内部备注", send: "记下备注", hint: "写给同事看，市民看不到", how: "记下" },
};
const hasKeys = matchMedia("(pointer: fine)").matches;
const words = $("words");
let id = "";
let mode = "answer";
let mayAnswer = false;
let isWanted = false; // just claimed: the cursor goes into the box as soon as it opens
let sending = false;
let pressed = { text: "", key: "" }; // the same words sent again are the same answer
let after = () => {};

// `typing(id)` tells others that something is written; `refresh()` asks for what is new.
export function prepareComposer(typing, refresh) {
  if (!words) return;
  after = refresh;
  rove([$("mode-answer"), $("mode-note")], (tab) => write(tab === $("mode-note") ? "note" : "answer"));
  words.addEventListener("input", () => {
    grow();
    keepDraft();
    showTrouble("");
    if (mode === "answer" && words.value.trim()) typing(id);
  });
  words.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229 || isChoosing()) return;
    if (event.ctrlKey || event.metaKey || (hasKeys && !event.shiftKey)) {
      event.preventDefault();
      send();
    }
  });
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  prepareCanned(() => id, words, keepDraft);
  preparePicture({ id: () => id, may: () => mayAnswer && mode === "answer", trouble: showTrouble, after });
}

export function showComposer(news, me, conversation) {
  if (!words) return;
  if (conversation !== id) {
    id = conversation;
    isWanted = false;
    mayAnswer = false;
    setMode("answer");
  }
  const could = mayAnswer;
  mayAnswer = Boolean(news?.conversation.is_mine && me.can.serve);
  showAllowance(news, $("allowance"));
  setText($("locked"), lockedWords(news));
  if (could !== mayAnswer) loadDraft();
  paint();
  if (mayAnswer && isWanted) {
    isWanted = false;
    words.focus();
  }
}

export const expectWords = () => (isWanted = true);

// Opens a mode and puts the cursor there; answering is for who holds the conversation.
export function write(wanted) {
  if (!words || !id) return;
  setMode(wanted);
  if (!words.disabled) words.focus();
}

function setMode(wanted) {
  mode = wanted;
  markTab([$("mode-answer"), $("mode-note")], $(`mode-${mode}`));
  $("composer").dataset.mode = mode;
  $("composer-panel").setAttribute("aria-labelledby", `mode-${mode}`);
  words.setAttribute("aria-label", MODES[mode].label);
  words.placeholder = MODES[mode].hint;
  setText($("send"), MODES[mode].send);
  setText($("how"), hasKeys ? `Enter ${MODES[mode].how}，Shift+Enter 换行，/ 找常用语` : "输入 / 找常用语");
  showTrouble("");
  loadDraft();
  paint();
}

function paint() {
  const isLocked = mode === "answer" && !mayAnswer;
  setHidden($("locked"), !isLocked);
  words.hidden = isLocked;
  words.disabled = isLocked;
  $("send").disabled = isLocked || sending;
  document.querySelector("#composer .send-row").hidden = isLocked;
  $("picture-label").hidden = mode === "note";
}

function lockedWords(news) {
  if (!news) return "正在读取……";
  const { holder, agent, agent_name: name } = news.conversation;
  if (holder === "staff") return `${agent} ${name || ""}在接待。您可以看着，也可以写内部备注。`;
  return "接入以后才能回复。想先商量，可以写内部备注。";
}

function showAllowance(news, place) {
  const known = news?.allowance;
  if (!news) return setText(place, "");
  place.dataset.left = known ? known.left : "";
  place.classList.toggle("none", Boolean(known) && known.left === 0);
  if (!known) setText(place, "暂时查不到还能发几条，送不出去的会先留着");
  else if (known.left === 0) setText(place, "现在发不出去，写下的会先留着，市民再来信就自动送出");
  else setText(place, `还可发 ${known.left} 条${known.until ? ` · ${stamp(known.until)} 前` : ""}`);
}

async function send() {
  const text = words.value.trim();
  if (!text || sending || words.disabled) return;
  const [where, how] = [id, mode];
  if (pressed.text !== text + how + where) pressed = { text: text + how + where, key: newKey() };
  setSending(true);
  try {
    await post(how, { id: where }, { text, key: pressed.key });
    pressed = { text: "", key: "" };
    store(where, how, "");
    if (where === id && how === mode) {
      words.value = "";
      grow();
    }
    showTrouble("");
  } catch (error) {
    if (where === id) showTrouble(error.words || "没有发出去，请再试一次。写好的内容还在。");
  }
  setSending(false);
  after();
}

function setSending(isOn) {
  sending = isOn;
  words.readOnly = isOn;
  $("send").disabled = isOn || words.disabled;
  $("composer").setAttribute("aria-busy", String(isOn));
}

function showTrouble(text) {
  setText($("trouble"), text);
  setHidden($("trouble"), !text);
}

function grow() {
  words.style.height = "auto";
  words.style.height = `${Math.min(words.scrollHeight + 2, 190)}px`;
}

const draftOf = (where, how) => `desk.draft.${how}.${where}`;

function keepDraft() {
  store(id, mode, words.value);
}

function store(where, how, text) {
  try {
    if (text) sessionStorage.setItem(draftOf(where, how), text);
    else sessionStorage.removeItem(draftOf(where, how));
  } catch {
    // storage is off or full: the words are still in the box
  }
}

function loadDraft() {
  let text = "";
  try {
    text = sessionStorage.getItem(draftOf(id, mode)) || "";
  } catch {
    // storage is off
  }
  if (words.value !== text) words.value = text;
  grow();
}
