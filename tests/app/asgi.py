"""A caller of an ASGI application who may send any bytes, also those no HTTP client would."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp

PATIENCE_S = 20


@dataclass
class Answer:
    """What came back; of what goes on for ever, its start."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Ask:
    """One request, as a server hands it on."""

    method: str
    path: str
    query: bytes = b""
    body: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)

    def scope(self) -> dict[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "method": self.method,
            "path": self.path,
            "raw_path": self.path.encode("utf-8", "replace"),
            "root_path": "",
            "query_string": self.query,
            "headers": [(b"host", b"minsheng.example"), *self.headers],
            "http_version": "1.1",
            "scheme": "http",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 1),
        } | self.more


async def ask(app: ASGIApp, asked: Ask) -> Answer:
    """Return the answer; a fault of the application's is raised as it is, unless it was answered."""
    answer, is_there, said = Answer(), asyncio.Event(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        if said.is_set():
            await asyncio.Event().wait()  # the caller stays
        said.set()
        return {"type": "http.request", "body": asked.body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"].endswith("response.start"):
            pairs = [(name.decode(), value.decode("latin-1")) for name, value in message["headers"]]
            answer.status, answer.headers = message["status"], dict(pairs)
            is_endless = answer.headers.get("content-type", "").startswith("text/event-stream")
            if is_endless or "content-length" not in answer.headers:
                is_there.set()
        else:
            answer.body += message.get("body", b"")
            if not message.get("more_body"):
                is_there.set()

    task = asyncio.ensure_future(app(asked.scope(), receive, send))  # type: ignore[arg-type]
    waiter = asyncio.ensure_future(is_there.wait())
    await asyncio.wait([task, waiter], timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    for pending in (task, waiter):
        pending.cancel()
    await asyncio.gather(task, waiter, return_exceptions=True)
    assert answer.status, f"{asked.method} {asked.path} is not answered"
    return answer
