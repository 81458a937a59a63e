"""Small backends that behave as a test tells them to, over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from connectors.open311 import Open311Client


@dataclass(frozen=True)
class Call:
    """What the backend was asked."""

    method: str
    path: str
    pairs: list[tuple[str, str]]

    @property
    def fields(self) -> dict[str, str]:
        return dict(self.pairs)


@dataclass(frozen=True)
class Say:
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class HangUp(Exception):
    """Close the connection without an answer."""


Script = Callable[[Call], Say]


def as_json(data: Any, status: int = 200, **headers: str) -> Say:
    return Say(status, json.dumps(data, ensure_ascii=False).encode(), headers)


def as_xml(text: str, status: int = 200) -> Say:
    return Say(status, f'<?xml version="1.0" encoding="utf-8"?>{text}'.encode())


@dataclass
class Backend:
    """A running backend and what it heard."""

    url: str
    calls: list[Call] = field(default_factory=list)

    def client(self, **settings: Any) -> Open311Client:
        session = requests.Session()
        session.trust_env = False
        return Open311Client(self.url, **({"api_key": "k", "session": session} | settings))

    @property
    def asked(self) -> list[str]:
        return [f"{call.method} {call.path}" for call in self.calls]


@contextmanager
def backend(script: Script) -> Iterator[Backend]:
    """Serve `script`, one call at a time or many, until the block ends."""
    heard = Backend("")

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            pairs = parse_qsl(body or parts.query, keep_blank_values=True)
            call = Call(self.command, parts.path, pairs)
            heard.calls.append(call)
            try:
                said = script(call)
            except HangUp:
                self.close_connection = True
                return
            self.send_response(said.status)
            self.send_header("Content-Length", str(len(said.body)))
            for name, value in said.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(said.body)

        do_GET = do_POST = answer

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    heard.url = f"http://127.0.0.1:{server.server_address[1]}/v2"
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
