// Asks at once for what changed first, then for what gathered meanwhile: one request of a kind in each `every_ms`,
// so that a busy hour costs the server no more than a calm one.

const MOST_IDS = 60; // more than that and the whole list is asked for
const AGAIN_MS = 3000;

// `ask(ids)` gets the gathered ids, or null for everything.
export function gather(ask, every_ms) {
  let ids = new Set();
  let isWhole = false;
  let timer = 0;
  let isAsking = false;
  let askedAt = -every_ms;

  function later(ms) {
    if (!timer && !isAsking) timer = setTimeout(run, ms);
  }

  const rest = () => Math.max(0, askedAt + every_ms - performance.now());

  async function run() {
    timer = 0;
    isAsking = true;
    askedAt = performance.now();
    const wanted = isWhole || ids.size > MOST_IDS ? null : [...ids];
    ids = new Set();
    isWhole = false;
    let least = 0;
    try {
      await ask(wanted);
    } catch (error) {
      if (error.words === undefined) throw error;
      isWhole = error.status !== 401;
      least = AGAIN_MS;
    } finally {
      isAsking = false;
      if (isWhole || ids.size) later(Math.max(rest(), least));
    }
  }

  return {
    changed(id) {
      ids.add(id);
      later(rest());
    },
    whole() {
      isWhole = true;
      clearTimeout(timer);
      timer = 0;
      later(0);
    },
  };
}
