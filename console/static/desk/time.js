// Times as the office reads them, and how long somebody waits by the server's clock.

const zone = document.querySelector("[data-zone]")?.dataset.zone || undefined;
const parts = new Intl.DateTimeFormat("zh-CN", {
  timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", weekday: "short",
});
let offset = 0; // the server's clock minus the browser's, ms

export function setNow(iso) {
  if (iso) offset = Date.parse(iso) - Date.now();
}

export const now = () => Date.now() + offset;

function split(iso) {
  return Object.fromEntries(parts.formatToParts(new Date(iso)).map((part) => [part.type, part.value]));
}

export function clock(iso) {
  const { hour, minute } = split(iso);
  return `${hour}:${minute}`;
}

export function day(iso) {
  const { year, month, day: number } = split(iso);
  return `${year}-${month}-${number}`;
}

// A day mark: 今天, 昨天, 11 月 23 日 星期一, with the year if it is another one.
export function dayMark(iso) {
  const today = day(now());
  if (day(iso) === today) return "今天";
  if (day(iso) === day(now() - 86400000)) return "昨天";
  const { year, month, day: number, weekday } = split(iso);
  const date = `${Number(month)} 月 ${Number(number)} 日 ${weekday}`;
  return today.startsWith(year) ? date : `${year} 年 ${date}`;
}

export function stamp(iso) {
  const { month, day: number, hour, minute } = split(iso);
  return `${month}-${number} ${hour}:${minute}`;
}

// When something was, as short as it can be said.
export function shortly(iso) {
  if (!iso) return "";
  if (day(iso) === day(now())) return clock(iso);
  if (day(iso) === day(now() - 86400000)) return `昨天 ${clock(iso)}`;
  const { month, day: number } = split(iso);
  return `${month}-${number}`;
}

export function full(iso) {
  return `${day(iso)} ${clock(iso)}`;
}

// How long since: the same words as the server's `wording.waited`.
export function since(iso) {
  const minutes = Math.max(0, Math.floor((now() - Date.parse(iso)) / 60000));
  if (minutes < 1) return "刚刚";
  if (minutes < 60) return `${minutes} 分钟`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} 小时 ${minutes % 60} 分` : `${hours} 小时`;
  return hours % 24 ? `${Math.floor(hours / 24)} 天 ${hours % 24} 小时` : `${Math.floor(hours / 24)} 天`;
}

export const minutesSince = (iso) => (now() - Date.parse(iso)) / 60000;
