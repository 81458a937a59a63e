"""The live list as data: who stands in which tab, in which order, with which words, found by what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.model.conversation import Direction, Holder, WaitReason
from bot.services import duty
from bot.storage.record import SqlRecord
from console.parts import ServingParts
from tests.console.desk_side import (
    START,
    Browser,
    HandClock,
    change,
    complaint,
    line,
    speaks,
    store,
    waits,
)

BAD = "<script>alert(1)</script><img src=x onerror=alert(2)>"
PERSONS = "3fe1ab"


def minutes(number: float) -> Any:
    return START + timedelta(minutes=number)


def rows(browser: Browser, **asked: str) -> list[dict[str, Any]]:
    return list(browser.json("/live.json", **asked)["rows"])


def ids(browser: Browser, **asked: str) -> list[str]:
    return [row["id"].removeprefix("hash-of-") for row in rows(browser, **asked)]


def speaker(record: SqlRecord, citizen: str, at: Any, *said: str, **values: Any) -> str:
    """Let a citizen speak with whoever answers; returns the conversation's id."""
    found = waits(record, citizen, WaitReason.ASKED, at, *said)
    left: dict[str, Any] = {"waiting_since": None, "waiting_reason": None}
    change(record, found, **(left | values))
    return found


def held(record: SqlRecord, citizen: str, by: str, at: Any, **values: Any) -> str:
    staffed: dict[str, Any] = {"holder": Holder.STAFF, "agent": by, "held_since": at}
    return speaker(record, citizen, at, "在吗", **(staffed | values))


def test_nobody_is_there_at_first(staff: Browser) -> None:
    answer = staff.json("/live.json")
    assert answer["counts"] == {"waiting": 0, "urgent": 0, "mine": 0, "all": 0}
    assert (answer["tab"], answer["rows"], answer["is_cut"]) == ("waiting", [], False)
    assert (answer["is_open"], answer["hours"]) == (True, "工作日 8:30–18:00")
    assert answer["now"] == START.isoformat()
    assert answer["me"] == {
        "number": "0001",
        "name": "管理员",
        "role": "administrator",
        "presence": "gone",
    }


def test_who_waits_stands_emergencies_first_then_the_longest_wait(
    staff: Browser, record: SqlRecord
) -> None:
    for at, citizen, reason in (
        (0, "anna", WaitReason.ASKED),
        (5, "bo", WaitReason.MISUNDERSTOOD),
        (9, "chen", WaitReason.EMERGENCY),
        (7, "dan", WaitReason.PARKED),
        (10, "eva", WaitReason.EMERGENCY),
    ):
        waits(record, citizen, reason, minutes(at))
    answer = staff.json("/live.json")
    assert [(r["reason_name"], r["waiting_since"], r["is_emergency"]) for r in answer["rows"]] == [
        ("紧急情况", minutes(9).isoformat(), True),
        ("紧急情况", minutes(10).isoformat(), True),
        ("主动要求", minutes(0).isoformat(), False),
        ("多次没听懂", minutes(5).isoformat(), False),
        ("消息处理失败", minutes(7).isoformat(), False),
    ]
    assert answer["counts"] == {"waiting": 5, "urgent": 2, "mine": 0, "all": 5}


def test_a_row_says_who_it_is_and_who_has_them(staff: Browser, record: SqlRecord) -> None:
    anna = held(record, "anna", "1024", START, unanswered_since=minutes(1), following=False)
    (row,) = rows(staff, tab="all")
    assert row == {
        "id": anna,
        "label": "市民 hash-o",
        "url": f"/console/conversations/{anna}",
        "holder": "staff",
        "agent": "1024",
        "agent_name": "王芳",
        "reason": None,
        "reason_name": "",
        "is_emergency": False,
        "waiting_since": None,
        "last_at": START.isoformat(),
        "unanswered_since": minutes(1).isoformat(),
        "said": "在吗",
        "said_by": "citizen",
        "following": False,
    }


def test_mine_are_those_that_i_hold_and_who_waits_longest_for_my_word_is_first(
    browser_of: Callable[[str], Browser], record: SqlRecord
) -> None:
    held(record, "anna", "1024", START)
    held(record, "bo", "1024", START, unanswered_since=minutes(2))
    held(record, "chen", "1024", START, unanswered_since=minutes(1))
    held(record, "dan", "1031", START)
    waits(record, "eva", WaitReason.ASKED, START)
    mine = browser_of("1024")
    assert ids(mine, tab="mine") == ["chen", "bo", "anna"]
    assert mine.json("/live.json")["counts"] == {"waiting": 1, "urgent": 0, "mine": 3, "all": 5}
    assert ids(browser_of("3001"), tab="mine") == []


