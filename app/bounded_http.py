"""One HTTP connection whose requests' heads are bounded in size and in time, which uvicorn does not do by itself.

uvicorn bounds only the wait between two requests (`timeout_keep_alive`), and the size of a head only with h11, which is
slower than httptools. A caller who says nothing, or a header without end, would hold a connection and memory for ever.
"""

from __future__ import annotations

import asyncio
from asyncio import Transport
from typing import Any, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.guard import HEADERS, add_missing, refusal

HEAD_S = 10.0
"""From the connection, or the request's first byte, to the end of its headers."""
MOST_HEAD_BYTES = 64 * 1024
"""Request line and headers together: what h11 takes too. The desk's longest query is a list of 20,000 characters."""


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol with 408 for a head that is too slow and 431 for one too large."""

    head_s = HEAD_S

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._guarded = self.app
        self._head_bytes = 0
        self._head_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Expect a request soon."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing more."""
        self._head_is_whole()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, and end the connection when a head goes on and on."""
        super().data_received(data)
        self._head_bytes += len(data)
        if self._head_due is not None and self._head_bytes > MOST_HEAD_BYTES:
            self._end(431)

    def on_message_begin(self) -> None:
        """Expect the rest of the head soon."""
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        """Hand the request on, or to who refuses it."""
        self._head_is_whole()
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        self.app = cast("Any", self._guarded if size <= MOST_HEAD_BYTES else _refuse_head)
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, with the headers that every answer carries."""
        self._write(400, msg)

    def _expect_head(self) -> None:
        self._head_is_whole()
        self._head_bytes = 0
        self._head_due = self.loop.call_later(self.head_s, self._end, 408)

    def _head_is_whole(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def _end(self, status: int) -> None:
        self._head_is_whole()
        self._write(status, bytes(refusal(status).body).decode())

    def _write(self, status: int, words: str) -> None:
        if self.transport.is_closing():
            return
        reason = {
            400: "Bad Request",
            408: "Request Timeout",
            431: "Request Header Fields Too Large",
        }
        lines = [
            f"HTTP/1.1 {status} {reason[status]}".encode(),
            *(name + b": " + value for name, value in HEADERS.items()),
            b"content-type: text/plain; charset=utf-8",
            b"content-length: %d" % len(words),
            b"connection: close",
        ]
        self.transport.write(b"\r\n".join([*lines, b"", words.encode()]))
        self.transport.close()


async def _refuse_head(scope: Scope, receive: Receive, send: Send) -> None:
    answer: ASGIApp = refusal(431)

    async def send_guarded(message: Any) -> None:
        if message["type"] == "http.response.start":
            add_missing(message, HEADERS)
        await send(message)

    await answer(scope, receive, send_guarded)
