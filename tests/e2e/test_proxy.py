"""The product behind nginx with the shipped configuration: WeChat gets in, nothing else does, no log knows a citizen."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import signal
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import websockets
from requests.adapters import HTTPAdapter

from simulator.app import create_app
from simulator.config import SimulatorConfig
from simulator.driver import Citizen, SimulatorDriver
from tests.e2e.nginx import COLLEAGUE, HOST, Nginx
from tests.e2e.server import ProductServer
from tests.e2e.wire import Wire, text_xml
from tests.simulator.conftest import serve

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture(scope="module")
def nginx(server: ProductServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    proxy = Nginx(tmp_path_factory.mktemp("nginx"), server)
    yield proxy.start()
    proxy.stop()


@pytest.fixture(scope="module")
def platform(nginx: Nginx) -> Iterator[SimulatorDriver]:
    """WeChat outside, which knows the account only by its address at the proxy."""
    trusted, before = str(nginx.root), os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = trusted
    config = replace(SimulatorConfig(), callback_url=f"{nginx.url}/wechat")
    running, thread, port = serve(create_app(config))
    yield SimulatorDriver(f"http://127.0.0.1:{port}")
    running.should_exit = True
    thread.join(5)
    if before is None:
        del os.environ["SSL_CERT_FILE"]
    else:
        os.environ["SSL_CERT_FILE"] = before


@pytest.fixture
def outsider(platform: SimulatorDriver) -> Citizen:
    return platform.create_citizen("代理后的市民")


class From(HTTPAdapter):
    """Asks from this address of the machine."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, source_address=(self._address, 0), **options)


def sign_in(browser: requests.Session, root: str, server: ProductServer) -> requests.Response:
    password = (server.folder / "data" / "admin.password").read_text().strip()
    found = _CSRF.search(browser.get(f"{root}/console/sign-in", timeout=20).text)
    assert found is not None
    form = {"csrf": found[1], "account": "0001", "password": password, "next": "/"}
    return browser.post(f"{root}/console/sign-in", data=form, timeout=20)


def test_wechat_accepts_the_address(platform: SimulatorDriver) -> None:
    assert platform.verify()


def test_a_citizens_message_through_tls_is_answered(outsider: Citizen) -> None:
    assert outsider.say("你好")
    assert outsider.last["exchange"]["outcome"] == "replied"


def test_an_answer_that_was_held_past_wechats_cut_is_given_in_the_second_attempt(
    outsider: Citizen, server: ProductServer
) -> None:
    """nginx must hang up when WeChat does: else the first attempt's answer would count as told."""
    pid = server.worker_pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(outsider.say, "您好")
            time.sleep(6.0)
            os.kill(pid, signal.SIGCONT)
            assert asked.result(15)
    finally:
        os.kill(pid, signal.SIGCONT)
    attempts = [a["result"] for a in outsider.last["exchange"]["attempts"]]
    assert attempts == ["timeout", "replied"]


@pytest.mark.parametrize(
    "path",
    ["/metrics", "/readyz", "/healthz", "/simulator/", "/open311/v2/services.json", "/", "/x"],
)
def test_what_is_not_for_outside_is_not_there(
    nginx: Nginx, server: ProductServer, path: str
) -> None:
    assert nginx.get(path).status_code == 404
    if path not in ("/", "/x"):
        assert server.get(path).status_code == 200  # the gateway itself would have told


def test_a_wrong_signature_is_refused_by_the_gateway_behind(nginx: Nginx) -> None:
    query = {"signature": "0" * 40, "timestamp": "1", "nonce": "1", "echostr": "1"}
    assert nginx.get("/wechat", params=query).status_code == 403


