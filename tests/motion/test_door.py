"""The five-second rule over two gateways on one Redis; emergencies also without it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest
import redis

from bot.model.message import Accepted, Inbound, Kind, Reply
from bot.ports import Settled, Unavailable
from bot.services.door import Door
from bot.storage.motion import keys
from bot.storage.motion.answers import RedisAnswers
from bot.storage.motion.connect import open_async
from bot.storage.motion.holders import RedisHolders
from bot.storage.motion.inbox import RedisInbox
from bot.storage.motion.waiting import RedisWaiting
from tests.motion.conftest import LIMITS, said

REPLY = Reply("请问在哪里？")
HOLD_S = 0.15


@dataclass(frozen=True)
class Gas:
    def text(self, recorded: bool) -> str:
        return "请立即拨打119。" + ("值班人员已看到。" if recorded else "")


class GasOnly:
    def match(self, text: str) -> Gas | None:
        return Gas() if "燃气" in text else None


class Names:
    """Says a sentence's name."""

    def say(self, name: str, /, **values: object) -> str:
        return name


@dataclass
class Gateways:
    """Two gateways, each with connections of its own."""

    doors: list[Door]
    waitings: list[RedisWaiting]


def run(
    url: str,
    story: Callable[[Gateways], Awaitable[None]],
    *,
    hold_s: float = HOLD_S,
    last_hold_s: float = HOLD_S,
    sweep_s: float = 0.3,
) -> None:
    async def start() -> None:
        clients = [open_async(url), open_async(url)]
        waitings = [RedisWaiting(client, sweep_s=sweep_s) for client in clients]
        doors = [
            Door(
                RedisInbox(client, LIMITS),
                waiting,
                GasOnly(),
                phrases=Names(),
                hold_s=hold_s,
                last_hold_s=last_hold_s,
                accept_s=0.3,
            )
            for client, waiting in zip(clients, waitings, strict=True)
        ]
        try:
            await story(Gateways(doors, waitings))
        finally:
            for waiting, client in zip(waitings, clients, strict=True):
                await waiting.close()
                await client.connection_pool.disconnect()

    asyncio.run(start())


async def attempts_made(client: redis.Redis, key: str, count: int) -> None:
    while int(client.hget(keys.answer(key), "attempts") or 0) < count:
        await asyncio.sleep(0.005)


@pytest.fixture
def answers(client: redis.Redis) -> RedisAnswers:
    return RedisAnswers(client)


def entries(client: redis.Redis) -> int:
    return sum(client.xlen(keys.stream(number)) for number in range(keys.PARTITIONS))


def test_three_attempts_at_two_gateways_share_one_turn_and_one_answer(
    url: str, client: redis.Redis, answers: RedisAnswers
) -> None:
    async def story(gateways: Gateways) -> None:
        one, other = gateways.doors
        calls = []
        for count, door in enumerate((one, other, one), start=1):
            calls.append(asyncio.create_task(door(said("m1"))))
            await attempts_made(client, "m1", count)
        answers.offer("m1", REPLY)
        assert await asyncio.gather(*calls) == [REPLY] * 3

    run(url, story, hold_s=20, last_hold_s=20)
    assert entries(client) == 1
    assert answers.settle("m1", offset_s=6.1) is Settled.PASSIVE


def test_an_answer_that_is_faster_than_the_acceptance_is_noticed(
    url: str, answers: RedisAnswers
) -> None:
    class Overtaken(RedisInbox):
        """Answered by a worker before its caller hears that it was accepted."""

        async def accept(self, message: Inbound, *, urgent: bool = False) -> Accepted:
            accepted = await super().accept(message, urgent=urgent)
            answers.offer(message.key, REPLY)
            await asyncio.sleep(0.2)  # long enough for the news to come and go
            return accepted

    async def story() -> None:
        client = open_async(url)
        waiting = RedisWaiting(client, sweep_s=60)
        with waiting.expecting("nobody"):
            await asyncio.sleep(0.2)  # until it is subscribed
        door = Door(Overtaken(client, LIMITS), waiting, GasOnly(), phrases=Names(), hold_s=10)
        try:
            assert await asyncio.wait_for(door(said("m1")), 5) == REPLY
        finally:
            await waiting.close()
            await client.connection_pool.disconnect()

    asyncio.run(story())


