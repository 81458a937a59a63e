from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from xml.etree import ElementTree

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from bot.model.message import Inbound, Kind, Option, Reply
from bot.ports import Unavailable
from connectors.wechat.callback import CallbackMetrics, WeChatCallback
from connectors.wechat.credentials import WeChatAccount
from connectors.wechat.splitting import LIMIT_BYTES
from tests.connectors.wechat.conftest import HandClock, Serve
from tests.connectors.wechat.pushes import (
    ACCOUNT,
    APP_ID,
    CITIZEN,
    CREATED,
    KEY,
    OLD_KEY,
    TOKEN,
    Platform,
    event_push,
    push,
    text_push,
)
from tests.connectors.wechat.vectors import B, sha1_of

NOW = str(CREATED)


@dataclass
class Office:
    """The inner side of the door: takes messages, gives the answer it was told to give."""

    reply: Reply | None = None
    broken: bool = False
    seen: list[Inbound] = field(default_factory=list)
    rest: list[list[Reply]] = field(default_factory=list)

    patience: float = 0.0
    was_open: list[bool] = field(default_factory=list)

    async def door(self, message: Inbound, is_open: Callable[[], Awaitable[bool]]) -> Reply | None:
        await asyncio.sleep(self.patience)
        self.was_open.append(await is_open())
        if self.broken:
            raise Unavailable("no store")
        self.seen.append(message)
        return self.reply

    async def take_rest(self, message: Inbound, others: list[Reply]) -> None:
        self.rest.append(others)


@dataclass
class Site:
    """A served callback."""

    url: str
    office: Office
    registry: CollectorRegistry
    session: requests.Session

    def post(self, query: dict[str, str], body: bytes) -> requests.Response:
        return self.session.post(self.url, params=query, data=body, timeout=5)

    def get(self, **query: str) -> requests.Response:
        return self.session.get(self.url, params=query, timeout=5)

    def count(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"minsheng_wechat_{name}_total", labels) or 0.0


def clock_at_push() -> HandClock:
    return HandClock(datetime.fromtimestamp(CREATED + 1, tz=timezone.utc))


def build(serve: Serve, account: WeChatAccount) -> Site:
    office, registry = Office(), CollectorRegistry()
    callback = WeChatCallback(
        account,
        office.door,
        clock=clock_at_push(),
        rest=office.take_rest,
        metrics=CallbackMetrics(registry),
        max_body=20_000,
    )
    base = serve(Starlette(routes=list(callback.routes())))
    return Site(f"{base}/wechat", office, registry, requests.Session())


@pytest.fixture(scope="module")
def served_keyed(serve: Serve) -> Site:
    return build(serve, WeChatAccount(APP_ID, "s", TOKEN, aes_key=KEY, aes_key_previous=OLD_KEY))


@pytest.fixture(scope="module")
def served_plain(serve: Serve) -> Site:
    return build(serve, WeChatAccount(APP_ID, "s", TOKEN, original_id=ACCOUNT))


def fresh(site: Site) -> Site:
    site.office.reply, site.office.broken = None, False
    site.office.seen.clear()
    site.office.rest.clear()
    return site


@pytest.fixture
def keyed(served_keyed: Site) -> Site:
    return fresh(served_keyed)


@pytest.fixture
def plain(served_plain: Site) -> Site:
    return fresh(served_plain)


def opened(response: requests.Response, key: str = KEY) -> ElementTree.Element:
    outer = {child.tag: child.text or "" for child in ElementTree.fromstring(response.text)}
    return ElementTree.fromstring(
        Platform(NOW, key=key).crypt.decrypt_message(
            outer["TimeStamp"], outer["Nonce"], outer["MsgSignature"], outer["Encrypt"]
        )
    )


class TestVerification:
    @pytest.mark.parametrize("echo", ["4375120948345356249", "a b+c/=", "回声"])
    def test_echo_comes_back_byte_for_byte(self, keyed: Site, echo: str) -> None:
        signature = sha1_of(TOKEN, NOW, "n")
        got = keyed.get(signature=signature, timestamp=NOW, nonce="n", echostr=echo)
        assert (got.status_code, got.content) == (200, echo.encode())
        assert got.headers["content-type"].startswith("text/plain")

    @pytest.mark.parametrize("signature", ["0" * 40, "签名", sha1_of("", NOW, "n")])
    def test_wrong_signature_is_403(self, keyed: Site, signature: str) -> None:
        got = keyed.get(signature=signature, timestamp=NOW, nonce="n", echostr="1")
        assert (got.status_code, b"1" in got.content) == (403, False)

    def test_stale_signature_is_403(self, keyed: Site) -> None:
        old = str(CREATED - 4000)
        got = keyed.get(signature=sha1_of(TOKEN, old, "n"), timestamp=old, nonce="n", echostr="1")
        assert got.status_code == 403

    @pytest.mark.parametrize("query", [{}, {"echostr": "1"}, {"signature": "x", "timestamp": "1"}])
    def test_missing_parameters_are_400(self, keyed: Site, query: dict[str, str]) -> None:
        assert keyed.get(**query).status_code == 400


