// The line to the server: news arrive here, and it says that this browser lives. It reconnects by itself.

const QUIET_MS = 15000; // the server beats more often: longer silence is a dead line
const WAITS_MS = [300, 800, 2000, 4000, 8000, 15000];
const OVER = 4401;
const TYPING_EVERY_MS = 3000;

// `take` has a function for each topic, and `line(state)` with up, down or over.
export function openSocket(path, take) {
  let socket = null;
  let tries = 0;
  let watchdog = 0;
  let timer = 0;
  let isOver = false;
  const typedAt = new Map();

  function connect() {
    clearTimeout(timer);
    if (isOver || (socket && socket.readyState <= WebSocket.OPEN)) return;
    const address = new URL(path, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    socket = new WebSocket(address);
    const mine = socket;
    mine.addEventListener("open", () => mine === socket && listen());
    mine.addEventListener("message", (event) => mine === socket && hear(JSON.parse(event.data)));
    mine.addEventListener("close", (event) => mine === socket && lose(event.code));
    listen();
  }

  function listen() {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => lose(0), QUIET_MS);
  }

  function hear(news) {
    listen();
    if (tries !== -1) take.line("up");
    tries = -1;
    if (news.topic === "beat") say({ beat: true });
    else take[news.topic]?.(news);
  }

  function lose(code) {
    clearTimeout(watchdog);
    const old = socket;
    socket = null;
    old?.close();
    if (code === OVER) return over();
    tries += 1;
    take.line("down");
    const wait = WAITS_MS[Math.min(tries, WAITS_MS.length - 1)];
    timer = setTimeout(connect, wait * (0.8 + Math.random() * 0.4));
  }

  function over() {
    isOver = true;
    clearTimeout(timer);
    clearTimeout(watchdog);
    take.line("over");
  }

  function say(words) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(words));
  }

  const wake = () => {
    if (socket || isOver || document.hidden) return;
    connect();
  };
  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("pagehide", () => socket?.close());
  window.addEventListener("pageshow", (event) => event.persisted && wake());
  connect();

  return {
    over,
    typing(id) {
      if (Date.now() - (typedAt.get(id) || 0) < TYPING_EVERY_MS) return;
      typedAt.set(id, Date.now());
      say({ typing: id });
    },
  };
}