def test_bodies_beyond_any_push_are_413(nginx: Nginx, server: ProductServer) -> None:
    assert nginx.post("/wechat", b"x" * (256 * 1024 + 1)).status_code == 413
    assert nginx.post("/backend/updates", b"x" * (1024 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize(("source", "status"), [(HOST, 200), ("127.0.0.2", 403)])
def test_the_console_is_for_the_office_alone(nginx: Nginx, source: str, status: int) -> None:
    connection = http.client.HTTPSConnection(
        HOST,
        nginx.port,
        context=ssl.create_default_context(cafile=str(nginx.root)),
        source_address=(source, 0),
    )
    connection.request("GET", "/console/sign-in")
    assert connection.getresponse().status == status
    connection.close()


@pytest.mark.parametrize("behind", [True, False])
def test_the_audit_trail_knows_who_asks_and_believes_only_the_proxy(
    nginx: Nginx, server: ProductServer, behind: bool
) -> None:
    browser, root = nginx.browser(), nginx.url if behind else server.url
    browser.mount(root, From(COLLEAGUE))
    browser.headers["X-Forwarded-For"] = "203.0.113.9"  # who one claims to be
    signed_in = sign_in(browser, root, server)
    assert signed_in.status_code == 200

    shown = browser.get(f"{root}/console/audit", timeout=20).text

    newest = shown[shown.index("<tbody") :]
    assert newest[: newest.index("</tr>")].count(COLLEAGUE) == 1
    assert "203.0.113.9" not in shown


def test_the_consoles_socket_goes_through(nginx: Nginx, server: ProductServer) -> None:
    browser = nginx.browser()
    assert sign_in(browser, nginx.url, server).status_code == 200
    cookies = "; ".join(f"{c.name}={c.value}" for c in browser.cookies)

    async def first_word() -> dict[str, object]:
        async with websockets.connect(
            f"wss://{HOST}:{nginx.port}/console/events",
            ssl=ssl.create_default_context(cafile=str(nginx.root)),
            origin=nginx.url,
            extra_headers={"Cookie": cookies},
        ) as socket:
            return dict(json.loads(await asyncio.wait_for(socket.recv(), 10)))

    assert asyncio.run(first_word())


def test_without_a_gateway_wechat_is_told_to_ask_again(tmp_path: Path) -> None:
    """5xx is what makes the platform repeat a push (contract section 2)."""
    nobody = ProductServer(tmp_path / "nobody")  # its port is free: it is never started
    proxy = Nginx(tmp_path, nobody)
    proxy.start()
    try:
        answer = proxy.post("/wechat", b"<xml/>", params={"openid": "oNobody"})
        assert answer.status_code == 502
        assert "oNobody" not in proxy.logs()
    finally:
        proxy.stop()


def test_plain_http_is_sent_to_tls_and_tls_says_so_for_two_years(nginx: Nginx) -> None:
    plain = requests.get(
        f"http://{HOST}:{nginx.plain_port}/wechat?a=1", allow_redirects=False, timeout=10
    )
    assert plain.status_code == 301
    assert plain.headers["Location"] == f"https://{HOST}/wechat?a=1"
    assert "max-age=63072000" in nginx.get("/wechat").headers["Strict-Transport-Security"]


def test_old_tls_is_not_spoken(nginx: Nginx) -> None:
    import socket

    context = ssl.create_default_context(cafile=str(nginx.root))
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1  # noqa: S502
    with (
        socket.create_connection((HOST, nginx.port), 5) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        context.wrap_socket(plain, server_hostname=HOST)


def test_no_log_holds_an_open_id_or_a_link(nginx: Nginx, server: ProductServer) -> None:
    """Not even of a push that the gateway would not take, or one that found no gateway."""
    openid = "oNobodyShallRead0000000000z"
    wire = Wire(server)
    encrypted = wire.cipher.encrypt(text_xml(openid, "你好"))
    query = {**wire.sealed(encrypted), "openid": openid}
    nginx.post("/wechat", b"<xml/>", params=query)
    nginx.get("/media/secretLinkOfAPicture")
    nginx.get(f"/console/search?q={openid}")
    nginx.post("/wechat", b"x" * (256 * 1024 + 1), params=query)
    logs = nginx.logs()
    assert '"POST /wechat" 40' in logs
    assert '"POST /wechat" 413' in logs
    assert '"GET /media/-"' in logs
    for secret in (openid, "secretLink", "msg_signature"):
        assert secret not in logs
