"""Strict reading of a passive reply: what the platform would show, or why it would not (contract 4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.config import Mode
from simulator.contents import Content, card_content, media_content, text_content
from simulator.crypto import CryptoError, MessageCipher, sign
from simulator.wire import MalformedXml, parse

TEXT_LIMIT = 2048


class ReplyFault(Exception):
    """A reply the platform refuses; `reason` is one word for the record."""

    def __init__(self, reason: str, *, plain: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.plain = plain


@dataclass(frozen=True)
class Expectation:
    """What a reply to one push must fit."""

    openid: str
    original_id: str
    token: str
    mode: Mode
    cipher: MessageCipher | None
    has_media: Callable[[str], bool]


@dataclass(frozen=True)
class Reply:
    """A reply that passed; `content` is None for `success` and for an empty body."""

    content: Content | None
    plain: str = ""
    to_agent: bool = False


def read_reply(body: bytes, expected: Expectation) -> Reply:
    """Return the reply or raise ReplyFault with the reason.

    `success` and an empty body are taken in clear in every mode (contract 1.4).
    """
    if body in (b"", b"success"):
        return Reply(None, body.decode())
    fields, plain = _opened(body, expected)
    try:
        return _read_fields(fields, plain, expected)
    except ReplyFault as fault:
        raise ReplyFault(fault.reason, plain=plain) from fault


def _opened(body: bytes, expected: Expectation) -> tuple[dict[str, Any], str]:
    fields = _parsed(body)
    if "Encrypt" not in fields:
        if expected.mode is Mode.SAFE:
            raise ReplyFault("not_encrypted", plain=body.decode(errors="replace"))
        return fields, body.decode(errors="replace")
    if expected.cipher is None or expected.mode is Mode.PLAIN:
        raise ReplyFault("unexpected_encryption")
    encrypted = str(fields["Encrypt"])
    stamp, nonce = str(fields.get("TimeStamp", "")), str(fields.get("Nonce", ""))
    if not stamp.isdigit() or not nonce:
        raise ReplyFault("malformed_envelope")
    if sign(expected.token, stamp, nonce, encrypted) != fields.get("MsgSignature"):
        raise ReplyFault("bad_signature")
    try:
        plain = expected.cipher.decrypt(encrypted)
    except CryptoError as error:
        reason = "wrong_appid" if error.reason == "appid" else "bad_encryption"
        raise ReplyFault(reason) from error
    return _parsed(plain.encode()), plain


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        return parse(body)
    except MalformedXml as error:
        raise ReplyFault("malformed", plain=body.decode(errors="replace")) from error


def _read_fields(fields: dict[str, Any], plain: str, expected: Expectation) -> Reply:
    if fields.get("ToUserName") != expected.openid:
        raise ReplyFault("wrong_recipient")
    if fields.get("FromUserName") != expected.original_id:
        raise ReplyFault("wrong_sender")
    if not str(fields.get("CreateTime", "")).isdigit():
        raise ReplyFault("bad_create_time")
    kind = fields.get("MsgType")
    if kind == "transfer_customer_service":
        return Reply(None, plain, to_agent=True)
    reader = _READERS.get(str(kind))
    if reader is None:
        raise ReplyFault("unknown_type")
    return Reply(reader(fields, expected), plain)


def _text(fields: dict[str, Any], _: Expectation) -> Content:
    text = fields.get("Content")
    if not isinstance(text, str) or not text:
        raise ReplyFault("empty_content")
    if len(text.encode()) > TEXT_LIMIT:
        raise ReplyFault("overlong")
    return text_content(text)


def _media(kind: str, wrapper: str) -> Callable[[dict[str, Any], Expectation], Content]:
    def read(fields: dict[str, Any], expected: Expectation) -> Content:
        inner = fields.get(wrapper)
        media_id = inner.get("MediaId", "") if isinstance(inner, dict) else ""
        if not expected.has_media(media_id):
            raise ReplyFault("bad_media")
        return media_content(kind, media_id)

    return read


def _music(fields: dict[str, Any], _: Expectation) -> Content:
    inner = fields.get("Music")
    if not isinstance(inner, dict):
        raise ReplyFault("malformed")
    card = {"title": inner.get("Title", ""), "description": inner.get("Description", "")}
    return card_content("music", card)


def _news(fields: dict[str, Any], _: Expectation) -> Content:
    articles = fields.get("Articles")
    item = articles.get("item") if isinstance(articles, dict) else None
    if str(fields.get("ArticleCount")) != "1" or not isinstance(item, dict):
        raise ReplyFault("article_count")
    names = {"title": "Title", "description": "Description", "url": "Url", "picture": "PicUrl"}
    return card_content("news", {ours: item.get(theirs, "") for ours, theirs in names.items()})


_READERS: dict[str, Callable[[dict[str, Any], Expectation], Content]] = {
    "text": _text,
    "image": _media("image", "Image"),
    "voice": _media("voice", "Voice"),
    "video": _media("video", "Video"),
    "music": _music,
    "news": _news,
}
