"""The bodies the platform pushes: one builder a kind of message or event (contract 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.wire import Bare, Field

Extra = list[Field]


def text(content: str, *, menu_id: str = "") -> Extra:
    """A text, or a tapped option when `menu_id` is given."""
    extra: Extra = [("MsgType", "text"), ("Content", content)]
    return [*extra, ("bizmsgmenuid", menu_id)] if menu_id else extra


def image(media_id: str, picture_url: str) -> Extra:
    """A picture."""
    return [("MsgType", "image"), ("PicUrl", picture_url), ("MediaId", media_id)]


def voice(media_id: str, wide_id: str, *, recognition: str | None) -> Extra:
    """A voice message; `Recognition` is absent, or present and mostly empty (contract 3.2)."""
    extra: Extra = [("MsgType", "voice"), ("MediaId", media_id), ("Format", "amr")]
    extra.append(("MediaId16K", wide_id))
    return extra if recognition is None else [*extra, ("Recognition", recognition)]


def location(latitude: float, longitude: float, label: str) -> Extra:
    """A pin from the map, GCJ-02."""
    return [
        ("MsgType", "location"),
        ("Location_X", Bare(f"{latitude:.6f}")),
        ("Location_Y", Bare(f"{longitude:.6f}")),
        ("Scale", 15),
        ("Label", label),
    ]


def event(name: str, fields: Mapping[str, Any] | None = None) -> Extra:
    """An event with its own fields; nested mappings and lists become elements."""
    extra: Extra = [("MsgType", "event"), ("Event", name)]
    return [*extra, *_fields(fields or {})]


def menu_event(button: Mapping[str, Any], menu_id: int) -> Extra:
    """What tapping a menu button pushes, by the button's type."""
    kind = str(button.get("type"))
    key = str(button.get("key", ""))
    if kind == "view":
        return event("VIEW", {"EventKey": button.get("url", ""), "MenuId": menu_id})
    if kind == "miniprogram":
        fields = {"EventKey": button.get("pagepath", ""), "MenuId": menu_id}
        return event("view_miniprogram", fields)
    if kind in {"scancode_push", "scancode_waitmsg"}:
        code = {"ScanType": "qrcode", "ScanResult": "https://example.com/lamp/42"}
        return event(kind, {"EventKey": key, "ScanCodeInfo": code})
    if kind.startswith("pic_"):
        item = {"item": {"PicMd5Sum": "1b5f7c23b5bf75682a53e7b6d163e185"}}
        return event(kind, {"EventKey": key, "SendPicsInfo": {"Count": 1, "PicList": item}})
    if kind == "location_select":
        place = {"Location_X": "30.245900", "Location_Y": "120.210800", "Scale": "15"}
        fields_ = {**place, "Label": "杭州市上城区", "Poiname": ""}
        return event(kind, {"EventKey": key, "SendLocationInfo": fields_})
    return event("CLICK", {"EventKey": key})


def consent_event(template_id: str, *, accepted: bool, change: bool = False) -> Extra:
    """Popup answered, or a long-term consent withdrawn in the settings (`change`)."""
    name = "change" if change else "popup"
    row = {
        "TemplateId": template_id,
        "SubscribeStatusString": "accept" if accepted else "reject",
    }
    if not change:
        row["PopupScene"] = "1"
    wrapper = "SubscribeMsgChangeEvent" if change else "SubscribeMsgPopupEvent"
    return event(f"subscribe_msg_{name}_event", {wrapper: {"List": row}})


def sent_event(template_id: str, msg_id: int, *, code: int = 0) -> Extra:
    """Receipt of a subscription notification."""
    row = {
        "TemplateId": template_id,
        "MsgID": str(msg_id),
        "ErrorCode": str(code),
        "ErrorStatus": "success" if code == 0 else "failed",
    }
    return event("subscribe_msg_sent_event", {"SubscribeMsgSentEvent": {"List": row}})


def template_receipt(msg_id: int, status: str) -> Extra:
    """Receipt of a template message."""
    return event("TEMPLATESENDJOBFINISH", {"MsgID": msg_id, "Status": status})


def _fields(mapping: Mapping[str, Any]) -> Extra:
    fields: Extra = []
    for name, value in mapping.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                fields.append((name, _fields(one)))
            elif isinstance(one, float):
                fields.append((name, Bare(f"{one:.6f}")))
            else:
                fields.append((name, one if isinstance(one, (int, str)) else str(one)))
    return fields
