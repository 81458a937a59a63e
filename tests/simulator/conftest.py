"""A simulator and a callback on free ports, wired to each other."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests
import uvicorn
from starlette.applications import Starlette

from simulator.app import create_app
from simulator.config import SimulatorConfig
from simulator.driver import SimulatorDriver
from tests.simulator.callback import Callback


class AccountServer:
    """The account's own server as an API caller."""

    def __init__(self, base: str, config: SimulatorConfig) -> None:
        self.base = f"{base}/api/cgi-bin"
        self.config = config
        self._token = ""

    def credentials(self) -> dict[str, str]:
        return {
            "grant_type": "client_credential",
            "appid": self.config.app_id,
            "secret": self.config.app_secret,
        }

    def plain_token(self) -> str:
        return requests.get(f"{self.base}/token", self.credentials(), timeout=5).json()[
            "access_token"
        ]

    def stable_token(self, *, force: bool = False) -> dict[str, Any]:
        body = {**self.credentials(), "force_refresh": force}
        return requests.post(f"{self.base}/stable_token", json=body, timeout=5).json()

    @property
    def token(self) -> str:
        return self.stable_token()["access_token"]

    def post(self, path: str, body: Any, *, token: str = "", escaped: bool = False) -> Any:
        data = json.dumps(body, ensure_ascii=escaped).encode()
        url = f"{self.base}/{path}?access_token={token or self.token}"
        return requests.post(url, data=data, timeout=5).json()

    def get(self, path: str, **query: str) -> requests.Response:
        query = {"access_token": self.token, **query}
        return requests.get(f"{self.base}/{path}", query, timeout=5)

    def send_text(self, openid: str, content: str, **options: Any) -> int:
        body = {"touser": openid, "msgtype": "text", "text": {"content": content}}
        return self.post("message/custom/send", body, **options)["errcode"]


@dataclass
class World:
    """One simulator with the callback it pushes to."""

    url: str
    config: SimulatorConfig
    driver: SimulatorDriver
    account: AccountServer
    callback: Callback


def serve(app: Starlette) -> tuple[uvicorn.Server, threading.Thread, int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = uvicorn.Config(
        app, port=port, log_level="critical", ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    return server, thread, port


@pytest.fixture
def start() -> Iterator[Callable[..., World]]:
    """Start a world; keyword arguments change the account's settings."""
    with ExitStack() as stack:

        def _start(**settings: Any) -> World:
            config = SimulatorConfig(**{"cut_s": 4.0, "retry_gap_s": 0.01, **settings})
            callback = stack.enter_context(Callback(config))
            config = replace(config, callback_url=callback.url)
            server, thread, port = serve(create_app(config))
            stack.callback(thread.join)
            stack.callback(setattr, server, "should_exit", True)
            url = f"http://127.0.0.1:{port}"
            account = AccountServer(url, config)
            return World(url, config, SimulatorDriver(url), account, callback)

        yield _start


@pytest.fixture
def world(start: Callable[..., World]) -> World:
    return start()
