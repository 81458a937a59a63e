// What slides up over the chat: pictures, places, a scene to scan, consent, a new citizen, a word.

import { act, post } from "./api.js";
import { $, el, icon } from "./dom.js";
import { state } from "./state.js";

// GCJ-02 points, as WeChat's map gives them.
const PLACES = [
  [30.20839, 120.21201, "滨江区江南大道288号康恩贝大厦"],
  [30.28421, 120.13752, "西湖区文二路老汪烧烤门口"],
  [30.24590, 120.21080, "上城区钱江新城市民中心"],
  [30.31902, 120.16547, "拱墅区大关小区南门"],
  [30.18466, 120.26513, "萧山区市心中路地铁站B口"],
];
let before = null;

function open(title, ...content) {
  before = document.activeElement;
  const head = el("div", { class: "sheet-head" }, el("h2", { id: "sheet-title" }, title), el("button", { type: "button", class: "quiet", "aria-label": "关闭", onclick: close }, "关闭"));
  $("sheet").replaceChildren(head, ...content);
  $("sheet").hidden = $("veil").hidden = false;
  $("sheet").querySelector("input:not([type=file]), .choice, .primary")?.focus();
}

export function close() {
  $("sheet").hidden = $("veil").hidden = true;
  before?.focus?.();
}

export function prepareSheets() {
  $("veil").addEventListener("click", close);
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
}

export function messageSheet(words) {
  open("没有成功", el("p", { class: "words" }, words));
}

async function finish(work) {
  close();
  try {
    await work;
  } catch (error) {
    messageSheet(error.message);
  }
}

const field = (label, input) => el("label", { class: "field" }, label, input);
const primary = (label, id) => el("button", { class: "primary", "data-testid": id }, label);

function form(onsubmit, ...content) {
  const submit = (event) => {
    event.preventDefault();
    onsubmit();
  };
  return el("form", { onsubmit: submit }, ...content);
}

export function pictureSheet() {
  const samples = state.samples.map((name) => {
    const send = () => finish(act(state.openid, "image", { sample: name }));
    const image = el("img", { src: `samples/${name}.jpg`, alt: "" });
    return el("button", { type: "button", class: "thumb choice", "aria-label": `发送示例图片 ${name}`, "data-testid": `picture-${name}`, onclick: send }, image);
  });
  const file = el("input", { type: "file", accept: "image/*", "data-testid": "picture-file" });
  file.addEventListener("change", () => {
    const data = new FormData();
    data.append("file", file.files[0]);
    finish(act(state.openid, "image", data));
  });
  open("发送图片", el("div", { class: "thumbs" }, ...samples), field("从这台电脑选", file));
}

export function placeSheet() {
  const rows = PLACES.map(([lat, long, label]) => {
    const send = () => finish(act(state.openid, "location", { lat, long, label }));
    return el("button", { type: "button", class: "choice", "data-testid": "place", onclick: send }, icon("pin"), label);
  });
  const input = (placeholder, mode) => el("input", { placeholder, inputmode: mode, required: mode === "decimal", autocomplete: "off" });
  const [lat, long, label] = [input("30.24590", "decimal"), input("120.21080", "decimal"), input("路名、小区、店名", "text")];
  const own = form(
    () => finish(act(state.openid, "location", { lat: lat.value, long: long.value, label: label.value })),
    el("div", { class: "two" }, field("纬度", lat), field("经度", long)),
    field("名称", label),
    primary("发送位置", "place-send"),
  );
  open("发送位置", el("div", { class: "choices" }, ...rows), own);
}

export function scanSheet() {
  const scene = el("input", { value: "lamp-0001", required: true, "data-testid": "scene", autocomplete: "off" });
  open("扫描带参数的二维码", form(() => finish(act(state.openid, "scan", { scene: scene.value })), field("场景值", scene), primary("扫码", "scan-send")));
}

export function consentSheet() {
  const blocks = state.templates.map((template) => {
    const answer = (accept, long_term) => () => finish(post("consent", { openid: state.openid, template_id: template.template_id, accept, long_term }));
    const button = (label, id, ...how) => el("button", { type: "button", class: "choice short", "data-testid": id, onclick: answer(...how) }, label);
    return el("div", { class: "consent" }, el("strong", {}, template.title), el("div", { class: "three" }, button("允许一次", "consent-once", true, false), button("总是允许", "consent-always", true, true), button("拒绝", "consent-reject", false, false)));
  });
  open("“民声”想给你发送通知", ...blocks);
}

export function citizenSheet(choose) {
  const name = el("input", { required: true, maxlength: "12", "data-testid": "new-name", autocomplete: "off", placeholder: "例如 赵大妈" });
  const make = async () => {
    const made = await post("citizens", { name: name.value, follows: false });
    choose(made);
  };
  open("新的市民", form(() => finish(make()), field("称呼", name), primary("开始", "new-citizen")));
}
