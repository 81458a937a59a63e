"""Accounts: the page, its forms, the first account, and one's own password."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright

from bot.model.staff import Role, StaffMember
from bot.storage.record import SqlRecord
from console import passwords
from console.accounts import Accounts, Problem, Refused, ensure, ensure_first
from console.audit import Trail
from console.pages.accounts import PROBLEMS
from tests.console.conftest import OpenConsole
from tests.console.desk_side import ACCOUNTS, PASSWORD, START, Browser, HandClock

NEW = "一句记得住的话 and more"
CHROMIUM = "/usr/bin/chromium"
SignIn = Callable[[str], Browser]


def member(record: SqlRecord, number: str) -> StaffMember:
    with record.reading() as unit:
        found = unit.staff.get(number)
    assert found is not None
    return found


def actions(record: SqlRecord) -> list[tuple[str, str, str, str]]:
    """Return what was written down about accounts, newest first."""
    with record.reading() as unit:
        entries = unit.audit.entries()
    return [
        (e.number, e.action, e.subject, e.detail)
        for e in entries
        if e.subject and not e.action.startswith("sign")
    ]


def shown_password(answer: requests.Response) -> str:
    assert answer.status_code == 200, answer.text
    found = BeautifulSoup(answer.text, "html.parser").find(id="password")
    assert found is not None
    return found.text


def problem(answer: requests.Response) -> str:
    (found,) = BeautifulSoup(answer.text, "html.parser").select("[role=alert]")
    return found.text


class TestList:
    def test_everybody_stands_in_it_with_role_state_and_last_use(
        self, staff: Browser, browser_of: SignIn, clock: HandClock
    ) -> None:
        browser_of("1024")
        rows = [
            [cell.text.strip() for cell in row.select("td")]
            for row in staff.soup("/accounts").select("tbody tr")
        ]
        assert rows == [
            ["0001", "管理员（您）", "管理员", "已登录", "2026-11-23 10:00"],
            ["1024", "王芳", "坐席", "已登录", "2026-11-23 10:00"],
            ["1031", "李强", "坐席", "未登录", "从未登录"],
            ["2001", "赵敏", "值班长", "未登录", "从未登录"],
            ["3001", "观察员", "观察员", "未登录", "从未登录"],
        ]

    def test_the_last_sign_in_is_known_after_the_session_is_gone(
        self, staff: Browser, browser_of: SignIn, record: SqlRecord
    ) -> None:
        browser_of("1024").submit("/", "/sign-out")
        row = staff.soup("/accounts").select("tbody tr")[1]
        assert "未登录" in row.text
        assert "2026-11-23 10:00" in row.text


class TestAdding:
    def test_a_new_colleague_signs_in_once_with_the_password_shown_once(
        self, staff: Browser, guest: Browser, open_console: OpenConsole, record: SqlRecord
    ) -> None:
        answer = staff.submit("/accounts", "/accounts", number="1055", name="孙丽", role="agent")
        password = shown_password(answer)
        assert answer.headers["Cache-Control"] == "no-store"
        assert password not in staff.get("/accounts/1055").text
        assert actions(record) == [("0001", "account added", "account 1055", "agent")]
        newcomer = open_console()
        assert newcomer.sign_in(password, account="1055").status_code == 303
        assert newcomer.get("/").headers["Location"] == "/console/password"
        changed = newcomer.submit("/password", "/password", old=password, new=NEW, again=NEW)
        assert changed.headers["Location"] == "/console/password?note=changed"
        assert newcomer.get("/").status_code == 200
        later = open_console()
        assert later.sign_in(password, account="1055").status_code == 403
        assert later.sign_in(NEW, account="1055").status_code == 303
        assert later.get("/").status_code == 200

    @pytest.mark.parametrize(
        ("changes", "wanted"),
        [
            ({"number": "1024"}, Problem.TAKEN),
            ({"name": "王芳"}, Problem.TAKEN),
            ({"number": ""}, Problem.BAD_NUMBER),
            ({"number": "工号1"}, Problem.BAD_NUMBER),
            ({"number": "1" * 11}, Problem.BAD_NUMBER),
            ({"number": "../x"}, Problem.BAD_NUMBER),
            ({"name": " "}, Problem.BAD_NAME),
            ({"name": "长" * 21}, Problem.BAD_NAME),
            ({"name": "1024"}, Problem.BAD_NAME),
            ({"name": "王\u202e芳"}, Problem.BAD_NAME),
        ],
    )
    def test_what_cannot_be_an_account_is_said_and_what_was_typed_stays(
        self, staff: Browser, record: SqlRecord, changes: dict[str, str], wanted: Problem
    ) -> None:
        fields = {"number": "1055", "name": "孙丽", "role": "supervisor"} | changes
        answer = staff.submit("/accounts", "/accounts", **fields)
        assert (answer.status_code, problem(answer)) == (422, PROBLEMS[wanted])
        page = BeautifulSoup(answer.text, "html.parser")
        (chosen,) = page.select("select[name=role] option[selected]")
        assert chosen["value"] == "supervisor"
        with record.reading() as unit:
            assert [m.number for m in unit.staff.all()] == list(ACCOUNTS)
        assert actions(record) == []

    def test_a_role_that_does_not_exist_is_not_given(self, staff: Browser) -> None:
        answer = staff.submit("/accounts", "/accounts", number="9", name="孙丽", role="king")
        assert answer.status_code == 422
        assert staff.submit("/accounts/1024", "/accounts/1024", role="king").status_code == 422


class TestChanging:
    def test_name_and_role_change_and_the_sessions_end(
        self, staff: Browser, browser_of: SignIn, record: SqlRecord
    ) -> None:
        agent = browser_of("1024")
        page = "/accounts/1024"
        answer = staff.submit(page, page, name="王芳芳", role="supervisor")
        assert answer.headers["Location"] == "/console/accounts/1024?note=changed"
        changed = member(record, "1024")
        assert (changed.name, changed.role) == ("王芳芳", Role.SUPERVISOR)
        assert agent.get("/").status_code == 303
        assert actions(record) == [
            ("0001", "role changed", "account 1024", "agent > supervisor"),
            ("0001", "account renamed", "account 1024", ""),
        ]

    def test_another_name_alone_signs_nobody_out_and_the_same_is_no_change(
        self, staff: Browser, browser_of: SignIn, record: SqlRecord
    ) -> None:
        agent = browser_of("1024")
        for _ in range(2):
            staff.submit("/accounts/1024", "/accounts/1024", name="王芳芳", role="agent")
        assert agent.get("/").status_code == 200
        assert len(actions(record)) == 1

    def test_a_taken_name_leaves_the_role_alone(self, staff: Browser, record: SqlRecord) -> None:
        page = "/accounts/1024"
        answer = staff.submit(page, page, name="李强", role="supervisor")
        assert (answer.status_code, problem(answer)) == (409, PROBLEMS[Problem.TAKEN])
        assert member(record, "1024").role is Role.AGENT

    def test_who_left_is_out_at_once_and_cannot_come_back_until_turned_on(
        self, staff: Browser, browser_of: SignIn, open_console: OpenConsole, record: SqlRecord
    ) -> None:
        agent = browser_of("1024")
        assert staff.submit("/accounts/1024", "/off").status_code == 303
        assert agent.get("/").status_code == 303
        assert open_console().sign_in(account="1024").status_code == 403
        assert "已停用" in staff.soup("/accounts").text
        assert staff.submit("/accounts/1024", "/on").status_code == 303
        assert open_console().sign_in(account="1024").status_code == 303
        assert [a[1] for a in actions(record)] == ["account turned on", "account turned off"]

    def test_a_password_is_reset_to_one_shown_once_and_the_lock_ends(
        self, staff: Browser, open_console: OpenConsole, record: SqlRecord
    ) -> None:
        agent = open_console()
        for _ in range(5):
            agent.sign_in("wrong", account="1024")
        assert agent.sign_in(account="1024").status_code == 403
        password = shown_password(staff.submit("/accounts/1024", "/accounts/1024/password"))
        assert agent.sign_in(account="1024").status_code == 403
        assert agent.sign_in(password, account="1024").status_code == 303
        with record.reading() as unit:
            assert password not in str(unit.audit.entries())
        assert password not in str(vars(member(record, "1024")))

    def test_a_lock_and_sessions_are_ended_by_hand(
        self, staff: Browser, browser_of: SignIn, open_console: OpenConsole
    ) -> None:
        agent, stranger = browser_of("1024"), open_console()
        for _ in range(5):
            stranger.sign_in("wrong", account="1024")
        assert agent.get("/").status_code == 200, "a lock shuts nobody out who is in"
        assert "暂时锁定" in staff.soup("/accounts").text
        staff.submit("/accounts/1024", "/unlock")
        assert stranger.sign_in(account="1024").status_code == 303
        staff.submit("/accounts/1024", "/accounts/1024/sign-out")
        assert [b.get("/").status_code for b in (agent, stranger)] == [303, 303]

    @pytest.mark.parametrize("act", ["", "/off"])
    def test_nobody_lowers_or_turns_off_themselves(
        self, staff: Browser, record: SqlRecord, act: str
    ) -> None:
        assert staff.soup("/accounts/0001").select("form[action$='/off']") == []
        token = staff.hidden("/accounts", "csrf")
        form = {"csrf": token, "name": "管理员", "role": "agent"}
        answer = staff.post(f"/accounts/0001{act}", form)
        assert (answer.status_code, problem(answer)) == (409, PROBLEMS[Problem.OWN_ACCOUNT])
        assert member(record, "0001").role is Role.ADMINISTRATOR
        assert member(record, "0001").active

    def test_the_last_administrator_stays_whoever_asks(
        self, record: SqlRecord, clock: HandClock
    ) -> None:
        def act(change: Callable[[Accounts], None]) -> None:
            with record.unit() as unit:
                change(Accounts(unit, Trail(record, clock), actor="cli"))

        act(lambda a: a.set_role("2001", Role.ADMINISTRATOR))
        act(lambda a: a.set_active("2001", active=False))
        for change in (
            lambda a: a.set_active("0001", active=False),
            lambda a: a.set_role("0001", Role.SUPERVISOR),
        ):
            with pytest.raises(Refused) as refused:
                act(change)
            assert refused.value.problem is Problem.LAST_ADMINISTRATOR
        act(lambda a: a.set_active("2001", active=True))
        act(lambda a: a.set_active("0001", active=False))

    @pytest.mark.parametrize("act", ["", "/off", "/on", "/password", "/sign-out", "/unlock"])
    def test_an_account_that_is_not_there_is_not_found(self, staff: Browser, act: str) -> None:
        form = {"csrf": staff.hidden("/accounts", "csrf"), "name": "孙丽", "role": "agent"}
        answer = staff.post(f"/accounts/9999{act}", form)
        assert (answer.status_code, problem(answer)) == (404, PROBLEMS[Problem.UNKNOWN])
        assert staff.get("/accounts/9999").status_code == 404

    def test_every_problem_has_its_words(self) -> None:
        assert set(PROBLEMS) == set(Problem)


class TestOwnPassword:
    def test_a_new_password_ends_the_other_browsers_and_this_one_goes_on(
        self, browser_of: SignIn, record: SqlRecord, clock: HandClock
    ) -> None:
        here, there = browser_of("1024"), browser_of("1024")
        clock.forward(minutes=5)
        answer = here.submit("/password", "/password", old=PASSWORD, new=NEW, again=NEW)
        assert answer.status_code == 303
        assert "密码已修改" in here.soup("/password", note="changed").text
        assert there.get("/").status_code == 303
        assert here.get("/").status_code == 200
        assert actions(record) == [("1024", "password changed", "account 1024", "")]

    @pytest.mark.parametrize(
        ("old", "new", "again", "status", "words"),
        [
            ("wrong", NEW, NEW, 403, "原密码不对"),
            (PASSWORD, NEW, NEW + "x", 422, "两次输入的新密码不一样"),
            (PASSWORD, PASSWORD, PASSWORD, 422, "不能和原密码一样"),
            (PASSWORD, "short", "short", 422, "至少要 10 个字符"),
            (PASSWORD, "王芳1024王芳1024", "王芳1024王芳1024", 422, "不能由工号或姓名拼成"),
        ],
    )
    def test_what_is_wrong_is_said_and_changes_nothing(
        self,
        browser_of: SignIn,
        record: SqlRecord,
        old: str,
        new: str,
        again: str,
        status: int,
        words: str,
    ) -> None:
        agent, before = browser_of("1024"), member(record, "1024").password_hash
        answer = agent.submit("/password", "/password", old=old, new=new, again=again)
        assert answer.status_code == status
        assert words in problem(answer)
        assert old not in answer.text
        assert member(record, "1024").password_hash == before

    def test_the_old_password_cannot_be_guessed_at_an_open_page(
        self, browser_of: SignIn, clock: HandClock
    ) -> None:
        agent = browser_of("1024")
        for _ in range(5):
            agent.submit("/password", "/password", old="wrong", new=NEW, again=NEW)
        answer = agent.submit("/password", "/password", old=PASSWORD, new=NEW, again=NEW)
        assert answer.status_code == 429
        clock.forward(minutes=5)
        answer = agent.submit("/password", "/password", old=PASSWORD, new=NEW, again=NEW)
        assert answer.status_code == 303


class TestFirstAccount:
    @pytest.fixture
    def empty(self, record: SqlRecord) -> SqlRecord:
        with record.unit() as unit:
            unit.staff._c.exec_driver_sql("DELETE FROM staff")
        return record

    def test_it_is_made_once_and_found_again(self, empty: SqlRecord, clock: HandClock) -> None:
        ensure_first(empty, "", clock)
        with empty.reading() as unit:
            assert unit.staff.all() == []
        ensure_first(empty, PASSWORD, clock)
        first = member(empty, "0001")
        assert (first.name, first.role, first.active) == ("管理员", Role.ADMINISTRATOR, True)
        assert passwords.is_right(first.password_hash, PASSWORD)
        assert not passwords.must_change(first.password_hash)
        clock.forward(hours=1)
        ensure_first(empty, PASSWORD, clock)
        assert member(empty, "0001") == first, "the same password ends no session"
        assert actions(empty) == [("cli", "account added", "account 0001", "administrator")]

    def test_another_password_in_the_environment_is_taken_and_ends_the_sessions(
        self, staff: Browser, record: SqlRecord, clock: HandClock, open_console: OpenConsole
    ) -> None:
        ensure_first(record, NEW, clock)
        assert staff.get("/").status_code == 303
        assert open_console().sign_in().status_code == 403
        assert open_console().sign_in(NEW).status_code == 303

    def test_it_ends_a_lock(self, guest: Browser, record: SqlRecord, clock: HandClock) -> None:
        for _ in range(5):
            guest.sign_in("wrong")
        ensure_first(record, PASSWORD, clock)
        assert guest.sign_in().status_code == 303

    def test_an_account_that_was_turned_off_stays_off(
        self, guest: Browser, record: SqlRecord, clock: HandClock
    ) -> None:
        with record.unit() as unit:
            first = unit.staff.get("0001")
            assert first is not None
            first.active = False
            unit.staff.save(first)
        ensure_first(record, PASSWORD, clock)
        assert guest.sign_in().status_code == 403

    def test_a_name_that_is_taken_keeps_nobody_from_starting(
        self, empty: SqlRecord, clock: HandClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        ensure(empty, clock, tried("7001", "管理员"), PASSWORD)
        ensure_first(empty, PASSWORD, clock)
        with empty.reading() as unit:
            assert [m.number for m in unit.staff.all()] == ["7001"]
        assert "account 0001 was not made: taken" in caplog.text

    def test_others_are_made_once_whatever_became_of_them(
        self, record: SqlRecord, clock: HandClock
    ) -> None:
        ensure(record, clock, tried("7001", "试用"), PASSWORD)
        with record.unit() as unit:
            Accounts(unit, Trail(record, clock), actor="cli").set_active("7001", active=False)
        ensure(record, clock, tried("7001", "试用"), NEW)
        ensure(record, clock, tried("7002", "试用"), NEW)
        made = member(record, "7001")
        assert not made.active
        assert passwords.is_right(made.password_hash, PASSWORD)
        assert made.unit == "330106"
        with record.reading() as unit:
            assert unit.staff.get("7002") is None


def tried(number: str, name: str) -> StaffMember:
    return StaffMember(number, name, Role.AGENT, START, START, unit="330106")


def test_the_watermark_carries_number_and_minute_and_is_kept_by_nobody(
    browser_of: SignIn, guest: Browser
) -> None:
    answer = browser_of("1024").get("/watermark.svg")
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "1024 2026-11-23 10:00" in answer.text
    assert "王芳" not in answer.text
    assert BeautifulSoup(answer.text, "html.parser").find("svg")
    assert guest.get("/watermark.svg").status_code == 303
    assert guest.soup("/sign-in").select(".watermark") == []


def test_the_watermark_lies_over_the_page_on_screen_and_paper_and_takes_no_click(
    guest: Browser,
) -> None:
    """In a real Chromium, whose policy for pictures and styles is the strict one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 800, "height": 600})
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text))
        page.goto(f"{guest.url}/")
        page.get_by_label("密码").fill(PASSWORD)
        with page.expect_response("**/watermark.svg") as tile:
            page.keyboard.press("Enter")
        assert tile.value.status == 200
        mark = page.locator(".watermark")
        assert mark.bounding_box() == {"x": 0, "y": 0, "width": 800, "height": 600}
        page.emulate_media(media="print")
        assert mark.evaluate("e => getComputedStyle(e).printColorAdjust") == "exact"
        assert mark.is_visible()
        page.emulate_media(media="screen")
        page.get_by_role("link", name="事项").click()
        page.wait_for_url("**/cases")
        page.go_back()
        with_mark = page.screenshot()
        mark.evaluate("e => e.remove()")
        assert page.screenshot() != with_mark
        browser.close()
    assert problems == []
