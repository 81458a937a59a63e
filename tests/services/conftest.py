"""A real record on SQLite, the shipped catalog and sentences, a clock set by hand, fakes of remote ports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.catalog import Catalog
from app.phrases import DomainPhrases
from app.settings import ROOT
from bot.record import Record
from bot.storage.database import open_engine
from bot.storage.record import SqlRecord
from bot.storage.tables import metadata
from tests.builders import SetClock
from tests.services.fakes import PlainSealer, RecordingBackend, RecordingMessenger
from tests.services.floor import Floor
from tests.services.turning import Taker, taker_on


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.load(ROOT / "catalog")


@pytest.fixture(scope="session")
def phrases() -> DomainPhrases:
    return DomainPhrases.load(ROOT / "nlu" / "domain" / "responses")


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.engine.Engine]:
    opened = open_engine(f"sqlite:///{tmp_path / 'record.db'}")
    metadata.create_all(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def record(engine: sa.engine.Engine, clock: SetClock) -> Record:
    return SqlRecord(engine, clock)


@pytest.fixture
def sealer() -> PlainSealer:
    return PlainSealer()


@pytest.fixture
def messenger() -> RecordingMessenger:
    return RecordingMessenger()


@pytest.fixture
def floor(record: Record, catalog: Catalog, phrases: DomainPhrases, clock: SetClock) -> Floor:
    return Floor(record, catalog.office, phrases, clock)


@pytest.fixture
def taker(record: Record, catalog: Catalog, phrases: DomainPhrases, clock: SetClock) -> Taker:
    return taker_on(record, catalog, phrases, clock)


@pytest.fixture
def backend() -> RecordingBackend:
    return RecordingBackend()
