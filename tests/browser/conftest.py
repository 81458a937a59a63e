"""A running product, a Chromium, and pages that fail their test on any script error or foreign request."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from app.bootstrap import SystemClock
from bot.model.staff import DutyHours
from bot.services.duty import set_hours
from bot.storage.database import open_engine
from bot.storage.record import SqlRecord
from simulator.driver import Citizen, SimulatorDriver
from tests.browser.screens import DESKTOP, PHONE, is_loopback
from tests.browser.staff import Hire, Member
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


@pytest.fixture(scope="session")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductServer]:
    """A product of its own, whose office is open day and night."""
    product = ProductServer(tmp_path_factory.mktemp("staffed"))
    product.start()
    record = SqlRecord(
        open_engine(f"sqlite:///{product.folder / 'data' / 'minsheng.db'}"), SystemClock()
    )
    with record.unit() as unit:
        set_hours(unit, DutyHours(time(0), time(0), frozenset(range(1, 8))))
    yield product
    product.kill()


@pytest.fixture
def platform(staffed: ProductServer) -> Iterator[SimulatorDriver]:
    driver = staffed.driver()
    yield driver
    driver.clear_faults()


@pytest.fixture
def who(platform: SimulatorDriver) -> Citizen:
    """A citizen nobody knows yet."""
    return platform.create_citizen(f"市民{uuid.uuid4().hex[:6]}")


@pytest.fixture
def hire(chromium: Browser, staffed: ProductServer) -> Iterator[Hire]:
    """Return what puts somebody at the desk; who is there at the end leaves it tidily."""
    there: list[Member] = []

    def come(account: str, **options: Any) -> Member:
        member = Member(chromium, staffed, account, **options).sign_in()
        there.append(member)
        return member

    yield come
    for member in there:
        member.close()
