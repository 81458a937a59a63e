"""What tells who the citizen is stays masked until somebody asks, and each asking is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup
from playwright.sync_api import Page, expect, sync_playwright

from app.sealing import KeySealer
from bot.model.complaint import Complaint
from bot.model.conversation import WaitReason
from bot.storage.record import SqlRecord
from tests.console.desk_side import PASSWORD, START, Browser, complaint, store, waits
from tests.console.test_audit import entries

SignIn = Callable[[str], Browser]

CHROMIUM = "/usr/bin/chromium"
PHONE, OTHER, ID = "13812345678", "13987654321", "330106199001011234"
SAID = "楼上天天装修\n我的电话 138****5678，身份证 3301****34"
PLACE = "文二路 5 号 3 单元"
SECRETS = ("王小明", "装修", PLACE, "30.25", "请尽快", "三楼", "西湖区", PHONE, OTHER, ID, "5678")


@pytest.fixture
def told(sealer: KeySealer) -> Callable[..., Complaint]:
    """Make a complaint with everything in it that could tell who told it."""

    def make(**changes: object) -> Complaint:
        fields: dict[str, Any] = {
            "description": SAID,
            "summary": "楼上装修",
            "place": PLACE,
            "latitude": 30.25,
            "longitude": 120.16,
            "division": "浙江省杭州市西湖区",
            "wish": "请尽快管一管，打 138****5678",
            "answers": {"floor": "三楼"},
            "status_text": f"已到{PLACE}劝阻",
            "contact_phone": sealer.seal(OTHER),
            "contact_name": "王小明",
            "sealed": {"138****5678": sealer.seal(PHONE), "3301****34": sealer.seal(ID)},
        }
        return complaint(**(fields | changes))

    return make


def reveal(browser: Browser, field: str) -> requests.Response:
    """Press the button without a script."""
    token = browser.hidden("/cases/c1", "csrf")
    return browser.post("/cases/c1/reveal", {"csrf": token, "field": field})


def ask(browser: Browser, field: object) -> requests.Response:
    """Ask as the page's script does."""
    headers = {"X-CSRF-Token": browser.hidden("/cases/c1", "csrf")}
    url = browser.url + "/cases/c1/reveal"
    return browser.session.post(url, json={"field": field}, headers=headers, timeout=10)


def part(page: BeautifulSoup, name: str) -> str:
    (found,) = page.select(f"[data-part='{name}']")
    return found.text


class TestMasked:
    def test_phone_name_and_numbers_are_masked(
        self, staff: Browser, record: SqlRecord, told: Callable[..., Complaint]
    ) -> None:
        store(record, told())
        page = staff.soup("/cases/c1")
        assert part(page, "联系电话") == "139****4321"
        assert part(page, "称呼") == "王**"
        assert part(page, "市民原话") == SAID
        for full in (PHONE, OTHER, ID, "王小明"):
            assert full not in str(page)

    def test_a_confidential_case_tells_nothing_of_who_told_it(
        self, staff: Browser, record: SqlRecord, told: Callable[..., Complaint]
    ) -> None:
        store(record, told(visibility="confidential"))
        anna = waits(record, "anna", WaitReason.ASKED, START)
        for path in ("/cases", "/cases/c1", f"/conversations/{anna}.json"):
            answer = staff.get(path)
            assert (answer.status_code, "HZ-261123-0001" in answer.text) == (200, True)
            text = answer.text
            assert [secret for secret in SECRETS if secret in text] == [], path
        page = staff.soup("/cases/c1")
        assert "保密事项" in page.text
        assert {part(page, n) for n in ("市民原话", "摘要", "地点", "坐标", "办理答复")} == {"保密"}
        assert part(page, "联系电话") == "已留（保密）"
        assert "保密事项" in staff.soup("/cases").text

    def test_a_confidential_case_is_found_by_its_number_and_not_by_its_words(
        self, staff: Browser, record: SqlRecord, told: Callable[..., Complaint]
    ) -> None:
        store(record, told(visibility="confidential"))
        for query, count in (("HZ-261123-0001", 1), ("保密事项", 1), ("装修", 0), ("文二路", 0)):
            assert len(staff.soup("/cases", q=query).select(".cases li")) == count, query

    def test_who_filed_it_is_told(
        self, staff: Browser, record: SqlRecord, told: Callable[..., Complaint]
    ) -> None:
        store(record, told(filed_by="1024"), told(id="c2", receipt="HZ-2", backend_id="2"))
        assert part(staff.soup("/cases/c1"), "登记方式") == "1024 王芳 替市民提交"
        assert part(staff.soup("/cases/c2"), "登记方式") == "市民自己提交"

    def test_where_nothing_is_masked_no_button_is_there(
        self, staff: Browser, record: SqlRecord
    ) -> None:
        plain = complaint(description="路灯不亮", contact_phone="", sealed={})
        store(record, plain)
        assert staff.soup("/cases/c1").select("form[data-reveal]") == []
        assert reveal(staff, "phone").status_code == 404
        assert reveal(staff, "name").status_code == 404

    def test_a_number_whose_key_is_gone_is_said_to_be_lost(
        self, staff: Browser, record: SqlRecord
    ) -> None:
        store(record, complaint())
        page = staff.soup("/cases/c1")
        assert "无法还原" in part(page, "联系电话")
        assert page.select("form[data-reveal='phone']") == []
        assert reveal(staff, "phone").status_code == 404


