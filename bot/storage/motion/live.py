"""News for open browsers over pub/sub: hurried, never the only copy."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

import redis
import redis.asyncio

from bot.ports import RESYNC, LiveEvent
from bot.storage.motion import keys
from bot.storage.motion.connect import open_async
from bot.storage.motion.errors import REDIS_ERRORS

logger = logging.getLogger(__name__)


def worded(topic: str, data: dict[str, object]) -> str:
    """Return one event as it is published."""
    return json.dumps({"topic": topic, "data": data}, ensure_ascii=False)


class HeldEvents:
    """`LiveEvents` that keeps them until they are taken: what a turn tells goes out with the end of the turn."""

    def __init__(self) -> None:
        self._held: list[str] = []

    def publish(self, topic: str, *data: dict[str, object]) -> None:
        """Keep them."""
        self._held += [worded(topic, each) for each in data]

    def take(self) -> list[str]:
        """Return what was kept, and keep it no longer."""
        held, self._held = self._held, []
        return held


class RedisLiveEvents:
    """`LiveEvents` on Redis: a failure to publish is logged and costs nothing else."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def publish(self, topic: str, *data: dict[str, object]) -> None:
        """Tell listeners that something changed; several things in one exchange with Redis."""
        self.tell([worded(topic, each) for each in data])

    def tell(self, bodies: Sequence[str]) -> None:
        """Publish events as they are worded."""
        if not bodies:
            return
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for body in bodies:
                    pipe.publish(keys.LIVE, body)
                pipe.execute()
        except REDIS_ERRORS as error:
            logger.warning("live: %d events not published (%s)", len(bodies), type(error).__name__)


class RedisLiveFeed:
    """`LiveFeed` on Redis; each listener has a connection of its own, which ends with it.

    Args:
        url: of the Redis that `RedisLiveEvents` publishes to.
        quiet_s: how long nothing must happen before None is yielded.
    """

    def __init__(self, url: str, *, quiet_s: float = 5.0) -> None:
        self._url = url
        self._quiet_s = quiet_s

    async def __call__(self) -> AsyncIterator[LiveEvent | None]:
        """Yield events without end; None after each quiet time. `RESYNC` first and after each lost connection."""
        client = open_async(self._url)
        try:
            async for event in listen(client, quiet_s=self._quiet_s):
                yield event
        finally:
            await client.connection_pool.disconnect()


async def listen(
    client: redis.asyncio.Redis, *, quiet_s: float = 15.0, retry_s: float = 1.0
) -> AsyncIterator[LiveEvent | None]:
    """Yield events for one browser without end; None after each quiet time, for a keep-alive line.

    The first event, and the first after a lost connection, is `RESYNC`: the subscription stands from there on.
    """
    while True:
        try:
            async with client.pubsub() as channel:
                await channel.subscribe(keys.LIVE)
                while True:
                    yield _event(await channel.get_message(timeout=quiet_s))
        except REDIS_ERRORS as error:
            logger.warning("live: subscription lost (%s)", type(error).__name__)
            yield None
        await asyncio.sleep(retry_s)


def _event(message: dict[str, Any] | None) -> LiveEvent | None:
    if message is None:
        return None
    if message["type"] != "message":
        return LiveEvent(RESYNC)  # Redis confirms the subscription
    event = json.loads(message["data"])
    return LiveEvent(event["topic"], event["data"])
