// Calls to the console. Addresses come from the page, so it works wherever it is mounted.

const PATIENCE_MS = 15000;
const UPLOAD_MS = 90000;
const token = document.querySelector("meta[name=csrf]")?.content || "";
let urls = {};
let signedOut = () => {};

// What the server refused: `data` is its answer, `words` what the reader is told.
export class Refused extends Error {
  constructor(status, data) {
    super(`HTTP ${status}`);
    Object.assign(this, { status, data, words: sentence(status, data) });
  }
}

// Nothing came back: nobody knows whether it was done, so the same key is used again.
export class Lost extends Error {
  words = "没有连上服务器，请再试一次。写好的内容还在。";
}

export function prepareApi(addresses, whenSignedOut) {
  urls = addresses;
  signedOut = whenSignedOut;
}

export function url(name, ids = {}, query = {}) {
  let path = urls[name] || "";
  for (const [key, value] of Object.entries(ids)) path = path.replace(`:${key}`, encodeURIComponent(value));
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== undefined && value !== null);
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

export const get = (name, ids, query) => ask(url(name, ids, query), {});

export const post = (name, ids, body = {}) =>
  ask(url(name, ids), { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

export const upload = (name, ids, form) => ask(url(name, ids), { method: "POST", body: form }, UPLOAD_MS);

export async function ask(address, options, patience = PATIENCE_MS) {
  const headers = { Accept: "application/json", "X-CSRF-Token": token, ...options.headers };
  let answer;
  let data = {};
  try {
    answer = await fetch(address, { ...options, headers, redirect: "manual", signal: AbortSignal.timeout(patience) });
    const isJson = (answer.headers.get("Content-Type") || "").includes("json");
    if (isJson) data = await answer.json();
  } catch {
    throw new Lost();
  }
  if (answer.status === 401 || answer.type === "opaqueredirect") signedOut();
  if (!answer.ok) throw new Refused(answer.status, data);
  return data;
}

function sentence(status, data) {
  const said = [data.error, data.problems ? "" : data.advice].filter(Boolean).join(data.error?.match(/[。！？]$/) ? "" : "，");
  if (said) return said;
  if (status === 401) return "登录已过期，请重新登录。写好的内容还在。";
  if (status === 403) return "页面放得太久，请刷新后再试。";
  if (status === 404) return "这段对话已经不在了。";
  if (status === 413) return "太大了，发不出去。";
  if (status === 503) return "记录暂时读不到，请过一会儿再试。";
  return "没有办成，请再试一次。";
}
