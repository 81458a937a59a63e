"""Stores that cannot be written: what is not kept is refused, so that WeChat asks again, and all mends itself."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import redis

from app.embedded_redis import EmbeddedRedis
from bench.world.processes import members
from bot.storage.motion.connect import open_sync
from simulator.driver import Citizen
from tests.e2e.disk import SmallDisk
from tests.e2e.server import ProductServer
from tests.e2e.talk import told
from tests.e2e.wire import Wire, text_xml


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("full")


@pytest.fixture(scope="module")
def disk(folder: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(folder / "data")
    yield disk
    disk.close()


@pytest.fixture(scope="module")
def product(folder: Path, disk: SmallDisk) -> Iterator[ProductServer]:
    product = ProductServer(folder).start()
    disk.pids = lambda: members(product.group)
    yield product
    product.kill()


@pytest.fixture
def phone(product: ProductServer) -> Citizen:
    return product.driver().create_citizen(f"市民{uuid.uuid4().hex[:6]}")


@pytest.fixture
def store(product: ProductServer) -> Iterator[redis.Redis]:
    with open_sync(EmbeddedRedis(product.folder / "data" / "redis").url) as client:
        yield client


def kept(product: ProductServer) -> set[str]:
    """Return everything that citizens said, as the record has it."""
    path = product.folder / "data" / "minsheng.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as record:
        rows = record.execute("SELECT text FROM line WHERE direction = 'citizen'").fetchall()
    return {str(text) for (text,) in rows}


def until(condition: Callable[[], bool], within_s: float = 90.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.1)


def test_a_full_disk_keeps_nothing_and_says_so(
    product: ProductServer, disk: SmallDisk, phone: Citizen
) -> None:
    wire, refused, taken = Wire(product), [], []
    phone.say("您好")
    disk.fill()
    try:
        for n in range(60):
            words = f"磁盘满了的第{n}句"
            xml = text_xml(f"oFull{n}", words)
            answer = wire.safe(xml)
            assert answer.status_code in (200, 503), answer.text
            (refused if answer.status_code == 503 else taken).append((words, xml))
            if len(refused) == 3:
                break
        assert len(refused) == 3
    finally:
        disk.empty()

    product.wait_until("/readyz", 90)
    for _, xml in refused:  # as WeChat does, and a citizen after it
        answer = wire.safe(xml)
        assert answer.status_code == 200
    assert phone.say("我要投诉")
    until(lambda: {words for words, _ in taken + refused} <= kept(product))


def test_a_record_that_is_locked_is_waited_for(product: ProductServer, phone: Citizen) -> None:
    put_back = "turn put back: Unavailable"
    before = product.log_tail(10_000).count(put_back)
    path = product.folder / "data" / "minsheng.db"
    with ThreadPoolExecutor(1) as pool:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            asked = pool.submit(phone.say, "我要投诉")
            until(lambda: product.log_tail(10_000).count(put_back) > before)
            other.execute("ROLLBACK")
        asked.result(60)
    phone.wait_for("具体情况", 30)
    assert len(told(phone, "具体情况")) == 1


def test_a_redis_that_takes_no_writes_refuses_and_mends(
    product: ProductServer, store: redis.Redis
) -> None:
    wire, words = Wire(product), f"内存满了{uuid.uuid4().hex[:6]}"
    xml = text_xml("oOom", words)
    store.config_set("maxmemory", 1)
    try:
        assert wire.safe(xml).status_code == 503
        emergency = wire.safe(text_xml("oOom", "家里煤气泄漏了"))
        assert emergency.status_code == 200
        assert emergency.text != "success"
    finally:
        store.config_set("maxmemory", 0)
    assert wire.safe(xml).status_code == 200
    until(lambda: words in kept(product))
