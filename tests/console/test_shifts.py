"""Shifts, a week at a time, and the hours that citizens are told: what is typed, what is refused, what it does."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time, timezone
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup

from bot.model.hours import MIDNIGHT
from bot.model.staff import DutyHours, Shift
from bot.services.duty import DutyTimes, office_now
from bot.storage.record import SqlRecord
from console.hours_form import read_dates
from tests.console.desk_side import Browser, HandClock, audited, office

SignIn = Callable[[str], Browser]

MONDAY, TUESDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 29)


@pytest.fixture
def supervisor(browser_of: SignIn) -> Browser:
    return browser_of("2001")


def send(browser: Browser, path: str, **fields: Any) -> requests.Response:
    """Send a form of the page; a list is a field that stands there several times."""
    form = {"csrf": browser.hidden("/shifts", "csrf"), "week": MONDAY.isoformat(), **fields}
    return browser.session.post(browser.url + path, data=form, timeout=10, allow_redirects=False)


def add(browser: Browser, **changes: Any) -> requests.Response:
    fields = {"number": "1024", "begins": "8:30", "ends": "12:00", "days": ["2026-11-23"]}
    return send(browser, "/shifts", **(fields | changes))


def set_hours(browser: Browser, **changes: Any) -> requests.Response:
    fields = {"opens": "8:30", "closes": "18:00", "days": list("12345"), "closed": "", "opened": ""}
    return send(browser, "/hours", **(fields | changes))


def kept(record: SqlRecord) -> list[Shift]:
    with record.reading() as unit:
        return unit.shifts.between(date(2000, 1, 1), date(2100, 1, 1))


def told(record: SqlRecord) -> str:
    with record.reading() as unit:
        return office_now(unit, office()).hours()


def soup(answer: requests.Response) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def problems(answer: requests.Response) -> dict[str, str]:
    """Return field → what is said beside it, where the field points at it."""
    page = soup(answer)
    found = {}
    for wrong in page.select(".wrong"):
        name = str(wrong["id"]).removeprefix("wrong-")
        (field,) = page.select(f"[aria-describedby='{wrong['id']}']")
        assert field["aria-invalid"] == "true"
        found[name] = wrong.text
    return found


class TestWeek:
    def test_it_is_this_week_with_the_days_of_each(self, supervisor: Browser) -> None:
        page = supervisor.soup("/shifts")
        heads = [h.text for h in page.select(".day-of-week h2")]
        assert heads[0] == "周一 11 月 23 日 今天"
        assert heads[6] == "周日 11 月 29 日"
        links = [str(a["href"]) for a in page.select(".week a")]
        assert links == ["/console/shifts?week=2026-11-16", "/console/shifts?week=2026-11-30"]

    @pytest.mark.parametrize(
        ("week", "first"),
        [
            ("2026-12-03", "周一 11 月 30 日"),
            ("2027-01-01", "周一 12 月 28 日"),
            ("x", "周一 11 月 23 日 今天"),
            ("0001-01-01", "周一 11 月 23 日 今天"),
        ],
    )
    def test_any_day_names_its_week(self, supervisor: Browser, week: str, first: str) -> None:
        page = supervisor.soup("/shifts", week=week)
        assert page.select(".day-of-week h2")[0].text == first
        assert ("回到本周" in page.text) == ("今天" not in first)

    def test_this_week_is_the_offices(self, guest: Browser, clock: HandClock) -> None:
        clock.time = datetime(2026, 11, 29, 16, 30, tzinfo=timezone.utc)  # Monday 0:30 there
        guest.sign_in(account="2001")
        assert guest.soup("/shifts").select(".today h2")[0].text.startswith("周一 11 月 30 日")

    def test_a_shift_stands_under_its_day_and_can_be_taken_away(
        self, supervisor: Browser, record: SqlRecord
    ) -> None:
        answer = add(supervisor, days=["2026-11-24", "2026-11-23"])
        assert answer.headers["Location"] == "/console/shifts?week=2026-11-23&note=added"
        assert [(s.number, s.day, s.begins, s.ends) for s in kept(record)] == [
            ("1024", MONDAY, time(8, 30), time(12)),
            ("1024", TUESDAY, time(8, 30), time(12)),
        ]
        monday, tuesday, *rest = supervisor.soup("/shifts").select(".day-of-week")
        assert "8:30–12:00 王芳 1024" in " ".join(monday.text.split())
        assert "王芳" in tuesday.text
        assert all("还没有排班" in day.text for day in rest)
        (first, second) = kept(record)
        gone = supervisor.submit("/shifts", f"/shifts/{first.id}/remove")
        assert gone.headers["Location"] == "/console/shifts?week=2026-11-23&note=removed"
        assert kept(record) == [second]
        assert send(supervisor, f"/shifts/{first.id}/remove", day="2026-11-23").status_code == 303

    def test_each_change_is_written_down(self, supervisor: Browser, record: SqlRecord) -> None:
        add(supervisor, ends="24:00")
        (shift,) = kept(record)
        send(supervisor, f"/shifts/{shift.id}/remove", day="2026-11-23")
        for action in ("shift added", "shift removed"):
            assert audited(record, action) == [
                ("2001", f"shift {shift.id}", "1024 2026-11-23 8:30–24:00")
            ]

    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"number": ""}, "number", "请选择一位同事"),
            ({"number": "3001"}, "number", "请选择一位同事"),
            ({"days": []}, "days", "请至少选一天"),
            ({"days": ["yesterday"]}, "days", "请至少选一天"),
            ({"begins": "half past"}, "begins", "请写成 8:30"),
            ({"ends": "25:00"}, "begins", "请写成 8:30"),
            ({"begins": "18:00", "ends": "8:00"}, "begins", "请分成两天排"),
            ({"begins": "9:00", "ends": "9:00"}, "begins", "请分成两天排"),
        ],
    )
    def test_what_is_wrong_is_said_beside_the_field(
        self,
        supervisor: Browser,
        record: SqlRecord,
        changes: dict[str, Any],
        field: str,
        words: str,
    ) -> None:
        answer = add(supervisor, **changes)
        assert answer.status_code == 422
        assert words in problems(answer)[field]
        assert soup(answer).select("[role=alert]")
        assert kept(record) == []

    def test_what_was_typed_stays_in_the_form(self, supervisor: Browser) -> None:
        page = soup(add(supervisor, begins='"><b>', days=["2026-11-25"]))
        assert page.select("input[name=begins]")[0]["value"] == '"><b>'
        assert [str(i["value"]) for i in page.select("input[name=days][checked]")][
            0
        ] == "2026-11-25"
        assert page.select("option[selected]")[0]["value"] == "1024"

    @pytest.mark.parametrize(
        ("begins", "ends", "is_taken"),
        [("11:59", "13:00", True), ("0:00", "24:00", True), ("12:00", "24:00", False)],
    )
    def test_nobody_is_put_on_twice_at_once_and_then_none_of_it_is_done(
        self, supervisor: Browser, record: SqlRecord, begins: str, ends: str, is_taken: bool
    ) -> None:
        add(supervisor, days=["2026-11-24"])
        answer = add(supervisor, begins=begins, ends=ends, days=["2026-11-23", "2026-11-24"])
        assert (answer.status_code == 422) == is_taken
        assert len(kept(record)) == (1 if is_taken else 3)
        assert add(supervisor, number="1031", days=["2026-11-24"]).status_code == 303

    def test_who_left_is_not_put_on(self, supervisor: Browser, record: SqlRecord) -> None:
        with record.unit() as unit:
            member = unit.staff.get("1024")
            assert member is not None
            member.active = False
            unit.staff.save(member)
        assert "number" in problems(add(supervisor))

    def test_agents_do_not_come_here(self, browser_of: SignIn) -> None:
        agent = browser_of("1024")
        assert agent.get("/shifts").status_code == 403
        token = {"csrf": agent.hidden("/cases", "csrf")}
        for path in ("/shifts", "/hours", "/shifts/1/remove"):
            assert agent.post(path, token).status_code == 403


class TestHours:
    def test_the_form_shows_the_hours_in_force_and_what_citizens_are_told(
        self, supervisor: Browser
    ) -> None:
        page = supervisor.soup("/shifts")
        assert page.select("input[name=opens]")[0]["value"] == "8:30"
        assert page.select("input[name=closes]")[0]["value"] == "18:00"
        days = [str(i["value"]) for i in page.select("form.hours input[name=days][checked]")]
        assert days == list("12345")
        assert "会被告知：“已经替您排上人工，但现在没有值班人员（工作日 8:30–18:00）" in page.text

    def test_they_are_set_for_all_and_written_down(
        self, supervisor: Browser, record: SqlRecord, clock: HandClock
    ) -> None:
        duty = DutyTimes(record, office(), clock)
        assert duty.is_open()
        answer = set_hours(supervisor, opens="9:00", closes="20:00", days=list("67"))
        assert answer.headers["Location"] == "/console/shifts?week=2026-11-23&note=hours"
        assert told(record) == "周六、日 9:00–20:00"
        clock.forward(seconds=11)
        assert not duty.is_open()
        ((number, _, detail),) = audited(record, "hours changed")
        assert number == "2001"
        assert DutyHours.from_dict(json.loads(detail)) == DutyHours(
            time(9), time(20), frozenset({6, 7})
        )
        assert "周六、日 9:00–20:00" in supervisor.soup("/shifts").text

    def test_what_changes_nothing_is_not_written_down(
        self, supervisor: Browser, record: SqlRecord
    ) -> None:
        assert set_hours(supervisor).status_code == 303
        assert audited(record, "hours changed") == []

    @pytest.mark.parametrize("closes", ["24:00", "0:00", "00：00"])
    def test_an_office_can_be_open_day_and_night(
        self, supervisor: Browser, record: SqlRecord, closes: str
    ) -> None:
        assert set_hours(supervisor, opens="0:00", closes=closes, days=list("1234567")).ok
        assert told(record) == "每天 24 小时"
        with record.reading() as unit:
            now = office_now(unit, office())
        assert (now.opens, now.closes) == (MIDNIGHT, MIDNIGHT)
        assert all(
            now.is_open(datetime(2026, 11, 21, hour, 59, tzinfo=timezone.utc)) for hour in range(24)
        )
        page = supervisor.soup("/shifts")
        assert page.select("input[name=closes]")[0]["value"] == "24:00"

    def test_single_days_are_closed_and_open_all_the_same(
        self, supervisor: Browser, record: SqlRecord, clock: HandClock
    ) -> None:
        typed = {
            "closed": "2026-11-23\r\n2026年12月1日\r\n\r\n2027/1/1 至 2027/1/3",
            "opened": "2026.11.28",
        }
        assert set_hours(supervisor, **typed).status_code == 303
        with record.reading() as unit:
            now = office_now(unit, office())
        assert sorted(now.closed) == [
            date(2026, 11, 23), date(2026, 12, 1), *(date(2027, 1, n) for n in (1, 2, 3)),
        ]  # fmt: skip
        assert now.opened == {date(2026, 11, 28)}
        assert not now.is_open(clock.now())
        (area,) = supervisor.soup("/shifts").select("textarea[name=closed]")
        assert area.text.split()[-1] == "2027-01-03"

    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"opens": "24:00"}, "opens", "请写成 8:30"),
            ({"opens": ""}, "opens", "请写成 8:30"),
            ({"closes": "six"}, "closes", "请写成 18:00"),
            ({"closes": "8:30"}, "closes", "要晚于开始时间"),
            ({"opens": "18:00", "closes": "8:00"}, "closes", "要晚于开始时间"),
            ({"days": []}, "days", "请至少选一天"),
            ({"days": ["0", "8", "x"]}, "days", "请至少选一天"),
            ({"closed": "国庆节"}, "closed", "没看懂“国庆节”"),
            ({"closed": "2026-02-30"}, "closed", "没看懂“2026-02-30”"),
            ({"opened": "2026-10-07 至 2026-10-01"}, "opened", "没看懂"),
            ({"opened": "2026-01-01 至 2026-12-31"}, "opened", "没看懂"),
            ({"closed": "2026-10-01", "opened": "2026-10-01"}, "opened", "同时写在了"),
        ],
    )
    def test_what_is_wrong_is_said_beside_the_field_and_nothing_changes(
        self,
        supervisor: Browser,
        record: SqlRecord,
        changes: dict[str, Any],
        field: str,
        words: str,
    ) -> None:
        answer = set_hours(supervisor, **changes)
        assert answer.status_code == 422
        assert words in problems(answer)[field]
        assert told(record) == "工作日 8:30–18:00"
        name, typed = next(iter(changes.items()))
        if isinstance(typed, str):
            (shown,) = soup(answer).select(f"form.hours [name={name}]")
            assert str(shown.get("value", shown.text)) == typed

    def test_no_more_days_than_anybody_would_plan(self) -> None:
        many = "\n".join(f"2026-{month:02d}-01 至 2026-{month:02d}-28" for month in range(1, 13))
        found, problem = read_dates(many)
        assert found == frozenset()
        assert "最多 200 天" in problem
