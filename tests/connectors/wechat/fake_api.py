"""A small WeChat API over HTTP: tokens as `stable_token` gives them, and faults on demand."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}


def error(code: int, message: str = "no") -> Answer:
    return Answer(json.dumps({"errcode": code, "errmsg": message}).encode())


@dataclass
class Answer:
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    status: int = 200
    delay_s: float = 0.0
    drop: bool = False


@dataclass
class Call:
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class FakeApi:
    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: dict[str, Answer] = {}
        self.queued: dict[str, deque[Answer]] = {}
        self.token = "T-1"
        self.refuse_all_tokens = False
        self.lasts_s = 7200
        self.token_delay_s = 0.0
        self.forced = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def expire(self) -> None:
        """The token in use dies; `stable_token` gives another one."""
        self.token = f"T-{int(self.token.split('-')[1]) + 1}"

    def queue(self, path: str, *answers: Answer) -> None:
        self.queued.setdefault(path, deque()).extend(answers)

    def count(self) -> Counter[str]:
        return Counter(call.path for call in self.calls)

    def of(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]

    def answer(self, call: Call) -> Answer:
        with self._lock:
            self.calls.append(call)
            queue = self.queued.get(call.path)
            if queue:
                return queue.popleft()
            if call.path == "stable_token":
                return self._give_token(call)
            if self.refuse_all_tokens or call.query.get("access_token") != self.token:
                return error(40001, "invalid credential, access_token is invalid rid: 1-2-3")
            return self.answers.get(call.path) or Answer(json.dumps(OK).encode())

    def _give_token(self, call: Call) -> Answer:
        if call.json["force_refresh"]:
            self.forced += 1
            self.expire()
        body = {"access_token": self.token, "expires_in": self.lasts_s}
        return Answer(json.dumps(body).encode(), delay_s=self.token_delay_s)


def _handler(api: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # one packet an answer; else delayed acknowledgements cost 40 ms each

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = urlsplit(self.path)
            path = url.path.removeprefix("/cgi-bin/")
            answer = api.answer(Call(path, dict(parse_qsl(url.query)), dict(self.headers), body))
            time.sleep(answer.delay_s)
            if answer.drop:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *args: Any) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except (OSError, ValueError):
                self.close_connection = True

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                self.close_connection = True

    return Handler
