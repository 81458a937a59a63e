"""A real Redis server for the whole session, emptied before each test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
import redis

from app.embedded_redis import EmbeddedRedis
from bot.model.limits import IntakeLimits
from bot.model.message import Inbound, Kind
from bot.storage.motion import keys
from bot.storage.motion.connect import open_async, open_sync
from bot.storage.motion.inbox import RedisInbox
from bot.storage.motion.streams import Partitions

LIMITS = IntakeLimits(messages=1000, seconds=60, waiting=1000)
"""More than any test needs that is not about them."""
LEASE_S = 0.4

MakeWorker = Callable[..., Partitions]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    running = EmbeddedRedis(tmp_path_factory.mktemp("redis"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def url(server: EmbeddedRedis) -> str:
    client = open_sync(server.url)
    client.flushall()
    client.close()
    return server.url


@pytest.fixture
def client(url: str) -> Iterator[redis.Redis]:
    opened = open_sync(url)
    yield opened
    opened.close()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def worker(url: str) -> Iterator[MakeWorker]:
    made: list[Partitions] = []

    def make(name: str, *, count: int = keys.PARTITIONS, **more: float) -> Partitions:
        made.append(Partitions(open_sync(url), name, count=count, lease_s=LEASE_S, **more))
        return made[-1]

    yield make
    for each in made:
        each.release_all()


def accept(url: str, *messages: tuple[str, str]) -> None:
    async def run() -> None:
        client = open_async(url)
        inbox = RedisInbox(client, LIMITS)
        for key, citizen in messages:
            await inbox.accept(said(key, citizen))
        await client.connection_pool.disconnect()

    asyncio.run(run())


def until(condition: Callable[[], bool], *, within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.01)


def pause(partitions: Partitions) -> None:
    """Stop the heartbeat as a stopped process would: without a word to Redis."""
    partitions._stopped.set()
    assert partitions._beating is not None
    partitions._beating.join()


def said(key: str, citizen: str = "citizen-a", text: str = "路灯不亮") -> Inbound:
    return Inbound(
        key=key,
        citizen=citizen,
        kind=Kind.TEXT,
        sent_at=datetime(2024, 3, 1, tzinfo=timezone.utc),
        text=text,
    )
