"""The desk's page in a real Chromium: words stay words, nobody loses their place, and what is typed is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from bot.model.conversation import Direction, WaitReason
from bot.ports import CHANGED
from bot.storage.record import SqlRecord
from console.parts import ServingParts
from tests.console.desk_side import PASSWORD, START, Browser, line, speaks, waits
from tests.console.test_in_browser import CHROMIUM

BAD = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"

Tell = Callable[[str], None]


@pytest.fixture
def page(guest: Browser) -> Iterator[Page]:
    """The desk on a laptop, signed in as 1024; a script that breaks or is stopped by the policy fails the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if "Policy" in m.text else None)
        page.goto(f"{guest.url}/")
        page.get_by_label("账号").fill("1024")
        page.get_by_label("密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("main[data-ready='1']")).to_be_attached()
        yield page
        browser.close()
    assert problems == []


@pytest.fixture
def tell(serving: ServingParts) -> Tell:
    """Tell open pages that a conversation changed."""
    return lambda wanted: serving.live.publish(CHANGED, {"conversation": wanted})


def open_first(page: Page) -> None:
    page.get_by_test_id("row").first.click()
    expect(page.get_by_test_id("line").first).to_be_visible()


def test_what_a_citizen_writes_is_shown_as_words(page: Page, record: SqlRecord, tell: Tell) -> None:
    tell(waits(record, "anna", WaitReason.EMERGENCY, START, BAD))
    expect(page.get_by_test_id("row")).to_contain_text("<img src=x")
    open_first(page)
    expect(page.get_by_test_id("line").first).to_contain_text("<script>")
    assert page.locator("#lines img, #lines script, #rows img, #rows script").count() == 0
    expect(page).to_have_title("【紧急】(1) 接待 · 民声值班台")


def test_a_row_keeps_the_focus_while_others_come_and_go(
    page: Page, record: SqlRecord, tell: Tell
) -> None:
    anna = waits(record, "anna", WaitReason.ASKED, START, "转人工")
    tell(anna)
    expect(page.get_by_test_id("row")).to_have_count(1)
    page.keyboard.press("j")
    bo = waits(record, "bo", WaitReason.EMERGENCY, START + timedelta(minutes=1), "着火了")
    tell(bo)
    rows = page.get_by_test_id("row")
    expect(rows).to_have_count(2)
    expect(rows.first).to_have_attribute("data-id", bo)
    expect(rows.last).to_be_focused()
    expect(rows.last).to_have_attribute("data-id", anna)


def test_lines_come_once_and_the_reader_keeps_their_place(
    page: Page, record: SqlRecord, tell: Tell
) -> None:
    anna = waits(record, "anna", WaitReason.ASKED, START, *(f"第 {n} 句" for n in range(40)))
    tell(anna)
    open_first(page)
    page.locator("#scroll").evaluate("box => { box.scrollTop = 0; }")
    expect(page.get_by_test_id("new-below")).to_be_hidden()
    answer = line(anna, "bot:1", "好，正在叫同事", direction=Direction.BOT)
    speaks(record, anna, answer)
    for _ in range(3):
        tell(anna)
    expect(page.get_by_test_id("line")).to_have_count(41)
    expect(page.get_by_test_id("new-below")).to_be_visible()
    assert page.locator("#scroll").evaluate("box => box.scrollTop") == 0
    page.get_by_test_id("new-below").click()
    expect(page.get_by_text("好，正在叫同事", exact=True)).to_be_in_viewport()


def test_what_was_typed_is_there_after_a_reload_and_no_key_acts_meanwhile(
    page: Page, record: SqlRecord, tell: Tell
) -> None:
    tell(waits(record, "anna", WaitReason.ASKED, START, "转人工"))
    open_first(page)
    page.get_by_test_id("claim").click()
    expect(page.get_by_test_id("composer")).to_be_focused()
    page.keyboard.type("can you jump, not back")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.reload()
    expect(page.get_by_test_id("composer")).to_have_value("can you jump, not back")
    expect(page.get_by_test_id("holder")).to_have_text("您在接待")
