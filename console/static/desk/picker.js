// Choosing one of many services by typing a part of its name: a combobox with groups.

import { el } from "./dom.js";

// `groups`: [{name, services: [{code, name, keywords}]}]; `likely` codes come first. `choose(code)` hears a choice.
export function makePicker({ id, groups, likely, value, choose }) {
  const all = groups.flatMap((group) => group.services.map((one) => ({ ...one, group: group.name })));
  const input = el("input", {
    id, type: "text", role: "combobox", "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-autocomplete": "list", autocomplete: "off", placeholder: "输入几个字来找，例如：油烟",
  });
  const list = el("div", { id: `${id}-list`, class: "picker-list", role: "listbox", "aria-label": "类别", hidden: true });
  let shown = [];
  let at = -1;
  let code = "";

  const words = (one) => `${one.group} · ${one.name}`;
  const isOpen = () => !list.hidden;

  function set(next, isTold) {
    const one = all.find((service) => service.code === next);
    code = one ? one.code : "";
    input.value = one ? words(one) : "";
    if (isTold) choose(code);
  }

  function open(part) {
    const wanted = part.trim().toLowerCase().split(/\s+/).filter((word) => word && word !== "·");
    const fits = (one) => wanted.every((word) => `${words(one)} ${one.keywords.join(" ")}`.toLowerCase().includes(word));
    const near = wanted.length ? [] : likely.map((one) => all.find((service) => service.code === one)).filter(Boolean);
    shown = [...near.map((one) => ({ ...one, head: "可能是" })), ...all.filter(fits).map((one) => ({ ...one, head: one.group }))];
    at = shown.length && wanted.length ? 0 : -1;
    list.replaceChildren(...(shown.length ? options() : [el("p", { class: "soft" }, "没有这样的类别，换个说法试试")]));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    point();
  }

  function options() {
    const nodes = [];
    shown.forEach((one, index) => {
      if (one.head !== shown[index - 1]?.head) nodes.push(el("p", { class: "picker-group", role: "presentation" }, one.head));
      const take = (event) => {
        event.preventDefault();
        pick(index);
      };
      const name = one.head === "可能是" ? words(one) : one.name;
      nodes.push(el("div", { class: "picker-option", role: "option", id: `${id}-${index}`, "aria-label": words(one), onmousedown: take }, name));
    });
    return nodes;
  }

  function point() {
    [...list.querySelectorAll("[role=option]")].forEach((node, index) => node.setAttribute("aria-selected", String(index === at)));
    const node = list.querySelector('[aria-selected="true"]');
    node?.scrollIntoView({ block: "nearest" });
    if (node) input.setAttribute("aria-activedescendant", node.id);
    else input.removeAttribute("aria-activedescendant");
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function pick(index) {
    set(shown[index].code, true);
    close();
  }

  input.addEventListener("input", () => open(input.value));
  input.addEventListener("click", () => !isOpen() && open(""));
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", () => {
    close();
    if (input.value.trim()) set(code, false); // half a word is no choice: the last one stands
    else if (code) set("", true);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !isOpen()) open("");
    else if (step && shown.length) at = (at + step + shown.length) % shown.length;
    else if (event.key === "Enter" && isOpen() && at >= 0) pick(at);
    else if (event.key === "Enter") open("");
    else if (event.key === "Escape" && isOpen()) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (isOpen()) point();
  });
  set(value, false);
  return { input, node: el("div", { class: "picker" }, input, list), value: () => code };
}
