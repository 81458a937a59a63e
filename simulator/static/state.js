// What the page knows. Others read it; only main.js and the stream write it.

export const state = {
  account: {},
  citizens: new Map(),
  openid: "",
  lines: new Map(), // openid -> Map(id -> line)
  unread: new Map(),
  menu: [],
  templates: [],
  samples: [],
  faults: [],
  skipped: 0,
  offset: 0, // virtual minus browser time, ms
};

export const citizen = () => state.citizens.get(state.openid);
export const now = () => new Date(Date.now() + state.offset);

const two = (n) => String(n).padStart(2, "0");

export function clockText(date) {
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

export function momentText(seconds) {
  const date = new Date(seconds * 1000);
  const midnight = now();
  midnight.setHours(0, 0, 0, 0);
  const days = Math.ceil((midnight - date) / 86400000);
  if (days <= 0) return clockText(date);
  if (days === 1) return `昨天 ${clockText(date)}`;
  return `${date.getMonth() + 1}月${date.getDate()}日 ${clockText(date)}`;
}
