// Gathers what changed for a moment and asks for it in one request; never two requests of one kind at a time.

const MOST_IDS = 60; // more than that and the whole list is asked for
const AGAIN_MS = 3000;

// `ask(ids)` gets the gathered ids, or null for everything.
export function gather(ask, delay_ms) {
  let ids = new Set();
  let isWhole = false;
  let timer = 0;
  let isAsking = false;

  function later(ms) {
    if (!timer && !isAsking) timer = setTimeout(run, ms);
  }

  async function run() {
    timer = 0;
    isAsking = true;
    const wanted = isWhole || ids.size > MOST_IDS ? null : [...ids];
    ids = new Set();
    isWhole = false;
    let wait = delay_ms;
    try {
      await ask(wanted);
    } catch (error) {
      if (error.words === undefined) throw error;
      isWhole = error.status !== 401;
      wait = AGAIN_MS;
    } finally {
      isAsking = false;
      if (isWhole || ids.size) later(wait);
    }
  }

  return {
    changed(id) {
      ids.add(id);
      later(delay_ms);
    },
    whole() {
      isWhole = true;
      clearTimeout(timer);
      timer = 0;
      later(0);
    },
  };
}
