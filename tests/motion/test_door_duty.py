"""An emergency's answer says that staff are there only if that is known, in time, and the message was recorded."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from bot.model.message import Reply
from bot.services.door import Door
from bot.storage.motion.connect import open_async
from bot.storage.motion.inbox import RedisInbox
from bot.storage.motion.waiting import RedisWaiting
from tests.motion.conftest import LIMITS
from tests.motion.test_door import DANGER, GasOnly, Names

SEEN, UNSEEN = Reply("请立即拨打119。值班人员已看到。"), Reply("请立即拨打119。")


def answer(
    url: str, on_duty: Callable[[], bool], then: Callable[[], None] = lambda: None
) -> Reply | None:
    async def ask() -> Reply | None:
        client = open_async(url)
        waiting = RedisWaiting(client)
        door = Door(
            RedisInbox(client, LIMITS), waiting, GasOnly(), phrases=Names(), on_duty=on_duty
        )
        try:
            return await door(DANGER)
        finally:
            then()
            await waiting.close()
            await client.connection_pool.disconnect()

    return asyncio.run(ask())


@pytest.mark.parametrize(("on_duty", "expected"), [(True, SEEN), (False, UNSEEN)])
def test_it_is_said_on_duty_and_not_after_hours(url: str, on_duty: bool, expected: Reply) -> None:
    assert answer(url, lambda: on_duty) == expected


def test_hours_that_cannot_be_asked_in_time_hold_no_emergency_up(url: str) -> None:
    answered = threading.Event()

    def slow() -> bool:
        answered.wait(30)  # a record that is locked until after the answer
        return True

    assert answer(url, slow, then=answered.set) == UNSEEN


def test_unrecorded_nobody_is_asked_whether_somebody_is_there(tmp_path) -> None:
    asked: list[bool] = []
    nowhere = f"unix://{tmp_path}/nothing.sock"
    assert answer(nowhere, lambda: bool(asked.append(True)) or True) == UNSEEN
    assert asked == []
