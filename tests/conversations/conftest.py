"""The model is trained and loaded once for all conversations; the record's tables are made once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.catalog import Catalog
from app.rasa_dialogue import RasaDialogue
from app.train import is_stale, newest_model, train
from bot.storage.database import open_engine, upgrade
from tests.conversations.harness import CATALOG, City


@pytest.fixture(scope="session")
def dialogue() -> RasaDialogue:
    """Return the dialogue with the newest model, trained first if there is none or it is stale."""
    model = newest_model()
    if model is None or is_stale(model):
        model = train()
    menu = {button.key: button.intent for button in Catalog.load(CATALOG).menu}
    return RasaDialogue(model, menu=menu)


@pytest.fixture(scope="session")
def empty_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database file with all tables and no rows."""
    path = tmp_path_factory.mktemp("record") / "empty.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def city(dialogue: RasaDialogue, empty_record: Path, tmp_path: Path) -> Iterator[City]:
    """Return a city nobody has written to yet."""
    path = tmp_path / "record.db"
    shutil.copy(empty_record, path)
    engine = open_engine(f"sqlite:///{path}")
    yield City(engine, dialogue)
    engine.dispose()
