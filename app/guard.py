"""What stands before every room of the gateway: bounds on bodies, and headers that no answer may lack.

A room that takes bodies bounds them itself and refuses in its own words; the bound here lies a margin above, for
what a room forgets. Where no room takes a body, none is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import anyio
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_S = 60.0
"""For a whole body: ten megabytes on a line of two megabits a second take 40 s."""
MARGIN_BYTES = 512 * 1024
"""More than a server hands over at once, so that the room sees that its own bound is passed."""
#: OWASP's secure headers, for answers that are data: nothing in them may run, be framed, be kept or be indexed.
#: In ASGI's form: names in lower case, bytes.
HEADERS: dict[bytes, bytes] = {
    b"content-security-policy": (
        b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
    b"x-robots-tag": b"noindex",
    b"cache-control": b"no-store",
}
HSTS = {b"strict-transport-security": b"max-age=31536000"}
"""One year, and nothing about other names of the domain, which are not ours to speak for."""
_BODILESS = ("GET", "HEAD", "OPTIONS", "TRACE")
_DISCONNECT: Message = {"type": "http.disconnect"}


class Guard:
    """An ASGI application in front of another.

    Args:
        app: what is guarded.
        bodies: where bodies are taken: a path, which stands for all below it too → most bytes.
        is_https: whether the public address is https; then browsers are told to stay with it (HSTS).
        body_s: how long a whole body may take.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        bodies: Mapping[str, int] | None = None,
        is_https: bool = False,
        body_s: float = BODY_S,
    ) -> None:
        self.app = app
        self._bodies = bodies or {}
        self._body_s = body_s
        self._headers = HEADERS | (HSTS if is_https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on within the bounds; refuse with 400, 408 or 413 what breaks them."""
        if scope["type"] == "websocket":
            await self.app(scope, receive, _Handshake(scope, send, self._headers).send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(send, self._headers)
        most = self._most_bytes(scope)
        if not _is_text(scope["query_string"]):
            await refusal(400)(scope, receive, answer.send)
        elif _is_declared_beyond(Headers(scope=scope), most):
            await refusal(413)(scope, receive, answer.send)
        elif most:
            await self._bounded(scope, _Body(scope, receive, answer, most, self._body_s))
        else:
            await self.app(scope, receive, answer.send)

    async def _bounded(self, scope: Scope, body: _Body) -> None:
        try:
            await self.app(scope, body.receive, body.send)
        except Exception:
            if not body.is_refused:  # else it is the room's cry over the body we took away
                raise

    def _most_bytes(self, scope: Scope) -> int:
        if scope["method"] in _BODILESS:
            return 0
        path = scope["path"]
        taken = (m for p, m in self._bodies.items() if path == p or path.startswith(f"{p}/"))
        most = max(taken, default=0)
        return most + MARGIN_BYTES if most else 0


def refusal(status: int) -> PlainTextResponse:
    """Return the answer to a request that breaks a bound; the connection ends with it."""
    words = {
        400: "the query is no text",
        408: "too slow",
        413: "too large",
        431: "headers too large",
    }
    return PlainTextResponse(words[status], status, {"Connection": "close"})


def _is_text(query: bytes) -> bool:
    """False for bytes that no address may hold (RFC 3986 wants ASCII) and over which Starlette raises."""
    try:
        query.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_declared_beyond(headers: Headers, most: int) -> bool:
    if "transfer-encoding" in headers and not most:
        return True
    length = headers.get("content-length", "0")
    return not (length.isascii() and length.isdigit()) or int(length[:19]) > most


@dataclass
class _Answer:
    """Sends an answer with the headers that the room did not set itself."""

    _send: Send
    _headers: Mapping[bytes, bytes]
    is_started: bool = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_started = True
            add_missing(message, self._headers)
        await self._send(message)


def add_missing(message: Message, defaults: Mapping[bytes, bytes]) -> None:
    """Put the headers into the start of an answer, except those it has."""
    given = list(message.get("headers", ()))
    present = {name.lower() for name, _ in given}
    message["headers"] = given + [pair for pair in defaults.items() if pair[0] not in present]


@dataclass
class _Body:
    """Hands a body on until it proves too large or too slow: then refuses it, and the room sees a lost caller."""

    _scope: Scope
    _receive: Receive
    _answer: _Answer
    _most: int
    _within_s: float
    _size: int = 0
    _is_whole: bool = False
    is_refused: bool = False

    def __post_init__(self) -> None:
        self._until = anyio.current_time() + self._within_s

    async def receive(self) -> Message:
        if self.is_refused:
            return _DISCONNECT
        if self._is_whole:
            return await self._receive()
        message: Message | None = None
        with anyio.move_on_at(self._until):
            message = await self._receive()
        if message is None:
            return await self._refuse(408)
        self._size += len(message.get("body", b""))
        if self._size > self._most:
            return await self._refuse(413)
        self._is_whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if not self.is_refused:
            await self._answer.send(message)

    async def _refuse(self, status: int) -> Message:
        self.is_refused = True
        if not self._answer.is_started:
            await refusal(status)(self._scope, self._receive, self._answer.send)
        return _DISCONNECT


class _Handshake:
    """Gives a refused web socket the headers too, where the server can say more than "closed" (ASGI extension)."""

    def __init__(self, scope: Scope, send: Send, headers: Mapping[bytes, bytes]) -> None:
        self._scope, self._send, self._headers = scope, send, headers
        self._may_answer = "websocket.http.response" in scope.get("extensions", {})
        self._is_accepted = False

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.accept":
            self._is_accepted = True
        elif message["type"] == "websocket.http.response.start":
            add_missing(message, self._headers)
        elif message["type"] == "websocket.close" and self._may_answer and not self._is_accepted:
            await self._refuse()
            return
        await self._send(message)

    async def _refuse(self) -> None:
        start: Message = {"type": "websocket.http.response.start", "status": 403, "headers": []}
        add_missing(start, self._headers)
        await self._send(start)
        await self._send({"type": "websocket.http.response.body", "body": b""})
