// The platform's side: every exchange with raw XML/JSON and timing, the clock, allowances, faults.

import { get, post, remove } from "./api.js";
import { $, el } from "./dom.js";
import { pretty } from "./pretty.js";
import { clockText, now, state } from "./state.js";

const CUT_MS = 5000;
const OUTCOMES = {
  pending: "等待中", replied: "已回复", accepted: "已受理", fault: "故障",
  ok: "成功", error: "出错", lost: "断开", verified: "已验证", refused: "未通过",
};
const REASONS = {
  timeout: "超时被切断", unreachable: "连接不上", malformed: "不是合法 XML", overlong: "超过 2048 字节",
  bad_signature: "签名不对", wrong_appid: "appid 不对", wrong_recipient: "收件人不对",
  not_encrypted: "没有加密", empty_content: "内容为空", reply_not_allowed: "此事件不能回复",
};
const TRIGGERS = { message: "发消息", menu: "点菜单", follow: "关注", scan: "扫码" };
const KINDS = { push: "推送", api: "接口", verify: "验证" };
const kept = new Map();

export function preparePanel() {
  for (const tab of document.querySelectorAll("[role=tab]")) tab.addEventListener("click", () => choose(tab));
  $("only-mine").addEventListener("change", renderExchanges);
  $("verify").addEventListener("click", () => post("verify"));
  const toggle = (open) => {
    document.body.classList.toggle("panel-open", open);
    $("panel-toggle").setAttribute("aria-expanded", String(document.body.classList.contains("panel-open")));
  };
  $("panel-toggle").addEventListener("click", () => toggle());
  $("panel-close").addEventListener("click", () => toggle(false));
  renderFaults();
}

export function putExchange(exchange) {
  kept.set(exchange.id, exchange);
  const old = document.querySelector(`[data-exchange="${exchange.id}"]`);
  if (old) old.replaceWith(exchangeRow(exchange, old.open));
  else if (isShown(exchange)) {
    const list = $("exchanges");
    list.querySelector(".nothing")?.remove();
    list.prepend(exchangeRow(exchange, false));
    while (list.children.length > 200) list.lastElementChild.remove();
  }
}

export function renderExchanges() {
  const rows = [...kept.values()].filter(isShown).sort((a, b) => b.id - a.id).slice(0, 200);
  $("exchanges").replaceChildren(...rows.map((row) => exchangeRow(row, false)));
  if (!rows.length) $("exchanges").append(el("p", { class: "nothing" }, "还没有往来。在手机上说一句话，这里会列出平台与服务器之间的每一次请求。"));
}

const isShown = (exchange) => !$("only-mine").checked || exchange.openid === state.openid;

