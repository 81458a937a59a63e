"""The supervisor's board: who is there and holds what, who waits, how the day goes, and the file of handoffs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import redis
import requests
from playwright.sync_api import Page, expect, sync_playwright

from bot.model.conversation import Holder, WaitReason
from bot.model.staff import Handoff, Presence, Shift
from bot.storage.motion import keys
from bot.storage.record import SqlRecord
from console.figures import figures, span_words
from console.parts import ServingParts
from tests.console.desk_side import PASSWORD, START, Browser, HandClock, audited, change, waits

SignIn = Callable[[str], Browser]

CHROMIUM = "/usr/bin/chromium"
TODAY = date(2026, 11, 23)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def supervisor(browser_of: SignIn) -> Browser:
    return browser_of("2001")


def held(record: SqlRecord, citizen: str, by: str, *, minutes: float, silent: float | None) -> str:
    """Let a member of staff hold a citizen for so long, who waits for a word for so long."""
    found = waits(record, citizen, WaitReason.ASKED, START, "在吗")
    change(
        record,
        found,
        waiting_since=None,
        waiting_reason=None,
        holder=Holder.STAFF,
        agent=by,
        held_since=START - minutes * MINUTE,
        unanswered_since=None if silent is None else START - silent * MINUTE,
    )
    return found


def handoff(
    asked: datetime, claimed: float | None = None, answered: float | None = None, **changes: Any
) -> Handoff:
    """Return one whose citizen waited so many seconds for somebody and for a first word."""
    fields: dict[str, Any] = {"conversation_id": "abcdef012345", "reason": "asked", "agent": "1024"}
    made = Handoff(asked_at=asked, **(fields | changes))
    made.claimed_at = None if claimed is None else asked + claimed * SECOND
    made.first_answer_at = None if answered is None else asked + answered * SECOND
    return made


def store(record: SqlRecord, *made: Handoff | Shift) -> None:
    with record.unit() as unit:
        for one in made:
            unit.handoffs.add(one) if isinstance(one, Handoff) else unit.shifts.add(one)


def board(browser: Browser) -> Any:
    return browser.json("/board.json")


def people(browser: Browser) -> dict[str, Any]:
    return {person["number"]: person for person in board(browser)["people"]}


class TestPeople:
    def test_everybody_who_may_serve_is_there_or_not(
        self, supervisor: Browser, serving: ServingParts
    ) -> None:
        serving.presences.beat("1024")
        serving.presences.beat("1031", Presence.AWAY)
        found = board(supervisor)
        assert [(p["number"], p["presence_name"]) for p in found["people"]] == [
            ("1024", "在岗"),
            ("1031", "暂离"),
            ("0001", "不在"),
            ("2001", "不在"),
        ]
        assert (found["ready"], found["is_known"]) == (1, True)

    def test_what_each_holds_since_when_and_who_waits_for_their_word(
        self, supervisor: Browser, record: SqlRecord, serving: ServingParts
    ) -> None:
        anna = held(record, "anna", "1024", minutes=20, silent=3)
        held(record, "bo", "1024", minutes=5, silent=1)
        held(record, "cy", "1031", minutes=90, silent=None)
        found = people(supervisor)
        assert [(h["since"], h["unanswered"], h["is_late"]) for h in found["1024"]["holds"]] == [
            ("20 分钟", "3 分钟", True),
            ("5 分钟", "1 分钟", False),
        ]
        assert found["1024"]["holds"][0]["url"] == f"/console/conversations/{anna}"
        assert [(h["since"], h["unanswered"]) for h in found["1031"]["holds"]] == [
            ("1 小时 30 分", "")
        ]
        assert supervisor.get(f"/conversations/{anna}").status_code == 200

    def test_who_left_and_holds_somebody_is_still_seen(
        self, supervisor: Browser, record: SqlRecord
    ) -> None:
        held(record, "anna", "1031", minutes=1, silent=None)
        with record.unit() as unit:
            for number in ("1031", "1024"):
                member = unit.staff.get(number)
                assert member is not None
                member.active = False
                unit.staff.save(member)
        assert set(people(supervisor)) == {"0001", "1031", "2001"}

    def test_who_has_a_shift_now_and_is_not_there_stands_first(
        self, supervisor: Browser, record: SqlRecord, serving: ServingParts
    ) -> None:
        serving.presences.beat("1024")
        store(
            record,
            Shift("1024", TODAY, time(8, 30), time(12)),
            Shift("1031", TODAY, time(10), time(0)),
            Shift("2001", TODAY, time(10, 1), time(12)),
            Shift("0001", TODAY, time(8), time(10)),
            Shift("2001", TODAY + timedelta(1), time(8), time(18)),
        )
        found = board(supervisor)
        assert found["missing"] == ["1031 李强（10:00–24:00）"]
        assert [p["number"] for p in found["people"] if p["shift"]] == ["1031", "1024"]
        assert found["people"][0]["is_missing"] is True

    def test_that_it_cannot_be_known_is_said_and_nobody_is_called_missing(
        self, supervisor: Browser, record: SqlRecord, client: redis.Redis
    ) -> None:
        store(record, Shift("1031", TODAY, time(8), time(18)))
        client.set(keys.STAFF_SEEN, "not what is kept there")
        found = board(supervisor)
        assert found["is_known"] is False
        assert found["missing"] == []
        assert {p["presence_name"] for p in found["people"]} == {"不清楚"}


class TestWaiting:
    def test_how_many_wait_and_the_longest_wait(
        self, supervisor: Browser, record: SqlRecord
    ) -> None:
        assert board(supervisor)["waiting"] == {
            "count": "0", "emergencies": 0, "longest": "—", "longest_url": "",
        }  # fmt: skip
        anna = waits(record, "anna", WaitReason.ASKED, START - 12 * MINUTE, "转人工")
        waits(record, "bo", WaitReason.EMERGENCY, START - 4 * MINUTE, "着火了")
        found = board(supervisor)
        assert found["waiting"] == {
            "count": "2",
            "emergencies": 1,
            "longest": "12 分钟",
            "longest_url": f"/console/conversations/{anna}",
        }
        assert "着火" not in str(found), "no citizen's words"


class TestFigures:
    def test_of_nothing_there_are_none(self) -> None:
        found = figures([])
        assert (found.asked, found.claimed, found.half_wait, found.endings) == (0, 0, None, {})
        assert found.most_answer is None

    @pytest.mark.parametrize(
        ("waits_s", "half", "most"),
        [
            ([7], 7, 7),
            ([1, 2], 1, 2),
            ([3, 1, 2], 2, 3),
            (list(range(1, 11)), 5, 9),
            (list(range(20, 0, -1)), 10, 18),
        ],
    )
    def test_half_and_nine_in_ten_are_of_those_that_were_measured(
        self, waits_s: list[int], half: int, most: int
    ) -> None:
        found = figures([handoff(START), *(handoff(START, s, s) for s in waits_s)])
        assert found.half_wait == half * SECOND
        assert (found.half_answer, found.most_answer) == (half * SECOND, most * SECOND)
        assert found.longest_wait == max(waits_s) * SECOND
        assert (found.asked, found.claimed) == (len(waits_s) + 1, len(waits_s))

    def test_who_came_unasked_was_not_waited_for(self) -> None:
        found = figures([handoff(START, 60, 90), handoff(START, 0, 1, reason="")])
        assert (found.asked, found.unasked, found.claimed) == (1, 1, 1)
        assert (found.half_wait, found.half_answer) == (60 * SECOND, 90 * SECOND)

    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (None, "—"),
            (0, "0 秒"),
            (59.6, "1 分"),
            (61, "1 分 1 秒"),
            (3600, "1 小时"),
            (7384, "2 小时 3 分"),
        ],
    )
    def test_spans_are_told_to_the_second_below_an_hour(
        self, seconds: float | None, words: str
    ) -> None:
        assert span_words(None if seconds is None else seconds * SECOND) == words

    def test_today_is_the_offices_day(self, supervisor: Browser, record: SqlRecord) -> None:
        midnight = datetime(2026, 11, 22, 16, tzinfo=START.tzinfo)
        store(
            record,
            handoff(midnight - SECOND, 5, 6, ending="cleared"),
            handoff(midnight, 30, 60, ending="returned"),
            handoff(START - MINUTE, 20, None, ending="lapsed"),
            handoff(START, None, None, reason="emergency"),
        )
        found = board(supervisor)
        assert found["figures"] == {
            "asked": "3",
            "claimed": "2",
            "unasked": "0",
            "half_wait": "20 秒",
            "longest_wait": "30 秒",
            "half_answer": "1 分",
            "most_answer": "1 分",
        }
        assert [(e["name"], e["count"]) for e in found["endings"]] == [
            ("进行中", "1"),
            ("交还机器人", "1"),
            ("超时结束", "1"),
        ]


class TestTakingAlong:
    def take(self, browser: Browser, first: str, last: str) -> requests.Response:
        return browser.submit("/board", "/handoffs.csv", first=first, last=last)

    def lines(self, browser: Browser, first: str, last: str) -> list[list[str]]:
        answer = self.take(browser, first, last)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.content.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    def test_a_handoff_is_one_line(self, supervisor: Browser, record: SqlRecord) -> None:
        ended = START + 5 * MINUTE
        store(record, handoff(START, 20, 75, ended_at=ended, ending="returned"))
        heads, line = self.lines(supervisor, "2026-11-23", "2026-11-23")
        assert dict(zip(heads, line, strict=True)) == {
            "市民": "市民 abcdef",
            "原因": "主动要求",
            "提出时间": "2026-11-23 10:00",
            "接入时间": "2026-11-23 10:00",
            "工号": "1024",
            "姓名": "王芳",
            "等待接入（秒）": "20",
            "首次回复时间": "2026-11-23 10:01",
            "等待首次回复（秒）": "75",
            "结束时间": "2026-11-23 10:05",
            "结束方式": "交还机器人",
        }

    def test_both_days_are_in_it_and_no_others(
        self, supervisor: Browser, record: SqlRecord
    ) -> None:
        for days in range(-2, 3):
            store(record, handoff(START + timedelta(days), agent=f"D{days + 2}"))
        _, *found = self.lines(supervisor, "2026-11-22", "2026-11-24")
        assert [line[4] for line in found] == ["D1", "D2", "D3"]

    def test_neither_open_ids_nor_words_are_in_it_and_nothing_is_calculated(
        self, supervisor: Browser, record: SqlRecord
    ) -> None:
        anna = waits(record, "o-open-id-of-anna", WaitReason.ASKED, START, "我要举报")
        store(record, handoff(START, conversation_id=anna, agent="=1+1", reason=""))
        text = str(self.lines(supervisor, "2026-11-23", "2026-11-23"))
        assert "open-id" not in text
        assert "举报" not in text
        assert "'=1+1" in text
        assert "工作人员主动接入" in text

    def test_taking_it_is_written_down(self, supervisor: Browser, record: SqlRecord) -> None:
        store(record, handoff(START))
        self.lines(supervisor, "2026-11-01", "2026-11-30")
        assert audited(record, "handoffs exported") == [
            ("2001", "", "2026-11-01 .. 2026-11-30, 1 lines")
        ]

    @pytest.mark.parametrize(
        ("first", "last"),
        [
            ("", "2026-11-23"),
            ("2026-11-23", ""),
            ("2026-11-24", "2026-11-23"),
            ("2024-01-01", "2026-11-23"),
            ("0001-01-01", "0001-01-02"),
            ("<b>", "x"),
        ],
    )
    def test_a_period_that_makes_no_sense_is_told_beside_the_form(
        self, supervisor: Browser, record: SqlRecord, first: str, last: str
    ) -> None:
        answer = self.take(supervisor, first, last)
        assert answer.status_code == 422
        assert "请选开始和结束两个日期" in answer.text
        assert "<b>" not in answer.text.split("wrong-period", 1)[1].split("</form>")[0]
        assert audited(record, "handoffs exported") == []


@pytest.fixture(params=[1280, 390])
def page(guest: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The board of the supervisor in a browser whose time moves when told to."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": request.param, "height": 844})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if "Policy" in m.text else None)
        page.clock.install(time=START)
        page.goto(f"{guest.url}/board")
        page.get_by_label("账号").fill("2001")
        page.get_by_label("密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="值班看板")).to_be_visible()
        yield page
        browser.close()
    assert problems == []


def test_the_board_keeps_itself_up_to_date_and_fits_the_screen(
    page: Page, record: SqlRecord, clock: HandClock
) -> None:
    expect(page.locator("[data-figure='waiting']")).to_have_text("0")
    waits(record, "anna", WaitReason.EMERGENCY, START, "着火了")
    anna = held(record, "bo", "1024", minutes=9, silent=4)
    store(record, handoff(START - MINUTE, 42, 50, ending="returned"))
    clock.forward(minutes=1)
    page.clock.run_for(5100)
    expect(page.locator("[data-figure='waiting']")).to_have_text("1")
    expect(page.locator("#tile-waiting")).to_have_class("urgent")
    expect(page.locator("#longest")).to_have_text("1 分钟")
    expect(page.locator("[data-figure='half_wait']")).to_have_text("42 秒")
    expect(page.locator("#endings")).to_have_text("交还机器人 1")
    held_row = page.locator("[data-held]")
    expect(held_row).to_contain_text("接了 10 分钟")
    expect(held_row).to_contain_text("等回复 5 分钟")
    link = held_row.locator("a")
    link.focus()
    clock.forward(minutes=1)
    page.clock.run_for(5100)
    expect(held_row).to_contain_text("等回复 6 分钟")
    expect(link).to_be_focused()
    assert link.get_attribute("href") == f"/console/conversations/{anna}"
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_session_that_ended_is_said_on_the_open_board(page: Page, clock: HandClock) -> None:
    clock.forward(hours=13)
    page.clock.run_for(5100)
    expect(page.locator("#toast")).to_contain_text("登录已过期")