class TestRevealed:
    @pytest.mark.parametrize("secret", [False, True])
    def test_each_field_is_shown_alone_and_each_time_is_written_down(
        self,
        browser_of: SignIn,
        record: SqlRecord,
        told: Callable[..., Complaint],
        secret: bool,
    ) -> None:
        store(record, told(visibility="confidential" if secret else ""))
        agent = browser_of("1024")
        shown = {"phone": (OTHER, PHONE), "name": ("王小明", OTHER), "words": (PHONE, OTHER)}
        for field, (full, other) in shown.items():
            for answer in (reveal(agent, field), ask(agent, field)):
                assert answer.status_code == 200
                assert full in answer.text
                assert other not in answer.text
                assert answer.headers["Cache-Control"] == "no-store"
        found = [(e.number, e.subject, e.detail) for e in entries(record, "case revealed")]
        assert sorted(found) == sorted(("1024", "case c1", field) for field in shown for _ in "ab")
        assert all(PHONE not in str(e) and "王" not in e.detail for e in entries(record))

    def test_the_words_come_whole_with_place_and_answers(
        self, staff: Browser, record: SqlRecord, told: Callable[..., Complaint]
    ) -> None:
        store(record, told(visibility="confidential"))
        answer = ask(staff, "words").json()
        assert answer["full"] == f"楼上天天装修\n我的电话 {PHONE}，身份证 {ID}"
        assert answer["parts"] == {
            "市民原话": answer["full"],
            "摘要": "楼上装修",
            "办理答复": f"已到{PLACE}劝阻",
            "诉求": f"请尽快管一管，打 {PHONE}",
            "地点": PLACE,
            "行政区划": "浙江省杭州市西湖区",
            "坐标": "30.250000, 120.160000（WGS84）",
            "问答 floor": "三楼",
        }

    def test_an_observer_has_no_button_and_no_way(
        self, browser_of: SignIn, record: SqlRecord, told: Callable[..., Complaint]
    ) -> None:
        store(record, told())
        observer = browser_of("3001")
        assert observer.soup("/cases/c1").select("form[data-reveal]") == []
        assert reveal(observer, "phone").status_code == 403
        assert ask(observer, "phone").status_code == 403
        assert entries(record, "case revealed") == []

    @pytest.mark.parametrize("field", ["", "sealed", "contact_phone", 7, None])
    def test_what_is_no_field_is_refused(
        self, staff: Browser, record: SqlRecord, told: Callable[..., Complaint], field: object
    ) -> None:
        store(record, told())
        assert ask(staff, field).status_code == 400
        assert entries(record, "case revealed") == []

    def test_a_case_that_is_not_there_is_not_found(self, staff: Browser) -> None:
        answer = staff.post(
            "/cases/nope/reveal", {"csrf": staff.hidden("/cases", "csrf"), "field": "phone"}
        )
        assert answer.status_code == 404


@pytest.fixture
def page(guest: Browser) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if "Policy" in m.text else None)
        page.goto(f"{guest.url}/cases")
        page.get_by_label("账号").fill("1024")
        page.get_by_label("密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="事项", exact=True)).to_be_visible()
        yield page
        browser.close()
    assert problems == []


def test_showing_a_number_keeps_what_was_being_written(
    guest: Browser, page: Page, record: SqlRecord, told: Callable[..., Complaint]
) -> None:
    assert Path(CHROMIUM).exists()
    store(record, told())
    page.goto(f"{guest.url}/cases/c1")
    page.get_by_role("textbox", name="办理情况").fill("已联系物业")
    page.locator("form[data-reveal='phone'] button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-part='联系电话']")).to_have_text(OTHER)
    expect(page.locator("[data-part='联系电话']")).to_be_focused()
    expect(page.locator("[data-part='称呼']")).to_have_text("王**")
    page.get_by_role("button", name="显示完整号码").click()
    expect(page.locator("[data-part='市民原话']")).to_contain_text(PHONE)
    expect(page.locator("[data-part='联系电话']")).to_have_text(OTHER)
    expect(page.get_by_role("textbox", name="办理情况")).to_have_value("已联系物业")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
