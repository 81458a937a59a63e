"""A console over a real desk: members of the hotline, of a district, of a street and of the district beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from bot.model.staff import Role, StaffMember
from bot.storage.record import SqlRecord
from console.app import create_app
from console.config import ConsoleConfig
from console.parts import ServingParts
from desk.config import DeskConfig
from desk.model.case import Case, Outcome, replay
from desk.model.steps import CITIZEN
from desk.office.office import DeskOffice, open_office
from desk.office.stepping import Wanted
from desk.records import NewRequest, Person, Place
from desk.storage import upgrade
from tests.console.desk_side import (
    SECRET,
    START,
    Browser,
    HandClock,
    natures,
    office,
    statuses,
)
from tests.desk.office import KEY, SERVICES, serve

NOISE = "1351"
DISTRICT, STREET, BESIDE = "330106", "330106005", "330105"
#: Work number → name, role, unit; beside the hotline's accounts of `desk_side.ACCOUNTS`.
MEMBERS = {
    "5001": ("周区", Role.AGENT, DISTRICT),
    "5002": ("吴街", Role.AGENT, STREET),
    "5003": ("郑邻", Role.AGENT, BESIDE),
    "5009": ("冯看", Role.OBSERVER, DISTRICT),
}
PHONE = "13812345678"
SignIn = Callable[[str], Browser]


class Desk:
    """The desk with what tests do to it again and again."""

    def __init__(self, opened: DeskOffice) -> None:
        self.office = opened

    def file(self, words: str = "楼下广场舞太吵", **changes: Any) -> str:
        """File a case and return its number."""
        fields: dict[str, Any] = {
            "service_code": NOISE,
            "place": Place("文二路5号", lat=30.28, long=120.13),
            "person": Person(first_name="王小明", phone=PHONE),
            "attributes": {"division_code": [STREET], "nature": ["complaint"]},
            "nature": "complaint",
            "division_code": STREET,
        }
        new = NewRequest(description=words, **(fields | changes))
        return self.office.casework.file(new)[0]

    def act(self, number: str, step: str, by: str = "", **wanted: Any) -> Case:
        """Take a step as somebody of a unit, the hotline if none is named."""
        actor = self.office.staff("1 某人", by)
        return self.office.casework.act(number, step, actor, Wanted(**wanted))

    def citizen(self, number: str, step: str, **wanted: Any) -> Case:
        """Take a step as the citizen."""
        return self.office.casework.act(number, step, CITIZEN, Wanted(**wanted))

    def sent(self, words: str = "楼下广场舞太吵", to: str = STREET, **changes: Any) -> str:
        """File a case that is dispatched to a unit."""
        number = self.file(words, **changes)
        self.act(number, "accept")
        self.act(number, "dispatch", unit=to)
        return number

    def worked(self, words: str = "楼下广场舞太吵", at: str = STREET, **changes: Any) -> str:
        """File a case that a unit works on."""
        number = self.sent(words, at, **changes)
        for step in ("sign", "start"):
            self.act(number, step, at)
        return number

    def answered(self, at: str = STREET, **changes: Any) -> str:
        """File a case that a unit answered."""
        number = self.worked(at=at, **changes)
        name = self.office.rules.units.name(at)
        self.act(number, "reply", at, outcome=Outcome("solved", "昨晚已经劝离，音响收走了。", name))
        return number

    def case(self, number: str) -> Case:
        """Return a case as its log makes it."""
        found = replay(number, self.office.store.steps(number))
        assert found is not None
        return found


@pytest.fixture(scope="session")
def fresh_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk's database with nothing in it."""
    path = tmp_path_factory.mktemp("office") / "fresh.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def desk(fresh_desk: Path, tmp_path: Path, clock: HandClock) -> Iterator[Desk]:
    """A desk of this test's own, on its clock."""
    path = tmp_path / "desk.db"
    path.write_bytes(fresh_desk.read_bytes())
    config = DeskConfig(f"sqlite:///{path}", KEY, SERVICES)
    opened = open_office(replace(config, now=clock.now))
    yield Desk(opened)
    opened.close()


@pytest.fixture
def sign_in(
    desk: Desk, record: SqlRecord, clock: HandClock, serving: ServingParts
) -> Iterator[SignIn]:
    """Return what signs a browser in with a work number."""
    add_members(record)
    app = create_app(
        ConsoleConfig(SECRET),
        record=record,
        office=office(),
        statuses=statuses(),
        natures=natures(),
        backend=None,
        clock=clock,
        serving=serving,
        desk=desk.office,
    )
    with serve(Starlette(routes=[Mount("/console", app)]), ws="wsproto") as address:

        def start(number: str) -> Browser:
            browser = Browser(address + "/console")
            browser.app = app
            assert browser.sign_in(account=number).status_code == 303
            return browser

        yield start


def add_members(record: SqlRecord) -> None:
    """Store the units' members, with the password of all accounts."""
    with record.unit() as unit:
        known = unit.staff.get("1024")
        assert known is not None
        for number, (name, role, code) in MEMBERS.items():
            member = StaffMember(number, name, role, START, START, known.password_hash, unit=code)
            assert unit.staff.add(member)


def press(browser: Browser, number: str, step: str, **typed: str) -> Any:
    """Open a case, fill in the form of a step and send it."""
    page = browser.soup(f"/desk/cases/{number}")
    (form,) = page.select(f"form[action$='/{number}/steps/{step}']")
    inputs = form.select("input:not([type=radio])")
    data = {str(i["name"]): str(i.get("value", "")) for i in inputs}
    for select in form.select("select"):
        chosen = select.select_one("option[selected]")
        data[str(select["name"])] = str(chosen["value"]) if chosen else ""
    path = str(form["action"]).removeprefix("/console")
    return browser.post(path, {**data, **typed})
