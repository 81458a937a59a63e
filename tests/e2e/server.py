"""The product as one process tree, started and ended like a stranger would."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

from bench.world.processes import children, command_line_of, free_port
from simulator.config import SimulatorConfig
from simulator.driver import SimulatorDriver

ROOT = Path(__file__).resolve().parents[2]
MINSHENG = Path(sys.executable).parent / "minsheng"
API_KEY = "e2e-desk-key"
PUSH_SECRET = "e2e-push-secret"  # noqa: S105
READY_WITHIN_S = 240.0
"""Loading the model takes some 10 s; the first start after a change of the training data trains too."""


class ProductServer:
    """One `minsheng serve` on a data folder and a port of its own; `settings` go into its environment."""

    def __init__(self, folder: Path, *, demo: bool = True, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.account = SimulatorConfig()
        self.settings = settings
        self._demo = demo
        self._log = folder / "serve.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> ProductServer:
        """Start the process tree and wait until it says that it would answer."""
        self.launch()
        self.wait_until("/readyz")
        return self

    def launch(self) -> None:
        """Start the process tree."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(MINSHENG), "serve", *(["--demo"] if self._demo else [])],
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until(self, path: str, within_s: float = READY_WITHIN_S) -> None:
        """Wait until an address answers 200."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            code = self._running().poll()
            assert code is None, f"serve ended with {code}:\n{self.log_tail()}"
            try:
                if self.get(path).status_code == 200:
                    return
            except requests.ConnectionError:
                pass
            time.sleep(0.1)
        tail = self.log_tail()
        self.kill()
        raise AssertionError(f"{path} is not 200 within {within_s} s:\n{tail}")

    def stop(self) -> int:
        """End it politely and return its exit code; `kill` is still due for what may outlive it."""
        process = self._running()
        process.send_signal(signal.SIGTERM)
        return process.wait(25)

    def kill(self) -> None:
        """Kill the whole process group at once."""
        process, self._process = self._running(), None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def driver(self) -> SimulatorDriver:
        """Return a new driver of the simulator; one a thread."""
        return SimulatorDriver(f"{self.url}/simulator")

    def get(self, path: str, **params: str) -> requests.Response:
        """GET any address of the product."""
        with requests.Session() as session:
            session.trust_env = False
            return session.get(self.url + path, params=params, timeout=30)

    def post(self, path: str, body: bytes, **options: dict[str, str]) -> requests.Response:
        """POST bytes to any address of the product; options: params, headers."""
        with requests.Session() as session:
            session.trust_env = False
            return session.post(self.url + path, data=body, timeout=30, **options)  # type: ignore[arg-type]

    def worker_pid(self) -> int:
        """Return the worker's process id, found among the server's children."""
        return next(
            pid for pid in children(self._running().pid) if b"worker" in command_line_of(pid)
        )

    def log_tail(self, lines: int = 20) -> str:
        """Return the end of what the processes wrote."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def events(self) -> list[dict[str, Any]]:
        """Return the lines of the log; what else stands there is no JSON."""
        lines = self._log.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    @property
    def is_started(self) -> bool:
        """True until it is stopped or killed."""
        return self._process is not None

    @property
    def group(self) -> int:
        """The process group of everything that was started."""
        return self._running().pid

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the server was not started"
        return self._process

    def environment(self) -> dict[str, str]:
        """Return the environment of the product's commands."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MINSHENG_")}
        return {
            **kept,
            "NO_PROXY": "*",
            "PYTHONUNBUFFERED": "1",
            "MINSHENG_PORT": str(self.port),
            "MINSHENG_DATA_DIR": str(self.folder / "data"),
            "MINSHENG_BACKEND_API_KEY": API_KEY,
            "MINSHENG_BACKEND_POLL_S": "1",
            **self.settings,
        }