class TestModes:
    def test_safe_mode_is_answered_in_its_own_key(self, keyed: Site) -> None:
        keyed.office.reply = Reply("收到 ]]> <a href='x'>", (Option("1", "好"),))
        got = keyed.post(*Platform(NOW).safe(text_push("路灯坏了")))
        inner = opened(got)
        assert got.status_code == 200
        assert (inner.findtext("ToUserName"), inner.findtext("FromUserName")) == (CITIZEN, ACCOUNT)
        assert inner.findtext("MsgType") == "text"
        assert (inner.findtext("Content") or "").startswith("收到 ]]> ＜a href='x'>\n<a href=")
        assert keyed.office.seen[0].text == "路灯坏了"

    def test_previous_key_is_answered_with_the_previous_key(self, keyed: Site) -> None:
        keyed.office.reply = Reply("收到")
        got = keyed.post(*Platform(NOW, key=OLD_KEY).safe(text_push()))
        assert opened(got, OLD_KEY).findtext("Content") == "收到"

    def test_compatible_mode_is_read_from_the_encrypted_part(self, keyed: Site) -> None:
        keyed.office.reply = Reply("收到")
        query, body = Platform(NOW).compatible(text_push("真话"))
        forged = body.replace("真话".encode(), "假话".encode())
        assert opened(keyed.post(query, forged)).findtext("Content") == "收到"
        assert keyed.office.seen[0].text == "真话"

    def test_plain_mode_is_answered_in_the_clear(self, plain: Site) -> None:
        plain.office.reply = Reply("收到")
        got = plain.post(*Platform(NOW).plain(text_push()))
        assert ElementTree.fromstring(got.text).findtext("Content") == "收到"

    def test_compatible_body_without_a_key_is_read_in_the_clear(self, plain: Site) -> None:
        plain.office.reply = Reply("收到")
        got = plain.post(*Platform(NOW).compatible(text_push()))
        assert ElementTree.fromstring(got.text).findtext("Content") == "收到"

    def test_body_in_the_clear_is_refused_where_a_key_is_set(self, keyed: Site) -> None:
        assert keyed.post(*Platform(NOW).plain(text_push())).status_code == 403
        assert keyed.office.seen == []

    def test_plain_signature_does_not_pass_for_msg_signature(self, keyed: Site) -> None:
        query, body = Platform(NOW).safe(text_push())
        assert keyed.post({**query, "msg_signature": query["signature"]}, body).status_code == 403


