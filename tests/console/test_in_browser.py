"""The console's pages in a real Chromium, as wide as a phone: no script breaks, nothing is asked of other hosts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from bot.model.conversation import WaitReason
from bot.storage.record import SqlRecord
from tests.console.desk_side import PASSWORD, START, Browser, complaint, store, waits

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture
def page(guest: Browser) -> Iterator[Page]:
    """The desk, signed in; scripts that break or are stopped by the policy fail the test."""
    assert Path(CHROMIUM).exists(), "the page's tests need a system Chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if "Policy" in m.text else None)
        page.on("request", lambda r: None if _is_ours(r.url, guest) else problems.append(r.url))
        page.goto(f"{guest.url}/")
        page.get_by_label("密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="接待")).to_be_attached()
        yield page
        browser.close()
    assert problems == []


def _is_ours(address: str, guest: Browser) -> bool:
    return address.startswith((guest.url, "data:", "blob:"))


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