def test_all_are_those_who_spoke_within_a_day_wait_or_are_held(
    guest: Browser, record: SqlRecord, clock: HandClock
) -> None:
    speaker(record, "anna", START, "你好")
    speaker(record, "bo", minutes(2), "你好")
    waits(record, "chen", WaitReason.ASKED, minutes(1))
    held(record, "dan", "1024", minutes(-60))
    clock.forward(hours=24, minutes=1)
    guest.sign_in()
    assert ids(guest, tab="all") == ["bo", "chen", "dan"]
    assert ids(guest, tab="closed") == ["anna"]
    assert guest.json("/live.json", tab="closed")["counts"]["all"] == 3


def test_only_the_newest_of_the_closed_are_shown_and_words_find_the_others(
    guest: Browser, record: SqlRecord, clock: HandClock
) -> None:
    for number in range(102):
        speaker(record, f"c{number:03}", minutes(number), "你好" if number else "芝麻开门")
    clock.forward(days=3)
    guest.sign_in()
    shown = ids(guest, tab="closed")
    assert (len(shown), shown[0], shown[-1]) == (100, "c101", "c002")
    assert ids(guest, tab="closed", q="芝麻开门") == ["c000"]
    assert ids(guest, tab="closed", ids="hash-of-c000,hash-of-c101") == ["c101", "c000"]


def test_a_tab_that_is_none_is_the_first(staff: Browser) -> None:
    assert staff.json("/live.json", tab="nonsense")["tab"] == "waiting"


def test_only_those_that_changed_are_asked_for_and_counts_stay_whole(
    staff: Browser, record: SqlRecord
) -> None:
    anna = waits(record, "anna", WaitReason.ASKED, START)
    waits(record, "bo", WaitReason.ASKED, START)
    gone = speaker(record, "chen", START, "你好")
    answer = staff.json("/live.json", ids=f"{anna},{gone},nobody")
    assert [row["id"] for row in answer["rows"]] == [anna]
    assert answer["counts"] == {"waiting": 2, "urgent": 0, "mine": 0, "all": 3}
    assert ids(staff, ids="") == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"reason": "asked"}, ["anna"]),
        ({"reason": "emergency"}, []),
        ({"holder": "staff"}, ["bo"]),
        ({"holder": "bot"}, ["chen", "anna"]),
        ({"holder": "waiting"}, []),
        ({"holder": "1024"}, ["bo"]),
        ({"q": "路灯"}, ["chen"]),
        ({"q": "HZ-261123-0007"}, ["bo"]),
        ({"q": "hz-261123-0007"}, ["bo"]),
        ({"q": "没有人说过"}, []),
        ({"q": "%"}, []),
        ({"q": "路灯", "holder": "staff"}, []),
    ],
)
def test_the_list_is_filtered(
    staff: Browser, record: SqlRecord, asked: dict[str, str], found: list[str]
) -> None:
    waits(record, "anna", WaitReason.ASKED, START, "转人工")
    bo = held(record, "bo", "1024", minutes(1))
    speaker(record, "chen", minutes(2), "路灯不亮")
    store(record, complaint(7, conversation_id=bo))
    assert ids(staff, tab="all", **asked) == found


def test_a_citizen_is_found_by_what_they_are_called(staff: Browser, record: SqlRecord) -> None:
    with record.unit() as unit:
        for id in (PERSONS + "0" * 58, "4" * 64):
            conversation = unit.conversations.open(id, id[:5])
            conversation.last_said_at = START
            unit.conversations.save(conversation)
    for query in (f"市民 {PERSONS}", PERSONS, PERSONS.upper(), "3f"):
        assert [row["label"] for row in rows(staff, tab="all", q=query)] == [f"市民 {PERSONS}"]


def test_what_the_citizen_said_last_stands_in_the_row(staff: Browser, record: SqlRecord) -> None:
    anna = waits(record, "anna", WaitReason.ASKED, START, "你好", "转人工\n快点" + "啊" * 100)
    speaks(
        record,
        anna,
        line(anna, "f", "", minutes(1), kind="follow"),
        line(anna, "n", "难缠", minutes(2), direction=Direction.NOTE),
    )
    (row,) = rows(staff)
    assert row["said"] == "转人工 快点" + "啊" * 54 + "…"
    assert row["said_by"] == "citizen"


