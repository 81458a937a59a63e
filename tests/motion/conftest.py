"""A real Redis server for the whole session, emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
import redis

from app.embedded_redis import EmbeddedRedis
from bot.model.limits import IntakeLimits
from bot.model.message import Inbound, Kind
from bot.storage.motion.connect import open_sync

LIMITS = IntakeLimits(messages=1000, seconds=60, waiting=1000)
"""More than any test needs that is not about them."""


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


def said(key: str, citizen: str = "citizen-a", text: str = "路灯不亮") -> Inbound:
    return Inbound(
        key=key,
        citizen=citizen,
        kind=Kind.TEXT,
        sent_at=datetime(2024, 3, 1, tzinfo=timezone.utc),
        text=text,
    )
