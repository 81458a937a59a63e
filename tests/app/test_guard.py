"""No answer without its headers, no body where none is taken, nobody who holds a connection by being slow."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from app.bootstrap import build
from app.bounded_http import BoundedHttp
from app.gateway import BODIES, Gateway
from app.guard import HEADERS, MARGIN_BYTES, Guard
from app.serve import furnish, migrate, mounts
from app.settings import Settings
from tests.app.asgi import Ask, ask

LEAST_ROUTES = 100
WANTED = {name.decode() for name in HEADERS}
UNSAFE = ("unsafe-inline", "unsafe-eval", "*", "http:", "https:", "data:")


@pytest.fixture(scope="module")
def product(
    redis_server: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Guard, list[BaseRoute]]]:
    """The gateway with everything it can serve, and a room that breaks."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("guard"),
        app_id="wx0123456789abcdef",
        app_secret="appsecret-9f3a",
        token="tokenWord77",
        backend_push_secret="pushsecret-1",
        public_url="https://minsheng.example",
        admin_password="adminpassword-1",
        simulator=True,
    )
    migrate(settings)
    parts = build(settings, redis_url=redis_server.url)
    furnish(parts)

    async def broken(request: Request) -> Response:
        raise RuntimeError("as ordered")

    served = [Route("/broken", broken), *mounts(parts)]
    app = Gateway(parts, redis_url=redis_server.url, mounts=served).app()
    yield app, app.app.routes  # type: ignore[attr-defined]
    parts.close()


def paths_of(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, BaseRoute]]:
    """Every address with something put into its parameters."""
    for route in routes:
        if isinstance(route, Mount):
            yield from paths_of(list(route.routes), prefix + route.path)
            if not route.routes:
                yield f"{prefix}{route.path}/x", route
        elif isinstance(route, (Route, WebSocketRoute)):
            filled = route.path_format.format_map(dict.fromkeys(route.param_convertors, "1"))
            yield prefix + filled, route


def check(where: str, headers: dict[str, str]) -> None:
    assert WANTED - set(headers) == set(), where
    assert headers["strict-transport-security"] == "max-age=31536000", where
    assert headers["x-content-type-options"] == "nosniff", where
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'"), where
    assert "frame-ancestors 'none'" in policy, where
    assert [word for word in UNSAFE if word in policy] == [], where
    assert "server" not in headers, where


def test_every_answer_of_every_address_carries_the_headers(
    product: tuple[Guard, list[BaseRoute]],
) -> None:
    app, routes = product
    found = list(paths_of(routes))
    assert len(found) >= LEAST_ROUTES

    async def walk() -> dict[str, int]:
        seen = {}
        for path, _ in found:
            for method in ("GET", "POST", "DELETE"):
                where = f"{method} {path}"
                answer = await ask(app, Ask(method, path))
                check(where, answer.headers)
                seen[where] = answer.status
        return seen

    seen = asyncio.run(walk())
    assert {200, 303, 400, 403, 404, 405, 411, 500} <= set(seen.values())
    broken = {where for where, status in seen.items() if status >= 500}
    assert broken <= {"GET /broken", "GET /readyz"}


@pytest.mark.parametrize("path", ["/nothing", "/console/nothing", "/open311/v2/nothing", "/%00"])
def test_what_is_not_there_carries_them_too(product: Any, path: str) -> None:
    answer = asyncio.run(ask(product[0], Ask("GET", path)))
    assert answer.status in (303, 404)
    check(path, answer.headers)


def test_a_refused_web_socket_carries_them_too(product: Any) -> None:
    sockets = [p for p, r in paths_of(product[1]) if isinstance(r, WebSocketRoute)]
    assert sockets == ["/console/events"]
    for path in (*sockets, "/nothing"):
        more = {"type": "websocket", "extensions": {"websocket.http.response": {}}}
        answer = asyncio.run(ask(product[0], Ask("GET", path, more=more)))
        assert answer.status == 403
        check(path, answer.headers)


def test_a_body_is_refused_where_none_is_taken(product: Any) -> None:
    app, routes = product
    bodiless = [
        path
        for path, _ in paths_of(routes)
        if not any(path == p or path.startswith(f"{p}/") for p in BODIES)
    ]
    assert {"/", "/healthz", "/readyz", "/metrics", "/media/1", "/broken"} <= set(bodiless)

    async def walk() -> None:
        for path in (*bodiless, "/nothing", "/wechatx"):
            for name, value in ((b"content-length", b"5"), (b"transfer-encoding", b"chunked")):
                answer = await ask(app, Ask("POST", path, headers=[(name, value)]))
                assert answer.status == 413, path
                assert answer.headers["connection"] == "close"
        for path in BODIES:
            answer = await ask(app, Ask("GET", path, headers=[(b"content-length", b"5")]))
            assert answer.status == 413, path
            for length in (b"99999999999999999999", b"-1", b"\xb2"):
                answer = await ask(app, Ask("POST", path, headers=[(b"content-length", length)]))
                assert answer.status == 413, path

    asyncio.run(walk())


