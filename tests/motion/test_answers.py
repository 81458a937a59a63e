"""What became of an answer: the table of `settle`, and the promise that every attempt gets the same one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import redis

from bot.model.message import Option, Reply
from bot.ports import Settled, Unavailable
from bot.storage.motion import keys
from bot.storage.motion.answers import RedisAnswers
from bot.storage.motion.connect import open_async, open_sync
from bot.storage.motion.inbox import RedisInbox
from bot.storage.motion.waiting import RedisWaiting
from tests.motion.conftest import LIMITS, said

REPLY = Reply("请问在哪里？", (Option("a", "人民路"), Option("b", "解放路")))


@dataclass
class Exchange:
    """One message's story, step by step."""

    url: str
    answers: RedisAnswers

    def run(self, *steps: str) -> list[Reply | None]:
        return asyncio.run(self._run(steps))

    async def _run(self, steps: tuple[str, ...]) -> list[Reply | None]:
        client = open_async(self.url)
        inbox, waiting = RedisInbox(client, LIMITS), RedisWaiting(client)
        taken: list[Reply | None] = []
        for step in steps:
            if step == "ask":
                await inbox.accept(said("m1"))
                await asyncio.sleep(0.002)  # the record counts in milliseconds
            elif step == "offer":
                self.answers.offer("m1", REPLY)
            elif step == "offer nothing":
                self.answers.offer("m1", None)
            elif step == "take":
                taken.append(await waiting.take("m1"))
                await asyncio.sleep(0.002)
            elif step == "leave":
                await waiting.leave("m1")
        await waiting.close()
        await client.connection_pool.disconnect()
        return taken


@pytest.fixture
def exchange(url: str, client: redis.Redis) -> Exchange:
    return Exchange(url, RedisAnswers(client))


W, P, D = Settled.WAIT, Settled.PASSIVE, Settled.OPEN  # D: a delivery


@pytest.mark.parametrize(
    ("steps", "after_s", "verdict"),
    [
        # taken, and the platform may still ask again; then it did not
        ("ask, offer, take", 0, W),
        ("ask, offer, take", 5.5, W),
        ("ask, offer, take", 6.1, P),
        # taken by an attempt that had been cut: the next attempt is what counts
        ("ask, offer, take, ask", 5.5, W),
        ("ask, offer, take, ask", 6.1, D),
        ("ask, offer, take, ask, take", 6.1, P),
        # never taken: wait while an attempt runs or may come, then it is a delivery
        ("ask, offer", 5.5, W),
        ("ask, offer", 6.1, D),
        ("ask, ask, offer", 5.5, W),
        ("ask, ask, ask, offer", 4.5, W),
        ("ask, ask, ask, offer", 5.1, D),
        ("ask, ask, ask, ask, offer", 5.1, D),
        # the last attempt gave up: no need to wait
        ("ask, ask, ask, leave, offer", 0, D),
        ("ask, offer, take, ask, leave", 0, D),
        # given after all, by an attempt more than expected
        ("ask, ask, ask, leave, offer, take", 6.1, P),
        # nothing to say, nobody known
        ("ask, offer nothing", 0, P),
        ("offer", 0, D),
        ("", 0, D),
    ],
)
def test_settle(exchange: Exchange, steps: str, after_s: float, verdict: Settled) -> None:
    exchange.run(*steps.split(", "))

    assert exchange.answers.settle("m1", offset_s=after_s) is verdict


def test_open_is_final_and_closes_the_answer_to_callbacks(exchange: Exchange) -> None:
    exchange.run("ask", "offer")
    assert exchange.answers.settle("m1", offset_s=7) is Settled.OPEN

    assert exchange.run("ask", "take") == [None]
    assert exchange.answers.settle("m1") is Settled.OPEN


def test_many_are_settled_each_for_itself_in_their_order(
    exchange: Exchange, client: redis.Redis
) -> None:
    exchange.run("ask", "offer nothing")
    client.script_flush()
    assert exchange.answers.settle_many(["m9", "m1", "m8"]) == [D, P, D]
    assert exchange.answers.settle_many([]) == []


def test_every_attempt_takes_the_same_answer(exchange: Exchange) -> None:
    assert exchange.run("ask", "offer", "take", "ask", "take", "ask", "take") == [REPLY] * 3


def test_a_second_offer_changes_nothing(exchange: Exchange) -> None:
    exchange.run("ask", "offer")
    exchange.answers.offer("m1", Reply("something else"))

    assert exchange.run("take") == [REPLY]


def test_an_answer_that_says_nothing_is_there_and_is_none(exchange: Exchange) -> None:
    assert exchange.run("ask", "offer nothing", "take") == [None]


def test_an_offer_to_nobody_leaves_no_record(exchange: Exchange, client: redis.Redis) -> None:
    exchange.answers.offer("m1", REPLY)

    assert not client.exists(keys.answer("m1"))


def test_a_given_answer_is_remembered_until_it_is_settled(
    exchange: Exchange, client: redis.Redis
) -> None:
    exchange.run("ask", "offer", "take")
    assert client.ttl(keys.answer("m1")) > 80_000

    assert exchange.answers.settle("m1", offset_s=3600) is Settled.PASSIVE
    assert client.ttl(keys.answer("m1")) <= 600


@pytest.mark.parametrize(
    "call",
    [
        lambda answers: answers.offer("m1", REPLY),
        lambda answers: answers.settle("m1"),
        lambda answers: answers.settle_many(["m1", "m2"]),
    ],
    ids=["offer", "settle", "settle many"],
)
def test_without_a_server_it_is_unavailable(tmp_path, call: Callable) -> None:
    answers = RedisAnswers(open_sync(f"unix://{tmp_path}/nothing.sock"))

    with pytest.raises(Unavailable):
        call(answers)
