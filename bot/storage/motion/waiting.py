"""The gateway's side of an answer: callbacks of one process wait together on one subscription.

Pub/sub only hurries: a sweep looks at the records themselves a few times a second, so that a lost
subscription delays an answer and never loses it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import redis.asyncio

from bot.model.message import Reply
from bot.ports import Arrival
from bot.storage.motion import keys
from bot.storage.motion.answers import NOTHING
from bot.storage.motion.batch import Batch
from bot.storage.motion.connect import as_text
from bot.storage.motion.errors import REDIS_ERRORS, unavailable_on_error

logger = logging.getLogger(__name__)

GIVEN_REMEMBERED_S = 86_400
"""An answer that was given is remembered until it is settled, through a day's standstill of the workers."""

_TAKE = """
local field = redis.call('HMGET', KEYS[1], 'closed', 'reply')
if field[1] or not field[2] then return false end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'given_at', time[1] * 1000 + math.floor(time[2] / 1000))
if field[2] ~= ARGV[2] then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return field[2]
"""

_LEAVE = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'left', 1) end
return 1
"""


class _Arrival:
    """One attempt's wait; a Redis that cannot be reached looks like an answer that is not there yet."""

    def __init__(self, is_there: Callable[[], Awaitable[bool]]) -> None:
        self.event = asyncio.Event()
        self._is_there = is_there

    async def wait(self, timeout_s: float, *, look: bool) -> bool:
        """Wait until it is there; False on time-out."""
        try:
            await asyncio.wait_for(self._come(look), timeout_s)
        except asyncio.TimeoutError:
            return False
        return True

    async def _come(self, look: bool) -> None:
        if look:
            with suppress(*REDIS_ERRORS):
                if await self._is_there():
                    return
        await self.event.wait()


class RedisWaiting:
    """`Waiting` on Redis; make one for each process and close it at the end.

    Args:
        client: an asynchronous client; the subscription takes one of its connections for itself.
        sweep_s: how often the records of all who wait are looked at.
    """

    def __init__(self, client: redis.asyncio.Redis, *, sweep_s: float = 0.3) -> None:
        self._redis = client
        self._sweep_s = sweep_s
        self._arrived: dict[str, set[asyncio.Event]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._batch = Batch(client)

    @contextmanager
    def expecting(self, key: str) -> Iterator[Arrival]:
        """Notice the answer to `key` from here on."""
        self._start()
        record = keys.answer(key)
        arrival = _Arrival(lambda: self._is_there(record))
        waiters = self._arrived.setdefault(record, set())
        waiters.add(arrival.event)
        try:
            yield arrival
        finally:
            waiters.discard(arrival.event)
            if not waiters and self._arrived.get(record) is waiters:
                del self._arrived[record]

    async def take(self, key: str) -> Reply | None:
        """Take the answer for writing it to this attempt's connection; None if there is none to write."""
        with unavailable_on_error():
            raw = await self._batch.script(
                _TAKE, [keys.answer(key)], [GIVEN_REMEMBERED_S * 1000, NOTHING]
            )
        if raw is None or as_text(raw) == NOTHING:
            return None
        return Reply.from_dict(json.loads(raw))

    async def leave(self, key: str) -> None:
        """Say that no later attempt will come: the answer becomes a delivery at once."""
        with unavailable_on_error():
            await self._batch.script(_LEAVE, [keys.answer(key)], [])

    async def close(self) -> None:
        """End the subscription; whoever still waits goes on to its time-out."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def _start(self) -> None:
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._sweep())]

    def _wake(self, record: str) -> None:
        for arrived in self._arrived.get(record, ()):
            arrived.set()

    async def _is_there(self, record: str) -> bool:
        found = await self._batch.run("HMGET", record, "reply", "closed")
        return any(value is not None for value in found)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(keys.ANSWERS)
                    while True:
                        message = await channel.get_message(timeout=5.0)
                        if message is not None:
                            self._wake(as_text(message["data"]))
            except REDIS_ERRORS as error:
                logger.warning("answers: subscription lost (%s)", type(error).__name__)
            await asyncio.sleep(0.5)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._sweep_s)
            records = list(self._arrived)
            try:
                there = await asyncio.gather(*(self._is_there(record) for record in records))
            except REDIS_ERRORS as error:
                logger.warning("answers: sweep failed (%s)", type(error).__name__)
                continue
            for record, is_there in zip(records, there, strict=True):
                if is_there:
                    self._wake(record)
