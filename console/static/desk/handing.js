// Handing a citizen on: to a colleague, back to those that wait, back to the bot. Each says what the citizen is told.

import { get, post } from "./api.js";
import { el } from "./dom.js";
import { openSheet, whenSent } from "./sheet.js";

const PRESENT = { ready: "在岗", away: "暂离", gone: "不在" };
const ORDER = ["ready", "away", "gone"];

const submit = (words) => el("button", { class: "main" }, words);

function cancel() {
  return el("button", { type: "button", class: "second", onclick: (event) => event.target.closest("dialog").close() }, "取消");
}

// `done(error)` hears how it went; null when it was done.
function send(sheet, name, conversation, body, done) {
  whenSent(sheet, async () => {
    try {
      await post(name, { id: conversation.id }, body());
      sheet.close();
      done(null);
    } catch (error) {
      if (error.words === undefined) throw error;
      if (error.data?.agent) {
        sheet.close(); // somebody else has it now: there is nothing left to decide here
        done(error);
      } else sheet.say(error.words);
    }
  });
}

export async function askHand(conversation, me, done) {
  const list = el("fieldset", { class: "choices" }, el("legend", {}, "转给谁"), el("p", { class: "soft" }, "正在看谁在岗……"));
  const words = el("textarea", { rows: 2, maxlength: 300, placeholder: "例如：已核对地址，差一张照片" });
  const sheet = openSheet({
    testid: "hand-dialog",
    title: "转给同事",
    parts: [list, el("label", {}, "捎句话（市民看不到）", words), el("p", { class: "soft" }, "市民会收到一句：换了哪位工号来接待。")],
    buttons: [cancel(), submit("转给 TA")],
  });
  const chosen = () => list.querySelector("input:checked")?.value || "";
  const body = () => ({ to: chosen(), words: words.value.trim() });
  sheet.body.addEventListener("submit", (event) => {
    if (chosen()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    sheet.say("请先选一位在岗的同事。");
  });
  send(sheet, "hand_to", conversation, body, done);
  try {
    const { colleagues } = await get("colleagues");
    showColleagues(list, colleagues.filter((one) => one.number !== me.number));
  } catch (error) {
    sheet.say(error.words);
  }
}

function showColleagues(list, colleagues) {
  const sorted = [...colleagues].sort((a, b) => ORDER.indexOf(a.presence) - ORDER.indexOf(b.presence) || a.holds - b.holds);
  const choices = sorted.map((one) => {
    const input = el("input", { type: "radio", name: "to", value: one.number, disabled: one.presence !== "ready" });
    const load = one.holds ? `手上 ${one.holds} 位` : "手上没有人";
    return el(
      "label",
      { class: `choice ${one.presence}` },
      input,
      el("span", {}, el("b", {}, `${one.number} ${one.name}`), ` ${one.role_name}`),
      el("span", { class: "soft" }, one.presence === "ready" ? `${PRESENT.ready} · ${load}` : PRESENT[one.presence]),
    );
  });
  const isNobody = !sorted.some((one) => one.presence === "ready");
  const none = isNobody ? el("p", { class: "notice" }, "现在没有别的同事在岗。可以退回等待，或者交还机器人。") : null;
  list.replaceChildren(list.firstElementChild, ...(none ? [none] : []), ...choices);
  (list.querySelector("input:enabled") || list.closest("form").querySelector("button")).focus();
}

export function askRequeue(conversation, done) {
  const sheet = openSheet({
    testid: "requeue-dialog",
    title: "退回等待",
    parts: [el("p", {}, "市民会被告知您离开了，并重新排队等别的同事；没有同事在岗时，由机器人接着答。")],
    buttons: [cancel(), submit("退回")],
  });
  send(sheet, "requeue", conversation, () => ({}), done);
  sheet.body.querySelector("button.main").focus();
}

export function askBack(conversation, form, done) {
  const hasForm = form && !form.is_empty;
  const choices = el(
    "fieldset",
    { class: "choices" },
    el("legend", {}, "没写完的投诉"),
    el("label", { class: "choice" }, el("input", { type: "radio", name: "keep", value: "1", checked: true }), el("span", {}, "接着填没写完的投诉")),
    el("label", { class: "choice" }, el("input", { type: "radio", name: "keep", value: "" }), el("span", {}, "不留，重新开始")),
  );
  const sheet = openSheet({
    testid: "back-dialog",
    title: "交还机器人",
    parts: [el("p", {}, "市民会收到一句：您已结束，由机器人继续服务。"), hasForm && choices].filter(Boolean),
    buttons: [cancel(), submit("交还")],
  });
  const body = () => ({ keep_form: Boolean(hasForm && choices.querySelector("input:checked")?.value) });
  send(sheet, "give_back", conversation, body, done);
  (hasForm ? choices.querySelector("input") : sheet.body.querySelector("button.main")).focus();
}
