"""Whatever is sent to the real application is answered, and never with a fault of ours (5xx)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.bootstrap import Parts, build
from app.embedded_redis import EmbeddedRedis
from app.gateway import Gateway
from app.guard import Guard
from app.serve import furnish, migrate, mounts
from app.settings import Settings
from bot.model.message import Reply
from bot.ports import Unavailable
from bot.storage.motion.answers import RedisAnswers
from bot.storage.motion.streams import Partitions
from tests.app.asgi import Answer, Ask, ask
from tests.builders import make_complaint
from tests.connectors.wechat.pushes import APP_ID, CITIZEN, KEY, TOKEN, Platform

PUSH_SECRET = "pushsecret-1"  # noqa: S105
QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck))


@dataclass
class Product:
    """The gateway with all it serves, and a loop to ask it on."""

    parts: Parts
    app: Guard
    loop: asyncio.AbstractEventLoop

    def ask(self, asked: Ask) -> Answer:
        return self.loop.run_until_complete(ask(self.app, asked))


class Echo(threading.Thread):
    """Stands in for a worker: answers each accepted message at once, so that no callback has to wait."""

    def __init__(self, parts: Parts, partitions: Partitions) -> None:
        super().__init__(daemon=True)
        self._answers, self._partitions = RedisAnswers(parts.redis), partitions
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            entry = self._partitions.next(0.2)
            if entry is None:
                continue
            try:
                self._answers.offer(entry.message.key, Reply("收到"))
                self._partitions.finish(entry, None)
            except Unavailable:
                return
        self._partitions.release_all()


@pytest.fixture(scope="module")
def product(
    redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Product]:
    asked = Settings(
        data_dir=tmp_path_factory.mktemp("hostile"),
        app_id=APP_ID,
        app_secret="appsecret-9f3a",
        token=TOKEN,
        aes_key=KEY,
        backend_push_secret=PUSH_SECRET,
        admin_password="adminpassword-1",
    )
    migrate(asked)
    parts = build(asked, redis_url=redis_server.url)
    furnish(parts)
    with parts.record.unit() as unit:
        unit.complaints.add(make_complaint(backend_id="B-1"))
    echo = Echo(parts, partitions_of(parts))
    echo.start()
    loop = asyncio.new_event_loop()
    served = Gateway(parts, redis_url=redis_server.url, mounts=mounts(parts))
    yield Product(parts, served.app(), loop)
    echo.stopping.set()
    echo.join(5)
    for task in asyncio.all_tasks(loop):  # those that listen to Redis
        task.cancel()
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    parts.close()


def partitions_of(parts: Parts) -> Partitions:
    return Partitions(parts.redis, parts.process_id)


#: Any text, also such that UTF-8 or XML cannot carry, and numbers beyond every type.
TEXTS = st.one_of(
    st.text(max_size=30),
    st.text(st.characters(categories=["Cc", "Cs", "Co", "Cn"]), max_size=10),
    st.integers().map(str),
    st.sampled_from(
        ["", "0", "-1", "9" * 30, "9" * 5000, "1e999", "nan", "inf", "２３", "²", "]]>", "&#0;", "&a;"]
        + ["\x00", "\ud800", "\udfff\ud800", "\u202e", "\ufeff", "<a>", "燃气泄漏", "x" * 3000]
    ),
)  # fmt: skip


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


# --- anything at all

PATHS = st.one_of(
    st.sampled_from(
        [
            "/wechat",
            "/backend/updates",
            "/media/x",
            "/",
            "/healthz",
            "/metrics",
            "/open311/v2/requests",
        ]
        + [
            "/open311/v2/requests.xml",
            "/open311/v2/services/0701.json",
            "/console/sign-in",
            "/console/",
        ]
        + [
            "/console/cases",
            "/console/static/x",
            "/console/events",
            "/open311/v2/servicerequestupdates",
        ]
    ),
    st.text(max_size=20).map(lambda t: f"/{t}"),
    TEXTS.map(lambda t: f"/media/{t}"),
).map(lambda path: path.encode("utf-8", "replace").decode())  # as servers unquote
QUERIES = st.one_of(
    st.binary(max_size=60),
    st.lists(
        st.tuples(
            st.sampled_from(
                ["signature", "timestamp", "nonce", "echostr", "msg_signature", "openid", "api_key"]
                + ["page", "start_date", "next", "service_code"]
            ),
            TEXTS,
        ),
        max_size=5,
    ).map(lambda pairs: b"&".join(raw(f"{name}={value}") for name, value in pairs)),
)
NAMES = st.sampled_from(
    [b"content-type", b"accept", b"cookie", b"origin", b"x-minsheng-timestamp", b"range", b"expect"]
    + [b"x-minsheng-signature", b"if-none-match", b"if-modified-since", b"x-csrf-token", b"host"]
    + [b"x-forwarded-for", b"x-forwarded-host", b"accept-language", b"upgrade", b"x-requested-with"]
)
KINDS = st.sampled_from(
    [b"application/json", b"text/xml", b"application/x-www-form-urlencoded", b"multipart/form-data"]
    + [b"multipart/form-data; boundary=b", b"multipart/form-data; boundary=\xff", b"a/b; charset=x"]
)
HEADERS = st.lists(st.tuples(NAMES, st.one_of(st.binary(max_size=40), KINDS)), max_size=5)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([b"[" * 50_000, b"{}", b"<xml/>", b"--b\r\n\r\n--b--", b"a=1&" * 2000]),
)


@QUIET
@given(st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "X"]), PATHS, QUERIES, HEADERS, BODIES)  # fmt: skip
@example("POST", "/backend/updates", b"", [(b"x-minsheng-signature", b"\xe9")], b"{}")
def test_nothing_brings_the_application_down(
    product: Product,
    method: str,
    path: str,
    query: bytes,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
) -> None:
    body = b"" if method in ("GET", "HEAD") else body
    length = (b"content-length", str(len(body)).encode())
    answer = product.ask(Ask(method, path, query, body, [*headers, length]))
    assert answer.status < 500, (answer, path)


# --- what WeChat itself signs and encrypts

TAGS = st.sampled_from(
    ["MsgType", "Event", "Content", "EventKey", "List", "FromUserName", "CreateTime", "MsgId", "MsgID"]
    + ["ToUserName", "Location_X", "Location_Y", "Scale", "Label", "PicUrl", "MediaId", "Recognition"]
    + ["MediaId16K", "Format", "ThumbMediaId", "Title", "Description", "Url", "Ticket", "Status"]
    + ["SubscribeMsgPopupEvent", "SubscribeMsgSentEvent", "ScanCodeInfo", "ScanResult", "TemplateId"]
    + ["SubscribeStatusString", "bizmsgmenuid", "Encrypt", "ErrorCode", "x", "a:b", "路"]
)  # fmt: skip
VALUES = st.one_of(
    TEXTS,
    st.sampled_from(
        ["text", "image", "voice", "video", "location", "link", "event", "TEXT", "shortvideo", "file"]
        + ["subscribe", "unsubscribe", "SCAN", "CLICK", "LOCATION", "TEMPLATESENDJOBFINISH", "accept"]
        + ["subscribe_msg_popup_event", "subscribe_msg_sent_event", "scancode_waitmsg", "qrscene_1"]
    ),
)  # fmt: skip
LEAVES = st.tuples(TAGS, VALUES, st.booleans()).map(
    lambda e: f"<{e[0]}>{f'<![CDATA[{e[1]}]]>' if e[2] else e[1]}</{e[0]}>"
)
ELEMENTS = st.recursive(
    LEAVES,
    lambda inner: st.tuples(TAGS, st.lists(inner, max_size=4)).map(
        lambda e: f'<{e[0]} a="1">{"".join(e[1])}</{e[0]}>'
    ),
    max_leaves=10,
)
KINDS_OF_PUSH = st.sampled_from(
    ["text", "image", "voice", "video", "location", "link", "event", "sticker"]
)


@QUIET
@given(KINDS_OF_PUSH, st.lists(ELEMENTS, max_size=8), st.booleans())
@example("text", ["<Content>燃气泄漏</Content>", f"<MsgId>{'9' * 5000}</MsgId>"], True)
@example("text", ["<a>" * 5000 + "</a>" * 5000], True)
def test_no_authentic_push_is_answered_with_a_fault(
    product: Product, kind: str, elements: list[str], has_head: bool
) -> None:
    now = str(int(time.time()))
    head = (
        f"<FromUserName>{CITIZEN}</FromUserName><CreateTime>{now}</CreateTime>"
        f"<ToUserName>gh_1</ToUserName><MsgType>{kind}</MsgType>"
    )
    xml = raw(f"<xml>{head if has_head else ''}{''.join(elements)}</xml>")
    query, body = Platform(now).safe(xml)
    encoded = "&".join(f"{name}={value}" for name, value in query.items()).encode()
    answer = product.ask(Ask("POST", "/wechat", encoded, body))
    assert answer.status in (200, 400), answer
    assert answer.status == 400 or answer.body


# --- what a backend signs

SCALARS = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([10**400, 1e308, -0.0, "2026-11-23T12:00:00+08:00", "0001-01-01T00:00:00+14:00"]),
    st.sampled_from(["9999-12-31T23:59:59-14:00", "2026-02-30", "closed", "in_progress", "B-1"]),
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
UPDATES = st.fixed_dictionaries(
    {"service_request_id": st.one_of(st.just("B-1"), JSON)},
    optional={
        name: st.one_of(SCALARS, JSON)
        for name in ("update_id", "status", "description", "updated_datetime", "media_url")
        + ("external_status_code", "expected_datetime", "agency_responsible")
    },
)
WRAPPED: list[Callable[[Any], Any]] = [
    lambda u: u,
    lambda u: [u],
    lambda u: [u, u],
    lambda u: {"service_request_updates": [u]},
    lambda u: {"request_updates": u},
]


def signed(body: bytes, kind: bytes) -> Ask:
    stamp = str(int(time.time())).encode()
    signature = hmac.new(PUSH_SECRET.encode(), stamp + b"." + body, hashlib.sha256).hexdigest()
    headers = [
        (b"x-minsheng-timestamp", stamp),
        (b"x-minsheng-signature", signature.encode()),
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
    ]
    return Ask("POST", "/backend/updates", body=body, headers=headers)


@QUIET
@given(UPDATES, st.sampled_from(WRAPPED))
@example({"service_request_id": "B-1", "updated_datetime": "9999-12-31T02:00:00-1400"}, WRAPPED[0])
def test_no_signed_update_is_answered_with_a_fault(
    product: Product, update: dict[str, Any], wrap: Callable[[Any], Any]
) -> None:
    answer = product.ask(signed(json.dumps(wrap(update)).encode(), b"application/json"))
    assert answer.status in (200, 400), answer


@QUIET
@given(BODIES, KINDS)
@example(b'{"service_request_id": ' + b"9" * 5000 + b"}", b"application/json")
@example(b"service_request_id=B-1&status=%ff%00", b"application/x-www-form-urlencoded")
def test_no_signed_body_is_answered_with_a_fault(
    product: Product, body: bytes, kind: bytes
) -> None:
    assert product.ask(signed(body, kind)).status in (200, 400)