class TestAnswers:
    def test_nothing_to_say_is_success_in_the_clear(self, keyed: Site) -> None:
        got = keyed.post(*Platform(NOW).safe(text_push()))
        assert (got.status_code, got.text) == (200, "success")

    @pytest.mark.parametrize("reply", [Reply(""), Reply(" \n")])
    def test_empty_reply_is_success(self, plain: Site, reply: Reply) -> None:
        plain.office.reply = reply
        assert plain.post(*Platform(NOW).plain(text_push())).text == "success"

    @pytest.mark.parametrize("event", ["LOCATION", "unsubscribe", "VIEW", "never_heard_of"])
    def test_events_that_may_not_be_answered_get_success(self, plain: Site, event: str) -> None:
        plain.office.reply = Reply("再见")
        assert plain.post(*Platform(NOW).plain(event_push(event))).text == "success"
        kinds = [message.kind for message in plain.office.seen]
        assert kinds == ([Kind.UNFOLLOW] if event == "unsubscribe" else [])

    def test_long_answer_gives_its_first_part_and_hands_on_the_rest(self, plain: Site) -> None:
        plain.office.reply = Reply("很长的回答。" * 300, (Option("1", "好"),))
        root = ElementTree.fromstring(plain.post(*Platform(NOW).plain(text_push())).text)
        content = root.findtext("Content") or ""
        assert len(content.encode()) <= LIMIT_BYTES
        (others,) = plain.office.rest
        assert content + "".join(part.text for part in others) == plain.office.reply.text
        assert others[-1].options == plain.office.reply.options

    def test_store_that_is_down_makes_the_platform_ask_again(self, plain: Site) -> None:
        plain.office.broken = True
        assert plain.post(*Platform(NOW).plain(text_push())).status_code == 503


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "status"),
        [(b"", 400), (b"{}", 400), (b'{"Encrypt":"x"}', 400), (b"<xml>", 400), (b"<xml/>", 403)]
        + [(b"<!DOCTYPE xml><xml/>", 400), (b"\x00\xff" * 50, 400), (b"x" * 20_001, 413)],
    )
    @pytest.mark.parametrize("mode", ["keyed", "plain"])
    def test_bodies_that_are_no_push(
        self, request: pytest.FixtureRequest, mode: str, body: bytes, status: int
    ) -> None:
        site: Site = request.getfixturevalue(mode)
        got = site.post(*Platform(NOW).plain(body))
        if mode == "plain" and body == b"<xml/>":
            assert (got.status_code, got.text) == (200, "success")
        else:
            assert got.status_code == status

    @pytest.mark.parametrize(
        "platform",
        [
            Platform(NOW, token="other"),
            Platform(NOW, key=B.aes_key),
            Platform(NOW, app_id="wxother"),
        ]
        + [Platform(str(CREATED - 1000)), Platform(str(CREATED + 1000)), Platform("soon")],
    )
    def test_pushes_of_others_are_403(self, keyed: Site, platform: Platform) -> None:
        assert keyed.post(*platform.safe(text_push())).status_code == 403
        assert keyed.office.seen == []

    @pytest.mark.parametrize("inner", [b"", b"{}", b"<xml>", b"not xml at all"])
    def test_authentic_envelope_around_garbage_is_400(self, keyed: Site, inner: bytes) -> None:
        assert keyed.post(*Platform(NOW).safe(inner)).status_code == 400

    def test_authentic_push_with_senseless_values_is_success(self, keyed: Site) -> None:
        got = keyed.post(*Platform(NOW).safe(push("<MsgType>location</MsgType>")))
        assert (got.status_code, got.text) == (200, "success")

    def test_body_without_declared_length_is_bounded_too(self, keyed: Site) -> None:
        query, _ = Platform(NOW).plain(b"")
        chunks = iter([b"x" * 9_000] * 3)
        got = keyed.session.post(keyed.url, params=query, data=chunks, timeout=5)
        assert got.status_code == 413

    def test_other_methods_are_405(self, keyed: Site) -> None:
        assert requests.put(keyed.url, data=b"x", timeout=5).status_code == 405

    def test_refusals_and_pushes_are_counted(self, keyed: Site) -> None:
        before = keyed.count("requests", outcome="signature")
        keyed.post(*Platform(NOW, token="other").safe(text_push()))
        assert keyed.count("requests", outcome="signature") == before + 1
        texts = keyed.count("pushes", type="text")
        keyed.post(*Platform(NOW).safe(text_push()))
        assert keyed.count("pushes", type="text") == texts + 1


QUERY = st.dictionaries(
    st.sampled_from(
        ["signature", "timestamp", "nonce", "msg_signature", "encrypt_type", "echostr", "openid"]
    ),
    st.text(max_size=30),
)
BODY = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(str.encode),
    st.text(max_size=100).map(lambda t: f"<xml><Encrypt>{t}</Encrypt></xml>".encode()),
)


@settings(deadline=None, max_examples=60)
@given(QUERY, BODY)
def test_garbage_never_gives_5xx(served_keyed: Site, query: dict[str, str], body: bytes) -> None:
    assert 400 <= served_keyed.post(query, body).status_code < 500
    assert 400 <= served_keyed.get(**query).status_code < 500


@settings(deadline=None, max_examples=60)
@given(BODY)
def test_signed_garbage_never_gives_5xx(
    served_keyed: Site, served_plain: Site, body: bytes
) -> None:
    assert served_keyed.post(*Platform(NOW).safe(body)).status_code in (200, 400)
    assert served_plain.post(*Platform(NOW).plain(body)).status_code in (200, 400)


def test_the_door_is_told_whether_the_platform_still_holds_the_connection(plain: Site) -> None:
    query, body = Platform(NOW).plain(text_push())
    plain.office.was_open.clear()
    assert plain.post(query, body).status_code == 200
    plain.office.patience = 0.5
    with pytest.raises(requests.ReadTimeout):
        plain.session.post(plain.url, params=query, data=body, timeout=0.1)
    end = time.monotonic() + 10
    while len(plain.office.was_open) < 2:
        assert time.monotonic() < end
        time.sleep(0.02)
    plain.office.patience = 0.0
    assert plain.office.was_open == [True, False]
