// On the pages beside the desk: how many wait in the menu and the title, and the same sound for a new one.

import { heard, prepareAlerts, showCounts } from "./desk/alerts.js";
import { ask, prepareApi } from "./desk/api.js";
import { gather } from "./desk/gather.js";
import { openSocket } from "./desk/socket.js";

const GATHER_MS = 2000;
const POLL_MS = 15000;
const { rows, events, home, signIn } = document.body.dataset;
const toast = document.querySelector("#toast");
let socket = null;
let poll = 0;

const waiting = gather(async (ids) => {
  const query = new URLSearchParams({ tab: "waiting", ...(ids && { ids: ids.join(",") }) });
  const answer = await ask(`${rows}?${query}`, {});
  heard(answer.rows, ids);
  showCounts(answer.counts);
}, GATHER_MS);

function say(words, link) {
  toast.hidden = !words;
  toast.replaceChildren(words);
  if (link) toast.append(" ", Object.assign(document.createElement("a"), { href: link, textContent: "重新登录" }));
}

const news = {
  resync: waiting.whole,
  changed: ({ conversation }) => waiting.changed(conversation),
  line(state) {
    clearInterval(poll);
    if (state === "over") return say("登录已过期。", signIn);
    if (state === "up") return say("");
    poll = setInterval(waiting.whole, POLL_MS);
    return waiting.whole(); // tells whether the session or the line is over
  },
};

prepareApi({}, () => socket?.over());
prepareAlerts((row) => (location.href = row.url || home));
socket = openSocket(events, news);
waiting.whole();
