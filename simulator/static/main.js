// Start: load what is, then follow the stream; it resumes where it broke off.

import { act, get } from "./api.js";
import { renderBar, safely } from "./bar.js";
import { addLine, renderChat, showTyping, whenTapped } from "./chat.js";
import { $, el } from "./dom.js";
import { preparePanel, putExchange, refreshAllowance, renderExchanges, renderFaults } from "./panel.js";
import { citizenSheet, prepareSheets } from "./sheets.js";
import { clockText, now, state } from "./state.js";

const NEW = "new";
const STORED = "simulator.citizen";

async function start() {
  prepareSheets();
  const known = await get("state");
  Object.assign(state, { account: known.account, menu: known.menu, templates: known.templates, samples: known.samples, faults: known.faults });
  takeClock(known);
  for (const row of known.citizens) state.citizens.set(row.openid, row);
  preparePanel();
  const modes = { plain: "明文", compatible: "兼容", safe: "安全" };
  $("account-line").textContent = `${modes[known.account.mode]}模式 → ${known.account.callback_url}`;
  whenTapped((option) => safely(act(state.openid, "text", { content: option.text, bizmsgmenuid: option.id })));
  $("citizen-switch").addEventListener("change", switched);
  const stored = sessionStorage.getItem(STORED);
  await choose(state.citizens.has(stored) ? stored : known.citizens[0].openid);
  for (const exchange of await get("exchanges?limit=100")) putExchange(exchange);
  renderExchanges();
  follow(known.stream);
  setInterval(tick, 1000);
  tick();
  document.body.dataset.ready = "1";
}

async function choose(openid) {
  state.openid = openid;
  sessionStorage.setItem(STORED, openid);
  state.unread.delete(openid);
  for (const line of await get(`citizens/${openid}/messages`)) keep(line);
  renderCitizens();
  renderChat();
  renderBar();
  renderExchanges();
  refreshAllowance();
}

function switched(event) {
  if (event.target.value !== NEW) return choose(event.target.value);
  renderCitizens();
  return citizenSheet((made) => {
    state.citizens.set(made.openid, made);
    choose(made.openid);
  });
}

function renderCitizens() {
  const options = [...state.citizens.values()].map((row) => {
    const unread = state.unread.get(row.openid);
    return el("option", { value: row.openid, selected: row.openid === state.openid }, unread ? `${row.name}（${unread}）` : row.name);
  });
  $("citizen-switch").replaceChildren(...options, el("option", { value: NEW }, "＋ 新的市民"));
  const others = [...state.unread.values()].reduce((sum, n) => sum + n, 0);
  document.body.classList.toggle("has-unread", others > 0);
}

function keep(line) {
  if (!state.lines.has(line.openid)) state.lines.set(line.openid, new Map());
  const lines = state.lines.get(line.openid);
  const isNew = !lines.has(line.id);
  lines.set(line.id, line);
  return isNew;
}

const TAKERS = {
  line(line) {
    if (!keep(line)) return;
    if (line.openid === state.openid) addLine(line);
    else if (line.direction === "out") {
      state.unread.set(line.openid, (state.unread.get(line.openid) || 0) + 1);
      renderCitizens();
    }
    refreshAllowance();
  },
  exchange: putExchange,
  citizen(row) {
    state.citizens.set(row.openid, row);
    renderCitizens();
    if (row.openid === state.openid) renderBar();
  },
  typing(row) {
    if (row.openid === state.openid) showTyping(row.seconds);
  },
  menu(row) {
    state.menu = row.button;
    renderBar();
  },
  clock(row) {
    takeClock(row);
    tick();
    refreshAllowance();
  },
  faults(row) {
    state.faults = row.faults;
    renderFaults();
  },
};

function follow(after) {
  const source = new EventSource(`control/stream?after=${after}`);
  for (const [kind, take] of Object.entries(TAKERS)) {
    source.addEventListener(kind, (event) => take(JSON.parse(event.data)));
  }
}

function takeClock(row) {
  state.offset = row.now * 1000 - Date.now();
  state.skipped = row.skipped;
}

function tick() {
  $("status-time").textContent = clockText(now());
}

start();
