"""Signing in and out, what a session is worth, and that nothing is open without one."""

from __future__ import annotations

import pytest
from starlette.routing import Route

from bot.storage.record import SqlRecord
from console.app import create_app
from console.config import ConsoleConfig
from tests.console.conftest import OpenConsole
from tests.console.desk_side import (
    PASSWORD,
    SECRET,
    Browser,
    HandClock,
    RecordingBackend,
    natures,
    office,
    statuses,
)

COOKIE = "minsheng_console"
FORM_COOKIE = "minsheng_console_form"


def cookie_line(answer: object, name: str) -> str:
    headers = answer.raw.headers.getlist("Set-Cookie")  # type: ignore[attr-defined]
    (line,) = [h for h in headers if h.startswith(f"{name}=")]
    return str(line).lower()


def test_the_right_password_opens_the_waiting_list(guest: Browser) -> None:
    answer = guest.sign_in()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/")
    page = guest.soup("/")
    assert "管理员" in page.text
    assert page.h1
    assert page.h1.text == "等待人工"


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


def test_without_a_password_set_nobody_gets_in_and_the_page_says_why(
    open_console: OpenConsole,
) -> None:
    guest = open_console(password="")
    assert "MINSHENG_ADMIN_PASSWORD" in guest.get("/sign-in").text
    assert guest.sign_in("").status_code == 403


def test_five_wrong_tries_shut_the_address_out_for_five_minutes(
    guest: Browser, clock: HandClock
) -> None:
    for _ in range(4):
        assert guest.sign_in("wrong").status_code == 403
    shut = guest.sign_in("wrong")
    assert (shut.status_code, shut.headers["Retry-After"]) == (429, "300")
    assert guest.sign_in(PASSWORD).status_code == 429, "even the right one must wait"
    clock.forward(minutes=4, seconds=59)
    assert guest.sign_in(PASSWORD).status_code == 429
    clock.forward(seconds=1)
    assert guest.sign_in(PASSWORD).status_code == 303


def test_wrong_tries_far_apart_do_not_add_up(guest: Browser, clock: HandClock) -> None:
    for _ in range(8):
        assert guest.sign_in("wrong").status_code == 403
        clock.forward(minutes=2)


def test_a_session_ends_after_twelve_hours(staff: Browser, clock: HandClock) -> None:
    clock.forward(hours=11, minutes=59)
    assert staff.get("/").status_code == 200
    clock.forward(minutes=1)
    assert staff.get("/").status_code == 303
    assert staff.get("/waiting.json").status_code == 401


def test_a_forged_or_changed_cookie_is_worth_nothing(staff: Browser) -> None:
    value = staff.session.cookies[COOKIE]
    for forged in (value[:-1] + ("A" if value[-1] != "A" else "B"), "x", "W10.abc", ""):
        staff.session.cookies.clear()
        staff.session.headers["Cookie"] = f"{COOKIE}={forged}"
        assert staff.get("/cases").status_code == 303


def test_a_new_password_ends_the_sessions_of_the_old_one(
    staff: Browser, open_console: OpenConsole
) -> None:
    value = staff.session.cookies[COOKIE]
    later = open_console(password="another one")
    later.session.headers["Cookie"] = f"{COOKIE}={value}"
    assert later.get("/cases").status_code == 303


def test_signing_out_closes_the_door(staff: Browser) -> None:
    answer = staff.submit("/", "/sign-out")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/sign-in")
    assert staff.get("/").status_code == 303


def test_every_page_and_form_is_shut_without_a_session(
    guest: Browser, record: SqlRecord, clock: HandClock
) -> None:
    app = create_app(
        ConsoleConfig(SECRET, PASSWORD),
        record=record,
        office=office(),
        statuses=statuses(),
        natures=natures(),
        backend=RecordingBackend(),
        clock=clock,
    )
    tried = 0
    for route in app.routes:
        if not isinstance(route, Route) or route.path == "/sign-in":
            continue
        path = route.path.replace("{id:str}", "c1")
        if "POST" in (route.methods or ()):
            assert guest.post(path, {"csrf": "x"}).status_code == 401, path
        else:
            answer = guest.get(path)
            refused = answer.status_code == 401 if path.endswith(".json") else None
            at_door = answer.headers.get("Location", "").startswith("/console/sign-in")
            assert refused or at_door, path
        tried += 1
    assert tried == 8
    assert guest.get("/no-such-page").status_code == 303


def test_every_form_without_the_browsers_token_is_refused_and_does_nothing(
    staff: Browser, guest: Browser
) -> None:
    for path in ("/sign-out", "/conversations/c1/clear", "/cases/c1/updates"):
        assert staff.post(path, {}).status_code == 403, path
        assert staff.post(path, {"csrf": "0" * 64}).status_code == 403, path
    assert staff.get("/").status_code == 200


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
        ConsoleConfig("short", PASSWORD)
    assert PASSWORD not in repr(ConsoleConfig(SECRET, PASSWORD))