def test_an_answer_is_not_taken_for_a_connection_that_was_given_up(
    url: str, client: redis.Redis, answers: RedisAnswers
) -> None:
    async def gone() -> bool:
        return False

    async def story(gateways: Gateways) -> None:
        call = asyncio.create_task(gateways.doors[0](said("m1"), gone))
        await attempts_made(client, "m1", 1)
        answers.offer("m1", REPLY)
        assert await call is None
        assert answers.settle("m1", offset_s=6.1) is Settled.OPEN

    run(url, story)


def test_an_answer_arrives_though_the_subscription_is_dead(
    url: str, client: redis.Redis, answers: RedisAnswers
) -> None:
    async def story(gateways: Gateways) -> None:
        call = asyncio.create_task(gateways.doors[0](said("m1")))
        await attempts_made(client, "m1", 1)
        while not client.client_list(_type="pubsub"):
            await asyncio.sleep(0.005)
        client.client_kill_filter(_type="pubsub")
        answers.offer("m1", REPLY)
        assert await call == REPLY

    run(url, story, hold_s=20, sweep_s=0.05)


def test_pubsub_alone_brings_the_answer(
    url: str, client: redis.Redis, answers: RedisAnswers
) -> None:
    async def story(gateways: Gateways) -> None:
        call = asyncio.create_task(gateways.doors[0](said("m1")))
        await attempts_made(client, "m1", 1)
        while not client.pubsub_numsub(keys.ANSWERS)[0][1]:
            await asyncio.sleep(0.005)
        answers.offer("m1", REPLY)
        assert await call == REPLY

    run(url, story, hold_s=20, sweep_s=60)


def test_a_repeat_finds_the_answer_that_came_in_between(url: str, answers: RedisAnswers) -> None:
    async def story(gateways: Gateways) -> None:
        one, other = gateways.doors
        assert await one(said("m1")) is None
        answers.offer("m1", REPLY)
        assert await other(said("m1")) == REPLY
        assert await one(said("m1")) == REPLY

    run(url, story)


@pytest.mark.parametrize("more", [0, 1], ids=["third", "fourth"])
def test_after_the_last_attempt_the_answer_is_a_delivery_at_once(
    url: str, answers: RedisAnswers, more: int
) -> None:
    async def story(gateways: Gateways) -> None:
        for _ in range(3 + more):
            assert await gateways.doors[0](said("m1")) is None

    run(url, story, hold_s=0.05, last_hold_s=0.05)
    answers.offer("m1", REPLY)
    assert answers.settle("m1") is Settled.OPEN


def test_the_first_two_attempts_leave_the_answer_to_the_next(
    url: str, answers: RedisAnswers
) -> None:
    async def story(gateways: Gateways) -> None:
        for _ in range(2):
            assert await gateways.doors[0](said("m1")) is None

    run(url, story, hold_s=0.05)
    answers.offer("m1", REPLY)
    assert answers.settle("m1") is Settled.WAIT


def test_an_answer_that_comes_just_before_the_cut_is_left_to_the_next_attempt(
    url: str, answers: RedisAnswers
) -> None:
    async def story(gateways: Gateways) -> None:
        one, other = gateways.doors[:2]
        first = asyncio.create_task(one(said("m1")))
        await asyncio.sleep(0.4)  # beyond what is given, still held
        answers.offer("m1", REPLY)
        assert await first is None
        assert answers.settle("m1") is Settled.WAIT
        assert await other(said("m1")) == REPLY

    run(url, story, hold_s=0.8, last_hold_s=0.2)


def test_where_nothing_is_to_be_said_it_is_success_at_once(url: str, answers: RedisAnswers) -> None:
    async def story(gateways: Gateways) -> None:
        asked = asyncio.create_task(gateways.doors[0](said("m1")))
        await asyncio.sleep(0.2)
        answers.offer("m1", None)
        assert await asyncio.wait_for(asked, 5) is None

    run(url, story, hold_s=60, last_hold_s=20)


