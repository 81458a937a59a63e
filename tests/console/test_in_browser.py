"""The waiting list in a real Chromium: it keeps itself up to date, and shows citizens' words as words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from bot.model.conversation import WaitReason
from bot.storage.record import SqlRecord
from tests.console.desk_side import PASSWORD, START, Browser, HandClock, complaint, store, waits

CHROMIUM = "/usr/bin/chromium"
A_LOOK_MS = 4100
BAD = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"


@pytest.fixture
def page(guest: Browser) -> Iterator[Page]:
    """The waiting list, signed in; scripts that break or are stopped by the policy fail the test."""
    assert Path(CHROMIUM).exists(), "the page's tests need a system Chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if "Policy" in m.text else None)
        page.on(
            "request", lambda r: None if r.url.startswith(guest.url) else problems.append(r.url)
        )
        page.clock.install(time=START)
        page.goto(f"{guest.url}/")
        page.get_by_label("密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="等待人工")).to_be_visible()
        yield page
        browser.close()
    assert problems == []


def test_who_begins_to_wait_appears_without_a_reload(page: Page, record: SqlRecord) -> None:
    expect(page.locator("#nobody")).to_be_visible()
    waits(record, "anna", WaitReason.ASKED, START, "转人工")
    page.clock.run_for(A_LOOK_MS)
    expect(page.locator("#waits [data-row]")).to_have_count(1)
    expect(page.locator("#nobody")).to_be_hidden()
    expect(page).to_have_title("(1) 等待人工 · 民声值班台")
    waits(record, "bo", WaitReason.EMERGENCY, START, BAD)
    page.clock.run_for(A_LOOK_MS)
    rows = page.locator("#waits [data-row]")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("紧急情况")
    expect(rows.first).to_contain_text("<img src=x")
    expect(page).to_have_title("【紧急】(2) 等待人工 · 民声值班台")
    assert page.locator("main img, main script").count() == 0


def test_a_citizen_is_handled_by_keyboard_alone(page: Page, record: SqlRecord) -> None:
    waits(record, "anna", WaitReason.ASKED, START, "转人工")
    page.clock.run_for(A_LOOK_MS)
    row = page.locator("#waits a")
    expect(row).to_be_visible()
    row.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("对话记录")).to_be_visible()
    page.get_by_role("button", name="已处理，移出等待").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("已移出等待")).to_be_visible()
    expect(page.locator("#nobody")).to_be_visible()


def test_a_session_that_ended_is_said_on_the_open_page(page: Page, clock: HandClock) -> None:
    clock.forward(hours=12)
    page.clock.run_for(A_LOOK_MS)
    expect(page.locator("#toast")).to_contain_text("登录已过期")
    page.get_by_role("link", name="重新登录").click()
    expect(page.get_by_role("heading", name="您好，请登录")).to_be_visible()


def test_no_page_is_wider_than_a_phone(guest: Browser, page: Page, record: SqlRecord) -> None:
    long = "很长的一句话没有空格" * 30 + "a" * 300
    anna = waits(record, "anna", WaitReason.ASKED, START + timedelta(minutes=1), long)
    case = complaint(
        conversation_id=anna, description=long, summary=long, place=long, backend_id="9" * 100
    )
    store(record, case)
    for path in ("/", f"/conversations/{anna}", "/cases", "/cases/c1", "/nope"):
        page.goto(guest.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path
