// Beside the conversation: what was understood of the complaint, the citizen's cases, earlier handoffs.

import { $, el, setHidden } from "./dom.js";
import { openForm } from "./form.js";
import { full } from "./time.js";

let last = "";
let after = () => {};

let me = {};

export function prepareAbout(self, refresh) {
  [me, after] = [self, refresh];
}

// Built anew only when something in it changed, so that a link being read keeps its focus.
export function showAbout(news) {
  const place = $("about");
  setHidden(place, !news);
  const mark = news ? JSON.stringify([news.form, news.cases, news.handoffs, news.conversation.is_mine, news.conversation.id]) : "";
  if (mark === last) return;
  last = mark;
  place.replaceChildren(...(news ? [complaint(news), cases(news.cases), handoffs(news.handoffs)] : []));
}

const NAMES = [
  ["place", "地点"], ["category", "类别"], ["details", "情况"], ["phone", "电话"], ["name", "称呼"], ["nature", "性质"], ["visibility", "保密"], ["media", "附件"],
];

function complaint({ conversation, form }) {
  const value = (name) => {
    if (name === "details") return (form.details || []).join("\n");
    if (name === "media") return form.media ? `${form.media} 个` : "";
    if (name === "visibility") return { confidential: "保密", public: "可以公开" }[form.visibility] || form.visibility;
    return form[name];
  };
  const rows = form?.is_empty === false ? NAMES.map(([name, words]) => [words, value(name)]).filter(([, text]) => text) : [];
  const marks = { type: "button", class: "second wide-button", "data-testid": "file-open", id: "file-open", disabled: !conversation.is_mine };
  const open = () => openForm(conversation, after);
  const button = me.can.serve ? el("button", { ...marks, onclick: open }, conversation.is_mine ? "替他提交" : "接入后可以替他提交") : null;
  const body = rows.length
    ? el("dl", {}, ...rows.map(([words, text]) => el("div", {}, el("dt", {}, words), el("dd", {}, text))))
    : el("p", { class: "soft" }, "还没有记下要反映的事。");
  return el("section", { "aria-labelledby": "about-form" }, el("h3", { id: "about-form" }, "听懂了什么"), body, button);
}

function cases(rows) {
  const items = rows.map((row) =>
    el(
      "li",
      {},
      el(
        "a",
        { href: row.url },
        el("span", { class: "line" }, el("span", { class: "number" }, row.receipt), el("span", { class: `state ${row.tone}` }, row.state)),
        el("span", { class: "summary" }, row.summary),
        el("span", { class: "soft" }, [row.category, row.place].filter(Boolean).join(" · ")),
        row.is_confidential && el("span", { class: "state secret" }, "保密"),
        row.is_repeated && el("span", { class: "state again" }, "曾反映过"),
      ),
    ),
  );
  const body = items.length ? el("ul", { class: "about-cases" }, ...items) : el("p", { class: "soft" }, "还没有登记过事项。");
  return el("section", { "aria-labelledby": "about-cases" }, el("h3", { id: "about-cases" }, "反映过的事项"), body);
}

function handoffs(rows) {
  const items = rows.map((row) =>
    el(
      "li",
      {},
      el("span", { class: "number" }, full(row.asked_at)),
      el("span", {}, [row.reason_name || "主动接入", row.agent && `工号 ${row.agent}`, row.ending_name || "进行中"].filter(Boolean).join(" · ")),
    ),
  );
  const body = items.length ? el("ul", { class: "about-handoffs" }, ...items) : el("p", { class: "soft" }, "还没有转过人工。");
  return el("section", { "aria-labelledby": "about-handoffs" }, el("h3", { id: "about-handoffs" }, "转人工记录"), body);
}
