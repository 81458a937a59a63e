// Keeps the number of waiting citizens in the menu and the title, and the list itself where it is shown.
// Values are put in as text, never as markup.
const EVERY_MS = 4000;
const { rows: address, signIn } = document.body.dataset;
const count = document.querySelector("#count");
const toast = document.querySelector("#toast");
const list = document.querySelector("#waits");
const nobody = document.querySelector("#nobody");
const blank = document.querySelector("#row");
const title = document.title;
let shown = null;

function showCount({ count: number, emergencies }) {
  count.textContent = number;
  count.hidden = number === 0;
  count.classList.toggle("urgent", emergencies > 0);
  count.setAttribute("aria-label", emergencies ? `${number} 人，其中紧急 ${emergencies} 人` : `${number} 人`);
  document.title = number ? `${emergencies ? "【紧急】" : ""}(${number}) ${title}` : title;
}

function makeRow(value) {
  const item = blank.content.cloneNode(true).querySelector("[data-row]");
  item.classList.toggle("urgent", value.is_emergency);
  for (const part of item.querySelectorAll("[data-field]")) {
    const { field } = part.dataset;
    if (field === "url") part.href = value.url;
    else part.textContent = value[field];
  }
  return item;
}

function showRows(rows) {
  const now = JSON.stringify(rows);
  if (!list || now === shown) return;
  shown = now;
  const focused = document.activeElement?.closest?.("#waits a")?.getAttribute("href");
  list.replaceChildren(...rows.map(makeRow));
  list.hidden = rows.length === 0;
  nobody.hidden = rows.length > 0;
  if (focused) [...list.querySelectorAll("a")].find((a) => a.getAttribute("href") === focused)?.focus();
}

function say(words, link) {
  toast.hidden = !words;
  toast.replaceChildren(words);
  if (link) toast.append(" ", Object.assign(document.createElement("a"), { href: link, textContent: "重新登录" }));
}

async function look() {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.status === 401) {
      say("登录已过期。", signIn);
    } else if (answer.ok) {
      const data = await answer.json();
      showCount(data);
      showRows(data.rows);
      say("");
    } else {
      say("暂时读不到等待名单，正在重试……");
    }
  } catch {
    say("暂时连不上服务器，正在重试……");
  }
  setTimeout(look, EVERY_MS);
}

look();
