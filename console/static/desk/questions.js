// The questions of a service as fields: their kinds and words come from the office's backend.

import { el } from "./dom.js";

const TYPES = { number: "number", datetime: "datetime-local" };

// Returns {nodes, answers()} for [{code, question, hint, datatype, required, values}].
export function makeQuestions(questions, given) {
  const fields = questions.map((one) => fieldOf(one, given[one.code]));
  return {
    nodes: fields.map((field) => field.node),
    answers: () => Object.fromEntries(fields.map(({ code, value }) => [code, value()]).filter(([, value]) => value.length)),
  };
}

function fieldOf(one, given) {
  const id = `answer-${one.code}`;
  const problem = el("p", { class: "problem", id: `problem-${one.code}`, hidden: true });
  const name = one.question + (one.required ? "" : "（可不填）");
  const hint = one.hint ? el("span", { class: "soft" }, one.hint) : null;
  if (one.datatype === "multivaluelist") return manyOf(one, given, name, hint, problem);
  const input = inputOf(one, id, given);
  return { code: one.code, node: el("div", { class: "field" }, el("label", { for: id }, name), hint, input, problem), value: () => input.value.trim() };
}

function inputOf(one, id, given) {
  const marks = { id, "aria-describedby": `problem-${one.code}` };
  const value = Array.isArray(given) ? given[0] : given;
  if (one.datatype === "singlevaluelist") {
    const options = one.values.map(([key, name]) => el("option", { value: key, selected: key === value }, name));
    return el("select", marks, el("option", { value: "" }, "请选择"), ...options);
  }
  const input = one.datatype === "text" ? el("textarea", { ...marks, rows: 2 }) : el("input", { ...marks, type: TYPES[one.datatype] || "text" });
  input.value = value ?? "";
  return input;
}

function manyOf(one, given, name, hint, problem) {
  const chosen = [given ?? []].flat();
  const boxes = one.values.map(([key]) => el("input", { type: "checkbox", value: key, checked: chosen.includes(key) }));
  const labels = one.values.map(([, words], at) => el("label", { class: "tick" }, boxes[at], " ", words));
  const node = el("fieldset", { class: "field" }, el("legend", {}, name), hint, ...labels, problem);
  return { code: one.code, node, value: () => boxes.filter((box) => box.checked).map((box) => box.value) };
}
