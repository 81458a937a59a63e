"""The door of the console: who is signed in, what they may do, and the headers that every answer carries.

What a route needs stands in `console.access`; a route that is not there cannot be built. Session and account are read
from the record at each request, so that an account that was turned off is out at once.
"""

from __future__ import annotations

from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from bot.ports import Unavailable
from console import access, passwords, problems
from console.access import BEFORE_CHANGE, Permission
from console.sessions import COOKIE, SignedIn
from console.site import Site, see

MOST_BYTES = 64 * 1024
_POLICY_VIOLATION = 1008
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Robots-Tag": "noindex",
}


class Gate:
    """Stands before the console's routes."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through who may (`request.state.session` and `.member` are set), refuse the others."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = access.route_of(scope["app"].routes, scope)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers["Cache-Control"] = "no-cache" if name == "static" else "no-store"
            await send(message)

        app = await self._refusal(Request(scope), name)
        await (app or self._app)(scope, receive, send_guarded)

    async def _refusal(self, request: Request, name: str) -> Response | None:
        """Say who asks, and return the answer to who may not; None lets the request through."""
        request.state.session = request.state.member = None
        too_much = _too_much(request, access.MOST_BYTES.get(name, MOST_BYTES))
        if too_much is not None or name == "static":
            return too_much
        try:
            known = await self._who(request, name)
        except Unavailable:
            return problems.record_down(request)
        permission = access.needs(name)
        if known is None:
            return None if permission is Permission.OPEN else _signed_out(request)
        request.state.session, request.state.member = known.session, known.member
        if not access.may(known.member, permission):
            return _own_home(request, name) or problems.not_yours(request)
        if name not in BEFORE_CHANGE and passwords.must_change(known.member.password_hash):
            return _change_first(request)
        return None

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The same for a web socket, which a page of another site could open with our cookie."""
        connection = HTTPConnection(scope)
        name = access.route_of(scope["app"].routes, scope)
        try:
            known = await self._who(connection, name) if _is_same_origin(connection) else None
        except Unavailable:
            known = None
        may = known is not None and access.may(known.member, access.needs(name))
        if known is None or not may or passwords.must_change(known.member.password_hash):
            await WebSocketClose(_POLICY_VIOLATION)(scope, receive, send)
            return
        connection.state.session, connection.state.member = known.session, known.member
        await self._app(scope, receive, send)

    async def _who(self, connection: HTTPConnection, name: str) -> SignedIn | None:
        token = connection.cookies.get(COOKIE, "")
        return await run_in_threadpool(self._read, token, name) if token else None

    def _read(self, token: str, name: str) -> SignedIn | None:
        sessions, now = self._site.sessions, self._site.clock.now()
        with self._site.record.reading() as unit:
            known = sessions.read(unit, token)
        is_used = name not in access.UNATTENDED
        if known is not None and is_used and sessions.is_due(known.session):
            self._touch(known.session.digest, now)
        return known

    def _touch(self, digest: str, now: datetime) -> None:
        with self._site.record.unit() as unit:
            unit.staff.touch_session(digest, now)


def inner_path(request: Request) -> str:
    """Return the path below the place where the console is mounted."""
    root = request.scope.get("root_path", "")
    return str(request.scope["path"]).removeprefix(root) or "/"


def _too_much(request: Request, most: int) -> Response | None:
    """Refuse a body that is large, or does not say how large it is."""
    if request.method in ("GET", "HEAD"):
        return None
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        return PlainTextResponse("请求没有说明长度。", 411)
    return problems.problem(request, 413) if int(length) > most else None


def _is_same_origin(connection: HTTPConnection) -> bool:
    origin = connection.headers.get("origin", "")
    return origin.partition("://")[2] == connection.headers.get("host", "")


def _signed_out(request: Request) -> Response:
    path = inner_path(request)
    if problems.wants_json(request):
        return JSONResponse({"error": "signed out"}, 401)
    if request.method not in ("GET", "HEAD"):
        return PlainTextResponse("登录已过期，请重新登录后再提交。", 401)
    root = request.scope.get("root_path", "")
    wanted = f"?next={path}" if is_safe_next(path) and path != "/" else ""
    return RedirectResponse(f"{root}/sign-in{wanted}", 303)


def _change_first(request: Request) -> Response:
    """Send who has a password made by somebody else to where they make their own."""
    if problems.wants_json(request):
        return JSONResponse({"error": "password must be changed"}, 403)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/password", 303)


def _own_home(request: Request, name: str) -> Response | None:
    """Send who may not open the console's first page to the one that is theirs, if there is one."""
    site: Site = request.app.state.site
    if name != "live" or site.desk is None:
        return None
    return see(request, "office_queue")


def is_safe_next(path: str) -> bool:
    """True for a page of this console: never another host, however it is written."""
    plain = path.replace("/", "").replace("-", "").replace("_", "").replace(".", "")
    return path.startswith("/") and "//" not in path and (plain.isascii() and plain.isalnum())
