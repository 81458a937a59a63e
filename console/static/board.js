// Keeps the supervisor's board up to date. Values are put in as text, never as markup.
const EVERY_MS = 5000;
const board = document.querySelector("#board");
const toast = document.querySelector("#toast");
const people = document.querySelector("#people");
const blanks = { person: document.querySelector("#person"), held: document.querySelector("#held") };
let shown = null;
let timer = 0;

const put = (selector, words) => {
  const part = document.querySelector(selector);
  if (part.textContent !== words) part.textContent = words;
};
const make = (name) => blanks[name].content.firstElementChild.cloneNode(true);

function makeHeld(value) {
  const item = make("held");
  item.classList.toggle("late", value.is_late);
  const words = { label: value.label, since: value.since, unanswered: value.unanswered && `等回复 ${value.unanswered}` };
  for (const [field, text] of Object.entries(words)) item.querySelector(`[data-field="${field}"]`).textContent = text;
  item.querySelector("a").href = value.url;
  return item;
}

function makePerson(value) {
  const item = make("person");
  const shift = value.shift && `班次 ${value.shift}${value.is_missing ? "，人不在" : ""}`;
  for (const part of item.querySelectorAll("[data-field]")) {
    part.textContent = part.dataset.field === "shift" ? shift : value[part.dataset.field];
  }
  item.querySelector(".state").className = `state ${value.presence}`;
  item.querySelector("[data-holds]").replaceChildren(...value.holds.map(makeHeld));
  return item;
}

function showPeople(list) {
  const now = JSON.stringify(list);
  if (now === shown) return;
  shown = now;
  const focused = document.activeElement?.closest?.("#people a")?.getAttribute("href");
  people.replaceChildren(...list.map(makePerson));
  if (focused) [...people.querySelectorAll("a")].find((a) => a.getAttribute("href") === focused)?.focus();
}

function showWaiting({ count, emergencies, longest, longest_url: url }) {
  put('[data-figure="waiting"]', count);
  put('[data-figure="emergencies"]', emergencies ? `，紧急 ${emergencies} 人` : "");
  document.querySelector("#tile-waiting").classList.toggle("urgent", emergencies > 0);
  put("#longest b", longest);
  const link = document.querySelector("#longest");
  if (url) link.href = url;
  else link.removeAttribute("href");
}

function show(data) {
  put("#at", data.at);
  put("#open", `${data.is_open ? "现在是值班时间" : "现在不在值班时间"}（${data.hours}）`);
  document.querySelector("#unknown").hidden = data.is_known;
  document.querySelector("#missing").hidden = data.missing.length === 0;
  put("#missing span", data.missing.join("、"));
  put('[data-figure="ready"]', String(data.ready));
  for (const [name, words] of Object.entries(data.figures)) put(`[data-figure="${name}"]`, words);
  put("#endings", data.endings.map((one) => `${one.name} ${one.count}`).join(" · ") || "—");
  showWaiting(data.waiting);
  showPeople(data.people);
}

function say(words, link) {
  toast.hidden = !words;
  toast.replaceChildren(words);
  if (link) toast.append(" ", Object.assign(document.createElement("a"), { href: link, textContent: "重新登录" }));
}

async function look() {
  clearTimeout(timer);
  let isOver = false;
  try {
    const answer = await fetch(board.dataset.rows, { headers: { Accept: "application/json" } });
    isOver = answer.status === 401;
    if (isOver) say("登录已过期。", board.dataset.signIn);
    else if (answer.ok) {
      show(await answer.json());
      say("");
    } else say("暂时读不到看板，正在重试……");
  } catch {
    say("暂时连不上服务器，正在重试……");
  }
  if (!isOver && !document.hidden) timer = setTimeout(look, EVERY_MS);
}

document.addEventListener("visibilitychange", () => document.hidden || look());
timer = setTimeout(look, EVERY_MS);
