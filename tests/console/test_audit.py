"""The audit log: what is written down, who reads it, and that taking it along is written down too."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.model.conversation import WaitReason
from bot.model.staff import AuditEntry
from bot.storage.record import SqlRecord
from console.audit import ACTIONS, Trail
from tests.console.desk_side import PASSWORD, START, Browser, HandClock, complaint, store, waits

SignIn = Callable[[str], Browser]


def entries(record: SqlRecord, action: str = "") -> list[AuditEntry]:
    with record.reading() as unit:
        return unit.audit.entries(action=action, limit=1000)


def rows(staff: Browser, **wanted: str) -> list[list[str]]:
    page = staff.soup("/audit", **wanted)
    return [[cell.text.strip() for cell in row.select("td")] for row in page.select("tbody tr")]


class TestWriting:
    def test_a_look_at_a_conversation_is_written_once_in_ten_minutes_for_each_member(
        self, staff: Browser, browser_of: SignIn, record: SqlRecord, clock: HandClock
    ) -> None:
        agent = browser_of("1024")
        anna = waits(record, "anna", WaitReason.ASKED, START)
        bo = waits(record, "bo", WaitReason.ASKED, START)
        for minutes in (0, 5, 4, 1):
            clock.forward(minutes=minutes)
            staff.get(f"/conversations/{anna}")
            agent.get(f"/conversations/{anna}")
        staff.get(f"/conversations/{bo}")
        seen = [(e.number, e.subject) for e in entries(record, "conversation viewed")]
        assert sorted(seen) == sorted(
            [
                *[("0001", f"conversation {anna}"), ("1024", f"conversation {anna}")] * 2,
                ("0001", f"conversation {bo}"),
            ]
        )

    def test_each_look_at_a_confidential_case_is_written_down(
        self, staff: Browser, record: SqlRecord
    ) -> None:
        store(record, complaint(1), complaint(2, visibility="confidential"))
        for _ in range(3):
            staff.get("/cases/c1")
            staff.get("/cases/c2")
        assert [e.subject for e in entries(record, "case viewed")] == ["case c1"]
        assert [e.subject for e in entries(record, "confidential case viewed")] == ["case c2"] * 3

    def test_signing_in_and_out_is_written_down_with_the_address_and_no_password(
        self, guest: Browser, record: SqlRecord
    ) -> None:
        guest.sign_in("a wrong word", account="1024")
        guest.sign_in("a wrong word", account="Secret-typed-in-the-wrong-field")
        guest.sign_in(account="1024")
        guest.submit("/", "/sign-out")
        found = [(e.number, e.action, e.subject, e.address) for e in reversed(entries(record))]
        assert found == [
            ("", "sign-in refused", "account 1024", "127.0.0.1"),
            ("", "sign-in refused", "", "127.0.0.1"),
            ("1024", "signed in", "", "127.0.0.1"),
            ("1024", "signed out", "", "127.0.0.1"),
        ]
        assert "wrong" not in str(entries(record))
        assert PASSWORD not in str(entries(record))

    def test_a_lock_is_written_down(self, guest: Browser, record: SqlRecord) -> None:
        for _ in range(6):
            guest.sign_in("wrong", account="1024")
        assert [e.subject for e in entries(record, "account locked")] == ["account 1024"]
        assert len(entries(record, "sign-in refused")) == 6

    def test_what_is_undone_leaves_no_entry(self, record: SqlRecord, clock: HandClock) -> None:
        trail = Trail(record, clock)

        def fail() -> None:
            with record.unit() as unit:
                trail.note(unit, "1024", "waiting cleared", subject="conversation x")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert entries(record) == []

    def test_an_action_without_a_name_is_not_taken(
        self, record: SqlRecord, clock: HandClock
    ) -> None:
        with pytest.raises(KeyError):
            Trail(record, clock).note(None, "1024", "danced")
        assert entries(record) == []

    def test_every_action_has_a_name_of_its_own(self) -> None:
        assert len(set(ACTIONS.values())) == len(ACTIONS)
        assert all(len(word) <= 64 for word in ACTIONS), "the column's width"


@pytest.fixture
def told(record: SqlRecord) -> list[AuditEntry]:
    """250 entries over three days, by two members."""
    made = [
        AuditEntry(
            at=START + timedelta(days=number // 100),
            number=("1024", "cli")[number % 2],
            action=("case viewed", "account added")[number % 2],
            subject=f"case c{number}",
            detail="=1+1" if number == 249 else "",
        )
        for number in range(250)
    ]
    with record.unit() as unit:
        for entry in made:
            unit.audit.add(entry)
    return made


class TestReading:
    def test_an_entry_is_shown_in_words(self, staff: Browser, told: list[AuditEntry]) -> None:
        first, second, *_, last = rows(staff, day="2026-11-25") + rows(staff, action="signed in")
        assert first == [
            "2026-11-25 10:00:00", "命令行", "新增账号", "事项 c249", "=1+1", "",
        ]  # fmt: skip
        assert second[:3] == ["2026-11-25 10:00:00", "1024 王芳", "查看事项"]
        assert last[1:3] == ["0001 管理员", "登录"]

    def test_pages_follow_one_another_without_gap_or_double(
        self, staff: Browser, told: list[AuditEntry]
    ) -> None:
        path, seen = "/audit", []
        for _ in range(3):
            page = staff.soup(path)
            seen += [str(row.select("td")[3].text) for row in page.select("tbody tr")]
            older = [str(a["href"]) for a in page.select("main a") if "更早" in a.text]
            path = older[0].removeprefix("/console") if older else ""
        assert path == ""
        assert [s for s in seen if s] == [f"事项 c{n}" for n in reversed(range(250))]

    @pytest.mark.parametrize(
        ("wanted", "count"),
        [
            ({"number": "1024"}, 100),
            ({"number": "1024", "day": "2026-11-25"}, 25),
            ({"day": "2026-11-25"}, 50),
            ({"action": "signed in"}, 1),
            ({"subject": "case c7"}, 1),
            ({"subject": "事项 c7"}, 1),
            ({"subject": "case"}, 0),
            ({"number": "1024", "action": "account added"}, 0),
            ({"day": "not a day"}, 100),
            ({"day": "0001-01-01"}, 100),
            ({"before": "x"}, 100),
            ({"before": "1"}, 0),
            ({"number": "' OR 1=1 --"}, 0),
        ],
    )
    def test_it_is_filtered(
        self, staff: Browser, told: list[AuditEntry], wanted: dict[str, str], count: int
    ) -> None:
        page = staff.soup("/audit", **wanted)
        assert len(page.select("tbody tr")) == count
        assert ("没有符合条件的记录" in page.text) == (count == 0)

    def test_a_day_is_the_offices_day(self, staff: Browser, record: SqlRecord) -> None:
        with record.unit() as unit:
            for hours, name in ((-11, "before"), (-10, "first"), (13.9, "last"), (14, "after")):
                at = START + timedelta(hours=hours)
                unit.audit.add(AuditEntry(at, "1024", "case viewed", name))
        found = rows(staff, day="2026-11-23", number="1024")
        assert [row[3] for row in found] == ["last", "first"]

    def test_what_is_in_it_is_shown_as_text(self, staff: Browser, record: SqlRecord) -> None:
        with record.unit() as unit:
            unit.audit.add(AuditEntry(START, "<b>1", "<i>x", "<script>alert(1)</script>"))
        text = staff.get("/audit", subject='"><script>').text
        assert "<script>alert" not in staff.get("/audit").text
        assert '"><script>' not in text

    def test_there_is_no_way_to_change_it(self, staff: Browser) -> None:
        forms = [str(f["action"]) for f in staff.soup("/audit").select("main form")]
        assert forms == ["/console/audit", "/console/audit.csv"]
        routes = [r for r in staff.app.routes if getattr(r, "path", "").startswith("/audit")]
        assert {m for r in routes for m in r.methods} == {"GET", "HEAD", "POST"}  # type: ignore[attr-defined]


class TestTakingAlong:
    def lines(self, staff: Browser, **wanted: str) -> list[list[str]]:
        form = {"csrf": staff.hidden("/audit", "csrf"), **wanted}
        answer = staff.post("/audit.csv", form)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert 'filename="audit-20261123-1000.csv"' in answer.headers["Content-Disposition"]
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    def test_the_file_holds_all_that_fits_and_not_only_the_page(
        self, staff: Browser, told: list[AuditEntry]
    ) -> None:
        heads, *lines = self.lines(staff, number="1024")
        assert heads[:4] == ["时间", "工号", "姓名", "动作"]
        assert len(lines) == 125
        assert {line[2] for line in lines} == {"王芳"}

    def test_a_spreadsheet_calculates_nothing_in_it(
        self, staff: Browser, told: list[AuditEntry]
    ) -> None:
        _, line = self.lines(staff, subject="case c249")
        assert line[5] == "'=1+1"

    def test_taking_it_is_written_down_with_what_was_asked_for(
        self, staff: Browser, record: SqlRecord, told: list[AuditEntry]
    ) -> None:
        self.lines(staff, number="1024", day="2026-11-25")
        (entry,) = entries(record, "audit exported")
        assert entry.number == "0001"
        assert entry.detail == "number=1024&day=2026-11-25&lines=25"
        assert entry.address == "127.0.0.1"
