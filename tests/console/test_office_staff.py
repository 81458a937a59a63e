"""Which unit a member of staff belongs to: set by the administrator or the command line, and what follows from it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from app.cli import main
from bot.storage.database import MIGRATIONS, open_engine, upgrade
from bot.storage.record import SqlRecord
from tests.console.desk_side import Browser, HandClock, audited, complaint, store
from tests.console.office_side import DISTRICT, STREET, Desk, SignIn, desk, fresh_desk, sign_in

__all__ = ["desk", "fresh_desk", "sign_in"]

Run = Callable[..., int]


def unit_of(record: SqlRecord, number: str) -> str:
    with record.reading() as unit:
        member = unit.staff.get(number)
    assert member is not None
    return member.unit


def move(browser: Browser, number: str, unit: str, **changes: str) -> requests.Response:
    path = f"/accounts/{number}"
    role = str(browser.soup(path).select("[name=role] option[selected]")[0]["value"])
    return browser.submit(path, path, **{"role": role, "unit": unit, **changes})


class TestAccountPage:
    def test_a_member_is_moved_and_has_to_sign_in_again(
        self, sign_in: SignIn, record: SqlRecord
    ) -> None:
        administrator, agent = sign_in("0001"), sign_in("1024")
        assert agent.get("/cases").status_code == 200
        assert move(administrator, "1024", STREET).status_code == 303
        assert unit_of(record, "1024") == STREET
        assert agent.get("/desk").headers["Location"].startswith("/console/sign-in")
        assert sign_in("1024").get("/cases").status_code == 403
        assert audited(record, "unit changed") == [("0001", "account 1024", f"- > {STREET}")]
        row = [r for r in administrator.soup("/accounts").select("tbody tr") if "1024" in r.text][0]
        assert "翠苑街道办事处" in row.text
        move(administrator, "1024", "")
        assert unit_of(record, "1024") == ""

    def test_a_new_member_belongs_to_a_unit_at_once(
        self, sign_in: SignIn, record: SqlRecord
    ) -> None:
        made = sign_in("0001").submit(
            "/accounts", "/accounts", number="6001", name="新人", role="agent", unit=DISTRICT
        )
        assert made.status_code == 200
        assert unit_of(record, "6001") == DISTRICT

    @pytest.mark.parametrize("unit", ["nowhere", "12345"])
    def test_a_unit_that_is_not_on_the_list_is_refused(
        self, sign_in: SignIn, record: SqlRecord, unit: str
    ) -> None:
        browser = sign_in("0001")
        refused = move(browser, "1024", unit)
        assert refused.status_code == 422
        assert "请从列表里选择单位。" in refused.text
        fields = {"number": "6001", "name": "新人", "role": "agent", "unit": unit}
        assert browser.submit("/accounts", "/accounts", **fields).status_code == 422
        assert unit_of(record, "1024") == ""

    def test_nobody_moves_themselves_and_the_last_administrator_stays(
        self, sign_in: SignIn, record: SqlRecord
    ) -> None:
        browser = sign_in("0001")
        own = browser.submit("/accounts/0001", "/accounts/0001", unit=STREET)
        assert own.status_code == 409
        assert unit_of(record, "0001") == ""
        move(browser, "2001", "", role="administrator")
        other = sign_in("2001")
        move(browser, "2001", STREET)
        assert other.get("/accounts").status_code == 303, "signed out"
        assert sign_in("2001").get("/accounts").status_code == 403
        assert unit_of(record, "2001") == STREET

    def test_a_complaint_links_to_its_case_and_a_gone_unit_sees_nothing(
        self, sign_in: SignIn, desk: Desk, record: SqlRecord
    ) -> None:
        number = desk.sent()
        store(record, complaint(backend_id=number))
        links = [str(a.get("href")) for a in sign_in("1024").soup("/cases/c1").select("a")]
        assert f"/console/desk/cases/{number}" in links
        with record.unit() as unit:
            member = unit.staff.get("5001")
            assert member is not None
            member.unit = "abolished"
            unit.staff.save(member)
        browser = sign_in("5001")
        for path in ("/desk", "/desk/due", "/desk/search"):
            assert browser.soup(path).select(".order") == [], path
        assert "单位表里没有您的单位" in browser.soup("/desk/units").text
        assert browser.get(f"/desk/cases/{number}").status_code == 404


def test_a_desk_whose_database_fails_is_told_in_words(sign_in: SignIn, desk: Desk) -> None:
    browser = sign_in("1024")
    engine = open_engine(str(desk.office.config.database_url))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE desk_request RENAME TO gone"))
    engine.dispose()
    for path in ("/desk", "/desk/due", "/desk/units", "/desk/search", "/desk/cases/1"):
        answer = browser.get(path)
        assert answer.status_code == 503, path
        assert "暂时读不到记录" in answer.text
        assert answer.headers["Retry-After"] == "5"


class TestCommandLine:
    @pytest.fixture
    def staff(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
        """Run one command on a record of this test's own; returns its exit code."""
        monkeypatch.setenv("MINSHENG_DATA_DIR", str(tmp_path))
        monkeypatch.setenv("MINSHENG_SIMULATOR", "1")

        def run(*words: str) -> int:
            monkeypatch.setattr(sys, "stdin", io.StringIO("一个足够长的密码-1\n"))
            return main(["staff", *words])

        return run

    def test_a_unit_is_given_changed_and_taken_away(
        self, staff: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert staff("add", "6001", "新人", "--role", "agent", "--unit", STREET) == 0
        engine = open_engine(f"sqlite:///{tmp_path}/minsheng.db")
        record = SqlRecord(engine, HandClock())
        assert unit_of(record, "6001") == STREET
        assert staff("list") == 0
        assert capsys.readouterr().out == f"6001\tagent\ton\t新人\t{STREET}\n"
        assert staff("unit", "6001", DISTRICT) == 0
        assert unit_of(record, "6001") == DISTRICT
        assert staff("unit", "6001", "12345") == 0
        assert unit_of(record, "6001") == "", "the hotline's own code is no unit's"
        assert audited(record, "unit changed")[-1] == ("cli", "account 6001", f"{DISTRICT} > -")
        engine.dispose()

    def test_an_unknown_unit_is_refused(
        self, staff: Run, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert staff("add", "6001", "新人", "--role", "agent", "--unit", "nowhere") == 1
        assert "catalog/units.yml has no unit nowhere" in capsys.readouterr().err
        assert staff("unit", "6001", STREET) == 1


def test_an_older_record_gets_the_column_and_everybody_stays_at_the_hotline(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    upgrade(url)
    engine = open_engine(url)
    record = SqlRecord(engine, HandClock())
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    command.downgrade(config, "0003")
    with engine.begin() as connection:
        columns = connection.execute(text("SELECT name FROM pragma_table_info('staff')"))
        assert "unit" not in {row.name for row in columns}
        connection.execute(
            text(
                "INSERT INTO staff (number, name, role, password_hash, active, wrong_tries, created_at, changed_at)"
                " VALUES ('1024', '王芳', 'agent', '', 1, 0, '2026-11-23 02:00:00', '2026-11-23 02:00:00')"
            )
        )
    upgrade(url)
    assert unit_of(record, "1024") == ""
    engine.dispose()
