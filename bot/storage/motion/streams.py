"""Hands a worker the accepted messages of the citizens it owns: in order, one at a time per stream.

An entry is deleted when it is finished, so what a predecessor left is simply still the first of its stream,
and a new owner reads every stream from its beginning. While more wait, some are handed out together, and their
turns ended together (`bot.storage.motion.endings`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from itertools import islice

import redis

from bot.model.message import Reply
from bot.ports import Unavailable
from bot.storage.motion import keys
from bot.storage.motion.connect import as_text
from bot.storage.motion.endings import Endings
from bot.storage.motion.entries import Entry, Raw
from bot.storage.motion.errors import REDIS_ERRORS, unavailable_on_error
from bot.storage.motion.ownership import NOT_NOW, NOT_OURS, Ownership

logger = logging.getLogger(__name__)

LEASE_S = 3.0
"""A silent worker's citizens go to others after this; with a beat every quarter of it, always within 5 s."""

BLOCK_S = 0.5
"""No single read blocks longer, so that a stream just gained is soon looked at."""

STALLED_S = 150.0
"""Who asks for no entry for so long is stuck, though its heart still beats: its citizens go to others. No turn lasts so
long (app/worker.py ends its process after two minutes)."""

TOGETHER = 4
"""So many entries at most are handed out in one exchange with Redis; their turns end in one, too."""

_REST_S = 0.5
"""How long a stream rests whose turn could not be ended, since Redis was away."""

_RETRY_S = (0.1, 0.5, 2.0)
"""How long a stream rests after its first entry failed; the others go on meanwhile."""

_UNCOUNT = """
local name = ARGV[1] .. ':' .. ARGV[2]
if redis.call('HEXISTS', KEYS[1], name) == 0 then return 0 end
local left = redis.call('HINCRBY', KEYS[1], name, -1)
if left <= 0 then redis.call('HDEL', KEYS[1], name) end
return left
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
        self._park = client.register_script(_PARK)
        self._lock = threading.RLock()  # what is owned and what is in hand change together
        self._owned: frozenset[int] = frozenset()
        self._in_hand: set[int] = set()
        self._resting: dict[int, float] = {}
        self._blameless: list[Entry] = []  # put back while Redis was away
        self._fetched: deque[Raw] = deque()
        self._handed_out: deque[Entry] = deque()
        self._endings = Endings(client, on_ended=self._let_go, on_away=self._come_again)
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
                if not self._handed_out:
                    self._endings.send()
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

        Done by the next `next` at the latest that finds nothing handed out, or after `HOLD_S`. If Redis is away then,
        the entry stays first and comes again; the record's key of the processed message makes the second turn empty,
        and it offers the same answer.

        `news`: what is told to open browsers with it (`bot.storage.motion.live`).
        """
        self._endings.hold(entry, reply, news)
        if not self._handed_out or self._endings.are_overdue():
            self._endings.send()

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
            with self._lock:
                self._blameless.append(entry)
            logger.warning("streams: a try is uncounted later (%s)", type(error).__name__)
        self._rest(entry, rest_s)

    def park(self, entry: Entry, reason: str) -> None:
        """Move the entry aside, so that those behind it are not blocked (one step)."""
        self._move_aside(Raw(entry.stream, entry.id, entry.message.to_json()), reason)
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
        self._endings.send()
        for entry in self._handed_out:
            self.put_back(entry)
        with self._lock:
            self._handed_out.clear()
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
            if self._endings.are_overdue():
                self._endings.send()
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
        while self._fetched and not self._handed_out:
            with self._lock:  # no stream is given up between the question and the hand
                self._uncount_blameless()
                self._hand_out_several()
        return self._handed_out.popleft() if self._handed_out else None

    def _uncount_blameless(self) -> None:
        while self._blameless:
            entry = self._blameless[-1]
            self._uncount(keys=[keys.FAILURES], args=[entry.stream, entry.id])
            self._blameless.pop()

    def _hand_out_several(self) -> None:
        """Take in hand what comes next; what is not now goes back, what is lost by an error is fetched again."""
        group = list(islice(self._fetched, TOGETHER))
        free = [raw for raw in group if raw.stream in self._owned - self._in_hand]
        tries = self._ownership.hand_out([(raw.stream, raw.id) for raw in free]) if free else []
        for _ in group:
            self._fetched.popleft()
        given = list(zip(free, tries, strict=True))
        self._fetched.extendleft(raw for raw, tried in reversed(given) if tried == NOT_NOW)
        # Until the next heartbeat says otherwise.
        self._owned -= {raw.stream for raw, tried in given if tried == NOT_OURS}
        for raw, tried in given:
            if tried >= 0:
                self._take_in_hand(raw, tried)

    def _take_in_hand(self, raw: Raw, failures: int) -> None:
        entry = raw.read(failures)
        if entry is None:
            self._move_aside(raw, "unreadable")
            return
        self._in_hand.add(entry.stream)
        self._handed_out.append(entry)

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
                self._fetched.append(Raw(numbers[as_text(name)], as_text(entry_id), as_text(body)))

    def _move_aside(self, raw: Raw, reason: str) -> None:
        with unavailable_on_error():
            self._park(
                keys=[keys.stream(raw.stream), keys.FAILURES, keys.PARKED],
                args=[raw.stream, raw.id, raw.body, reason],
            )

    def _rest(self, entry: Entry, seconds: float) -> None:
        self._resting[entry.stream] = time.monotonic() + seconds
        self._let_go(entry)

    def _come_again(self, entry: Entry) -> None:
        self.put_back(entry, rest_s=_REST_S)

    def _let_go(self, entry: Entry) -> None:
        with self._lock:
            self._in_hand.discard(entry.stream)
