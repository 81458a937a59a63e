"""No request leaves for a host that the settings do not name, whoever asks for it, and no redirect is followed."""

from __future__ import annotations

import ast
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
import requests

from app.bootstrap import build
from app.serve import with_demo_account
from app.settings import read
from bot.model.backend import Filing
from bot.model.errors import Permanent, RemoteError
from connectors.open311 import Open311Client
from connectors.outbound import HostRefused, make_session, same_server
from connectors.wechat.http import reaches
from tests.builders import NOON as NOW
from tests.connectors.wechat.conftest import HandClock, build_parts
from tests.connectors.wechat.fake_api import Answer, FakeApi

ROOT = Path(__file__).resolve().parents[3]
#: What can open a connection, by the name of its module.
WAYS_OUT = frozenset(
    {"requests", "urllib3", "http.client", "urllib.request", "httpx", "aiohttp", "websockets",
     "socket", "ftplib", "smtplib", "wechatpy", "wechatpy.client", "asyncio.open_connection"}
)  # fmt: skip
#: Where such a module is imported, and what for.
USED = {
    "app.bootstrap": {"socket"},  # the machine's name
    "app.doctor.callback": {
        "http.client",
        "socket",
    },  # asks our own public address, for the operator
    "app.doctor.installation": {"requests"},
    "connectors.open311.client": {"requests"},  # a session of `outbound`
    "connectors.open311.errors": {"requests", "urllib3"},  # their exceptions
    "connectors.open311.transport": {"requests"},
    "connectors.outbound": {"requests"},
    "connectors.wechat.client": {"requests"},
    "connectors.wechat.http": {"requests", "urllib3"},
    "connectors.wechat.probe": {"requests"},
    "connectors.wechat.tokens": {"requests"},
    "connectors.wechat.transport": {"requests", "wechatpy.client"},
}


class Server:
    """Another machine: remembers who asked, and sends everybody on to `onward` if there is one."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.onward = ""
        self.body = b"[]"
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                self.send_response(302 if outer.onward else 200)
                if outer.onward:
                    self.send_header("Location", outer.onward)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.do_GET()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator[Server]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield self
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def ours() -> Iterator[Server]:
    with Server().running() as server:
        yield server


@pytest.fixture
def inner() -> Iterator[Server]:
    """A machine of the office's network that nobody outside may reach through us."""
    with Server().running() as server:
        yield server


class TestSessions:
    def test_only_the_server_on_the_list_is_asked(self, ours: Server, inner: Server) -> None:
        session = make_session(same_server(ours.url))
        assert session.get(f"{ours.url}/a").status_code == 200
        with pytest.raises(HostRefused):
            session.get(f"{inner.url}/admin")
        assert (ours.asked, inner.asked) == (["/a"], [])

    @pytest.mark.parametrize("method", ["get", "post", "head", "delete"])
    def test_a_redirect_is_not_followed(self, ours: Server, inner: Server, method: str) -> None:
        for onward in (f"{inner.url}/admin", f"{ours.url}/b", "/b"):
            ours.onward = onward
            if method in ("get", "post"):
                answer = make_session(same_server(ours.url)).request(method, f"{ours.url}/a")
                assert answer.status_code == 302
        assert inner.asked == []
        assert set(ours.asked) <= {"/a"}

    @pytest.mark.parametrize(
        "address",
        [
            "http://127.0.0.1:1/",
            "https://api.weixin.qq.com.evil.example/",
            "https://api.weixin.qq.com@evil.example/",
            "http://evil.example/?https://api.weixin.qq.com",
            "http://evil.example#api.weixin.qq.com",
            "http://evilqq.com/",
            "http://169.254.169.254/latest/meta-data/",
            "http://169.254.169.254/vweixinp.tc.qq.com/a.mp4",
            "http://10.0.0.8/vweixinp.tc.qq.com/a.mp4",
            "http://[::1]/vweixinp.tc.qq.com/a.mp4",
            "http://[::ffff:127.0.0.1]/vweixinp.tc.qq.com/a.mp4",
            "http://2130706433/vweixinp.tc.qq.com/a.mp4",
            "http://0x7f.1/vweixinp.tc.qq.com/a.mp4",
            "http://203.205.137.89/other/a.mp4",
            "http://203.205.137.89:6379/vweixinp.tc.qq.com/a.mp4",
            "http://vweixinp.tc.qq.com:22/",
            "http://localhost/vweixinp.tc.qq.com/a.mp4",
        ],
    )
    def test_tricks_with_addresses_reach_nobody(self, address: str) -> None:
        assert not reaches("https://api.weixin.qq.com")(urlsplit(address))
        with pytest.raises(HostRefused):
            make_session(reaches("https://api.weixin.qq.com")).get(address, timeout=0.01)

    @pytest.mark.parametrize(
        "address",
        [
            "https://api.weixin.qq.com/cgi-bin/media/get",
            "http://vweixinp.tc.qq.com/1007_a.f10.mp4?vkey=1",
            "http://203.205.137.89/vweixinp.tc.qq.com/1007_a.f10.mp4?vkey=1",
            "http://mmbiz.qpic.cn/mmbiz_jpg/a/0",
        ],
    )
    def test_the_platforms_own_addresses_are_on_the_list(self, address: str) -> None:
        assert reaches("https://api.weixin.qq.com")(urlsplit(address))


