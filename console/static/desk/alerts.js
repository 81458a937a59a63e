// New waiting citizens are heard, shown by the system, and counted in the title and the menu.

import { $, sayAloud, setHidden, setText } from "./dom.js";

const RUNG = "desk.rung";
const KEPT = 60;
const title = document.title;
const known = new Map(); // id -> mark of the wait that was announced
let isFirst = true;
let context = null;
let show = () => {};

export function prepareAlerts(open) {
  show = open;
  press("sound", () => true, (isOn) => isOn && ring(false));
  press("notify", askLeave);
  if (isOn("sound")) ["pointerdown", "keydown"].forEach((kind) => document.addEventListener(kind, wakeSound, { once: true }));
}

export function showCounts({ waiting, urgent }) {
  const badge = waiting ? `${urgent ? "【紧急】" : ""}(${waiting}) ` : "";
  if (document.title !== badge + title) document.title = badge + title;
  const count = $("count");
  if (!count) return;
  setText(count, String(waiting));
  setHidden(count, waiting === 0);
  count.classList.toggle("urgent", urgent > 0);
  count.setAttribute("aria-label", urgent ? `${waiting} 人在等，其中紧急 ${urgent} 人` : `${waiting} 人在等`);
}

// Takes the rows that wait: all of them (`ids` null), or those among `ids` that still do.
export function heard(rows, ids) {
  const waits = new Map(rows.map((row) => [row.id, row]));
  for (const id of ids || [...known.keys()]) if (!waits.has(id)) known.delete(id);
  const fresh = rows.filter((row) => known.get(row.id) !== markOf(row));
  for (const row of fresh) known.set(row.id, markOf(row));
  if (!isFirst && fresh.length) announce(fresh.filter(isUnrung));
  isFirst = false;
}

const markOf = (row) => `${row.waiting_since}${row.is_emergency ? "!" : ""}`;

// Several windows of one browser: the first to see it rings.
function isUnrung(row) {
  const mark = `${row.id}@${markOf(row)}`;
  const rung = stored(RUNG)?.split("\n") || [];
  if (rung.includes(mark)) return false;
  store(RUNG, [...rung, mark].slice(-KEPT).join("\n"));
  return true;
}

function announce(rows) {
  if (!rows.length) return;
  const urgent = rows.filter((row) => row.is_emergency);
  const [first] = urgent.length ? urgent : rows;
  const words = `${first.label}在等，${first.reason_name || "要人工"}${rows.length > 1 ? `，另有 ${rows.length - 1} 位` : ""}`;
  sayAloud(words, urgent.length ? "alarm" : "aloud");
  if (isOn("sound")) ring(urgent.length > 0);
  if (isOn("notify") && document.hidden) notify(first, words, urgent.length > 0);
}

// The citizen's words stay in the page: notifications are kept by the system and seen on locked screens.
function notify(row, words, isUrgent) {
  try {
    const note = new Notification(isUrgent ? "【紧急】有市民在等" : "有市民在等", { body: words, tag: row.id, requireInteraction: isUrgent });
    note.addEventListener("click", () => {
      window.focus();
      show(row);
      note.close();
    });
  } catch {
    // a browser that only lets service workers notify: the sound and the title are there
  }
}

async function askLeave() {
  if (!("Notification" in window)) return false;
  return (await Notification.requestPermission()) === "granted";
}

function press(name, allow, then = () => {}) {
  const button = $(name);
  if (!button) return;
  const paint = () => {
    button.setAttribute("aria-pressed", String(isOn(name)));
    button.title = `${button.getAttribute("aria-label")}：${isOn(name) ? "开" : "关"}`;
  };
  button.addEventListener("click", async () => {
    const wanted = !isOn(name);
    if (wanted && !(await allow())) return sayBlocked(button);
    store(`desk.${name}`, wanted ? "1" : "");
    paint();
    sayAloud(button.title);
    then(wanted);
  });
  paint();
}

function sayBlocked(button) {
  button.title = "浏览器没有允许桌面提醒，请在地址栏旁边的设置里打开";
  const toast = $("toast");
  setText(toast, button.title);
  toast.hidden = false;
  setTimeout(() => (toast.hidden = true), 6000);
}

function isOn(name) {
  if (name === "notify" && (!("Notification" in window) || Notification.permission !== "granted")) return false;
  return stored(`desk.${name}`) === "1";
}

function wakeSound() {
  context ??= new AudioContext();
  context.resume();
}

// Two soft notes; for an emergency three pairs, higher.
function ring(isUrgent) {
  wakeSound();
  const notes = isUrgent ? [988, 740, 988, 740, 988, 740] : [659, 880];
  notes.forEach((pitch, at) => beep(pitch, context.currentTime + at * (isUrgent ? 0.17 : 0.2)));
}

function beep(pitch, at) {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = pitch;
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(0.22, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.34);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + 0.36);
}

function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function store(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // storage is off: it works until the page is closed
  }
}
