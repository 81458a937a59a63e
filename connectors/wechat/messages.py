"""What a citizen can send: MsgType to our message (contract 3.1)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from bot.model.message import Datum, Inbound, Kind, MediaRef, Point
from connectors.wechat.fields import BadMessage, Fields

Maker = Callable[[Inbound, Fields], Inbound]

# The text that stands for custom stickers, files and red packets, seen in two wordings.
_UNSUPPORTED = "【收到不支持的消息类型"
_MESSAGE = "message"
_ACTION = "action"


def _text(base: Inbound, fields: Fields) -> Inbound:
    content = fields.get("Content")
    option = fields.get("bizmsgmenuid")
    if not content or content.startswith(_UNSUPPORTED):
        return replace(base, kind=Kind.STICKER, allowance=_MESSAGE)
    # A tap on an option counts as a menu tap and opens no 48 h window (contract 6.1).
    allowance = _ACTION if option else _MESSAGE
    return replace(base, kind=Kind.TEXT, text=content, option=option, allowance=allowance)


def _image(base: Inbound, fields: Fields) -> Inbound:
    media = MediaRef(media_id=fields.get("MediaId"), kind="image", url=fields.get("PicUrl"))
    if not (media.media_id or media.url):
        raise BadMessage("an image without MediaId and PicUrl")
    return replace(base, kind=Kind.IMAGE, media=media, allowance=_MESSAGE)


def _voice(base: Inbound, fields: Fields) -> Inbound:
    media_id = fields.get("MediaId16K") or fields.need("MediaId")
    media = MediaRef(media_id=media_id, kind="voice", format=fields.get("Format").lower())
    text = fields.get("Recognition")  # withdrawn by the platform; often present and empty
    return replace(base, kind=Kind.VOICE, media=media, text=text, allowance=_MESSAGE)


def _video(base: Inbound, fields: Fields) -> Inbound:
    media = MediaRef(media_id=fields.need("MediaId"), kind="video")
    return replace(base, kind=Kind.VIDEO, media=media, allowance=_MESSAGE)


def _location(base: Inbound, fields: Fields) -> Inbound:
    point = Point(
        latitude=_degrees(fields, "Location_X", 90),
        longitude=_degrees(fields, "Location_Y", 180),
        datum=Datum.GCJ02,
        label=fields.get("Label"),
    )
    return replace(base, kind=Kind.LOCATION, point=point, allowance=_MESSAGE)


def _link(base: Inbound, fields: Fields) -> Inbound:
    lines = (fields.get("Title"), fields.get("Description"), fields.get("Url"))
    text = "\n".join(line for line in lines if line)
    return replace(base, kind=Kind.LINK, text=text, allowance=_MESSAGE)


def _degrees(fields: Fields, name: str, bound: int) -> float:
    value = fields.number(name)
    if not (math.isfinite(value) and -bound <= value <= bound):
        raise BadMessage(f"{name} is no coordinate")
    return value


MESSAGE_MAKERS: dict[str, Maker] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "shortvideo": _video,
    "location": _location,
    "link": _link,
}
