"""What is beyond the limits is not taken, is told so once, and keeps nobody else waiting; some things are always taken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
import redis

from bot.model.limits import IntakeLimits
from bot.model.message import Accepted, Inbound, Kind, Refusal, Reply
from bot.ports import Unavailable
from bot.services.door import Door
from bot.storage.motion import keys
from bot.storage.motion.connect import open_async
from bot.storage.motion.holders import RedisHolders
from bot.storage.motion.inbox import REFUSED_REMEMBERED_S, RedisInbox
from bot.storage.motion.waiting import RedisWaiting
from tests.motion.conftest import said
from tests.motion.test_door import GasOnly, Names

THREE_A_MINUTE = IntakeLimits(messages=3, seconds=60, waiting=1000)
TWO_WAITING = IntakeLimits(messages=1000, seconds=60, waiting=2)
NOT_SAID = [kind for kind in Kind if not kind.is_said and kind is not Kind.IGNORED]


def accept_all(
    url: str, limits: IntakeLimits, *messages: Inbound, urgent: bool = False
) -> list[Accepted]:
    """Hand each message to another gateway in turn."""

    async def run() -> list[Accepted]:
        clients = [open_async(url), open_async(url)]
        gateways = [RedisInbox(client, limits) for client in clients]
        try:
            return [
                await gateways[n % 2].accept(message, urgent=urgent)
                for n, message in enumerate(messages)
            ]
        finally:
            for client in clients:
                await client.connection_pool.disconnect()

    return asyncio.run(run())


def refusals(answers: list[Accepted]) -> list[Refusal | None]:
    return [answer.refusal for answer in answers]


def waiting(client: redis.Redis) -> int:
    return sum(client.xlen(keys.stream(number)) for number in range(keys.PARTITIONS))


class TestPace:
    def test_what_is_too_much_is_refused_and_told_once(self, url: str, client: redis.Redis) -> None:
        answers = accept_all(url, THREE_A_MINUTE, *(said(f"m{i}") for i in range(6)))

        again = Refusal.TOO_FAST_AGAIN
        assert refusals(answers) == [None, None, None, Refusal.TOO_FAST, again, again]
        assert waiting(client) == 3
        assert not any(answer.is_new for answer in answers[3:])

    def test_another_citizen_is_not_concerned(self, url: str) -> None:
        accept_all(url, THREE_A_MINUTE, *(said(f"m{i}") for i in range(5)))

        assert refusals(accept_all(url, THREE_A_MINUTE, said("x", "citizen-b"))) == [None]

    def test_the_next_minute_begins_anew(self, url: str, client: redis.Redis) -> None:
        accept_all(url, THREE_A_MINUTE, *(said(f"m{i}") for i in range(5)))
        assert 0 < client.ttl(keys.pace("citizen-a")) <= 60
        client.delete(keys.pace("citizen-a"))  # as Redis does then

        assert refusals(accept_all(url, THREE_A_MINUTE, said("next"))) == [None]

    def test_a_repeat_counts_nothing_and_gets_the_same(self, url: str, client: redis.Redis) -> None:
        messages = [said(f"m{i}") for i in range(5)]
        repeated = [message for message in messages for _ in range(3)]

        answers = accept_all(url, THREE_A_MINUTE, *repeated)

        assert [answer.attempt for answer in answers] == [1, 2, 3] * 3 + [0] * 6
        assert refusals(answers)[9:] == [Refusal.TOO_FAST] * 3 + [Refusal.TOO_FAST_AGAIN] * 3
        assert waiting(client) == 3

    def test_what_was_accepted_stays_accepted(self, url: str) -> None:
        accept_all(url, THREE_A_MINUTE, *(said(f"m{i}") for i in range(5)))

        assert accept_all(url, THREE_A_MINUTE, said("m0")) == [Accepted(False, 2)]

    def test_what_was_refused_stays_refused_though_there_is_room_again(
        self, url: str, client: redis.Redis
    ) -> None:
        """Its answer is on the way already: it must not be taken after the citizen was told that it was not."""
        accept_all(url, THREE_A_MINUTE, *(said(f"m{i}") for i in range(4)))
        client.delete(keys.pace("citizen-a"))

        assert refusals(accept_all(url, THREE_A_MINUTE, said("m3"))) == [Refusal.TOO_FAST]
        assert 0 < client.ttl(keys.answer("m3")) <= REFUSED_REMEMBERED_S

    @pytest.mark.parametrize("kind", NOT_SAID)
    def test_what_nobody_says_is_taken_and_does_not_count(self, url: str, kind: Kind) -> None:
        events = [replace(said(f"e{i}"), kind=kind, text="") for i in range(5)]

        assert refusals(accept_all(url, THREE_A_MINUTE, *events)) == [None] * 5
        messages = [said(f"m{i}") for i in range(4)]
        assert refusals(accept_all(url, THREE_A_MINUTE, *messages)) == [None] * 3 + [
            Refusal.TOO_FAST
        ]
        assert refusals(accept_all(url, THREE_A_MINUTE, replace(events[0], key="late"))) == [None]

    def test_what_is_urgent_is_taken(self, url: str, client: redis.Redis) -> None:
        accept_all(url, THREE_A_MINUTE, *(said(f"m{i}") for i in range(5)))

        urgent = accept_all(url, THREE_A_MINUTE, said("fire"), said("fire"), urgent=True)
        assert urgent == [Accepted(True, 1), Accepted(False, 2)]
        assert waiting(client) == 4


class TestBackPressure:
    def test_a_full_stream_takes_no_more_until_it_is_shorter(
        self, url: str, client: redis.Redis
    ) -> None:
        answers = accept_all(url, TWO_WAITING, *(said(f"m{i}") for i in range(4)))
        assert refusals(answers) == [None, None, Refusal.TOO_MANY, Refusal.TOO_MANY]
        assert waiting(client) == 2

        stream = keys.stream(keys.partition("citizen-a"))
        client.xdel(stream, client.xrange(stream)[0][0])
        answers = accept_all(url, TWO_WAITING, said("m4"), said("m2"), said("m0"))
        assert refusals(answers) == [None, Refusal.TOO_MANY, None]

    def test_what_is_urgent_and_what_nobody_says_is_taken(self, url: str) -> None:
        accept_all(url, TWO_WAITING, *(said(f"m{i}") for i in range(3)))

        assert refusals(accept_all(url, TWO_WAITING, said("fire"), urgent=True)) == [None]
        events = [replace(said(kind.value), kind=kind, text="") for kind in NOT_SAID]
        assert refusals(accept_all(url, TWO_WAITING, *events)) == [None] * len(NOT_SAID)

    def test_a_refusal_that_cannot_be_remembered_is_unavailable(
        self, url: str, client: redis.Redis
    ) -> None:
        accept_all(url, TWO_WAITING, *(said(f"m{i}") for i in range(2)))
        client.config_set("maxmemory", 1)
        try:
            with pytest.raises(Unavailable):
                accept_all(url, TWO_WAITING, said("m2"))
        finally:
            client.config_set("maxmemory", 0)


class TestDoor:
    def through(
        self,
        url: str,
        limits: IntakeLimits,
        story: Callable[[Door, list[Refusal]], Awaitable[None]],
    ) -> None:
        async def run() -> None:
            client = open_async(url)
            waiting, counted = RedisWaiting(client), list[Refusal]()
            door = Door(
                RedisInbox(client, limits),
                waiting,
                GasOnly(),
                phrases=Names(),
                on_refused=counted.append,
                hold_s=0.02,
                last_hold_s=0.02,
            )
            try:
                await story(door, counted)
            finally:
                await waiting.close()
                await client.connection_pool.disconnect()

        asyncio.run(run())

    @pytest.mark.parametrize("held", [False, True])
    def test_it_is_said_once_a_minute_also_while_a_person_holds(
        self, url: str, client: redis.Redis, held: bool
    ) -> None:
        RedisHolders(client).hold("citizen-a", held)

        async def story(door: Door, counted: list[Refusal]) -> None:
            for i in range(3):
                assert await door(said(f"m{i}")) is None  # taken; nobody answers here
            assert await door(said("m3")) == Reply("utter_too_fast")
            assert await door(said("m4")) is None
            assert await door(said("m3")) == Reply("utter_too_fast")
            assert counted == [Refusal.TOO_FAST, Refusal.TOO_FAST_AGAIN, Refusal.TOO_FAST]

        self.through(url, THREE_A_MINUTE, story)
        assert waiting(client) == 3

    def test_a_full_house_says_so_and_answers_emergencies(
        self, url: str, client: redis.Redis
    ) -> None:
        async def story(door: Door, counted: list[Refusal]) -> None:
            for i in range(2):
                await door(said(f"m{i}"))
            assert await door(said("m2")) == Reply("utter_too_many")
            answer = await door(said("m3", text="家里有燃气味"))
            assert answer == Reply("请立即拨打119。值班人员已看到。")
            assert counted == [Refusal.TOO_MANY]

        self.through(url, TWO_WAITING, story)
        assert waiting(client) == 3
