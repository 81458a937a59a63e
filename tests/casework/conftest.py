"""An office on an empty desk, once on SQLite and once on PostgreSQL, with a clock set by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from app.settings import ROOT
from desk.config import DeskConfig
from desk.office.office import open_office
from desk.office.rules import Rules, load_rules
from desk.storage import upgrade
from tests.builders import SetClock
from tests.casework.bench import Bench
from tests.storage.conftest import database, new_url, postgresql

__all__ = ["database", "new_url", "postgresql"]

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The shipped rules."""
    return load_rules(ROOT / "catalog" / "services.yml", ZONE)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(MONDAY)


@pytest.fixture
def bench(new_url: Callable[[], str], clock: SetClock) -> Iterator[Bench]:
    """A bench to work cases at."""
    url = new_url()
    upgrade(url)
    config = DeskConfig(url, "key", ROOT / "catalog" / "services.yml", now=clock.now)
    office = open_office(config)
    yield Bench(office, clock)
    office.close()
