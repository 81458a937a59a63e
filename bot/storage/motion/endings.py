"""Ends turns in Redis, those of several citizens in one exchange while more wait.

Each exchange wakes Redis, and each answer that comes alone the gateway: on a busy machine that costs more than what they
do then.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import redis

from bot.model.message import Reply
from bot.ports import Unavailable
from bot.storage.motion import keys
from bot.storage.motion.answers import OFFER, worded
from bot.storage.motion.entries import Entry
from bot.storage.motion.errors import unavailable_on_error

logger = logging.getLogger(__name__)

HOLD_S = 0.02
"""An answer is held back no longer for others to go with it; some milliseconds are what a turn takes."""

# Offers the answer, tells open browsers and removes the entry. One script, so that a turn ends as a whole.
_END = f"""
local function offer(KEYS, ARGV) {OFFER} end
offer({{KEYS[3]}}, {{ARGV[3], ARGV[4]}})
for i = 6, #ARGV do redis.call('PUBLISH', ARGV[5], ARGV[i]) end
redis.call('HDEL', KEYS[2], ARGV[1] .. ':' .. ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
"""


@dataclass(frozen=True)
class _Ending:
    entry: Entry
    arguments: list[str | int]
    since: float


class Endings:
    """Turns that ended and of which Redis is still to hear; any thread may send them.

    Args:
        client: a synchronous client.
        on_ended: called with each entry whose turn has ended in Redis, too.
        on_away: called with each for which Redis was away; it is still the first of its stream.
    """

    def __init__(
        self,
        client: redis.Redis,
        *,
        on_ended: Callable[[Entry], None],
        on_away: Callable[[Entry], None],
    ) -> None:
        self._redis = client
        self._on_ended = on_ended
        self._on_away = on_away
        self._lock = threading.Lock()
        self._held: list[_Ending] = []

    def hold(self, entry: Entry, reply: Reply | None, news: Sequence[str]) -> None:
        """Keep one until `send`: its answer, and what open browsers are told with it."""
        names = [keys.stream(entry.stream), keys.FAILURES, keys.answer(entry.message.key)]
        told = [worded(reply), keys.ANSWERS, keys.LIVE, *news]
        arguments: list[str | int] = [len(names), *names, entry.stream, entry.id, *told]
        with self._lock:
            self._held.append(_Ending(entry, arguments, time.monotonic()))

    def are_overdue(self) -> bool:
        """True if one was held back long enough."""
        with self._lock:
            return bool(self._held) and time.monotonic() - self._held[0].since > HOLD_S

    def send(self) -> None:
        """End all that are held in one exchange; nothing is done if none is."""
        with self._lock:
            held, self._held = self._held, []
        if not held:
            return
        try:
            self._exchange(held)
        except Unavailable as error:
            logger.warning("streams: %d turns come again (%s)", len(held), error)
            become = self._on_away
        else:
            become = self._on_ended
        for each in held:
            become(each.entry)

    def _exchange(self, held: Sequence[_Ending]) -> None:
        with unavailable_on_error(), self._redis.pipeline(transaction=False) as pipe:
            for each in held:
                pipe.execute_command("EVAL", _END, *each.arguments)
            pipe.execute()
