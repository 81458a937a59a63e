"""Hands a worker the accepted messages of the citizens it owns: in order, one at a time per stream.

An entry is deleted when it is finished, so what a predecessor left is simply still the first of its stream,
and a new owner reads every stream from its beginning.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import redis

from bot.model.message import Inbound, Reply
from bot.ports import Unavailable
from bot.storage.motion import keys
from bot.storage.motion.answers import OFFER, worded
from bot.storage.motion.connect import as_text
from bot.storage.motion.errors import REDIS_ERRORS, unavailable_on_error
from bot.storage.motion.ownership import NOT_OURS, Ownership

logger = logging.getLogger(__name__)

LEASE_S = 3.0
"""A silent worker's citizens go to others after this; with a beat every quarter of it, always within 5 s."""

BLOCK_S = 0.5
"""No single read blocks longer, so that a stream just gained is soon looked at."""

STALLED_S = 150.0
"""Who asks for no entry for so long is stuck, though its heart still beats: its citizens go to others. No turn lasts so
long (app/worker.py ends its process after two minutes)."""

_RETRY_S = (0.1, 0.5, 2.0)
"""How long a stream rests after its first entry failed; the others go on meanwhile."""

_UNCOUNT = """
local name = ARGV[1] .. ':' .. ARGV[2]
if redis.call('HEXISTS', KEYS[1], name) == 0 then return 0 end
local left = redis.call('HINCRBY', KEYS[1], name, -1)
if left <= 0 then redis.call('HDEL', KEYS[1], name) end
return left
"""

# Each script that changes something is a write to disk of its own: the end of a turn is one.
_FINISH = f"""
local function offer(KEYS, ARGV) {OFFER} end
offer({{KEYS[3]}}, {{ARGV[3], ARGV[4]}})
for i = 6, #ARGV do redis.call('PUBLISH', ARGV[5], ARGV[i]) end
redis.call('HDEL', KEYS[2], ARGV[1] .. ':' .. ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
"""

_PARK = """
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])
if not entry[1] then return 0 end
local failures = redis.call('HGET', KEYS[2], ARGV[1] .. ':' .. ARGV[2]) or '0'
redis.call('XADD', KEYS[3], '*', 'stream', ARGV[1], 'id', ARGV[2], 'message', ARGV[3], 'reason', ARGV[4],
  'failures', failures)
redis.call('HDEL', KEYS[2], ARGV[1] .. ':' .. ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
"""


@dataclass(frozen=True)
class Entry:
    """One accepted message on its way through a worker.

    Attributes:
        failures: how often its turn was begun before and failed or ended its worker, counted over all workers.
    """

    stream: int
    id: str
    message: Inbound
    failures: int = 0


@dataclass(frozen=True)
class _Raw:
    stream: int
    id: str
    body: str