def test_what_has_no_words_is_named(staff: Browser, record: SqlRecord) -> None:
    anna = waits(record, "anna", WaitReason.ASKED, START, "你好")
    speaks(record, anna, line(anna, "i", "", kind="image"))
    assert rows(staff)[0]["said"] == "[图片]"


def test_in_an_emergency_the_words_that_told_it_stand_first(
    staff: Browser, record: SqlRecord
) -> None:
    anna = waits(record, "anna", WaitReason.EMERGENCY, START, "你好")
    speaks(record, anna, line(anna, "e", "楼上有人打架", data={"emergency": "110"}))
    assert rows(staff)[0]["said"] == "110：楼上有人打架"
    speaks(record, anna, line(anna, "o", "好的"))
    assert rows(staff)[0]["said"] == "110：楼上有人打架 / 好的"
    told = line(anna, "b", "请拨打 110", direction=Direction.BOT)
    speaks(record, anna, told)
    assert rows(staff)[0]["said_by"] == "citizen"


def test_an_emergency_that_only_the_model_saw_shows_the_last_words(
    staff: Browser, record: SqlRecord
) -> None:
    waits(record, "anna", WaitReason.EMERGENCY, START, "闻到一股怪味")
    (row,) = rows(staff)
    assert (row["said"], row["is_emergency"]) == ("闻到一股怪味", True)


def test_a_citizens_markup_is_data_and_nothing_else(staff: Browser, record: SqlRecord) -> None:
    waits(record, "anna", WaitReason.ASKED, START, BAD)
    answer = staff.get("/live.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script>alert" not in staff.get("/").text


def test_the_hours_set_at_the_console_count(staff: Browser, record: SqlRecord) -> None:
    with record.unit() as unit:
        hours = duty.hours_of(duty.office_now(unit, staff.app.state.site.office))
        closed = type(hours)(
            hours.opens, hours.closes, hours.days, closed=frozenset([START.date()])
        )
        duty.set_hours(unit, closed)
    assert not staff.json("/live.json")["is_open"]


def test_whether_i_take_citizens_is_said(
    browser_of: Callable[[str], Browser], serving: ServingParts
) -> None:
    serving.presences.beat("1024")
    assert browser_of("1024").json("/live.json")["me"]["presence"] == "ready"


def test_a_long_list_costs_no_more_questions_than_a_short_one(
    staff: Browser, record: SqlRecord
) -> None:
    asked: list[str] = []
    sa.event.listen(
        record._engine, "before_cursor_execute", lambda c, cursor, sql, *rest: asked.append(sql)
    )
    held(record, "anna", "1024", START)
    asked.clear()
    assert len(rows(staff, tab="all")) == 1
    few = len(asked)
    with record.unit() as unit:
        for number in range(400):
            conversation = unit.conversations.open(f"{number:064x}", f"citizen-{number}")
            conversation.last_said_at = START
            unit.conversations.add_line(line(conversation.id, f"m{number}", "路灯不亮"))
            unit.conversations.save(conversation)
    asked.clear()
    assert len(rows(staff, tab="all")) == 401
    assert few >= 3, "or nothing was counted"
    assert len(asked) <= few + 1, "ids are asked for in portions"


def test_a_crowd_is_cut_but_nobody_who_waits_is_lost(staff: Browser, record: SqlRecord) -> None:
    waits(record, "anna", WaitReason.ASKED, minutes(-3000))
    held(record, "bo", "1024", minutes(-3000))
    with record.unit() as unit:
        for number in range(1001):
            conversation = unit.conversations.open(f"{number:064x}", f"citizen-{number}")
            conversation.last_said_at = START
            unit.conversations.save(conversation)
    answer = staff.json("/live.json", tab="all")
    assert (len(answer["rows"]), answer["is_cut"]) == (1000, True)
    assert ids(staff) == ["anna"]
    assert ids(staff, tab="all", holder="staff") == ["bo"]


def test_a_record_that_is_down_is_said_kindly(staff: Browser, record: SqlRecord) -> None:
    with record.unit() as unit:
        unit.conversations._c.execute(sa.text("ALTER TABLE conversation RENAME TO away"))
    answer = staff.get("/live.json")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "暂时读不到记录" in answer.json()["error"]
