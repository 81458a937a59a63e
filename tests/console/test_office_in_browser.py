"""The desk's pages in a real Chromium: forms that open in place, the template's blanks, the list of units, words as words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect, sync_playwright

from desk.model.case import Outcome, State, Verdict
from desk.records import Place
from tests.browser.test_contrast import LOOK
from tests.console.desk_side import PASSWORD, HandClock
from tests.console.office_side import (
    DISTRICT,
    PHONE,
    STREET,
    Desk,
    SignIn,
    desk,
    fresh_desk,
    sign_in,
)
from tests.console.test_in_browser import CHROMIUM

__all__ = ["desk", "fresh_desk", "sign_in"]

BAD = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"
LAPTOP, NARROW = (1280, 800), (390, 844)
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Chromium, sign_in: SignIn) -> Iterator[Open]:
    """Return what opens a page as somebody; a script that breaks or is stopped by the policy fails the test."""
    problems: list[str] = []
    contexts = []

    def start(
        number: str, path: str, *, size: tuple[int, int] = LAPTOP, scripts: bool = True
    ) -> Page:
        address = sign_in(number).url
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, java_script_enabled=scripts
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if "Policy" in m.text else None)
        page.goto(f"{address}/sign-in?next=/desk")
        page.get_by_label("账号").fill(number)
        page.get_by_label("密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="我的工作")).to_be_visible()
        page.goto(address + path)
        return page

    yield start
    for context in contexts:
        context.close()
    assert problems == []


def test_a_case_goes_from_the_citizen_to_the_answer_by_mouse(open_page: Open, desk: Desk) -> None:
    number = desk.file("路灯不亮", service_code="0712")
    page = open_page("1024", "/desk")
    page.get_by_role("button", name="受理").click()
    expect(page.get_by_text("已办好。")).to_be_visible()
    page.get_by_role("link", name="转办", exact=True).click()
    units = page.get_by_label("承办单位")
    page.get_by_label("输入单位名称筛选").fill("翠苑")
    expect(units).to_have_value(STREET)
    page.get_by_role("button", name="确定转办").click()
    expect(page.locator(".step-entry").first).to_contain_text("转办 市热线受理中心 1024 王芳")
    assert desk.case(number).unit == STREET

    page = open_page("5002", "/desk")
    page.get_by_role("button", name="签收").click()
    page.get_by_role("button", name="开始办理").click()
    page.get_by_role("link", name="回复", exact=True).click()
    expect(page.get_by_label("计划完成的日期")).to_be_hidden()
    page.get_by_role("radio", name="已列入计划").check()
    page.get_by_label("计划完成的日期").fill("2027-03-01")
    page.get_by_role("button", name="填入模板").click()
    page.get_by_role("button", name="发出答复").click()
    expect(page.get_by_text("还有〔〕没有填写。")).to_be_visible()
    assert desk.case(number).state is State.IN_PROGRESS
    area = page.get_by_label("答复内容")
    page.keyboard.type("换整条路的灯")
    page.get_by_role("button", name="发出答复").click()
    page.keyboard.type("2027年3月1日")
    expect(area).to_have_value("您反映的问题已列入计划：换整条路的灯，预计在2027年3月1日前完成。")
    page.get_by_role("button", name="发出答复").click()
    expect(page.get_by_text("已办好。")).to_be_visible()
    expect(page.locator(".told").first).to_contain_text("换整条路的灯")
    outcome = desk.case(number).outcome
    assert outcome is not None
    assert (outcome.kind, str(outcome.until)) == ("planned", "2027-03-01")


def test_a_return_its_ruling_and_a_reopening_by_mouse(open_page: Open, desk: Desk) -> None:
    number = desk.sent("广场舞太吵")
    page = open_page("5002", f"/desk/cases/{number}")
    page.get_by_text("退回", exact=True).click()
    page.get_by_label("退回理由").fill("不在我街道辖区")
    page.get_by_role("button", name="确定退回").click()
    expect(page.get_by_text("不再由您单位办理")).to_be_visible()

    page = open_page("1024", f"/desk/cases/{number}")
    expect(page.locator(".step-entry").first).to_contain_text("不在我街道辖区")
    page.get_by_text("裁定", exact=True).click()
    page.get_by_label("输入单位名称筛选").fill("翠苑")
    page.get_by_label("裁定理由").fill("地点在翠苑")
    page.get_by_role("button", name="确定裁定").click()
    expect(page.locator(".step-entry").first).to_contain_text("裁定")
    assert desk.case(number).ruled

    desk.act(number, "sign", STREET)
    desk.act(number, "start", STREET)
    outcome = Outcome("solved", "昨晚已经劝离，音响收走了。", "翠苑街道办事处")
    desk.act(number, "reply", STREET, outcome=outcome)
    desk.citizen(number, "follow_up", verdict=Verdict(solved="no", degree=1))
    desk.citizen(number, "redo", note="今晚又来了")
    page = open_page("5002", "/desk")
    row = page.get_by_role("link", name="回复", exact=True)
    expect(row).to_be_visible()
    page.goto(page.url.replace("/desk", f"/desk/cases/{number}"))
    expect(page.locator(".step-entry").first).to_contain_text("今晚又来了")
    expect(page.locator(".step-entry").first).to_contain_text("重办")
    assert desk.case(number).state is State.IN_PROGRESS


def test_one_form_is_open_at_a_time_and_a_number_is_shown_in_place(
    open_page: Open, desk: Desk
) -> None:
    number = desk.worked(f"太吵，打 {PHONE}")
    page = open_page("5002", f"/desk/cases/{number}")
    page.locator("[data-act=note]").click()
    note = page.get_by_label("备注")
    expect(note).to_be_focused()
    page.keyboard.type("写到一半")
    page.get_by_role("button", name="显示完整号码").click()
    expect(page.locator("[data-part=市民原话]")).to_contain_text(PHONE)
    expect(note).to_have_value("写到一半")
    page.locator("[data-act=extend]").click()
    expect(note).to_be_hidden()
    expect(page.get_by_label("延期原因")).to_be_visible()


def test_everything_works_without_a_script(open_page: Open, desk: Desk) -> None:
    number = desk.worked()
    page = open_page("5002", f"/desk/cases/{number}", scripts=False)
    page.locator("[data-act=reply]").click()
    page.get_by_role("radio", name="已解决").check()
    page.get_by_role("button", name="填入模板").click()
    area = page.get_by_label("答复内容")
    expect(area).to_have_value(
        "您反映的问题已经处理：〔做了什么、什么时候做的〕。如果现场还有问题，请告诉我们。"
    )
    page.get_by_role("button", name="发出答复").click()
    expect(page.get_by_role("alert")).to_have_text("答复里还有〔〕没有填写。")
    area.fill("昨晚劝离了。")
    page.get_by_role("button", name="发出答复").click()
    expect(page.locator("h1")).to_contain_text("待回访")


def test_hostile_words_are_shown_as_words(open_page: Open, desk: Desk) -> None:
    number = desk.worked(BAD, place=Place(BAD))
    desk.act(number, "note", STREET, note=BAD)
    page = open_page("5002", "/desk")
    expect(page.locator(".order")).to_contain_text("<img src=x")
    page.goto(page.url.replace("/desk", f"/desk/cases/{number}"))
    expect(page.locator(".step-entry .said").first).to_contain_text("<script>")
    expect(page).to_have_title(f"{number} · 民声值班台")
    assert page.locator("main img").count() == 0


@pytest.mark.parametrize("size", [NARROW, LAPTOP])
def test_no_page_is_wider_than_the_screen_and_every_word_can_be_read(
    open_page: Open, desk: Desk, clock: HandClock, size: tuple[int, int]
) -> None:
    long = "很长的一句话没有空格" * 30 + "a" * 300
    number = desk.worked(long, place=Place(long))
    desk.act(number, "note", STREET, note=long)
    waiting = desk.worked()
    desk.act(waiting, "ask_material", STREET, note="哪一栋")
    desk.act(desk.answered(), "follow_up", verdict=Verdict(solved="no", reason=long))
    clock.forward(days=9)
    desk.sent(to=DISTRICT)
    desk.sent("卖假烟", nature="tip_off", attributes={"nature": ["tip_off"]})
    page = open_page("5002", "/desk", size=size)
    address, looks = page.url.removesuffix("/desk"), 0
    tabs = (f"/desk?tab={tab}" for tab in ("todo", "waiting", "soon", "late", "answered"))
    cases = (f"/desk/cases/{number}?do={step}" for step in ("reply", "note", "extend"))
    for path in (*tabs, "/desk/due", "/desk/units", "/desk/search", *cases):
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") == size[0], path
        looked = page.evaluate(LOOK)
        assert looked["weak"] == [], path
        looks += looked["seen"]
    assert looks >= 300