class Partitions:
    """One worker's streams. `next` is for one thread; a thread of its own keeps the ownership alive.

    Args:
        client: a synchronous client whose socket time-out is longer than half a second.
        worker_id: unique among the workers that live now.
        count: number of streams; the inbox must use the same.
        lease_s: how long a worker may be silent before others take its streams.
        stalled_s: how long it may ask for nothing.
    """

    def __init__(
        self,
        client: redis.Redis,
        worker_id: str,
        *,
        count: int = keys.PARTITIONS,
        lease_s: float = LEASE_S,
        stalled_s: float = STALLED_S,
    ) -> None:
        self._redis = client
        self._count = count
        self._beat_s = lease_s / 4
        self._stalled_s = stalled_s
        self._asked_at = time.monotonic()
        self._ownership = Ownership(client, worker_id, count=count, lease_s=lease_s)
        self._uncount = client.register_script(_UNCOUNT)
        self._finish = client.register_script(_FINISH)
        self._park = client.register_script(_PARK)
        self._lock = threading.RLock()  # what is owned and what is in hand change together
        self._owned: frozenset[int] = frozenset()
        self._in_hand: set[int] = set()
        self._resting: dict[int, float] = {}
        self._blameless: list[Entry] = []  # put back while Redis was away
        self._fetched: deque[_Raw] = deque()
        self._stopped = threading.Event()
        self._beating: threading.Thread | None = None

    @property
    def owned(self) -> frozenset[int]:
        """The streams that were ours at the last heartbeat."""
        return self._owned

    def next(self, block_s: float) -> Entry | None:
        """Return the next entry to work on, or None if there was none for so long.

        Never the second of a stream before the first was finished, failed, put back or parked. All
        streams take turns. A Redis that is away is waited for, not raised.
        """
        self._asked_at = time.monotonic()
        deadline = self._asked_at + block_s
        pause, is_last_try = 0.05, False
        while True:
            left = max(deadline - time.monotonic(), 0.0)
            try:
                self._start()
                entry = self._hand_out()
                if entry is not None or is_last_try:
                    return entry
                is_last_try = left <= 0
                self._fetch(left)
            except (*REDIS_ERRORS, Unavailable) as error:
                logger.warning("streams: redis is away (%s)", type(error).__name__)
                if left <= 0:
                    return None
                self._stopped.wait(min(pause, left))
                pause = min(pause * 2, 1.0)

    def finish(self, entry: Entry, reply: Reply | None, *, news: Sequence[str] = ()) -> None:
        """Offer the answer to whoever waits for it, as `RedisAnswers.offer` does, and delete the entry, in one step.

        `news`: what is told to open browsers with it (`bot.storage.motion.live`).

        Raises:
            Unavailable: the entry stays first and comes again; the record's key of the processed message
                makes the second turn empty, and it offers the same answer.
        """
        names = [keys.stream(entry.stream), keys.FAILURES, keys.answer(entry.message.key)]
        with unavailable_on_error():
            told = [worded(reply), keys.ANSWERS, keys.LIVE, *news]
            self._finish(keys=names, args=[entry.stream, entry.id, *told])
        self._let_go(entry)

    def failed(self, entry: Entry) -> int:
        """Give the entry out of hand after a failure of its own making; return the count so far, this one included.

        Not for a store that is down: use `put_back` there, or a healthy message is parked.
        """
        count = entry.failures + 1
        self._rest(entry, _RETRY_S[min(count, len(_RETRY_S)) - 1])
        return count

    def put_back(self, entry: Entry, *, rest_s: float = 0.0) -> None:
        """Give the entry out of hand without counting this try; its stream rests for so long."""
        try:
            self._uncount(keys=[keys.FAILURES], args=[entry.stream, entry.id])
        except REDIS_ERRORS as error:
            self._blameless.append(entry)
            logger.warning("streams: a try is uncounted later (%s)", type(error).__name__)
        self._rest(entry, rest_s)

    def park(self, entry: Entry, reason: str) -> None:
        """Move the entry aside, so that those behind it are not blocked (one step)."""
        self._move_aside(_Raw(entry.stream, entry.id, entry.message.to_json()), reason)
        self._let_go(entry)

    def still_mine(self, entry: Entry) -> bool:
        """True if no other worker can have been given this entry's stream; False too if Redis is away."""
        try:
            return self._ownership.holds(entry.stream)
        except REDIS_ERRORS:
            return False

    def release_all(self) -> None:
        """Give all streams to the other workers now; what is in hand comes again to one of them."""
        self._stopped.set()
        if self._beating is not None:
            self._beating.join()
        with self._lock:
            self._owned = frozenset()
            self._in_hand.clear()
            self._fetched.clear()
        try:
            self._ownership.release()
        except REDIS_ERRORS as error:
            logger.warning("streams: not released, they will expire (%s)", type(error).__name__)

    def depth(self) -> int:
        """Return how many accepted messages wait or are in hand, over all workers."""
        with unavailable_on_error():
            pipe = self._redis.pipeline(transaction=False)
            for number in range(self._count):
                pipe.xlen(keys.stream(number))
            return sum(pipe.execute())

    def _start(self) -> None:
        if self._beating is not None or self._stopped.is_set():
            return
        self._tend()
        self._beating = threading.Thread(target=self._beat, name="streams-beat", daemon=True)
        self._beating.start()

    def _beat(self) -> None:
        was_stalled = False
        while not self._stopped.wait(self._beat_s):
            is_stalled = time.monotonic() - self._asked_at > self._stalled_s
            if is_stalled and not was_stalled:
                logger.error("streams: this worker is stuck, its citizens go to others")
            was_stalled = is_stalled
            if is_stalled:
                continue
            try:
                self._tend()
            except REDIS_ERRORS as error:
                logger.warning("streams: heartbeat failed (%s)", type(error).__name__)

    def _tend(self) -> None:
        with self._lock:
            owned = self._ownership.tend(self._in_hand)
            if len(owned) != len(self._owned):
                logger.info("streams: %d owned, %d before", len(owned), len(self._owned))
            self._owned = owned

    def _hand_out(self) -> Entry | None:
        while self._fetched:
            with self._lock:  # no stream is given up between the question and the hand
                entry = self._check(self._fetched[0])
                self._fetched.popleft()
                if entry is not None:
                    self._in_hand.add(entry.stream)
                    return entry
        return None

    def _check(self, raw: _Raw) -> Entry | None:
        while self._blameless:
            entry = self._blameless[-1]
            self._uncount(keys=[keys.FAILURES], args=[entry.stream, entry.id])
            self._blameless.pop()
        if raw.stream not in self._owned or raw.stream in self._in_hand:
            return None
        failures = self._ownership.hand_out(raw.stream, raw.id)
        if failures == NOT_OURS:
            self._owned -= {raw.stream}  # until the next heartbeat says otherwise
        message = self._read(raw) if failures >= 0 else None
        return None if message is None else Entry(raw.stream, raw.id, message, failures)

    def _read(self, raw: _Raw) -> Inbound | None:
        try:
            return Inbound.from_json(raw.body)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            logger.error("streams: entry %s cannot be read (%s)", raw.id, type(error).__name__)
            self._move_aside(raw, "unreadable")
            return None

    def _fetch(self, block_s: float) -> None:
        """Read the first entry of each stream that is free to go on."""
        now = time.monotonic()
        with self._lock:
            free = [
                number
                for number in sorted(self._owned - self._in_hand)
                if self._resting.get(number, 0.0) <= now
            ]
        block_s = min(block_s, BLOCK_S, self._beat_s)
        if not free:
            self._stopped.wait(min(block_s, 0.05))
            return
        if len(free) < len(self._owned - self._in_hand):
            block_s = min(block_s, 0.1)  # one that rests will soon be free
        found = self._redis.xread(
            {keys.stream(number): "0" for number in free},
            count=1,
            block=max(int(block_s * 1000), 1),
        )
        numbers = {keys.stream(number): number for number in free}
        for name, entries in found:
            for entry_id, fields in entries:
                body = fields.get("message", fields.get(b"message", ""))
                self._fetched.append(_Raw(numbers[as_text(name)], as_text(entry_id), as_text(body)))

    def _move_aside(self, raw: _Raw, reason: str) -> None:
        with unavailable_on_error():
            self._park(
                keys=[keys.stream(raw.stream), keys.FAILURES, keys.PARKED],
                args=[raw.stream, raw.id, raw.body, reason],
            )

    def _rest(self, entry: Entry, seconds: float) -> None:
        self._resting[entry.stream] = time.monotonic() + seconds
        self._let_go(entry)

    def _let_go(self, entry: Entry) -> None:
        with self._lock:
            self._in_hand.discard(entry.stream)
