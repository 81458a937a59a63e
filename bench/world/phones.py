"""The simulated platform in a process of its own, and its log as it is written."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests

from bench.world.processes import Kept, free_port, wait_for_port
from simulator.config import SimulatorConfig

_LOOK_S = 0.02
_STARTS_WITHIN_S = 30.0
_PATIENCE_S = 30.0

Change = dict[str, Any]


class Phones:
    """WeChat and all its citizens; the callback is where the product will be."""

    def __init__(self, folder: Path, callback_url: str, **config: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.journal = folder / "platform.jsonl"
        self.config = SimulatorConfig(callback_url=callback_url, public_url=self.url)
        command = [sys.executable, "-m", "simulator", "--port", str(self.port)]
        command += ["--callback-url", callback_url, "--public-url", self.url]
        command += ["--journal", str(self.journal)]
        for name, value in config.items():
            command += [f"--{name.replace('_', '-')}", value]
        self._process = Kept("simulator", command, environ=plain_environ(), log=folder / "sim.log")

    def start(self) -> None:
        """Start it and wait until it can be reached."""
        self._process.start()
        wait_for_port(self.port, within_s=_STARTS_WITHIN_S)

    def stop(self) -> None:
        """End it; its journal stays."""
        self._process.stop(within_s=5)

    def settings(self, api_base: str = "") -> dict[str, str]:
        """Return the environment of a product that serves this account."""
        account = self.config
        return {
            "MINSHENG_WECHAT_APP_ID": account.app_id,
            "MINSHENG_WECHAT_APP_SECRET": account.app_secret,
            "MINSHENG_WECHAT_TOKEN": account.token,
            "MINSHENG_WECHAT_AES_KEY": account.aes_key,
            "MINSHENG_WECHAT_API_BASE": f"{api_base or self.url}/api",
            "MINSHENG_NOTICE_TEMPLATE_ID": account.notice_template_id,
            "MINSHENG_TEMPLATE_MESSAGE_ID": account.message_template_id,
        }

    def create(self, name: str) -> str:
        """Make a citizen who follows the account; returns the open id."""
        return str(self.post("control/citizens", {"name": name})["openid"])

    def act(self, openid: str, act: str, **body: Any) -> int:
        """Let a citizen do something; returns the number of its exchange at once."""
        answer = self.post(f"control/citizens/{openid}/{act}", body)
        return int(answer["exchange"]["id"])

    def fault(self, path: str, **fault: Any) -> None:
        """Order a fault of the API."""
        self.post("control/faults", {"path": path, **fault})

    def heal(self) -> None:
        """Cancel all ordered faults."""
        with plain_session() as session:
            session.delete(f"{self.url}/control/faults", timeout=_PATIENCE_S).raise_for_status()

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """POST to the control API; each call on a connection of its own, which no idle time-out can break."""
        with plain_session() as session:
            answer = session.post(f"{self.url}/{path}", json=body, timeout=_PATIENCE_S)
        answer.raise_for_status()
        return answer.json()


class Follower:
    """Reads the platform's journal while it grows and hands every change on, in order, from one thread."""

    def __init__(self, journal: Path, hear: Callable[[Change], None]) -> None:
        self._journal = journal
        self._hear = hear
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="journal", daemon=True)

    def start(self) -> None:
        """Begin with the first change."""
        self._thread.start()

    def stop(self) -> None:
        """Read what is there and end."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def _follow(self) -> None:
        while not self._journal.exists():
            time.sleep(_LOOK_S)
        # As bytes: what was written so far may end in the middle of a character.
        with self._journal.open("rb") as lines:
            part = b""
            while True:
                is_last = self._ending.is_set()
                for piece in iter(lines.readline, b""):
                    part += piece
                    if part.endswith(b"\n"):
                        self._hear(json.loads(part))
                        part = b""
                if is_last:
                    return
                self._ending.wait(_LOOK_S)


def plain_session() -> requests.Session:
    """Return a session that goes through no proxy."""
    session = requests.Session()
    session.trust_env = False
    return session


def plain_environ(**settings: str) -> dict[str, str]:
    """Return this process's environment without any setting of the product but these."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MINSHENG_")}
    return {**kept, "NO_PROXY": "*", "PYTHONUNBUFFERED": "1", **settings}
