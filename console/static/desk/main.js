// The desk: which pane and which conversation are shown, and what each piece of news sets going.

import { prepareAbout } from "./about.js";
import { heard, prepareAlerts, showCounts } from "./alerts.js";
import { get, post, prepareApi, url } from "./api.js";
import { prepareComposer } from "./composer.js";
import { openId, prepareConversation, refresh, showConversation, showTyping } from "./conversation.js";
import { $, setHidden, setText, el, sayAloud } from "./dom.js";
import { gather } from "./gather.js";
import { prepareHead, say } from "./head.js";
import { prepareKeys } from "./keys.js";
import * as list from "./list.js";
import { select } from "./rows.js";
import { openSocket } from "./socket.js";

const ALERTS_MS = 2000;
const DOWN_SAID_MS = 1500; // a short break is nobody's business
const POLL_MS = 15000;
const main = $("main");
const { me, urls } = JSON.parse(main.dataset.desk);
const isNarrow = matchMedia("(max-width: 760px)");
let socket = null;
let isUp = true;
let saying = 0;
let poll = 0;

// Who waits, for the alerts, while the list shows something else.
const waiting = gather(async (ids) => {
  const answer = await get("live_rows", {}, { tab: "waiting", ids: ids ? ids.join(",") : "" });
  heard(answer.rows, ids);
  showCounts(answer.counts);
}, ALERTS_MS);

function show(id, view) {
  showConversation(id);
  select(id);
  main.dataset.view = view;
  main.dataset.selected = id;
}

function go(id, view) {
  if (id === openId() && view === main.dataset.view) return;
  const address = id ? url("conversation", { id }) : urls.live;
  history.pushState({ id, view }, "", address);
  show(id, view);
  if (view === "talk") $("label").focus({ preventScroll: true });
}

function back() {
  const { view } = main.dataset;
  if (view === "about") return history.back();
  const id = openId();
  if (id && isNarrow.matches) go("", "list");
  const row = document.querySelector(`#rows [data-id="${CSS.escape(id)}"]`) || document.querySelector('#rows [tabindex="0"]');
  row?.focus();
  return undefined;
}

window.addEventListener("popstate", ({ state }) => {
  const { id, view } = state || { id: "", view: "list" };
  show(id, view);
});

function toldOfList(answer, ids) {
  showCounts(answer.counts);
  if (list.isPlainWaiting()) heard(answer.rows, ids);
  const [duty, hours] = $("hours").children;
  setText(duty, answer.is_open ? "现在是值班时间" : "现在不值班");
  setText(hours, answer.hours);
  $("hours").title = `值班时间：${answer.hours}`;
  if (answer.me) showPresence(answer.me.presence);
}

function showPresence(presence) {
  const button = $("presence");
  if (!button || button.disabled) return;
  const isReady = presence !== "away";
  button.setAttribute("aria-checked", String(isReady));
  setText(button.querySelector(".words"), isReady ? "在岗" : "暂离");
  button.title = isReady ? "在岗：同事可以把市民转给您" : "暂离：不会有新的市民转给您";
}

$("presence")?.addEventListener("click", async ({ currentTarget: button }) => {
  const presence = button.getAttribute("aria-checked") === "true" ? "away" : "ready";
  button.disabled = true;
  try {
    await post("presence", {}, { presence });
    button.disabled = false;
    showPresence(presence);
    sayAloud(presence === "away" ? "已暂离" : "已在岗");
  } catch (error) {
    button.disabled = false;
    say(error.words);
  }
});

function resync() {
  list.resync();
  if (!list.isPlainWaiting()) waiting.whole();
  refresh();
}

const news = {
  resync,
  changed({ conversation }) {
    list.changed(conversation);
    if (!list.isPlainWaiting()) waiting.changed(conversation);
    if (conversation === openId()) refresh();
  },
  typing: showTyping,
  presence() {},
  line(state) {
    if (state === "down" && !isUp) return undefined; // one more try that failed
    clearTimeout(saying);
    clearInterval(poll);
    if (state === "over") return showConnection("登录已过期。", urls.sign_in);
    if (state === "up") showConnection("");
    else if (isUp) saying = setTimeout(showConnection, DOWN_SAID_MS, "连接断了，正在重连…… 写好的内容不会丢。");
    isUp = state === "up";
    if (!isUp) poll = setInterval(resync, POLL_MS);
    if (!isUp) list.resync(); // tells whether the session or the line is over
    return undefined;
  },
};

function showConnection(words, link) {
  const place = $("connection");
  setHidden(place, !words);
  if (!words) return;
  place.replaceChildren(words);
  if (link) place.append(" ", el("a", { href: link }, "重新登录"));
}

prepareApi(urls, () => socket?.over());
prepareHead(refresh);
prepareAbout(me, refresh);
prepareConversation(me);
prepareComposer((id) => socket?.typing(id), refresh);
prepareAlerts((row) => go(row.id, "talk"));
prepareKeys(back, () => main.dataset.view !== "list" && isNarrow.matches && go("", "list"));
list.prepareList(me, (id) => go(id, "talk"), toldOfList);
$("to-list").addEventListener("click", back);
$("to-about").addEventListener("click", () => (main.dataset.view === "about" ? history.back() : go(openId(), "about")));
$("to-talk").addEventListener("click", () => history.back());
history.replaceState({ id: main.dataset.selected, view: main.dataset.view }, "");
show(main.dataset.selected, main.dataset.view);
socket = openSocket(urls.events, news);