class TestWeChat:
    def test_a_film_that_lies_elsewhere_is_not_asked_for(
        self, api: FakeApi, store: redis.Redis, inner: Server
    ) -> None:
        client = build_parts(api.base, store, HandClock(NOW)).client
        api.answers["media/get"] = Answer(json.dumps({"video_url": f"{inner.url}/admin"}).encode())
        with pytest.raises(Permanent, match="address"):
            client.media_get("MID")
        assert inner.asked == []

    def test_the_api_sends_nobody_on(self, ours: Server, inner: Server, store: redis.Redis) -> None:
        """The token's request carries the app's secret: it goes to one server only."""
        ours.onward = f"{inner.url}/admin"
        parts = build_parts(ours.url, store, HandClock(NOW))
        with pytest.raises(RemoteError):
            parts.tokens.get()
        assert len(ours.asked) == 1
        assert inner.asked == []


class TestBackend:
    def test_it_sends_nobody_on(self, ours: Server, inner: Server) -> None:
        ours.onward = f"{inner.url}/admin"
        client = Open311Client(ours.url, api_key="secret")
        filing = Filing(service_code="1", description="x", address_string="y")
        for call in (client.services, lambda: client.file(filing)):
            with pytest.raises(RemoteError):
                call()
        assert ours.asked
        assert inner.asked == []


def test_the_product_is_built_with_these_sessions(tmp_path: Path, inner: Server) -> None:
    environ = {"MINSHENG_SIMULATOR": "1", "MINSHENG_DATA_DIR": str(tmp_path)}
    settings = with_demo_account(read(environ | {"MINSHENG_BACKEND_URL": "http://office.example"}))
    parts = build(settings, redis_url="redis://127.0.0.1:1")
    sessions = [parts.wechat._session, parts.backend._transport._session]
    for session in sessions:
        with pytest.raises(HostRefused):
            session.get(inner.url)
    parts.close()
    assert inner.asked == []


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {way for way in WAYS_OUT for name in found if name == way or name.startswith(f"{way}.")}


def test_nobody_opens_another_way_out() -> None:
    """The simulator is no part of an installation in use."""
    seen, ways = 0, {}
    for room in ("actions", "app", "bot", "connectors", "console", "desk", "nlu"):
        for path in (ROOT / room).rglob("*.py"):
            seen += 1
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            used = _imports(path) & WAYS_OUT - {"wechatpy"}
            if used:
                ways[name] = used
    assert seen > 250
    assert ways == USED


def test_sessions_are_made_in_one_place() -> None:
    makers = set()
    for path in (ROOT / "connectors").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            owner = called.value if isinstance(called, ast.Attribute) else None
            if isinstance(owner, ast.Name) and owner.id == "requests":
                makers.add(ast.unparse(node))
    assert makers == set()  # `requests.get`, `requests.Session()`: nowhere
    assert issubclass(type(make_session(same_server("http://a"))), requests.Session)
