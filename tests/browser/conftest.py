"""A running product, a Chromium, and pages that fail their test on any script error or foreign request."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from simulator.driver import Citizen
from tests.e2e.conftest import desk, pytest_runtest_makereport, server
from tests.e2e.server import ProductServer

__all__ = ["desk", "pytest_runtest_makereport", "server"]

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PHONE, DESKTOP = (390, 844), (1280, 800)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    assert Path(CHROMIUM).exists(), "the pages' tests need a system Chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """Both widths: a phone, where the panel is a drawer, and a desktop, where it stands beside."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def page(chromium: Browser, server: ProductServer, size: tuple[int, int]) -> Iterator[Page]:
    """The phone page, freshly opened."""
    page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"script: {error}"))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: None if is_loopback(r.url) else problems.append(r.url))
    page.goto(f"{server.url}/simulator/")
    page.wait_for_selector("body[data-ready]")
    yield page
    page.close()
    assert problems == []


@pytest.fixture
def stranger(server: ProductServer) -> Citizen:
    """A citizen who does not follow yet, made before the page is opened."""
    return server.driver().create_citizen(f"新{uuid.uuid4().hex[:4]}", follows=False)


def is_loopback(url: str) -> bool:
    """True for what never leaves this machine."""
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob") or parts.hostname in ("127.0.0.1", "localhost")


def shoot(page: Page, name: str) -> None:
    """Save a screenshot where $MINSHENG_SCREENSHOTS says; without it nothing is saved."""
    folder = os.environ.get("MINSHENG_SCREENSHOTS")
    if folder:
        page.wait_for_timeout(400)  # bubbles fade in
        width = (page.viewport_size or {"width": 0})["width"]
        page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"))