def test_without_https_browsers_are_not_told_to_stay_with_it(
    settings: Settings, redis_url: str
) -> None:
    parts = build(replace(settings, public_url=""), redis_url=redis_url)
    app = Gateway(parts, redis_url=redis_url, mounts=[]).app()
    answer = asyncio.run(ask(app, Ask("GET", "/healthz")))
    assert "strict-transport-security" not in answer.headers
    parts.close()


class _Hasty(BoundedHttp):
    head_s = 0.3


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A room behind the guard on a real server: it reads all, part, or nothing of a body."""

    async def room(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    async def deaf(request: Request) -> Response:
        return PlainTextResponse("deaf")

    inner = Starlette(
        routes=[Route("/room", room, methods=["POST"]), Route("/deaf", deaf, methods=["POST"])]
    )
    app = Guard(inner, bodies={"/room": 1000, "/deaf": 1000}, body_s=0.4)
    config = uvicorn.Config(
        app, port=0, http=_Hasty, ws="none", lifespan="off", log_level="error", server_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(5)


def talk(port: int, *pieces: bytes, pause_s: float = 0.0) -> str:
    """Send and return everything that comes back until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=8) as caller:
        for piece in pieces:
            caller.sendall(piece)
            time.sleep(pause_s)
        answer = b""
        while chunk := caller.recv(65536):
            answer += chunk
    return answer.decode()


HEAD = b"POST /room HTTP/1.1\r\nHost: x\r\n"
SAFE = "x-content-type-options: nosniff"


def test_a_body_within_the_bound_is_taken(port: int) -> None:
    body = b"x" * 900
    answer = talk(port, HEAD + b"Connection: close\r\nContent-Length: 900\r\n\r\n" + body)
    assert answer.startswith("HTTP/1.1 200")
    assert answer.endswith("900")
    assert SAFE in answer


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
def test_a_body_beyond_it_is_refused_however_it_comes(port: int, declared: bool) -> None:
    size = 1000 + MARGIN_BYTES + 1
    if declared:
        answer = talk(port, HEAD + b"Content-Length: %d\r\n\r\n" % size)
    else:
        chunk = b"%x\r\n%s\r\n" % (size, b"x" * size)
        answer = talk(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk)
    assert answer.startswith("HTTP/1.1 413")
    assert SAFE in answer


def test_a_body_that_never_ends_is_given_up(port: int) -> None:
    answer = talk(port, HEAD + b"Content-Length: 500\r\n\r\nx")
    assert answer.startswith("HTTP/1.1 408")
    assert SAFE in answer


@pytest.mark.parametrize(
    "head", [b"", b"P", HEAD, HEAD + b"X-A: "], ids=["silent", "letter", "line", "header"]
)
def test_a_head_that_never_ends_is_given_up(port: int, head: bytes) -> None:
    answer = talk(port, head)
    assert answer.startswith("HTTP/1.1 408")
    assert SAFE in answer


def test_a_second_request_is_waited_for_as_patiently(port: int) -> None:
    first = HEAD + b"Content-Length: 1\r\n\r\nx"
    answer = talk(port, first, b"POST", pause_s=0.1)
    assert answer.startswith("HTTP/1.1 200")
    assert "HTTP/1.1 408" in answer


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"X: " + b"a" * 70_000 + b"\r\n\r\n",
        HEAD + b"X: a\r\n" * 12_000 + b"\r\n",
        b"POST /room?" + b"a" * 60_000 + b" HTTP/1.1\r\nX: " + b"a" * 6_000 + b"\r\n\r\n",
    ],
    ids=["header", "headers", "query"],
)
def test_a_head_too_large_is_refused(port: int, head: bytes) -> None:
    answer = talk(port, head)
    assert answer.startswith("HTTP/1.1 431")
    assert SAFE in answer


def test_a_head_without_end_is_refused_before_it_ends(port: int) -> None:
    pieces = [b"a" * 30_000] * 3
    assert talk(port, HEAD + b"X: ", *pieces, pause_s=0.02).startswith("HTTP/1.1 431")


@pytest.mark.parametrize(
    "head", [b"GARBAGE\r\n\r\n", b"POST /room?" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_http_is_told_so(port: int, head: bytes) -> None:
    answer = talk(port, head)
    assert answer.startswith("HTTP/1.1 400")
    assert SAFE in answer


def test_a_room_that_reads_no_body_answers_all_the_same(port: int) -> None:
    head = b"POST /deaf HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 500\r\n\r\n"
    assert "deaf" in talk(port, head)