function choose(tab) {
  for (const other of document.querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    $(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (tab.id === "tab-allowance") refreshAllowance();
}

function exchangeRow(exchange, open) {
  const time = clockText(new Date(exchange.at * 1000));
  const outcome = exchange.reason && exchange.outcome === "error" ? exchange.reason : OUTCOMES[exchange.outcome];
  const tries = exchange.attempts.length > 1 ? el("span", { class: "tries" }, `${exchange.attempts.length} 次`) : null;
  const who = state.citizens.get(exchange.openid)?.name || "";
  const summary = el(
    "summary",
    {},
    el("span", { class: `kind ${exchange.kind}` }, KINDS[exchange.kind]),
    el("span", { class: "what" }, exchange.title, el("small", {}, `${time} ${who}`)),
    tries,
    el("span", { class: "ms" }, exchange.outcome === "pending" ? "" : `${exchange.elapsed_ms} ms`),
    el("span", { class: `outcome ${exchange.outcome}` }, outcome),
  );
  const marks = { class: "exchange", "data-testid": "exchange", "data-exchange": exchange.id, "data-outcome": exchange.outcome, "data-kind": exchange.kind, open };
  const row = el("details", marks, summary);
  const fill = () => row.open && row.children.length === 1 && row.append(...details(exchange));
  row.addEventListener("toggle", fill);
  fill();
  return row;
}

function details(exchange) {
  if (exchange.kind === "api") {
    const { request, response } = exchange;
    return [block(`${request.method} ${request.url}`, request.body), block(`回答 HTTP ${response.status ?? ""}`, response.body)];
  }
  const reason = exchange.reason ? [el("p", { class: "reason" }, `原因：${REASONS[exchange.reason] || exchange.reason}`)] : [];
  return [...reason, ...exchange.attempts.map(attempt)];
}

function attempt(row) {
  const ms = row.ms ?? 0;
  const width = Math.min(100, (100 * ms) / CUT_MS);
  const bar = el("div", { class: "timing", title: "满格是 5 秒" }, el("i", { style: `width:${width}%`, class: ms >= CUT_MS ? "cut" : "" }));
  const result = REASONS[row.result] || OUTCOMES[row.result] || row.result || "等待中";
  const head = el("div", { class: "attempt-head" }, el("b", {}, `第 ${row.n} 次`), el("span", {}, `${ms} ms · ${result}`));
  return el(
    "div",
    { class: "attempt" },
    head,
    bar,
    block("请求", row.request_plain),
    row.request_plain === row.request_body ? null : block("线上密文", `${row.url}\n\n${row.request_body}`, true),
    block(`回答 HTTP ${row.status ?? "无"}`, row.response_plain ?? row.response_body),
    !row.response_body || row.response_plain === row.response_body ? null : block("回答密文", row.response_body, true),
  );
}

function block(title, text, folded = false) {
  if (text === undefined || text === null) return null;
  const body = el("pre", {}, text === "" ? "（空）" : folded ? text : pretty(text));
  if (folded) return el("details", { class: "raw" }, el("summary", {}, title), body);
  return el("div", { class: "raw" }, el("h4", {}, title), body);
}

export async function refreshAllowance() {
  if ($("page-allowance").hidden || !state.openid) return;
  const ledger = await get(`ledger/${state.openid}`);
  const steps = [[60, "1 分钟"], [3600, "1 小时"], [86400, "1 天"], [48 * 3600, "48 小时"], [3 * 86400, "3 天"]];
  const buttons = steps.map(([seconds, label]) =>
    el("button", { type: "button", class: "step", "data-testid": `advance-${seconds}`, onclick: () => post("clock", { advance: seconds }).then(refreshAllowance) }, `+${label}`),
  );
  const grants = ledger.grants.map((grant) =>
    el("li", {}, el("b", {}, TRIGGERS[grant.trigger]), el("span", {}, `还能发 ${grant.left} 条`), el("small", {}, `${span(grant.closes_in_s)}后关闭`)),
  );
  const consents = ledger.consents.map((row) =>
    el("li", {}, el("b", {}, title(row.template_id)), el("span", {}, row.long_term ? "总是允许" : `允许 ${row.once} 次`)),
  );
  const none = (words) => el("p", { class: "nothing" }, words);
  $("page-allowance").replaceChildren(
    el("h3", {}, "时钟"),
    el("p", { class: "big", "data-testid": "clock" }, now().toLocaleString("zh-CN", { hour12: false })),
    el("p", { class: "note" }, state.skipped ? `比真实时间快 ${span(state.skipped)}` : "与真实时间一致；只能向前拨"),
    el("div", { class: "steps" }, ...buttons),
    el("h3", {}, "客服消息额度"),
    grants.length ? el("ul", { class: "grants", "data-testid": "ledger" }, ...grants) : none("窗口都已关闭，现在发客服消息会得到 45015。"),
    el("h3", {}, "订阅同意"),
    consents.length ? el("ul", { class: "grants" }, ...consents) : none("没有同意过任何通知，现在发订阅通知会得到 43101。"),
  );
}

const title = (id) => state.templates.find((t) => t.template_id === id)?.title || id;

function span(seconds) {
  if (seconds >= 86400 * 2) return `${Math.floor(seconds / 86400)} 天`;
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} 小时`;
  if (seconds >= 60) return `${Math.floor(seconds / 60)} 分钟`;
  return `${Math.floor(seconds)} 秒`;
}

const PATHS = ["message/custom/send", "message/subscribe/bizsend", "message/template/send", "stable_token", "media/get", "*"];
const FAULTS = {
  "-1 系统繁忙": { errcode: -1 }, "40001 令牌失效": { errcode: 40001 }, "42001 令牌过期": { errcode: 42001 },
  "45015 窗口关闭": { errcode: 45015 }, "45047 条数用完": { errcode: 45047 }, "HTTP 500": { http_status: 500 },
  "已收下但断开": { lost: true }, "慢 6 秒": { slow_s: 6 },
};

export function renderFaults() {
  const options = (names) => names.map((name) => el("option", { value: name }, name));
  const path = el("select", { "aria-label": "接口", "data-testid": "fault-path" }, ...options(PATHS));
  const kind = el("select", { "aria-label": "故障", "data-testid": "fault-kind" }, ...options(Object.keys(FAULTS)));
  const times = el("input", { type: "number", min: "1", max: "99", value: "1", "aria-label": "次数", "data-testid": "fault-times" });
  const add = () => post("faults", { path: path.value, times: Number(times.value), ...FAULTS[kind.value] });
  const rows = state.faults.map((fault) =>
    el("li", { "data-testid": "fault" }, el("b", {}, fault.path), el("span", {}, describe(fault)), el("small", {}, `还有 ${fault.times} 次`)),
  );
  $("page-faults").replaceChildren(
    el("p", { class: "note" }, "下一次调用所选接口时发生。"),
    el("div", { class: "order" }, path, kind, times, el("button", { type: "button", class: "primary", "data-testid": "fault-add", onclick: add }, "安排")),
    rows.length ? el("ul", { class: "grants" }, ...rows) : el("p", { class: "nothing" }, "没有安排故障。"),
    rows.length ? el("button", { type: "button", class: "quiet", "data-testid": "fault-clear", onclick: () => remove("faults") }, "全部取消") : "",
  );
}

function describe(fault) {
  if (fault.errcode) return String(fault.errcode);
  if (fault.http_status) return `HTTP ${fault.http_status}`;
  if (fault.lost) return "已收下但断开";
  return `慢 ${fault.slow_s} 秒`;
}
