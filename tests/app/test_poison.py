"""Messages that no turn survives: real workers on a real Redis and record, a dialogue that does what the text says."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from app.serve import migrate
from app.settings import ROOT, read
from bot.model.conversation import WaitReason
from bot.model.limits import IntakeLimits
from bot.model.message import Inbound
from bot.storage.database import open_engine
from bot.storage.motion import keys
from bot.storage.motion.connect import open_async, open_sync
from bot.storage.motion.inbox import RedisInbox
from bot.storage.record import SqlRecord
from tests.builders import SetClock, make_message

#: A worker as `minsheng worker` runs it, but for the dialogue; it ends once nothing waits.
_WORK = """
import os, sys, threading, time
from app import worker
from app.bootstrap import build
from app.settings import read
from bot.model.message import Reply
from bot.services.dialogue import Spoken

worker.TURN_MOST_S = 4

class Obedient:
    def listen(self, message):
        return ()

    def keep(self, heard, snapshot, directory):
        return snapshot or {}

    def respond(self, heard, snapshot, counter):
        text = heard.message.text
        if text == "kill":
            os._exit(86)
        if text == "raise":
            raise LookupError("an odd one")
        while text == "hang":
            pass
        return Spoken(Reply("said " + text), snapshot, {})

parts = build(read(os.environ), redis_url=os.environ["MINSHENG_REDIS_URL"])
running = worker.Worker(parts, Obedient())

def stop_when_done():
    while running._partitions.depth() or "TIDY" in os.environ and parts.redis.xlen("minsheng:parked"):
        time.sleep(0.05)
    running.stop()

threading.Thread(target=stop_when_done, daemon=True).start()
running.run()
"""
LIMITS = IntakeLimits(messages=1000, seconds=60, waiting=1000)


class House:
    """One installation whose workers are started one after the other."""

    def __init__(self, environ: dict[str, str], redis_url: str) -> None:
        self.environ = {**environ, "MINSHENG_REDIS_URL": redis_url}
        settings = read(self.environ)
        migrate(settings)
        self.engine = open_engine(settings.record_url)
        self.record = SqlRecord(self.engine, SetClock())
        self.redis: redis.Redis = open_sync(redis_url)
        self.url = redis_url

    def accept(self, *messages: Inbound) -> None:
        async def run() -> None:
            client = open_async(self.url)
            inbox = RedisInbox(client, LIMITS)
            for message in messages:
                await inbox.accept(message)
            await client.connection_pool.disconnect()

        asyncio.run(run())

    def work(self) -> int:
        """Start a worker and return its exit code: 0 once nothing waits any more."""
        # Spares the time until a dead one's lease ends.
        self.redis.delete(keys.WORKERS, keys.OWNERS)
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MINSHENG_")}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _WORK],
            cwd=ROOT,
            env={**kept, **self.environ},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.errors = done.stderr
        return done.returncode

    def tidy(self) -> int:
        """Start a worker that ends once nothing is parked any more."""
        self.environ["TIDY"] = "1"
        return self.work()

    def answers(self, *names: str) -> list[str | None]:
        return [self.redis.hget(keys.answer(name), "reply") for name in names]

    def parked(self) -> list[tuple[str, str]]:
        rows = self.redis.xrange(keys.PARKED)
        return [(Inbound.from_json(row["message"]).key, row["reason"]) for _, row in rows]


@pytest.fixture
def house(environ: dict[str, str], redis_url: str, tmp_path: Path) -> Iterator[House]:
    opened = House({**environ, "MINSHENG_BACKEND_URL": "http://127.0.0.1:9"}, redis_url)
    yield opened
    opened.redis.close()
    opened.engine.dispose()


def bad_then_good(text: str) -> list[Inbound]:
    """Return one message that does harm, one behind it, and one in another stream."""
    other = next(f"o{i}" for i in range(99) if keys.partition(f"o{i}") != keys.partition("oA"))
    bad, behind = make_message(text, "bad", citizen="oA"), make_message("b", "b", citizen="oA")
    return [bad, behind, replace(behind, key="c", text="c", citizen=other)]


def assert_set_aside(house: House, reason: str) -> None:
    """The bad one is parked and its citizen told so and given a person; the others are answered."""
    assert house.parked() == [("bad", reason)]
    bad, behind, other = house.answers("bad", "b", "c")
    assert bad is not None
    assert "said" not in bad
    assert behind is not None
    assert other is not None
    assert "said c" in other
    assert house.redis.hlen(keys.FAILURES) == 0
    with house.record.unit() as unit:
        [waiting] = unit.conversations.waiting()
    assert (waiting.citizen, waiting.waiting_reason) == ("oA", WaitReason.PARKED)


def test_one_that_ends_its_worker_is_parked_after_three(house: House) -> None:
    house.accept(*bad_then_good("kill"))

    assert [house.work() for _ in range(4)] == [86, 86, 86, 0], house.errors

    assert_set_aside(house, "its turn ended the worker")


def test_one_that_never_ends_is_parked_after_three(house: House) -> None:
    house.accept(*bad_then_good("hang"))

    assert [house.work() for _ in range(4)] == [1, 1, 1, 0], house.errors

    assert_set_aside(house, "its turn ended the worker")


def test_one_that_always_raises_is_parked_by_the_same_worker(house: House) -> None:
    house.accept(*bad_then_good("raise"))

    assert house.work() == 0, house.errors

    assert_set_aside(house, "turn failed three times")


def test_one_that_nobody_can_read_is_parked(house: House) -> None:
    _, behind, other = bad_then_good("")
    house.redis.xadd(keys.stream(keys.partition("oA")), {"message": '{"key": 1'})
    house.accept(behind, other)

    assert house.work() == 0, house.errors

    [(_, row)] = house.redis.xrange(keys.PARKED)
    assert (row["reason"], row["message"]) == ("unreadable", '{"key": 1')
    assert all("said" in (answer or "") for answer in house.answers("b", "c"))


def test_a_worker_removes_what_was_parked_long_ago(house: House) -> None:
    house.redis.xadd(keys.PARKED, {"message": "{}"}, id="1000-0")  # 1970

    assert house.tidy() == 0, house.errors

    assert house.redis.get(keys.lease("housekeeping")) is None  # given back at the end
