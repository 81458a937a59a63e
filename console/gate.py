"""The door of the console: no session, no page; and the headers that every answer carries.

Whatever is not named in `_OPEN` is shut, so a page added later cannot be forgotten.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.sessions import COOKIE, Sessions

MOST_BYTES = 64 * 1024
_OPEN = ("/sign-in", "/static/")
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

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a signed-in browser through (`request.state.session`), send others to the sign-in page."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        path = inner_path(request)
        session = self._sessions.read(request.cookies.get(COOKIE, ""))
        request.state.session = session
        is_static = path.startswith("/static/")

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers["Cache-Control"] = "no-cache" if is_static else "no-store"
            await send(message)

        app = _too_much(request)
        if app is None and session is None and not path.startswith(_OPEN):
            app = _refusal(request, path)
        await (app or self._app)(scope, receive, send_guarded)


def inner_path(request: Request) -> str:
    """Return the path below the place where the console is mounted."""
    root = request.scope.get("root_path", "")
    return str(request.scope["path"]).removeprefix(root) or "/"


def _too_much(request: Request) -> Response | None:
    """Refuse a body that is large, or does not say how large it is."""
    if request.method in ("GET", "HEAD"):
        return None
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        return PlainTextResponse("请求没有说明长度。", 411)
    return PlainTextResponse("提交的内容太大。", 413) if int(length) > MOST_BYTES else None


def _refusal(request: Request, path: str) -> Response:
    if path.endswith(".json"):
        return JSONResponse({"error": "signed out"}, 401)
    if request.method not in ("GET", "HEAD"):
        return PlainTextResponse("登录已过期，请重新登录后再提交。", 401)
    root = request.scope.get("root_path", "")
    wanted = f"?next={path}" if is_safe_next(path) and path != "/" else ""
    return RedirectResponse(f"{root}/sign-in{wanted}", 303)


def is_safe_next(path: str) -> bool:
    """True for a page of this console: never another host, however it is written."""
    plain = path.replace("/", "").replace("-", "").replace("_", "").replace(".", "")
    return path.startswith("/") and "//" not in path and (plain.isascii() and plain.isalnum())
