"""Messages that come twice, and different messages that look the same (contract section 2)."""

from __future__ import annotations

import time
import uuid
from typing import Any

from simulator.driver import Citizen, SimulatorDriver
from tests.e2e.desk import Desk
from tests.e2e.talk import a_complaint, read_back, receipt_in


def test_a_repeated_message_gets_the_same_answer_and_files_once(
    citizen: Citizen, desk: Desk
) -> None:
    words = a_complaint()
    read_back(citizen, words)
    same: dict[str, Any] = {"msg_id": uuid.uuid4().int % 2**62, "create_time": int(time.time())}
    first = citizen.say("确认", **same)
    second = citizen.say("确认", **same)
    assert first == second
    assert receipt_in(first)
    desk.wait_for(words)
    # A third word of confirmation, in a message of its own, must not file it again either.
    citizen.say("确认")
    assert len(desk.requests_with(words)) == 1


def test_one_message_id_from_two_citizens_is_two_messages(
    citizen: Citizen, driver: SimulatorDriver
) -> None:
    other = driver.create_citizen("同号者")
    same: dict[str, Any] = {"msg_id": uuid.uuid4().int % 2**62, "create_time": int(time.time())}
    mine, theirs = citizen.say("您好", **same), other.say("要多久？", **same)
    assert mine
    assert theirs
    assert mine != theirs


def test_two_events_in_the_same_second_are_two(citizen: Citizen) -> None:
    now = int(time.time())
    fields = {"CreateTime": now, "Ticket": "t"}
    first = citizen.event("SCAN", {**fields, "EventKey": "lamp-0001"})
    second = citizen.event("SCAN", {**fields, "EventKey": "bin-0001"})
    assert "文二路" in "".join(first)
    assert "江南大道" in "".join(second)
