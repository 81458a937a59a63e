// A line's words with each masked number shown in full on demand; every look is in the audit log, and it closes again.

import { el, setText } from "./dom.js";

const OPEN_MS = 60000;

export function makeWords(line, doing) {
  const words = el("p", { class: "words" });
  let rest = line.text;
  while (rest) {
    const found = doing.mayReveal ? first(rest, line.masks || []) : null;
    if (!found) break;
    words.append(rest.slice(0, found.at), masked(line, found.mask, doing));
    rest = rest.slice(found.at + found.mask.length);
  }
  words.append(rest);
  return words;
}

// The mask that stands first, the longest one if two begin at one place.
function first(text, masks) {
  const found = masks.map((mask) => ({ mask, at: text.indexOf(mask) })).filter(({ at }) => at >= 0);
  return found.sort((a, b) => a.at - b.at || b.mask.length - a.mask.length)[0];
}

function masked(line, mask, doing) {
  const number = el("span", { class: "number" }, mask);
  const button = el("button", { type: "button", class: "small", "data-testid": "reveal", title: "会记入审计" }, "显示");
  const note = el("span", { class: "hidden", role: "status" });
  let timer = 0;
  const close = () => {
    clearTimeout(timer);
    setText(number, mask);
    label(false);
  };
  const label = (isOpen) => {
    setText(button, isOpen ? "遮住" : "显示");
    button.setAttribute("aria-label", `${isOpen ? "遮住" : "显示完整"}号码 ${mask}`);
    button.dataset.open = isOpen ? "1" : "";
  };
  button.addEventListener("click", async () => {
    if (button.dataset.open) return close();
    button.disabled = true;
    const full = await doing.reveal(line, mask);
    button.disabled = false;
    if (!full) return;
    setText(number, full);
    setText(note, `${full}，已记入审计`);
    label(true);
    timer = setTimeout(close, OPEN_MS);
  });
  label(false);
  return el("span", { class: "masked" }, number, button, note);
}
