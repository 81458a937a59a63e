// Makes the forms of a case shorter to fill in. Without it every field is there and every button works.
const SLOT = /〔[^〕]*〕/;

// Only the fields that the chosen outcome needs.
function narrow(form) {
  const chosen = form.querySelector('input[name="kind"]:checked');
  const needs = new Set((chosen?.dataset.needs ?? "").split(" "));
  for (const part of form.querySelectorAll("[data-for]")) {
    part.hidden = !needs.has(part.dataset.for);
    for (const field of part.querySelectorAll("input, select")) field.required = !part.hidden;
  }
}

// The next blank of a template is selected, so that typing fills it.
function toSlot(area) {
  const found = SLOT.exec(area.value);
  area.focus();
  if (found) area.setSelectionRange(found.index, found.index + found[0].length);
}

function say(form, words, isBad) {
  const line = form.querySelector("[data-open-slots]");
  line.textContent = words;
  line.classList.toggle("bad", isBad);
}

function prepareReply(form) {
  const area = form.querySelector('textarea[name="text"]');
  let draft = "";
  const fill = () => {
    const chosen = form.querySelector('input[name="kind"]:checked');
    if (!chosen) return say(form, "请先选择办理结果。", true);
    if (area.value.trim() && area.value !== draft) return say(form, "已经写了内容，没有覆盖。清空后可以再填入模板。", true);
    area.value = draft = chosen.dataset.template;
    say(form, "〔〕里要换成这件事的具体内容。", false);
    return toSlot(area);
  };
  form.addEventListener("change", (event) => event.target.name === "kind" && narrow(form));
  form.querySelector('button[name="fill"]').addEventListener("click", (event) => {
    event.preventDefault();
    fill();
  });
  form.addEventListener("submit", (event) => {
    if (!SLOT.test(area.value)) return;
    event.preventDefault();
    say(form, "还有〔〕没有填写。", true);
    toSlot(area);
  });
  narrow(form);
}

// A field above a long list that leaves only what fits.
function prepareFinder(select) {
  const all = [...select.children].map((part) => part.cloneNode(true));
  const find = Object.assign(document.createElement("input"), {
    type: "search",
    className: "find-option",
    placeholder: select.dataset.find,
    autocomplete: "off",
  });
  find.setAttribute("aria-label", select.dataset.find);
  const fits = (option) => option.textContent.includes(find.value.trim());
  find.addEventListener("input", () => {
    const chosen = select.value;
    const left = all.map((part) => part.cloneNode(true));
    for (const part of left) {
      for (const option of part.querySelectorAll("option")) if (!fits(option) && !part.label?.includes(find.value.trim())) option.remove();
    }
    select.replaceChildren(...left.filter((part) => (part.matches("optgroup") ? part.children.length : fits(part) || !part.value)));
    const options = [...select.options];
    const kept = options.find((option) => option.value === chosen && find.value.trim() === "");
    const first = kept ?? options.find((option) => option.value && fits(option)) ?? options.find((option) => option.value);
    select.value = first ? first.value : "";
  });
  find.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  // The label now names the first of two fields; the list keeps its name.
  select.setAttribute("aria-label", select.closest("label").firstChild.textContent.trim());
  select.before(find);
}

for (const select of document.querySelectorAll("select[data-find]")) if (select.options.length > 12) prepareFinder(select);
for (const form of document.querySelectorAll('form[data-step="reply"]')) prepareReply(form);
for (const part of document.querySelectorAll(".acts details")) {
  part.addEventListener("toggle", () => part.open && part.querySelector("textarea, select, input:not([type=hidden])")?.focus());
}
document.querySelector(".acts details[open]")?.scrollIntoView({ block: "nearest" });
