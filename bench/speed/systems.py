"""The three that are compared: each is started, says how a message is put to it, and what its processes are."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Protocol

import psutil
import redis

from app.embedded_redis import EmbeddedRedis
from bench.speed import stock
from bench.speed.load import Request
from bench.speed.talk import Said
from bench.speed.wire import SafeMode, open_id
from bench.world.backend import Backend
from bench.world.phones import plain_environ, plain_session
from bench.world.processes import Kept, free_port, wait_for_port
from bench.world.product import MINSHENG, OneMachine, wait_until_ready
from bot.storage.motion import keys
from simulator.config import SimulatorConfig

_STARTS_WITHIN_S = 300.0
ACCOUNT = SimulatorConfig(callback_url="", public_url="")


def settings_for(account: SimulatorConfig, backend_url: str) -> dict[str, str]:
    """Return the environment for this account and backend; nothing is behind the address of WeChat's API."""
    return {
        "MINSHENG_WECHAT_APP_ID": account.app_id,
        "MINSHENG_WECHAT_APP_SECRET": account.app_secret,
        "MINSHENG_WECHAT_TOKEN": account.token,
        "MINSHENG_WECHAT_AES_KEY": account.aes_key,
        "MINSHENG_WECHAT_API_BASE": f"http://127.0.0.1:{free_port()}",
        "MINSHENG_BACKEND_URL": backend_url,
    }


class System(Protocol):
    """One of the three."""

    name: str
    #: What the last answer of a talk says.
    ends_with: str
    #: Seconds from its start to its readiness.
    ready_after_s: float

    @property
    def pids(self) -> list[int]:
        """Its first processes; all others are below them."""

    def start(self) -> None:
        """Start it and wait until it answers."""

    def stop(self) -> None:
        """End it."""

    def writes(self, what: Said) -> Request:
        """Return the request of one message."""

    def words_of(self, answer: bytes) -> str:
        """Return what the citizen reads of an answer."""

    def lift_pace(self, citizen: int) -> None:
        """Let a citizen write faster than one may."""

    def part(self, process: psutil.Process) -> str:
        """Return the name of what a process does in it."""


class Ours:
    """`minsheng serve`: one gateway, so many workers, embedded Redis and SQLite; the backend is somebody else's."""

    def __init__(self, folder: Path, *, workers: int = 1) -> None:
        self.name = "minsheng"
        self.ends_with = "已提交"
        self.product = OneMachine(folder, workers=workers)
        self._backend = Backend()
        self._redis_url = EmbeddedRedis(folder / "data" / "redis").url
        self._wire = SafeMode(f"{self.product.url}/wechat", ACCOUNT)
        self.ready_after_s = 0.0

    def start(self) -> None:
        """Start it; nothing is behind the address of WeChat's API."""
        self._backend.up()
        began = time.monotonic()
        self.product.start(settings_for(ACCOUNT, self._backend.url))
        self.ready_after_s = time.monotonic() - began

    def stop(self) -> None:
        """End it."""
        self.product.stop()
        self._backend.down()

    @property
    def pids(self) -> list[int]:
        """The server's process."""
        return self.product.pids("serve")

    def writes(self, what: Said) -> Request:
        """Return a push in safe mode."""
        return self._wire(what)

    def words_of(self, answer: bytes) -> str:
        """Return the words of a passive answer."""
        return self._wire.words_of(answer)

    def lift_pace(self, citizen: int) -> None:
        """Forget how fast this citizen wrote."""
        with redis.Redis.from_url(self._redis_url) as client:
            client.delete(keys.pace(open_id(citizen)))

    def part(self, process: psutil.Process) -> str:
        """Tell gateway, worker and Redis apart."""
        command = " ".join(process.cmdline())
        return (
            "redis"
            if "redis-server" in command
            else "worker"
            if " worker" in command
            else "gateway"
        )


class Echo:
    """The limit of the wire."""

    def __init__(self, folder: Path) -> None:
        self.name = "echo"
        self.ends_with = "确认"
        self._port = free_port()
        self._wire = SafeMode(f"http://127.0.0.1:{self._port}/wechat", ACCOUNT)
        command = [sys.executable, "-m", "bench.speed.echo", str(self._port)]
        command += [ACCOUNT.token, ACCOUNT.aes_key, ACCOUNT.app_id]
        self._kept = Kept("echo", command, environ=plain_environ(), log=folder / "echo.log")
        self.ready_after_s = 0.0

    def start(self) -> None:
        """Start it."""
        began = time.monotonic()
        self._kept.start()
        wait_until_ready(f"http://127.0.0.1:{self._port}")
        self.ready_after_s = time.monotonic() - began

    def stop(self) -> None:
        """End it."""
        self._kept.stop()

    @property
    def pids(self) -> list[int]:
        """Its one process."""
        return [self._kept.pid] if self._kept.pid else []

    def writes(self, what: Said) -> Request:
        """Return a push in safe mode."""
        return self._wire(what)

    def words_of(self, answer: bytes) -> str:
        """Return what it repeats."""
        return self._wire.words_of(answer)

    def lift_pace(self, citizen: int) -> None:
        """It has no limit."""

    def part(self, _: psutil.Process) -> str:
        """It has one part."""
        return "echo"


class Stock:
    """`rasa run` with DIET, the REST channel and an SQL tracker store; with our actions on a server of their own."""

    def __init__(self, folder: Path, name: str, files: stock.Files) -> None:
        self.name = name
        self.ends_with = "已提交"
        self._url = f"http://127.0.0.1:{free_port()}"
        self._actions_port = free_port()
        port = int(self._url.rpartition(":")[2])
        command = stock.StockProject(files).command(port, folder, actions_port=self._actions_port)
        environ = plain_environ(MINSHENG_DATA_DIR=str(folder / "data"))
        self._rasa = Kept("rasa", command, environ=environ, log=folder / "rasa.log")
        actions = [*MINSHENG, "actions", "--port", str(self._actions_port)]
        self._actions = Kept("actions", actions, environ=environ, log=folder / "actions.log")
        self._has_actions = "actions" in files["domain"]
        self.ready_after_s = 0.0

    def start(self) -> None:
        """Start it and wait until the model is loaded."""
        began = time.monotonic()
        if self._has_actions:
            self._actions.start()
            wait_for_port(self._actions_port, within_s=_STARTS_WITHIN_S)
        self._rasa.start()
        while not self._has_model():
            if time.monotonic() - began > _STARTS_WITHIN_S:
                raise TimeoutError(self._rasa.last_words())
            time.sleep(0.2)
        self.ready_after_s = time.monotonic() - began

    def stop(self) -> None:
        """End it."""
        self._rasa.stop()
        if self._has_actions:
            self._actions.stop()

    @property
    def pids(self) -> list[int]:
        """Rasa's process and the actions'."""
        return [kept.pid for kept in (self._rasa, self._actions) if kept.pid]

    def writes(self, what: Said) -> Request:
        """Return a message for the REST channel."""
        return stock.request(self._url, what)

    def words_of(self, answer: bytes) -> str:
        """Return what it says, line by line."""
        return stock.words_of(answer)

    def lift_pace(self, citizen: int) -> None:
        """It has no limit."""

    def part(self, process: psutil.Process) -> str:
        """Tell Rasa and the actions apart."""
        return "actions" if "app.cli" in process.cmdline() else "rasa"

    def _has_model(self) -> bool:
        try:
            with plain_session() as session:
                answer = session.get(f"{self._url}/status", timeout=5)
            return answer.status_code == 200 and bool(answer.json().get("model_id"))
        except (OSError, ValueError):
            return False
