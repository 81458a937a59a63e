"""One running product for most tests; citizens are fresh for each."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from simulator.driver import Citizen, SimulatorDriver
from tests.e2e.desk import Desk
from tests.e2e.server import PUSH_SECRET, ProductServer


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show the end of the server's log with a test that failed."""
    outcome: Any = yield
    report = outcome.get_result()
    used = getattr(item, "funcargs", {}).values()
    for server in (value for value in used if isinstance(value, ProductServer)):
        if report.failed:
            report.sections.append(("server log", server.log_tail()))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductServer]:
    """The product with its own desk, asked for updates every second."""
    folder = tmp_path_factory.mktemp("product")
    product = ProductServer(
        folder, MINSHENG_BACKEND_PUSH_SECRET=PUSH_SECRET, MINSHENG_TRUSTED_PROXIES="127.0.0.1"
    )
    product.start()
    yield product
    product.kill()


@pytest.fixture
def driver(server: ProductServer) -> Iterator[SimulatorDriver]:
    """A driver of the session's simulator, without ordered faults before and after."""
    driver = server.driver()
    yield driver
    driver.clear_faults()


@pytest.fixture
def desk(server: ProductServer) -> Desk:
    """The desk of the session's server."""
    return Desk(server.url)


@pytest.fixture
def citizen(driver: SimulatorDriver, server: ProductServer) -> Citizen:
    """A citizen whom nobody knows yet."""
    return driver.create_citizen(f"市民{uuid.uuid4().hex[:6]}")
