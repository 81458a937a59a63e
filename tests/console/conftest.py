"""One console for each test: its own record, clock and backend, mounted at /console as in production."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from bot.storage.database import open_engine, upgrade
from bot.storage.record import SqlRecord
from console.app import create_app
from console.backend import UpdatesBackend
from console.config import ConsoleConfig
from tests.console.desk_side import (
    SECRET,
    Browser,
    HandClock,
    RecordingBackend,
    add_accounts,
    natures,
    office,
    statuses,
)
from tests.desk.office import serve

OpenConsole = Callable[..., Browser]


@pytest.fixture(scope="session")
def fresh_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record with the accounts of `desk_side.ACCOUNTS` and nothing else."""
    path = tmp_path_factory.mktemp("console") / "fresh.db"
    upgrade(f"sqlite:///{path}")
    engine = open_engine(f"sqlite:///{path}")
    add_accounts(SqlRecord(engine, HandClock()))
    engine.dispose()
    return path


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def record(fresh_record: Path, tmp_path: Path, clock: HandClock) -> Iterator[SqlRecord]:
    path = tmp_path / "minsheng.db"
    path.write_bytes(fresh_record.read_bytes())
    engine = open_engine(f"sqlite:///{path}")
    yield SqlRecord(engine, clock)
    engine.dispose()


@pytest.fixture
def backend() -> RecordingBackend:
    return RecordingBackend()


@pytest.fixture
def open_console(record: SqlRecord, clock: HandClock) -> Iterator[OpenConsole]:
    """Start a console and return a browser on it; several may be open over the same record."""
    with ExitStack() as stack:

        def start(
            backend: UpdatesBackend | None = None,
            *,
            secure: bool = False,
        ) -> Browser:
            app = create_app(
                ConsoleConfig(SECRET, secure),
                record=record,
                office=office(),
                statuses=statuses(),
                natures=natures(),
                backend=backend,
                clock=clock,
            )
            url = stack.enter_context(serve(Starlette(routes=[Mount("/console", app)])))
            browser = Browser(url + "/console")
            browser.app = app
            return browser

        yield start


@pytest.fixture
def guest(open_console: OpenConsole, backend: RecordingBackend) -> Browser:
    """A browser in front of the sign-in page."""
    return open_console(backend)


@pytest.fixture
def staff(guest: Browser) -> Browser:
    """A browser signed in as the administrator."""
    assert guest.sign_in().status_code == 303
    return guest


@pytest.fixture
def browser_of(guest: Browser) -> Callable[[str], Browser]:
    """Return what signs a browser of its own in with a work number of `desk_side.ACCOUNTS`."""

    def start(number: str) -> Browser:
        browser = Browser(guest.url)
        assert browser.sign_in(account=number).status_code == 303
        return browser

    return start