def test_a_repeat_after_the_answer_became_a_delivery_gets_nothing(
    url: str, answers: RedisAnswers
) -> None:
    async def story(gateways: Gateways) -> None:
        await gateways.doors[0](said("m1"))
        answers.offer("m1", REPLY)
        assert answers.settle("m1", offset_s=7) is Settled.OPEN
        assert await gateways.doors[1](said("m1")) is None

    run(url, story)


def test_while_a_person_holds_the_conversation_it_is_success_at_once(
    url: str, client: redis.Redis, answers: RedisAnswers
) -> None:
    RedisHolders(client).hold("citizen-a", held=True)

    async def story(gateways: Gateways) -> None:
        assert await asyncio.wait_for(gateways.doors[0](said("m1")), 5) is None

    run(url, story, hold_s=60, last_hold_s=60)
    assert entries(client) == 1
    answers.offer("m1", REPLY)
    assert answers.settle("m1") is Settled.OPEN  # should the bot answer after all, it need not wait


@pytest.mark.parametrize("kind", [kind for kind in Kind if not kind.is_said])
def test_what_is_not_said_is_accepted_without_waiting(
    url: str, client: redis.Redis, kind: Kind
) -> None:
    async def story(gateways: Gateways) -> None:
        message = replace(said("m1"), kind=kind, text="")
        assert await asyncio.wait_for(gateways.doors[0](message), 5) is None

    run(url, story, hold_s=60, last_hold_s=60)
    assert entries(client) == (0 if kind is Kind.IGNORED else 1)


DANGER = said("m1", text="家里有燃气味")


@pytest.mark.parametrize(
    "message", [DANGER, replace(DANGER, kind=Kind.VOICE)], ids=["text", "voice"]
)
def test_an_emergency_is_answered_at_once_for_each_attempt_and_recorded(
    url: str, client: redis.Redis, message: Inbound
) -> None:
    RedisHolders(client).hold("citizen-a", held=True)

    async def story(gateways: Gateways) -> None:
        for _ in range(2):
            answer = await asyncio.wait_for(gateways.doors[0](message), 5)
            assert answer == Reply("请立即拨打119。值班人员已看到。")

    run(url, story, hold_s=60, last_hold_s=60)
    assert entries(client) == 1


def test_without_redis_an_emergency_is_answered_and_the_rest_refused(tmp_path) -> None:
    async def story(gateways: Gateways) -> None:
        assert await gateways.doors[0](DANGER) == Reply("请立即拨打119。")
        with pytest.raises(Unavailable):
            await gateways.doors[0](said("m2"))

    run(f"unix://{tmp_path}/nothing.sock", story)


class AwayAtFirst:
    """An inbox whose store is being started again."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals

    async def accept(self, message: Inbound, *, urgent: bool = False) -> Accepted:
        if self.refusals:
            self.refusals -= 1
            raise Unavailable
        return Accepted(is_new=True, attempt=1)


class AnsweredAtOnce:
    @contextmanager
    def expecting(self, key: str) -> Iterator[AnsweredAtOnce]:
        yield self

    async def wait(self, timeout_s: float, *, look: bool) -> bool:
        return True

    async def take(self, key: str) -> Reply | None:
        return Reply("好")

    async def leave(self, key: str) -> None:
        raise AssertionError("somebody still waits")


def test_a_store_that_comes_back_in_time_costs_no_fault_notice() -> None:
    door = Door(AwayAtFirst(2), AnsweredAtOnce(), GasOnly(), phrases=Names(), accept_s=1.0)
    assert asyncio.run(door(said("m1"))) == Reply("好")


def test_what_is_offered_again_is_not_overtaken_by_the_same_citizens_next_words() -> None:
    kept: list[str] = []

    class Keeping(AwayAtFirst):
        async def accept(self, message: Inbound, *, urgent: bool = False) -> Accepted:
            accepted = await super().accept(message, urgent=urgent)
            kept.append(message.key)
            return accepted

    async def story() -> None:
        door = Door(Keeping(1), AnsweredAtOnce(), GasOnly(), phrases=Names())
        first = asyncio.create_task(door(said("m1", "oA")))
        await asyncio.sleep(0.02)
        others = [door(said("m2", "oA")), door(said("m3", "oB"))]
        await asyncio.gather(first, *others)
        assert door._lanes._lanes == {}

    asyncio.run(story())
    assert kept == ["m3", "m1", "m2"]
