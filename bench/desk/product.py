"""The whole product on a folder and a port of its own, and what the measurement puts into it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from datetime import time as clock_time
from pathlib import Path
from types import TracebackType

import requests

from app.bootstrap import SystemClock
from bot.model.conversation import Direction, Line
from bot.model.staff import DutyHours
from bot.services.duty import set_hours
from bot.storage.database import open_engine
from bot.storage.record import SqlRecord
from simulator.driver import SimulatorDriver

ROOT = Path(__file__).resolve().parents[2]
_READY_WITHIN_S = 240.0
_TOKEN = re.compile(r'name="csrf" content="([0-9a-f]+)"')
_FIELD = re.compile(r'name="csrf" value="([0-9a-f]+)"')


class Product:
    """`minsheng serve --demo`, ready while the block runs."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._data = folder / "data"
        self._log = folder / "serve.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Product:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MINSHENG_")}
        own = {"MINSHENG_PORT": str(self.port), "MINSHENG_DATA_DIR": str(self._data)}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).parent / "minsheng"), "serve", "--demo"],
                cwd=ROOT,
                env={**kept, **own},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_until_ready()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(25)
        finally:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)

    @property
    def password(self) -> str:
        """The password of every demo account."""
        return (self._data / "admin.password").read_text().strip()

    def driver(self) -> SimulatorDriver:
        """Return a driver of the simulator; one a thread."""
        return SimulatorDriver(f"{self.url}/simulator")

    def record(self) -> SqlRecord:
        """Return the record of the running product."""
        return SqlRecord(open_engine(f"sqlite:///{self._data / 'minsheng.db'}"), SystemClock())

    def open_all_day(self) -> None:
        """Let it be duty time, whatever the clock says."""
        every_day = frozenset(range(1, 8))
        with self.record().unit() as unit:
            set_hours(unit, DutyHours(clock_time(0, 0), clock_time(0, 0), every_day))

    def seed(self, count: int) -> None:
        """Put so many conversations into the record that spoke within the last minutes."""
        now = datetime.now(timezone.utc)
        with self.record().unit() as unit:
            for number in range(count):
                at = now - timedelta(seconds=number)
                found = unit.conversations.open(f"{number:032x}", f"bench-{number}")
                words = f"第 {number} 位市民：楼下的路灯不亮，已经三天了"
                line = Line(found.id, f"bench:{number}", Direction.CITIZEN, "text", words, at, {})
                unit.conversations.add_line(line)
                found.last_said_at = at
                unit.conversations.save(found)

    def agent(self, number: str) -> Agent:
        """Return a member of staff who acts without a browser."""
        return Agent(f"{self.url}/console", number, self.password)

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < end:
            try:
                if requests.get(f"{self.url}/readyz", timeout=5).ok:
                    return
            except requests.ConnectionError:
                pass
            time.sleep(0.2)
        raise RuntimeError(f"not ready: {self._log.read_text(errors='replace')[-2000:]}")


class Agent:
    """A signed-in member of staff."""

    def __init__(self, url: str, number: str, password: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        field = _FIELD.search(self._session.get(f"{url}/sign-in", timeout=10).text)
        form = {"csrf": field[1] if field else "", "account": number, "password": password}
        self._session.post(f"{url}/sign-in", data=form, timeout=10).raise_for_status()
        token = _TOKEN.search(self._session.get(f"{url}/", timeout=10).text)
        self._session.headers["X-CSRF-Token"] = token[1] if token else ""

    def waiting(self) -> list[str]:
        """Return the ids of conversations that wait for a person."""
        answer = self._session.get(f"{self._url}/live.json", params={"tab": "waiting"}, timeout=10)
        return [row["id"] for row in answer.json()["rows"]]

    def claim(self, conversation: str) -> None:
        """Take one."""
        answer = self._session.post(
            f"{self._url}/conversations/{conversation}/claim", json={}, timeout=10
        )
        answer.raise_for_status()
