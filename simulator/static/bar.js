// The bottom of the phone: text input, the account's menu, the follow button, the plus panel.

import { act } from "./api.js";
import { $, el, icon } from "./dom.js";
import { citizen, state } from "./state.js";
import { consentSheet, messageSheet, pictureSheet, placeSheet, scanSheet } from "./sheets.js";

const UNSUPPORTED = "【收到不支持的消息类型，暂无法显示】";
let showsMenu = false;
const drafts = new Map();

export function renderBar() {
  const bar = $("bar");
  $("plus").hidden = true;
  if (!citizen()?.follows) {
    bar.replaceChildren(...followBar());
    return;
  }
  bar.replaceChildren(...(state.menu.length && showsMenu ? menuBar() : inputBar()));
}

export async function safely(work) {
  try {
    await work;
  } catch (error) {
    messageSheet(error.message);
  }
}

function followBar() {
  const follow = () => safely(act(state.openid, "follow"));
  return [
    el("button", { type: "button", class: "follow", "data-testid": "follow", onclick: follow }, "关注公众号"),
    el("button", { type: "button", class: "icon", "data-testid": "follow-scan", "aria-label": "扫码关注", onclick: scanSheet }, icon("scan")),
  ];
}

function toggle(name, label) {
  const flip = () => {
    showsMenu = !showsMenu;
    renderBar();
  };
  return el("button", { type: "button", class: "icon", "data-testid": "menu-toggle", "aria-label": label, onclick: flip }, icon(name));
}

function inputBar() {
  const input = el("textarea", {
    id: "input",
    rows: "1",
    "data-testid": "input",
    "aria-label": "输入消息",
    enterkeyhint: "send",
    autocomplete: "off",
  });
  input.value = drafts.get(state.openid) || "";
  const send = el("button", { type: "button", class: "send", "data-testid": "send", "aria-label": "发送" }, "发送");
  const plus = el("button", { type: "button", class: "icon", "data-testid": "plus", "aria-label": "更多", "aria-expanded": "false" }, icon("plus"));
  const refresh = () => {
    const full = Boolean(input.value.trim());
    send.hidden = !full;
    plus.hidden = full;
    drafts.set(state.openid, input.value);
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, 108)}px`;
  };
  const submit = () => {
    const content = input.value.trim();
    if (!content) return;
    input.value = "";
    refresh();
    input.focus();
    safely(act(state.openid, "text", { content }));
  };
  input.addEventListener("input", refresh);
  input.addEventListener("focus", () => ($("plus").hidden = true));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  send.addEventListener("click", submit);
  plus.addEventListener("click", () => {
    renderPlus();
    $("plus").hidden = !$("plus").hidden;
    plus.setAttribute("aria-expanded", String(!$("plus").hidden));
    $("chat").scrollTop = $("chat").scrollHeight;
  });
  queueMicrotask(refresh);
  return [state.menu.length ? toggle("menu", "显示菜单") : null, input, send, plus].filter(Boolean);
}

function menuBar() {
  const buttons = state.menu.map((button) => {
    const subs = button.sub_button || [];
    const tap = (event) => (subs.length ? openSub(event.currentTarget, subs) : tapMenu(button));
    const name = subs.length ? el("span", { class: "has-sub" }, button.name) : button.name;
    return el("button", { type: "button", class: "menu", "data-testid": `menu-${button.key || button.name}`, onclick: tap }, name);
  });
  return [toggle("keyboard", "切换到键盘"), el("div", { class: "menus" }, ...buttons)];
}

function openSub(button, subs) {
  const open = document.querySelector(".submenu");
  open?.remove();
  if (open?.parentElement === button.parentElement && open.dataset.of === button.dataset.testid) return;
  const rows = subs.map((sub) =>
    el("button", { type: "button", "data-testid": `menu-${sub.key || sub.name}`, onclick: () => tapMenu(sub) }, sub.name),
  );
  const list = el("div", { class: "submenu", "data-of": button.dataset.testid }, ...rows);
  const row = button.parentElement;
  row.append(list);
  const half = list.offsetWidth / 2;
  const middle = button.offsetLeft + button.offsetWidth / 2;
  list.style.left = `${Math.max(half, Math.min(middle, row.offsetWidth - half))}px`;
}

function tapMenu(button) {
  document.querySelector(".submenu")?.remove();
  if (button.type === "view") window.open(button.url, "_blank", "noreferrer");
  safely(act(state.openid, "menu", { key: button.key || button.url || button.name }));
}

function renderPlus() {
  const send = (name, body) => () => safely(act(state.openid, name, body));
  const gps = { event: "LOCATION", fields: { Latitude: 30.2411, Longitude: 120.2062, Precision: 30.0 } };
  const tiles = [
    ["picture", "图片", pictureSheet],
    ["voice", "语音", send("voice")],
    ["pin", "位置", placeSheet],
    ["scan", "扫码", scanSheet],
    ["bell", "订阅同意", consentSheet],
    ["smile", "表情贴纸", send("text", { content: UNSUPPORTED })],
    ["gps", "上报定位", send("event", gps)],
    ["person", "取消关注", send("unfollow")],
  ].map(([name, label, tap]) => {
    const press = () => {
      $("plus").hidden = true;
      tap();
    };
    return el("button", { type: "button", "data-testid": `plus-${name}`, onclick: press }, el("span", { class: "tile" }, icon(name)), label);
  });
  $("plus").replaceChildren(...tiles);
}
