"""A decrypted push becomes a message of the model.

wechatpy's `parse_message` turns the XML into a dictionary and tells a follow by QR from a plain one;
it runs only behind our own check of the document. Its typed fields are not used: they lack
`bizmsgmenuid` and `MediaId16K`, know no subscription events and raise five kinds of exception on bad
values (contract 12.2, 12.5).
"""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from xml.parsers.expat import ExpatError

from wechatpy import parse_message

from bot.model.message import Inbound, Kind
from connectors.wechat import wire
from connectors.wechat.events import EVENT_MAKERS, IGNORED_EVENTS
from connectors.wechat.fields import BadMessage, Fields
from connectors.wechat.messages import MESSAGE_MAKERS

__all__ = ["BadMessage", "Push", "parse"]

log = logging.getLogger(__name__)

_ID = re.compile(r"[\x21-\x7e]{1,128}")
_LAST_SECOND = 4_102_444_800  # the year 2100
_LISTS = ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent")
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Push:
    """One push: the message, whom it was sent to, and a name of few values to count it by."""

    message: Inbound
    account: str
    label: str


def parse(xml: bytes) -> Push:
    """Read a push in the clear.

    Raises:
        wire.BadXml: it is no `<xml>` document, or one with a document type.
        BadMessage: it is one, and its values make no sense.
    """
    text = wire.decode(xml)
    wire.read_xml(text)
    fields = _fields(text)
    kind = fields.need("MsgType").lower()
    if kind == "event":
        return _event(fields)
    base = _base(fields, "m", fields.get("MsgId"))
    maker = MESSAGE_MAKERS.get(kind)
    if maker is None:
        log.warning("push of unknown type %.40r ignored", kind)
        return Push(base, fields.get("ToUserName"), _UNKNOWN)
    return Push(maker(base, fields), fields.get("ToUserName"), kind)


def _fields(text: str) -> Fields:
    try:
        message = parse_message(text)
        return Fields(dict(message._data))
    except (ExpatError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadMessage(f"no message: {type(error).__name__}") from error


def _event(fields: Fields) -> Push:
    event = fields.need("Event").lower()
    base = _base(fields, "e", event, *_event_ids(fields))
    account = fields.get("ToUserName")
    maker = EVENT_MAKERS.get(event)
    if maker is not None:
        return Push(maker(base, fields), account, f"event:{event}")
    if event in IGNORED_EVENTS:
        return Push(base, account, f"event:{event}")
    log.warning("push of unknown event %.40r ignored", event)
    return Push(base, account, f"event:{_UNKNOWN}")


def _event_ids(fields: Fields) -> list[str]:
    """What tells two events of one person in one second apart (contract section 2)."""
    ids = [fields.get(name) for name in ("EventKey", "MsgID", "MsgId", "trace_id")]
    for name in _LISTS:
        for item in fields.child(name).items("List"):
            ids += [item.get("TemplateId"), item.get("MsgID")]
    return ids


def _base(fields: Fields, family: str, *ids: str) -> Inbound:
    citizen = fields.need("FromUserName")
    if not _ID.fullmatch(citizen):
        raise BadMessage("FromUserName is no open id")
    created = fields.need("CreateTime")
    if not (created.isascii() and created.isdigit() and int(created) < _LAST_SECOND):
        raise BadMessage("CreateTime is no time")
    sent_at = datetime.fromtimestamp(int(created), tz=timezone.utc)
    return Inbound(
        key=_key(family, citizen, created, *ids),
        citizen=citizen,
        kind=Kind.IGNORED,
        sent_at=sent_at,
    )


def _key(family: str, *parts: str) -> str:
    """Hash the parts: a key may be logged and kept, an open id may not."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    return f"{family}-{digest[:40]}"
