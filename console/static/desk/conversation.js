// The open conversation: what the server knows of it, kept fresh, and the acts of its lines.

import { showAbout } from "./about.js";
import { get, post } from "./api.js";
import { showComposer } from "./composer.js";
import { $, setHidden } from "./dom.js";
import { say, showHead } from "./head.js";
import * as transcript from "./transcript.js";

const TYPING_MS = 5000;
const AGAIN_MS = 3000;
let me = {};
let current = ""; // id of the conversation that is shown
let shown = null; // what the server said last
let isAsking = false;
let isDue = false;
let isBehind = false; // the last question was not answered, and that was said
let timer = 0;
let typing = 0;

export const open = () => shown;
export const openId = () => current;

export function prepareConversation(self) {
  me = self;
  transcript.prepareTranscript({
    number: me.number,
    mayReveal: me.can.reveal,
    mayServe: me.can.serve,
    reveal,
    again: sendAgain,
    enlarge,
  });
  $("earlier").addEventListener("click", loadEarlier);
}

export function showConversation(id) {
  if (id === current) return;
  current = id;
  shown = null;
  clearTimeout(timer);
  transcript.clearTranscript();
  showTyping(null);
  say("");
  setHidden($("nothing"), Boolean(id));
  setHidden($("talk"), !id);
  setHidden($("earlier"), true);
  setHidden($("loading"), false);
  showHead(null, me);
  showAbout(null);
  showComposer(null, me, id);
  if (id) refresh();
}

// Asks for what is new. While one question is under way, one more is noted.
export async function refresh() {
  if (!current) return;
  if (isAsking) {
    isDue = true;
    return;
  }
  isAsking = true;
  isDue = false;
  clearTimeout(timer);
  const id = current;
  try {
    const after = shown ? transcript.lastId() : "";
    const news = await get("conversation_news", { id }, { after });
    if (id === current) take(news, !after);
  } catch (error) {
    if (error.words === undefined) throw error;
    if (id === current) failed(error);
  } finally {
    isAsking = false;
  }
  if (isDue || id !== current) refresh();
}

function take(news, isWhole) {
  const isFirst = !shown;
  if (isBehind) say("");
  isBehind = false;
  const { label } = news.conversation;
  shown = news;
  setHidden($("loading"), true);
  if (isFirst && isWhole) setHidden($("earlier"), !news.has_more);
  showHead(news, me);
  showComposer(news, me, current);
  showAbout(news);
  transcript.arrived(news.media || {});
  const fresh = transcript.put(news.lines, news.states, isFirst);
  if (fresh.some((line) => line.side === "staff")) showTyping(null);
  document.querySelector(".talk-pane").dataset.id = current;
  document.querySelector(".talk-pane").setAttribute("aria-label", `与${label}的对话`);
}

function failed(error) {
  if (!shown) setHidden($("loading"), true);
  if (error.status === 401) return;
  say(error.status === 404 ? "没有这段对话，可能已经按市民的要求删除了。" : "暂时读不到最新的内容，正在重试。");
  isBehind = true;
  if (error.status !== 404) timer = setTimeout(refresh, AGAIN_MS);
}

async function loadEarlier() {
  const button = $("earlier");
  const id = current;
  button.disabled = true;
  try {
    const older = await get("earlier_lines", { id }, { before: transcript.firstId() });
    if (id !== current) return;
    transcript.putBefore(older.lines);
    setHidden(button, !older.has_more);
  } catch (error) {
    say(error.words);
  } finally {
    button.disabled = false;
  }
}

async function reveal(line, mask) {
  try {
    return (await post("reveal", { id: current }, { line: line.id, mask })).full;
  } catch (error) {
    say(error.words);
    return "";
  }
}

async function sendAgain(key, button) {
  button.disabled = true;
  try {
    await post("send_again", { id: current }, { key });
  } catch (error) {
    button.disabled = false;
    say(error.words);
  }
  refresh();
}

function enlarge(url) {
  const dialog = $("large");
  dialog.querySelector("img").src = url;
  dialog.showModal();
}

$("large").addEventListener("click", (event) => {
  if (event.target.tagName !== "BUTTON") $("large").close();
});

// Somebody writes to this citizen; forgotten after a while without news.
export function showTyping(news) {
  clearTimeout(typing);
  const isHere = news && news.conversation === current && news.number !== me.number;
  if (news && !isHere) return;
  setHidden($("typing"), !isHere);
  if (!isHere) return;
  $("typing").textContent = `${news.number} ${news.name} 正在输入…`;
  typing = setTimeout(() => showTyping(null), TYPING_MS);
}
