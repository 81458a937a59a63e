"""One console for each test: its own record, clock and backend, mounted at /console as in production."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis
from starlette.applications import Starlette
from starlette.routing import Mount

from app.phrases import DomainPhrases
from app.sealing import KeySealer
from bot.media.cleaning import clean
from bot.services.directory import Directory
from bot.services.handoff import Handoffs
from bot.services.on_behalf import OnBehalf
from bot.storage.database import open_engine, upgrade
from bot.storage.motion.holders import RedisHolders
from bot.storage.motion.live import RedisLiveEvents, RedisLiveFeed
from bot.storage.motion.presences import RedisPresences
from bot.storage.record import SqlRecord
from console.app import create_app
from console.backend import UpdatesBackend
from console.config import ConsoleConfig
from console.parts import ServingParts
from tests.console.desk_side import (
    ROOT,
    SECRET,
    Browser,
    HandClock,
    Platform,
    RecordingBackend,
    add_accounts,
    natures,
    office,
    statuses,
)
from tests.conversations.harness import catalogue_directory
from tests.desk.office import serve
from tests.motion.conftest import client, server, url

__all__ = ["client", "server", "url"]

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
def platform() -> Platform:
    return Platform()


@pytest.fixture
def sealer() -> KeySealer:
    return KeySealer.of("a secret of these tests only")


@pytest.fixture(scope="session")
def shipped() -> Directory:
    """The shipped catalogue as a directory: reading it takes long."""
    return catalogue_directory()


@pytest.fixture(scope="session")
def phrases() -> DomainPhrases:
    return DomainPhrases.load(ROOT / "nlu" / "domain" / "responses")


@pytest.fixture
def directory(shipped: Directory) -> Directory:
    return shipped


@pytest.fixture
def serving(
    record: SqlRecord,
    clock: HandClock,
    client: redis.Redis,
    url: str,
    platform: Platform,
    sealer: KeySealer,
    directory: Directory,
    phrases: DomainPhrases,
) -> ServingParts:
    """What `app.bootstrap` builds, over this test's record and a real Redis; only WeChat is stood in for."""
    live, presences = RedisLiveEvents(client), RedisPresences(client)
    return ServingParts(
        handoffs=Handoffs(
            record,
            phrases=phrases,
            clock=clock,
            live=live,
            holders=RedisHolders(client),
            presences=presences,
        ),
        on_behalf=OnBehalf(
            record,
            directory=lambda: directory,
            office=office(),
            clock=clock,
            sealer=sealer,
            statuses=statuses(),
            phrases=phrases,
            live=live,
        ),
        presences=presences,
        live=live,
        feed=RedisLiveFeed(url, quiet_s=0.2),
        sealer=sealer,
        phrases=phrases,
        allowance=platform.allowance,
        typing=platform.typing,
        clean=clean,
        directory=lambda: directory,
    )


@pytest.fixture
def open_console(
    record: SqlRecord, clock: HandClock, serving: ServingParts
) -> Iterator[OpenConsole]:
    """Start a console and return a browser on it; several may be open over the same record."""
    with ExitStack() as stack:

        def start(
            backend: UpdatesBackend | None = None,
            *,
            secure: bool = False,
            beat_s: float = 5.0,
            serving: ServingParts = serving,
        ) -> Browser:
            app = create_app(
                ConsoleConfig(SECRET, secure, beat_s),
                record=record,
                office=office(),
                statuses=statuses(),
                natures=natures(),
                backend=backend,
                clock=clock,
                serving=serving,
            )
            mounted = Starlette(routes=[Mount("/console", app)])
            address = stack.enter_context(serve(mounted, ws="wsproto"))
            browser = Browser(address + "/console")
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
