"""The waiting list and the conversation behind each of its rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.model.conversation import Direction, WaitReason
from bot.storage.record import SqlRecord
from tests.console.desk_side import START, Browser, HandClock, complaint, line, store, waits

BAD = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def rows(staff: Browser) -> list[dict[str, Any]]:
    return list(staff.get("/waiting.json").json()["rows"])


def test_nobody_waiting_is_said_in_kind_words(staff: Browser) -> None:
    page = staff.soup("/")
    empty = page.find(id="nobody")
    assert empty is not None
    assert not empty.has_attr("hidden")
    assert "现在没有人在等" in empty.text
    assert staff.get("/waiting.json").json() == {"count": 0, "emergencies": 0, "rows": []}


def test_emergencies_come_first_then_the_longest_wait(
    guest: Browser, record: SqlRecord, clock: HandClock
) -> None:
    for minutes, citizen, reason in (
        (0, "anna", WaitReason.ASKED),
        (5, "bo", WaitReason.MISUNDERSTOOD),
        (9, "chen", WaitReason.EMERGENCY),
        (7, "dan", WaitReason.PARKED),
        (10, "eva", WaitReason.EMERGENCY),
    ):
        waits(record, citizen, reason, START + timedelta(minutes=minutes))
    clock.forward(minutes=70)
    guest.sign_in()
    data = guest.get("/waiting.json").json()
    assert (data["count"], data["emergencies"]) == (5, 2)
    assert [(r["reason"], r["waited"], r["is_emergency"]) for r in data["rows"]] == [
        ("紧急情况", "1 小时 1 分", True),
        ("紧急情况", "1 小时", True),
        ("主动要求", "1 小时 10 分", False),
        ("多次没听懂", "1 小时 5 分", False),
        ("消息处理失败", "1 小时 3 分", False),
    ]
    shown = guest.soup("/").select("#waits [data-row]")
    assert [b.text for r in shown for b in r.select("[data-field=waited]")] == [
        r["waited"] for r in data["rows"]
    ]
    assert ["urgent" in r["class"] for r in shown] == [True, True, False, False, False]


def test_times_are_those_of_the_office(staff: Browser, record: SqlRecord) -> None:
    waits(record, "anna", WaitReason.ASKED, START)
    assert rows(staff)[0]["since"] == "11-23 10:00"
    assert "现在是值班时间" in staff.soup("/").text


def test_outside_duty_hours_the_page_says_so(guest: Browser, clock: HandClock) -> None:
    clock.forward(hours=9)
    guest.sign_in()
    assert "现在不在值班时间" in guest.soup("/").text


def test_what_the_citizen_said_last_stands_in_the_row(staff: Browser, record: SqlRecord) -> None:
    anna = waits(record, "anna", WaitReason.ASKED, START, "你好", "转人工\n快点")
    with record.unit() as unit:
        unit.conversations.add_line(line(anna, "r1", "好的，已为您转接", direction=Direction.BOT))
    assert rows(staff)[0]["said"] == "转人工 快点"


def test_a_citizens_markup_is_shown_as_text_everywhere(staff: Browser, record: SqlRecord) -> None:
    anna = waits(record, "anna", WaitReason.ASKED, START, BAD)
    case = complaint(
        conversation_id=anna, description=BAD, summary=BAD, place=BAD, answers={"a": BAD}
    )
    store(record, case)
    for path in ("/", f"/conversations/{anna}", "/cases", "/cases/c1"):
        answer = staff.get(path)
        assert "<script>alert" not in answer.text, path
        assert "<img" not in answer.text, path
        assert "&lt;script&gt;alert" in answer.text, path
    assert staff.get("/waiting.json").headers["Content-Type"] == "application/json"


def test_a_transcript_shows_who_said_what_and_when(staff: Browser, record: SqlRecord) -> None:
    anna = waits(record, "anna", WaitReason.ASKED, START, "楼下半夜打桩")
    point = [30.25, 120.16, "gcj02", "武林广场"]
    with record.unit() as unit:
        for entry in (
            line(anna, "b", "在哪里？", START + timedelta(minutes=1), direction=Direction.BOT),
            line(anna, "p", "", kind="location", data={"point": point}),
            line(anna, "i", "", kind="image", data={"platform_id": "MEDIA-ID"}),
            line(anna, "s", "我是值班员", direction=Direction.STAFF),
            line(anna, "f", "", START + timedelta(days=1), kind="follow"),
        ):
            unit.conversations.add_line(entry)
    page = staff.soup(f"/conversations/{anna}")
    said = [" ".join(b.text.split()) for b in page.select(".bubble")]
    assert said == [
        "市民 10:00 楼下半夜打桩",
        "机器人 10:01 在哪里？",
        "市民 10:00 位置 武林广场 30.250000, 120.160000（GCJ02）",
        "市民 10:00 图片",
        "工作人员 10:00 我是值班员",
    ]
    assert [d.text for d in page.select(".day")] == ["11 月 23 日", "11 月 24 日"]
    assert "关注了公众号" in page.select(".event")[0].text
    assert "MEDIA-ID" not in page.text
    assert "anna" not in page.select("main")[0].text.replace(anna, "")


def test_forgotten_words_are_said_to_be_forgotten(staff: Browser, record: SqlRecord) -> None:
    anna = waits(record, "anna", WaitReason.ASKED, START, "我的话")
    with record.unit() as unit:
        unit.conversations.forget_lines(anna)
    assert "内容已按市民的要求删除" in staff.soup(f"/conversations/{anna}").text


def test_only_the_last_lines_of_a_long_story_are_shown(staff: Browser, record: SqlRecord) -> None:
    anna = waits(record, "anna", WaitReason.ASKED, START, *[f"第{n}句" for n in range(205)])
    page = staff.soup(f"/conversations/{anna}")
    assert len(page.select(".bubble")) == 200
    assert "只显示最近 200 条" in page.text
    assert "第4句" not in page.text


def test_the_citizens_cases_stand_beside_the_transcript(staff: Browser, record: SqlRecord) -> None:
    anna = waits(record, "anna", WaitReason.ASKED, START)
    store(record, complaint(1, conversation_id=anna), complaint(2, conversation_id="other"))
    page = staff.soup(f"/conversations/{anna}")
    assert [a["href"] for a in page.select(".cases a")] == ["/console/cases/c1"]


def test_handled_takes_the_citizen_off_the_list_and_leaves_the_rest_alone(
    staff: Browser, record: SqlRecord
) -> None:
    anna = waits(record, "anna", WaitReason.ASKED, START, "转人工")
    bo = waits(record, "bo", WaitReason.ASKED, START)
    with capture_logs() as logs:
        answer = staff.submit(f"/conversations/{anna}", "/clear")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/?note=cleared")
    assert [r["url"] for r in rows(staff)] == [f"/console/conversations/{bo}"]
    assert "已移出等待" in staff.soup("/", note="cleared").text
    with record.unit() as unit:
        after = unit.conversations.get(anna)
    assert after is not None
    assert (after.waiting_since, after.waiting_reason, after.citizen) == (None, None, "anna")
    audit = [entry for entry in logs if entry["event"] == "waiting cleared"]
    assert [(e["who"], e["subject"]) for e in audit] == [("0001", f"conversation {anna}")]
    assert staff.soup(f"/conversations/{anna}").select("form[action$='/clear']") == []


@pytest.mark.parametrize("what", ["spoke", "emergency"])
def test_a_citizen_who_spoke_meanwhile_is_not_sent_away_unread(
    staff: Browser, record: SqlRecord, what: str
) -> None:
    anna = waits(record, "anna", WaitReason.ASKED, START, "转人工")
    page = f"/conversations/{anna}"
    form = {name: staff.hidden(page, name) for name in ("csrf", "mark")}
    with record.unit() as unit:
        conversation = unit.conversations.get(anna)
        assert conversation is not None
        if what == "spoke":
            conversation.last_said_at = START + timedelta(minutes=1)
        else:
            conversation.wait_for_person(WaitReason.EMERGENCY, START)
        unit.conversations.save(conversation)
    answer = staff.post(page + "/clear", form)
    assert answer.headers["Location"] == f"/console{page}?note=spoke"
    assert len(rows(staff)) == 1
    assert "市民刚刚又说了话" in staff.soup(page, note="spoke").text


def test_clearing_twice_is_no_harm(staff: Browser, record: SqlRecord) -> None:
    anna = waits(record, "anna", WaitReason.ASKED, START)
    page = f"/conversations/{anna}"
    form = {name: staff.hidden(page, name) for name in ("csrf", "mark")}
    for _ in range(2):
        assert staff.post(page + "/clear", form).headers["Location"].endswith("?note=cleared")


def test_unknown_conversations_are_not_found(staff: Browser) -> None:
    answer = staff.get("/conversations/nobody")
    assert answer.status_code == 404
    assert "没有找到" in answer.text
    token = staff.hidden("/", "csrf")
    assert staff.post("/conversations/nobody/clear", {"csrf": token}).status_code == 404


def test_a_look_at_a_conversation_leaves_one_line_without_its_words(
    staff: Browser, record: SqlRecord
) -> None:
    anna = waits(record, "anna", WaitReason.ASKED, START, "楼下半夜打桩")
    with capture_logs() as logs:
        staff.soup(f"/conversations/{anna}")
    (entry,) = logs
    assert (entry["event"], entry["who"]) == ("conversation viewed", "0001")
    assert entry["subject"] == f"conversation {anna}"
    assert "打桩" not in str(entry)


def test_a_record_that_is_down_is_said_kindly(staff: Browser, record: SqlRecord) -> None:
    with record.unit() as unit:
        unit.conversations._c.execute(sa.text("ALTER TABLE conversation RENAME TO away"))
    answer = staff.get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "暂时读不到记录" in answer.text
    assert staff.get("/waiting.json").status_code == 503
