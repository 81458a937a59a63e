"""Who may do what: every address, every role, and nobody; read from the application itself, so that none is missed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import requests
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from bot.model.complaint import Medium
from bot.model.conversation import WaitReason
from bot.model.staff import Role, StaffMember
from bot.storage.record import SqlRecord
from console import access
from console.access import LEAST_ROLE, ROUTES, Permission
from console.passwords import hashed_once
from tests.console.conftest import OpenConsole
from tests.console.desk_side import (
    ACCOUNTS,
    NUMBER_OF,
    PASSWORD,
    START,
    Browser,
    complaint,
    store,
    waits,
)

NOT_YOURS = "您的账号没有这项权限"
NO_TOKEN = "没有提交成功"
#: At least so many addresses stand in the table; a walk that sees fewer looked at nothing.
LEAST_SEEN = 54
#: What anybody may open without a session: nothing else, whatever a later table says.
DOOR = {"static", "sign_in", "enter"}
SOCKET = "socket"
_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}
_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")


@dataclass(frozen=True)
class Address:
    """One way to ask one route; the method of a web socket is `SOCKET`."""

    name: str
    method: str
    path: str


def addresses(app_routes: list[BaseRoute], conversation: str) -> Iterator[Address]:
    """Return every route with every method it knows, its parameters filled in with what is there."""
    known = {"id": "c1", "number": "1031"}

    def value(route: Route, match: re.Match[str]) -> str:
        if match[2] == "int":
            return "1"
        if match[1] == "id" and not route.path.startswith("/cases"):
            kind = route.path.split("/")[1]
            return {"conversations": conversation, "media": "m1", "services": "1351"}[kind]
        return known.get(match[1], "x")

    for route in app_routes:
        if isinstance(route, Mount):
            assert route.name == "static", "a mount hides its routes from this table"
            yield Address("static", "GET", "/static/base.css")
            continue
        if isinstance(route, WebSocketRoute):
            yield Address(route.name, SOCKET, route.path)
            continue
        assert isinstance(route, Route), "this table knows pages and web sockets only"
        path = _PARAMETER.sub(lambda match, route=route: value(route, match), route.path)  # type: ignore[misc]
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield Address(route.name, method, path)


def ask(browser: Browser, address: Address, **headers: str) -> requests.Response:
    """Ask without a form token; a stream or socket that never ends is left after its headers."""
    if address.method == SOCKET:
        origin = browser.url.removesuffix("/console")
        return browser.session.get(
            browser.url + address.path,
            headers={**_UPGRADE, "Origin": origin, **headers},
            timeout=10,
            stream=True,
        )
    return browser.session.request(
        address.method,
        browser.url + address.path,
        data={} if address.method == "GET" else {"x": "y"},
        headers=headers,
        timeout=10,
        allow_redirects=False,
        stream=True,
    )


@pytest.fixture
def table(guest: Browser, record: SqlRecord) -> list[Address]:
    """Every address of the console, with something behind it."""
    anna = waits(record, "anna", WaitReason.ASKED, START, "转人工")
    store(record, complaint(conversation_id=anna))
    with record.unit() as unit:
        unit.media.add(Medium("m1", anna, "image", "P", START))
        unit.media.store_bytes("m1", b"\xff\xd8\xff", "image/jpeg")
    found = list(addresses(guest.app.routes, anna))
    assert {address.name for address in found} == set(ROUTES)
    assert len(found) >= LEAST_SEEN
    return found


def test_nothing_but_the_door_is_open_without_a_session(
    guest: Browser, table: list[Address]
) -> None:
    asked = 0
    for address in table:
        answer = ask(guest, address)
        if address.name in DOOR:
            assert ROUTES[address.name] is Permission.OPEN
            continue
        assert ROUTES[address.name] is not Permission.OPEN, address
        where = answer.headers.get("Location", "")
        at_door = answer.status_code == 303 and where.startswith("/console/sign-in")
        refused = 403 if address.method == SOCKET else 401
        assert at_door or answer.status_code == refused, address
        asked += 1
    assert asked >= LEAST_SEEN - len(DOOR)
    assert guest.get("/no-such-page").status_code == 303


@pytest.mark.parametrize("role", list(Role))
def test_every_address_refuses_whom_it_is_not_for_and_nobody_else(
    browser_of: Callable[[str], Browser], table: list[Address], role: Role
) -> None:
    rank = list(Role).index
    browser, refused = browser_of(NUMBER_OF[role]), 0
    for address in table:
        if address.name == "sign_out":
            continue
        least = LEAST_ROLE[ROUTES[address.name]]
        is_for = least is None or rank(role) >= rank(least)
        answer = ask(browser, address)
        if address.method == SOCKET:
            assert answer.status_code == (101 if is_for else 403), address
        elif is_for and address.method == "GET":
            assert answer.status_code in (200, 303), address
        elif is_for:
            assert answer.status_code == 403, address
            assert NOT_YOURS not in answer.text, address
            assert NO_TOKEN in answer.text, address
        else:
            assert answer.status_code == 403, address
            assert NOT_YOURS in answer.text, address
            refused += 1
        answer.close()
    least_refused = {Role.OBSERVER: 39, Role.AGENT: 19, Role.SUPERVISOR: 11}
    assert refused >= least_refused.get(role, 0)
    assert refused == 0 or role is not Role.ADMINISTRATOR


def test_no_post_is_taken_without_the_browsers_form_token(
    staff: Browser, table: list[Address], backend: object, record: SqlRecord
) -> None:
    asked = 0
    token = staff.hidden("/", "csrf")
    for address in table:
        if address.method in ("GET", SOCKET):
            continue
        for data in ({}, {"csrf": "0" * 64}, {"csrf": token[:-1]}):
            assert staff.post(address.path, data).status_code == 403, address
        for headers in ({}, {"X-CSRF-Token": "0" * 64}):
            answer = staff.session.post(
                staff.url + address.path, json={}, headers=headers, timeout=10
            )
            assert answer.status_code == 403, address
        asked += 1
    assert asked >= 32
    assert staff.get("/").status_code == 200, "not even signed out"
    with record.reading() as unit:
        assert [m.number for m in unit.staff.all()] == list(ACCOUNTS)
        assert len(unit.conversations.waiting()) == 1


def test_another_browsers_token_is_worth_nothing(
    staff: Browser, browser_of: Callable[[str], Browser]
) -> None:
    other = browser_of("0001").hidden("/", "csrf")
    assert staff.post("/sign-out", {"csrf": other}).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Accept": "application/json"}, {"Content-Type": "application/json"}]
)
def test_a_script_is_refused_in_its_own_language(
    guest: Browser, browser_of: Callable[[str], Browser], headers: dict[str, str]
) -> None:
    address = Address("accounts", "GET", "/accounts")
    assert ask(guest, address, **headers).json() == {"error": "signed out"}
    assert ask(guest, address, **headers).status_code == 401
    refused = ask(browser_of("3001"), address, **headers)
    assert (refused.status_code, refused.json()["error"]) == (403, NOT_YOURS)


def test_the_menu_shows_what_one_may_open_and_nothing_else(
    browser_of: Callable[[str], Browser],
) -> None:
    for number in ACCOUNTS:
        browser = browser_of(number)
        page = browser.soup("/")
        links = [str(a["href"]).removeprefix("/console") for a in page.select("nav a")]
        assert len(links) >= 2
        for link in links:
            assert browser.get(link).status_code == 200, (number, link)
        assert ("/accounts" in links) == (number == "0001")
        who = page.select_one(".who")
        assert who is not None
        assert number in who.text
        assert access.ROLE_NAMES[ACCOUNTS[number][1]] in who.text


def test_a_page_offers_no_button_that_would_be_refused(
    browser_of: Callable[[str], Browser], table: list[Address]
) -> None:
    (path,) = (address.path for address in table if address.name == "case")
    for number, offered in (("3001", False), ("1024", True)):
        forms = browser_of(number).soup(path).select("form[action$='/updates']")
        assert bool(forms) == offered, number


def test_who_has_a_password_of_somebody_elses_making_can_only_change_it(
    guest: Browser, record: SqlRecord, table: list[Address]
) -> None:
    with record.unit() as unit:
        kept = hashed_once(PASSWORD)
        member = StaffMember("4001", "新人", Role.ADMINISTRATOR, START, START, kept)
        assert unit.staff.add(member)
    guest.sign_in(account="4001")
    asked = 0
    for address in table:
        if address.name in {*DOOR, "sign_out", "password", "change_password", "watermark"}:
            continue
        answer = ask(guest, address)
        is_sent_on = answer.headers.get("Location") == "/console/password"
        assert is_sent_on or answer.status_code == 403, address
        if not is_sent_on and address.method != SOCKET:
            assert answer.json() == {"error": "password must be changed"}, address
        asked += 1
    assert asked >= 48
    assert guest.soup("/password").select("nav, script") == [], "nothing to go to yet"


def test_a_route_that_the_table_does_not_know_cannot_be_built() -> None:
    def page(request: object) -> None: ...

    for routes in (
        [Route("/x", page, name="unheard of")],
        [Route("/x", page)],
        [Route("/x", page, name="cases"), Route("/y", page, name="cases")],
    ):
        with pytest.raises(ValueError, match="console.access"):
            access.check(routes)
    access.check([Route("/x", page, name="cases")])


def test_every_permission_has_its_least_role_and_every_role_its_name() -> None:
    assert set(LEAST_ROLE) == set(Permission)
    assert set(access.ROLE_NAMES) == set(Role)
    assert not access.may(None, "own")
    assert access.may(None, "open")


def test_the_console_without_its_own_backend_has_no_update_form(open_console: OpenConsole) -> None:
    names = {getattr(route, "name", "") for route in open_console(None).app.routes}
    assert set(ROUTES) - names == {"tell"}
