"""The log of a running product at its most talkative, through faults of every kind: nothing personal, no secret in it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import redis

from app.redaction import MASK
from simulator.driver import Citizen
from tests.e2e.desk import Desk
from tests.e2e.server import API_KEY, ProductServer
from tests.e2e.talk import file_case

SECRETS = {
    "MINSHENG_WECHAT_APP_SECRET": "appsecret9f3a77c1",
    "MINSHENG_WECHAT_TOKEN": "tokenWord77x",
    "MINSHENG_WECHAT_AES_KEY": "q" * 42 + "Q",
    "MINSHENG_BACKEND_PUSH_SECRET": "pushsecret-41x",
    "MINSHENG_SECRET_KEY": "secretkey-0123456789x",
    "MINSHENG_ADMIN_PASSWORD": "adminpassword-1x",
}
PHONE, ID_NUMBER = "13957104321", "330106199003074517"
WORDS = "西湖区文二路4417号楼下的烧烤店每晚油烟很大，呛得没法开窗"
OFFICE_WORDS = "街道已约谈店主老刘"
PERSONAL = (
    PHONE, ID_NUMBER, "文二路", "号楼", "烧烤店", "油烟", "开窗", "老刘", "约谈", "路灯不亮", "咨询一下",
)  # fmt: skip
LEAST_LINES = 40


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductServer]:
    server = ProductServer(
        tmp_path_factory.mktemp("leaks"), MINSHENG_LOG_LEVEL="debug", **SECRETS
    ).start()
    yield server
    server.kill()


def text_of(server: ProductServer) -> str:
    """The log, without what the command says to whoever starts the demo: its address and password."""
    text = Path(server.folder / "serve.log").read_text(encoding="utf-8", errors="replace")
    return "\n".join(line for line in text.splitlines() if not line.startswith("[minsheng]"))


def wait_for_line(server: ProductServer, words: str) -> None:
    deadline = time.monotonic() + 20
    while words not in text_of(server):
        assert time.monotonic() < deadline, f"{words!r} is not in the log:\n{server.log_tail(30)}"
        time.sleep(0.1)


def break_sql(server: ProductServer, file: str, statement: str) -> None:
    with closing(sqlite3.connect(server.folder / "data" / file, timeout=10)) as vandal:
        vandal.execute(statement)
        vandal.commit()


def faults_of_wechat(server: ProductServer, citizen: Citizen, receipt: str) -> None:
    """Refused, lost and broken sends; tokens that die; a picture that cannot be fetched."""
    driver, desk = server.driver(), Desk(server.url)
    number = desk.wait_for(receipt)["service_request_id"]
    driver.account(revoke_tokens=True)
    driver.fault("/cgi-bin/message/custom/send", errcode=-1, times=1)
    driver.fault("/cgi-bin/message/custom/send", http_status=502, times=1)
    driver.fault("/cgi-bin/message/custom/send", lost=True, times=1)
    driver.fault("/cgi-bin/message/custom/send", errcode=98765, times=1)
    driver.fault("/cgi-bin/media/get", errcode=40007, times=3)
    for words in (OFFICE_WORDS, f"{OFFICE_WORDS}，电话{PHONE}"):
        desk.update(number, words)
    citizen.send_image()
    wait_for_line(server, "delivery retry")
    driver.clear_faults()


def faults_of_redis(server: ProductServer, citizen: Citizen) -> None:
    """A Redis that takes nothing more."""
    store = redis.Redis(unix_socket_path=str(server.folder / "data" / "redis" / "redis.sock"))
    before = store.config_get("maxmemory")["maxmemory"]
    store.config_set("maxmemory", 1)
    try:
        citizen.say(f"咨询一下，电话{PHONE}", wait=False)
        wait_for_line(server, "refused with 503")
    finally:
        store.config_set("maxmemory", before)
        store.close()


def faults_of_sql(server: ProductServer, citizen: Citizen) -> None:
    """A statement that fails with the citizen's words among its values; a broken row at the desk."""
    trigger = (
        "CREATE TRIGGER bad BEFORE INSERT ON line BEGIN SELECT RAISE(ABORT, 'as ordered'); END"
    )
    break_sql(server, "minsheng.db", trigger)
    try:
        citizen.say(f"路灯不亮，电话{PHONE}", wait=False)
        wait_for_line(server, "message parked")
    finally:
        break_sql(server, "minsheng.db", "DROP TRIGGER bad")
    break_sql(server, "desk.db", "UPDATE desk_request SET attributes = '{'")
    assert server.get("/open311/v2/requests.json", api_key=API_KEY).status_code == 500
    wait_for_line(server, "Exception in ASGI application")


def strangers(server: ProductServer, citizen: Citizen) -> None:
    """Forged pushes, wrong passwords, requests that break the bounds."""
    query = {"signature": "f" * 40, "timestamp": "1", "nonce": "1", "openid": citizen.openid}
    body = f"<xml><FromUserName>{citizen.openid}</FromUserName><Content>{WORDS}</Content></xml>"
    assert server.post("/wechat", body.encode(), params=query).status_code == 403
    citizen.inject(f"<xml><MsgType>{PHONE}</MsgType></xml>", wait=False)
    signed_in = b"number=0001&password=" + SECRETS["MINSHENG_ADMIN_PASSWORD"].encode() + b"x"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    server.post("/console/sign-in", signed_in, headers=form)
    assert server.post(f"/healthz?openid={citizen.openid}", b"x").status_code == 413


def forms_of(text: str) -> set[str]:
    """How a text may stand in a log: plain, in JSON's escapes, in the bytes of a repr, in an address."""
    plain = {text, json.dumps(text)[1:-1], repr(text.encode())[2:-1]}
    return plain | {"".join(f"%{byte:02X}" for byte in text.encode())}


def test_through_all_faults_nothing_personal_and_no_secret_is_logged(
    product: ProductServer,
) -> None:
    citizen = product.driver().create_citizen("小林")
    receipt = file_case(citizen, f"{WORDS}，我的电话{PHONE}，身份证{ID_NUMBER}")
    faults_of_wechat(product, citizen, receipt)
    faults_of_redis(product, citizen)
    faults_of_sql(product, citizen)
    strangers(product, citizen)
    citizen.say("你好")
    tokens = {
        found["request"]["url"].partition("access_token=")[2].partition("&")[0]
        for found in product.driver().exchanges(kind="api")
    } - {""}
    assert len(tokens) >= 2  # one was revoked
    log = text_of(product)
    for sign in ("Traceback", "hide_parameters", "delivery retry", "parked", "refused with 403"):
        assert sign in log, sign
    assert len(log.splitlines()) >= LEAST_LINES
    hidden = {citizen.openid, API_KEY, *PERSONAL, *SECRETS.values(), *tokens}
    leaks = {text for text in hidden if any(form in log for form in forms_of(text))}
    shown = [
        line for line in log.splitlines() if any(f in line for t in leaks for f in forms_of(t))
    ]
    assert not leaks, "\n".join(shown[:10])
    assert MASK not in log, [line for line in log.splitlines() if MASK in line][:10]
