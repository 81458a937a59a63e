// Filing for the citizen: the form the bot began, put right by a person, and the receipt number at the end.

import { get, post } from "./api.js";
import { el, newKey } from "./dom.js";
import { makePicker } from "./picker.js";
import { makeQuestions } from "./questions.js";
import { openSheet, whenSent } from "./sheet.js";

const VISIBILITIES = [["", "没有说"], ["confidential", "保密：不让对方知道是谁反映的"], ["public", "可以公开"]];
const unsent = new Map(); // conversation id -> what was typed before the form was closed

export async function openForm(conversation, done) {
  const holder = el("div", { class: "form-fields" }, el("p", { class: "soft" }, "正在取市民说过的内容……"));
  const save = el("button", { class: "main", disabled: true }, "提交");
  const cancel = el("button", { type: "button", class: "second", onclick: () => sheet.close() }, "先不提交");
  const sheet = openSheet({ testid: "file-dialog", className: "wide-sheet", title: `替 ${conversation.label} 提交`, parts: [holder], buttons: [cancel, save] });
  let given;
  try {
    given = { ...(await get("form", { id: conversation.id })), ...unsent.get(conversation.id) };
  } catch (error) {
    holder.replaceChildren();
    return sheet.say(error.words);
  }
  given.key ||= newKey();
  const form = makeForm(given);
  holder.replaceChildren(...form.nodes);
  form.start();
  form.nodes[0].querySelector("textarea").focus();
  save.disabled = false;
  sheet.dialog.addEventListener("close", () => save.isConnected && unsent.set(conversation.id, form.values()));
  whenSent(sheet, () => file(conversation, sheet, form, done));
}

async function file(conversation, sheet, form, done) {
  form.showProblems({});
  try {
    const { receipt, url } = await post("file", { id: conversation.id }, form.values());
    unsent.delete(conversation.id);
    showReceipt(sheet, receipt, url);
  } catch (error) {
    if (error.words === undefined) throw error;
    const left = form.showProblems(error.data?.problems || {});
    sheet.say(error.data?.problems ? left.join(" ") || "还有几处要补一补，已经标出来了。" : error.words);
  }
  done();
}

function showReceipt(sheet, receipt, url) {
  sheet.body.replaceChildren(
    el("p", { class: "big" }, "已提交，市民会收到编号。"),
    el("p", { class: "receipt number", "data-testid": "receipt", role: "status", tabindex: -1 }, receipt),
    el("div", { class: "presses" }, el("a", { href: url }, "看这件事项"), el("button", { type: "button", class: "main", onclick: sheet.close }, "好的")),
  );
  sheet.body.querySelector(".receipt").focus();
}

function field(name, words, input, extra) {
  input.id ||= `file-${name}`;
  input.setAttribute("aria-describedby", `problem-${name}`);
  const control = input.closest?.(".picker") || input;
  return el("div", { class: "field" }, el("label", { for: input.id }, words), control, extra, el("p", { class: "problem", id: `problem-${name}`, hidden: true }));
}

const choiceOf = (pairs, chosen) => el("select", {}, ...pairs.map(([value, words]) => el("option", { value, selected: value === chosen }, words)));

function textOf(tag, value, attributes) {
  const input = el(tag, { autocomplete: "off", ...attributes });
  input.value = value || "";
  return input;
}

function makeForm(given) {
  const asked = el("div", { class: "questions", "aria-live": "polite" });
  let questions = { answers: () => given.answers || {} };
  const picker = makePicker({ id: "file-service_code", groups: given.groups, likely: given.likely || [], value: given.service_code, choose: ask });
  const inputs = {
    said: textOf("textarea", given.said, { rows: 5, maxlength: 4000 }),
    place: textOf("input", given.place, { maxlength: 200 }),
    phone: textOf("input", given.phone, { type: "tel", maxlength: 30 }),
    name: textOf("input", given.name, { maxlength: 30 }),
    nature: choiceOf([["", "没有说"], ...given.natures.map((one) => [one.code, one.name])], given.nature),
    visibility: choiceOf(VISIBILITIES, given.visibility),
  };
  const chosen = given.chosen || given.media.filter((one) => one.chosen).map((one) => one.id);
  const media = given.media.map((one, at) => mediumOf(one, at, chosen.includes(one.id)));
  const nodes = [
    field("said", "情况（市民的原话，一行一条）", inputs.said),
    field("service_code", "办什么事（类别）", picker.input),
    asked,
    field("place", "地点", inputs.place),
    el("div", { class: "two" }, field("phone", "联系电话（可不填）", inputs.phone, phonesOf(given.phones, inputs.phone)), field("name", "称呼（可不填）", inputs.name)),
    el("div", { class: "two" }, field("nature", "性质", inputs.nature), field("visibility", "是否保密", inputs.visibility)),
    media.length ? el("fieldset", { class: "field media-choice" }, el("legend", {}, "附上市民发来的"), ...media.map((one) => one.node), el("p", { class: "problem", id: "problem-media", hidden: true })) : "",
  ];

  async function ask(code) {
    const before = questions.answers();
    if (!code) return asked.replaceChildren();
    try {
      const answer = await get("service_questions", { id: code, code });
      if (picker.value() !== code) return;
      questions = makeQuestions(answer.questions, { ...(given.answers || {}), ...before });
      asked.replaceChildren(...questions.nodes);
    } catch (error) {
      asked.replaceChildren(el("p", { class: "problem" }, `这个类别的问题没有取到。${error.words || ""}`));
    }
  }

  const values = () => ({
    key: given.key,
    service_code: picker.value(),
    ...Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value.trim()])),
    answers: questions.answers(),
    media: media.filter((one) => one.box.checked).map((one) => one.id),
  });
  return { nodes, values, start: () => ask(picker.value()), showProblems: (problems) => showProblems(nodes[0].parentElement, problems) };
}

function phonesOf(phones, input) {
  if (!phones?.length) return null;
  const take = (phone) => () => (input.value = phone);
  return el("span", { class: "chips" }, "市民说过：", ...phones.map((phone) => el("button", { type: "button", class: "small", onclick: take(phone) }, phone)));
}

function mediumOf(one, at, isChosen) {
  const box = el("input", { type: "checkbox", checked: isChosen });
  const name = one.kind === "image" ? `图片 ${at + 1}` : one.kind === "voice" ? `语音 ${at + 1}` : `附件 ${at + 1}`;
  const look = one.kind === "image" ? el("img", { src: one.url, alt: "", width: 72, height: 54, loading: "lazy" }) : null;
  return { id: one.id, box, node: el("label", { class: "tick" }, box, look, name) };
}

// Puts each sentence beside its field; returns those that have none.
function showProblems(holder, problems) {
  for (const old of holder.querySelectorAll(".problem")) old.hidden = true;
  for (const input of holder.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  const left = [];
  for (const [name, words] of Object.entries(problems)) {
    const place = holder.querySelector(`#problem-${CSS.escape(name.replace(/^answers?[.:]/, ""))}`);
    if (!place) left.push(words);
    else Object.assign(place, { textContent: words, hidden: false });
    holder.querySelector(`[aria-describedby="${place?.id}"]`)?.setAttribute("aria-invalid", "true");
  }
  holder.querySelector("[aria-invalid]")?.focus();
  return left;
}
