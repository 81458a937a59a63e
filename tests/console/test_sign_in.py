"""Signing in and out, what a session is worth, and that nothing is open without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from bs4 import BeautifulSoup
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from bot.model.staff import Role
from bot.storage.record import SqlRecord
from console.accounts import Accounts
from console.audit import Trail
from console.config import ConsoleConfig
from console.gate import Gate
from console.passwords import is_old
from console.site import Site
from tests.console.conftest import OpenConsole
from tests.console.desk_side import PASSWORD, SECRET, Browser, HandClock
from tests.desk.office import serve

COOKIE = "minsheng_console"
FORM_COOKIE = "minsheng_console_form"


def cookie_line(answer: object, name: str) -> str:
    headers = answer.raw.headers.getlist("Set-Cookie")  # type: ignore[attr-defined]
    (line,) = [h for h in headers if h.startswith(f"{name}=")]
    return str(line).lower()


def test_the_right_password_opens_the_desk(guest: Browser) -> None:
    answer = guest.sign_in()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/")
    page = guest.soup("/")
    assert "管理员" in page.text
    assert page.h1
    assert page.h1.text == "接待"


def test_the_cookie_is_kept_from_scripts_other_sites_and_other_parts(guest: Browser) -> None:
    line = cookie_line(guest.sign_in(), COOKIE)
    assert "httponly" in line
    assert "samesite=lax" in line
    assert "path=/console" in line
    assert "max-age=43200" in line
    assert "secure" not in line


def test_over_https_the_cookie_never_travels_without_it(open_console: OpenConsole) -> None:
    guest = open_console(secure=True)
    page = guest.get("/sign-in")
    assert "secure" in cookie_line(page, FORM_COOKIE)


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + " ", PASSWORD.upper(), "\ud7ff密"])
def test_a_wrong_password_is_refused_without_saying_which_part_was_wrong(
    guest: Browser, password: str
) -> None:
    answer = guest.sign_in(password)
    assert answer.status_code == 403
    assert "账号或密码不对" in answer.text
    assert COOKIE not in guest.session.cookies
    assert guest.get("/").status_code == 303


def test_another_account_does_not_exist(guest: Browser) -> None:
    assert guest.sign_in(account="root").status_code == 403


def test_without_any_account_nobody_gets_in_and_the_page_says_what_to_set(
    guest: Browser, record: SqlRecord
) -> None:
    assert "MINSHENG_ADMIN_PASSWORD" not in guest.get("/sign-in").text
    with record.unit() as unit:
        unit.staff._c.execute(sa.text("DELETE FROM staff"))
    assert "MINSHENG_ADMIN_PASSWORD" in guest.get("/sign-in").text
    assert guest.sign_in().status_code == 403


def test_five_wrong_tries_lock_the_account_and_each_five_more_for_twice_as_long(
    open_console: OpenConsole, clock: HandClock
) -> None:
    for minutes in (5, 10, 20, 40, 60, 60):
        guest, other = open_console(), open_console()
        for _ in range(4):
            assert guest.sign_in("wrong").status_code == 403
        answer = guest.sign_in("wrong")
        assert answer.status_code == 403
        locked = guest.sign_in()
        assert (locked.status_code, locked.headers.get("Location")) == (403, None)
        assert other.sign_in().status_code == 403, "in every process"
        assert other.sign_in(account="1024").status_code == 303, "nobody else is locked out"
        clock.forward(minutes=minutes, seconds=-1)
        assert guest.sign_in().status_code == 403, minutes
        clock.forward(seconds=1)
    assert guest.sign_in().status_code == 303
    later = open_console()
    for _ in range(4):
        later.sign_in("wrong")
    assert later.sign_in().status_code == 303, "a right password forgives all before it"


def test_an_answer_never_tells_whether_an_account_exists(
    guest: Browser, record: SqlRecord, clock: HandClock
) -> None:
    with record.unit() as unit:
        gone = unit.staff.get("1031")
        assert gone is not None
        gone.active = False
        unit.staff.save(gone)
    texts = set()
    for account, password in (
        ("0001", "wrong"),
        ("9999", "wrong"),
        ("1031", PASSWORD),
        ("", PASSWORD),
        *[("1024", "wrong")] * 5,
        ("1024", PASSWORD),
    ):
        answer = guest.sign_in(password, account=account)
        assert answer.status_code == 403
        assert "Retry-After" not in answer.headers
        (notice,) = BeautifulSoup(answer.text, "html.parser").select("[role=alert]")
        texts.add(notice.text)
    assert len(texts) == 1


def test_an_address_that_guesses_over_many_accounts_is_shut_out_for_five_minutes(
    guest: Browser, clock: HandClock
) -> None:
    for number in range(20):
        assert guest.sign_in("wrong", account=f"5{number:03d}").status_code == 403
    shut = guest.sign_in()
    assert (shut.status_code, shut.headers["Retry-After"]) == (429, "300")
    clock.forward(minutes=5)
    assert guest.sign_in().status_code == 303


def test_a_session_ends_after_twelve_hours_however_busy_it_is(
    staff: Browser, clock: HandClock
) -> None:
    for _ in range(24 - 1):
        clock.forward(minutes=30)
        assert staff.get("/").status_code == 200
    clock.forward(minutes=29)
    assert staff.get("/").status_code == 200
    clock.forward(minutes=1)
    assert staff.get("/").status_code == 303
    assert staff.get("/live.json").status_code == 401


def test_a_session_ends_after_an_hour_without_a_request(staff: Browser, clock: HandClock) -> None:
    clock.forward(minutes=59)
    assert staff.get("/").status_code == 200
    clock.forward(minutes=59)
    assert staff.get("/live.json").status_code == 200
    clock.forward(minutes=1)
    assert staff.get("/live.json").status_code == 401, "what a page asks by itself does not count"
    assert staff.get("/").status_code == 303


def test_the_record_holds_no_token_that_a_browser_could_use(
    staff: Browser, record: SqlRecord
) -> None:
    token = staff.session.cookies[COOKIE]
    assert len(token) >= 43, "256 bits"
    with record.unit() as unit:
        kept = [tuple(row) for row in unit.staff._c.execute(sa.text("SELECT * FROM staff_session"))]
    assert len(kept) == 1
    assert token not in str(kept)


def test_a_forged_or_changed_cookie_is_worth_nothing(staff: Browser) -> None:
    value = staff.session.cookies[COOKIE]
    for forged in (value[:-1] + ("A" if value[-1] != "A" else "B"), "x", "W10.abc", ""):
        staff.session.cookies.clear()
        staff.session.headers["Cookie"] = f"{COOKIE}={forged}"
        assert staff.get("/cases").status_code == 303


@pytest.mark.parametrize("change", ["password", "role", "active", "ended"])
def test_a_change_of_the_account_ends_its_sessions_and_nobody_elses(
    staff: Browser,
    browser_of: Callable[[str], Browser],
    record: SqlRecord,
    clock: HandClock,
    change: str,
) -> None:
    first, second = browser_of("1024"), browser_of("1024")
    with record.unit() as unit:
        accounts = Accounts(unit, Trail(record, clock), actor="cli")
        if change == "password":
            accounts.set_password("1024", "x")
        elif change == "role":
            accounts.set_role("1024", Role.SUPERVISOR)
        elif change == "active":
            accounts.set_active("1024", active=False)
        else:
            accounts.end_sessions("1024")
    assert [b.get("/").status_code for b in (first, second, staff)] == [303, 303, 200]


def test_a_session_older_than_the_accounts_last_change_is_over_even_if_it_was_kept(
    staff: Browser, record: SqlRecord, clock: HandClock
) -> None:
    clock.forward(minutes=1)
    with record.unit() as unit:
        member = unit.staff.get("0001")
        assert member is not None
        member.changed_at = clock.now()
        unit.staff.save(member)
    assert staff.get("/").status_code == 303


def test_signing_out_closes_the_door_on_the_server_too(staff: Browser) -> None:
    token = staff.session.cookies[COOKIE]
    answer = staff.submit("/", "/sign-out")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/sign-in")
    assert staff.get("/").status_code == 303
    staff.session.headers["Cookie"] = f"{COOKIE}={token}"
    assert staff.get("/").status_code == 303


@pytest.mark.parametrize("account", ["0001", "管理员", " 0001 "])
def test_one_signs_in_with_number_or_name(guest: Browser, account: str) -> None:
    assert guest.sign_in(account=account).status_code == 303
    assert "0001" in guest.soup("/").select_one(".who").text  # type: ignore[union-attr]


def test_a_hash_of_old_parameters_is_renewed_at_sign_in(guest: Browser, record: SqlRecord) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with record.unit() as unit:
        member = unit.staff.get("1024")
        assert member is not None
        member.password_hash = old
        unit.staff.save(member)
    assert guest.sign_in(account="1024").status_code == 303
    with record.reading() as unit:
        kept = unit.staff.get("1024")
    assert kept is not None
    assert kept.password_hash != old
    assert not is_old(kept.password_hash)
    assert guest.get("/").status_code == 200, "the session stays"


def test_who_signs_in_again_leaves_the_session_before(
    staff: Browser, record: SqlRecord, browser_of: Callable[[str], Browser]
) -> None:
    token = staff.session.cookies[COOKIE]
    guest = Browser(staff.url)
    form_token = guest.hidden("/sign-in", "csrf")
    form_cookie = guest.session.cookies[FORM_COOKIE]
    guest.session.headers["Cookie"] = f"{COOKIE}={token}; {FORM_COOKIE}={form_cookie}"
    data = {"account": "1024", "password": PASSWORD, "csrf": form_token}
    assert guest.post("/sign-in", data).status_code == 303
    staff.session.cookies.clear()
    staff.session.headers["Cookie"] = f"{COOKIE}={token}"
    assert staff.get("/").status_code == 303
    with record.reading() as unit:
        assert [s.number for s in unit.staff.sessions()] == ["1024"]


def test_while_accounts_cannot_be_read_nobody_is_let_in_and_it_is_said(
    staff: Browser, record: SqlRecord
) -> None:
    with record.unit() as unit:
        unit.staff._c.execute(sa.text("ALTER TABLE staff RENAME TO away"))
    answer = staff.get("/cases")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "暂时读不到记录" in answer.text
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert staff.get("/live.json").status_code == 503
    assert staff.get("/static/base.css").status_code == 200


@pytest.fixture
def echo(staff: Browser) -> Iterator[Browser]:
    """The signed-in browser in front of a route that answers what it was given."""
    site: Site = staff.app.state.site

    async def answer(request: Request) -> JSONResponse:
        given = await site.guarded(request, files=1)
        return JSONResponse({name: str(value) for name, value in given.items()})

    app = Starlette(
        routes=[Route("/echo", answer, methods=["POST"], name="echo")],
        middleware=[Middleware(Gate, site=site)],
        exception_handlers={HTTPException: lambda request, e: JSONResponse({}, e.status_code)},
    )
    app.state.site = site
    token = staff.hidden("/", "csrf")
    with serve(Starlette(routes=[Mount("/console", app)])) as url:
        browser = Browser(url + "/console")
        browser.session.cookies = staff.session.cookies
        browser.token = token
        yield browser


@pytest.mark.parametrize(
    ("header", "request_body", "status"),
    [
        ("right", {"json": {"a": 1}}, 200),
        ("wrong", {"json": {"a": 1}}, 403),
        ("", {"json": {"a": 1, "csrf": "right"}}, 403),
        ("right", {"json": [1]}, 400),
        ("right", {"data": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ("right", {"data": {"a": "1"}}, 200),
        ("", {"data": {"a": "1", "csrf": "right"}}, 200),
        ("wrong", {"data": {"a": "1", "csrf": "right"}}, 403),
        ("", {"data": {"a": "1"}}, 403),
        ("right", {"files": {"a": b"x"}}, 200),
        ("right", {"files": {"a": b"x", "b": b"y"}}, 400),
    ],
)
def test_what_scripts_and_forms_post_is_taken_with_the_browsers_token_only(
    echo: Browser, header: str, request_body: dict[str, Any], status: int
) -> None:
    words = {"right": echo.token, "wrong": "0" * 64}
    body = dict(request_body)
    for kind in ("json", "data"):
        if isinstance(body.get(kind), dict):
            body[kind] = {
                k: words.get(v, v) if isinstance(v, str) else v for k, v in body[kind].items()
            }
    headers = body.pop("headers", {}) | ({"X-CSRF-Token": words[header]} if header else {})
    answer = echo.session.post(echo.url + "/echo", headers=headers, timeout=10, **body)
    assert answer.status_code == status
    assert (b'"a"' in answer.content) == (status == 200)


def test_a_sign_in_form_from_elsewhere_is_refused(guest: Browser) -> None:
    data = {"account": "管理员", "password": PASSWORD}
    assert guest.post("/sign-in", data).status_code == 403
    stolen = guest.hidden("/sign-in", "csrf")
    guest.session.cookies.clear()
    assert guest.post("/sign-in", {**data, "csrf": stolen}).status_code == 403


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/cases", "/console/cases"),
        ("/cases/c1", "/console/cases/c1"),
        ("//evil.example", "/console/"),
        ("/\\evil.example", "/console/"),
        ("https://evil.example", "/console/"),
        ("/x?y", "/console/"),
        ("", "/console/"),
    ],
)
def test_after_signing_in_one_is_where_one_wanted_to_be_and_never_elsewhere(
    guest: Browser, wanted: str, reached: str
) -> None:
    assert guest.sign_in(next=wanted).headers["Location"] == reached


def test_the_way_to_a_page_is_remembered(guest: Browser) -> None:
    answer = guest.get("/cases/c1")
    assert answer.headers["Location"] == "/console/sign-in?next=/cases/c1"
    page = guest.soup("/sign-in", next="/cases/c1")
    assert page.find("input", {"name": "next", "value": "/cases/c1"})


@pytest.mark.parametrize("path", ["/sign-in", "/", "/cases", "/nope", "/static/base.css"])
def test_every_answer_carries_the_strict_headers(staff: Browser, path: str) -> None:
    headers = staff.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == ("no-cache" if "static" in path else "no-store")


def test_a_huge_form_is_refused_before_it_is_read(staff: Browser) -> None:
    assert staff.post("/sign-out", {"csrf": "x" * 70_000}).status_code == 413


def test_a_secret_too_short_to_sign_with_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="secret"):
        ConsoleConfig("short")
    assert SECRET not in repr(ConsoleConfig(SECRET))
