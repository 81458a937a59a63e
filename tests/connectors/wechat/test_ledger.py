from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import redis

from bot.model.delivery import Allowance
from bot.model.errors import RetryLater
from bot.model.message import Inbound, Kind
from connectors.wechat.ledger import RedisLedger
from tests.connectors.wechat.conftest import HandClock, hashed
from tests.connectors.wechat.pushes import CITIZEN


@pytest.fixture
def ledger(store: redis.Redis) -> RedisLedger:
    return RedisLedger(store, hashed=hashed, app_id="wx1")


def note(ledger: RedisLedger, citizen: str, act: str, at: datetime) -> None:
    """Let the citizen do something, as the inbox does with a message that it accepts."""
    command = ledger.noting(Inbound("m", citizen, Kind.TEXT, at, allowance=act))
    if command is not None:
        ledger._store.execute_command(*command)


def left(ledger: RedisLedger, clock: HandClock, citizen: str = CITIZEN) -> int:
    return ledger.allowance(citizen, clock.now()).left


@pytest.mark.parametrize(
    ("acts", "after_s", "rest"),
    [
        ([], 0, 0),
        (["message"], 0, 5),
        (["message"], 47 * 3600, 5),
        (["message"], 48 * 3600 - 60, 0),
        (["action"], 0, 3),
        (["action"], 50, 3),
        (["action"], 60, 0),
        (["message", "action"], 0, 5),
        (["action", "message"], 3600, 5),
        ([""], 0, 0),
        (["unheard"], 0, 0),
    ],
)
def test_what_a_citizen_does_opens_a_window(
    ledger: RedisLedger, clock: HandClock, acts: list[str], after_s: int, rest: int
) -> None:
    for act in acts:
        note(ledger, CITIZEN, act, clock.now())
    clock.move(after_s)
    assert left(ledger, clock) == rest


@pytest.mark.parametrize(
    ("acts", "spent", "closes_s"),
    [
        ([], 0, None),
        (["message"], 0, 48 * 3600 - 120),
        (["action"], 0, 57),
        (["message", "action"], 0, 48 * 3600 - 120),
        (["message"], 5, None),
        (["action"], 3, None),
        # Five of the message's and three of the tap's: each send is paid by both, the message's window lasts.
        (["action", "message"], 3, 48 * 3600 - 120),
    ],
)
def test_until_when_it_may_be_spent_is_told_of_the_window_that_lasts(
    ledger: RedisLedger, clock: HandClock, acts: list[str], spent: int, closes_s: int | None
) -> None:
    opened = clock.now()
    for act in acts:
        note(ledger, CITIZEN, act, opened)
    if spent:
        assert ledger.spend(CITIZEN, opened, spent)
    until = ledger.allowance(CITIZEN, opened).until
    assert until == (None if closes_s is None else opened + timedelta(seconds=closes_s))


def test_a_window_that_closed_has_no_end_any_more(ledger: RedisLedger, clock: HandClock) -> None:
    note(ledger, CITIZEN, "action", clock.now())
    clock.move(60)
    assert ledger.allowance(CITIZEN, clock.now()) == Allowance(0, None)


def test_only_what_is_left_can_be_spent(ledger: RedisLedger, clock: HandClock) -> None:
    note(ledger, CITIZEN, "message", clock.now())
    spent = [ledger.spend(CITIZEN, clock.now()) for _ in range(7)]
    assert spent == [True] * 5 + [False] * 2
    assert left(ledger, clock) == 0


def test_several_are_spent_together_or_not_at_all(ledger: RedisLedger, clock: HandClock) -> None:
    note(ledger, CITIZEN, "message", clock.now())
    assert ledger.spend(CITIZEN, clock.now(), 3)
    assert not ledger.spend(CITIZEN, clock.now(), 3)
    assert left(ledger, clock) == 2


def test_new_message_sets_the_count_anew(ledger: RedisLedger, clock: HandClock) -> None:
    note(ledger, CITIZEN, "message", clock.now())
    ledger.spend(CITIZEN, clock.now(), 4)
    clock.move(1)
    note(ledger, CITIZEN, "message", clock.now())
    assert left(ledger, clock) == 5


