"""What the platform takes as a passive reply and what it refuses, one row a rule."""

from __future__ import annotations

import re

import pytest

from simulator.config import Mode, SimulatorConfig
from simulator.crypto import MessageCipher, sign
from simulator.replies import Expectation, ReplyFault, read_reply
from simulator.wire import render

CONFIG = SimulatorConfig()
CIPHER = MessageCipher(CONFIG.aes_key, CONFIG.app_id)
OPENID = "oMS5t6demoLiNvShi00000000001"


def expectation(mode: Mode = Mode.PLAIN) -> Expectation:
    return Expectation(
        openid=OPENID,
        original_id=CONFIG.original_id,
        token=CONFIG.token,
        mode=mode,
        cipher=None if mode is Mode.PLAIN else CIPHER,
        has_media=lambda media_id: media_id == "known",
    )


def named(value: object) -> str:
    return value if isinstance(value, str) else "body"


def reply(**changes: object) -> bytes:
    fields: dict[str, object] = {
        "ToUserName": OPENID,
        "FromUserName": CONFIG.original_id,
        "CreateTime": 1700000000,
        "MsgType": "text",
        "Content": "您好",
        **changes,
    }
    return render([(n, v) for n, v in fields.items() if v is not None]).encode()


def sealed(plain: bytes, *, app_id: str = CONFIG.app_id, token: str = CONFIG.token) -> bytes:
    encrypted = MessageCipher(CONFIG.aes_key, app_id).encrypt(plain.decode())
    signature = sign(token, "1700000000", "n", encrypted)
    envelope = [("Encrypt", encrypted), ("MsgSignature", signature), ("TimeStamp", 1700000000)]
    return render([*envelope, ("Nonce", "n")]).encode()


def reason_of(body: bytes, mode: Mode = Mode.PLAIN) -> str:
    with pytest.raises(ReplyFault) as caught:
        read_reply(body, expectation(mode))
    return caught.value.reason


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("body", [b"", b"success"])
def test_success_and_nothing_are_taken_in_clear_in_every_mode(body: bytes, mode: Mode) -> None:
    assert read_reply(body, expectation(mode)).content is None


def test_a_good_text_is_shown() -> None:
    content = read_reply(reply(), expectation()).content
    assert content is not None
    assert content.text == "您好"


def test_a_text_of_exactly_2048_bytes_passes() -> None:
    assert read_reply(reply(Content="声" * 682 + "ab"), expectation()).content is not None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'"success"', "malformed"),
        (b"success\n", "malformed"),
        (b'{"MsgType":"text"}', "malformed"),
        (b"<xml><a></xml>", "malformed"),
        (reply(ToUserName="oSomebodyElse"), "wrong_recipient"),
        (reply(ToUserName=CONFIG.original_id, FromUserName=OPENID), "wrong_recipient"),
        (reply(FromUserName="gh_other"), "wrong_sender"),
        (reply(CreateTime="now"), "bad_create_time"),
        (reply(CreateTime=None), "bad_create_time"),
        (reply(MsgType="markdown"), "unknown_type"),
        (reply(MsgType=None), "unknown_type"),
        (reply(Content=""), "empty_content"),
        (reply(Content=None), "empty_content"),
        (reply(Content="声" * 683), "overlong"),
        (reply(MsgType="image"), "bad_media"),
        (reply(MsgType="image", Image=[("MediaId", "gone")]), "bad_media"),
        (reply(MsgType="news", ArticleCount=2), "article_count"),
        (sealed(reply()), "unexpected_encryption"),
    ],
    ids=named,
)
def test_refused_in_plain_mode(body: bytes, reason: str) -> None:
    assert reason_of(body) == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (reply(), "not_encrypted"),
        (sealed(reply(), token="another"), "bad_signature"),
        (sealed(reply(), app_id="wxother"), "wrong_appid"),
        (sealed(reply(Content="声" * 683)), "overlong"),
        (sealed(b"<xml>"), "malformed"),
        (re.sub(b"<Nonce>.*</Nonce>", b"", sealed(reply())), "malformed_envelope"),
        (re.sub(b"<TimeStamp>.*</TimeStamp>", b"", sealed(reply())), "malformed_envelope"),
    ],
    ids=named,
)
def test_refused_in_safe_mode(body: bytes, reason: str) -> None:
    assert reason_of(body, Mode.SAFE) == reason


@pytest.mark.parametrize("body", [reply(), sealed(reply())], ids=["plain", "sealed"])
def test_compatible_mode_takes_both_forms(body: bytes) -> None:
    assert read_reply(body, expectation(Mode.COMPATIBLE)).content is not None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (reply(MsgType="image", Image=[("MediaId", "known")]), "image"),
        (reply(MsgType="voice", Voice=[("MediaId", "known")]), "voice"),
        (reply(MsgType="music", Music=[("Title", "a")]), "music"),
        (
            reply(MsgType="news", ArticleCount=1, Articles=[("item", [("Title", "t")])]),
            "news",
        ),
    ],
    ids=named,
)
def test_other_kinds_are_shown(body: bytes, kind: str) -> None:
    content = read_reply(body, expectation()).content
    assert content is not None
    assert content.kind == kind


def test_forwarding_to_an_agent_is_known() -> None:
    assert read_reply(reply(MsgType="transfer_customer_service"), expectation()).to_agent