@pytest.mark.parametrize("late_s", [0, 1, 3600])
def test_repeated_or_late_news_gives_nothing_back(
    ledger: RedisLedger, clock: HandClock, late_s: int
) -> None:
    note(ledger, CITIZEN, "message", clock.now())
    ledger.spend(CITIZEN, clock.now(), 5)
    note(ledger, CITIZEN, "message", clock.now() - timedelta(seconds=late_s))
    assert left(ledger, clock) == 0


def test_refund_gives_back_exactly_what_was_taken(ledger: RedisLedger, clock: HandClock) -> None:
    note(ledger, CITIZEN, "message", clock.now())
    ledger.spend(CITIZEN, clock.now(), 5)
    note(ledger, CITIZEN, "action", clock.now())
    assert left(ledger, clock) == 3
    ledger.spend(CITIZEN, clock.now(), 2)
    ledger.refund(CITIZEN, 2)
    assert left(ledger, clock) == 3
    clock.move(60)
    assert left(ledger, clock) == 0


def test_refund_never_gives_more_than_the_platform(ledger: RedisLedger, clock: HandClock) -> None:
    note(ledger, CITIZEN, "message", clock.now())
    ledger.refund(CITIZEN, 9)
    assert left(ledger, clock) == 5
    ledger.refund("oNobody", 9)
    assert left(ledger, clock, "oNobody") == 0


def test_closed_until_the_citizen_does_something(ledger: RedisLedger, clock: HandClock) -> None:
    note(ledger, CITIZEN, "message", clock.now())
    ledger.close(CITIZEN)
    assert left(ledger, clock) == 0
    clock.move(1)
    note(ledger, CITIZEN, "action", clock.now())
    assert left(ledger, clock) == 3
    ledger.close("oNobody")


def test_forgotten_citizen_leaves_nothing(
    ledger: RedisLedger, store: redis.Redis, clock: HandClock
) -> None:
    note(ledger, CITIZEN, "message", clock.now())
    ledger.forget(CITIZEN, clock.now())
    assert store.keys("*") == []
    assert left(ledger, clock) == 0


def test_who_came_back_before_the_leaving_was_worked_on_keeps_what_that_opened(
    ledger: RedisLedger, clock: HandClock
) -> None:
    left_at = clock.now()
    clock.move(1)
    note(ledger, CITIZEN, "action", clock.now())
    ledger.forget(CITIZEN, left_at)
    assert left(ledger, clock) == 3


def test_what_a_message_opens_can_be_noted_by_others(
    ledger: RedisLedger, store: redis.Redis, clock: HandClock
) -> None:
    message = Inbound("m1", CITIZEN, Kind.TEXT, clock.now(), text="路灯不亮", allowance="message")
    command = ledger.noting(message)
    assert command is not None
    store.execute_command(*command)
    assert left(ledger, clock) == 5
    assert ledger.noting(replace(message, allowance="")) is None


def test_citizens_and_accounts_are_apart(
    ledger: RedisLedger, store: redis.Redis, clock: HandClock
) -> None:
    note(ledger, CITIZEN, "message", clock.now())
    other = RedisLedger(store, hashed=hashed, app_id="wx2")
    assert left(ledger, clock, "oOther") == left(other, clock) == 0


def test_no_open_id_stands_in_redis_and_entries_end(
    ledger: RedisLedger, store: redis.Redis, clock: HandClock
) -> None:
    note(ledger, CITIZEN, "message", clock.now())
    (key,) = store.keys("*")
    assert CITIZEN.encode() not in key
    assert 48 * 3600 < store.ttl(key) < 50 * 3600


def test_threads_together_spend_no_more_than_there_is(
    ledger: RedisLedger, clock: HandClock
) -> None:
    note(ledger, CITIZEN, "message", clock.now())
    won: list[bool] = []
    threads = [
        threading.Thread(target=lambda: won.append(ledger.spend(CITIZEN, clock.now())))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), sum(won)) == (12, 5)


def test_redis_that_is_down_is_a_reason_to_retry(clock: HandClock) -> None:
    nowhere = redis.Redis(unix_socket_path="/nonexistent/redis.sock")
    ledger = RedisLedger(nowhere, hashed=hashed, app_id="wx1")
    for call in (
        lambda: ledger.forget(CITIZEN, clock.now()),
        lambda: ledger.allowance(CITIZEN, clock.now()),
        lambda: ledger.close(CITIZEN),
    ):
        with pytest.raises(RetryLater):
            call()
