"""Values of the model with defaults, and a clock that is set by hand: say only what a test is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from bot.model.backend import Update
from bot.model.complaint import Complaint, Medium
from bot.model.conversation import Direction, Line
from bot.model.delivery import Delivery, DeliveryKind
from bot.model.message import Inbound, Kind

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=timezone.utc)  # Monday, 12:00 in Shanghai
CITIZEN = "oCitizen-A"


@dataclass
class SetClock:
    """A clock that moves only when told to."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def pass_(self, **span: float) -> None:
        self.time += timedelta(**span)


def make_message(text: str = "文二路的路灯不亮", key: str = "m1", **values: Any) -> Inbound:
    defaults: dict[str, Any] = {"citizen": CITIZEN, "kind": Kind.TEXT, "sent_at": NOON}
    return Inbound(**defaults | values, key=key, text=text)


def make_line(key: str = "m1", conversation_id: str = "c1", **values: Any) -> Line:
    defaults: dict[str, Any] = {
        "direction": Direction.CITIZEN,
        "kind": Kind.TEXT.value,
        "text": "路灯不亮",
        "at": NOON,
        "data": {},
    }
    return Line(**defaults | values, key=key, conversation_id=conversation_id)


def make_complaint(id: str = "k1", **values: Any) -> Complaint:
    defaults: dict[str, Any] = {
        "receipt": f"HZ-261123-{id}",
        "conversation_id": "c1",
        "service_code": "0712",
        "service_name": "市政道路及设施",
        "service_group": "城建",
        "description": "文二路的路灯不亮",
        "summary": "文二路的路灯不亮",
        "place": "文二路",
        "confirmed_at": NOON,
    }
    return Complaint(**defaults | values, id=id)


def make_delivery(key: str = "d1", **values: Any) -> Delivery:
    defaults: dict[str, Any] = {
        "kind": DeliveryKind.NOTICE,
        "due_at": NOON,
        "payload": {"text": "有新进展", "short": {"number": "HZ-1", "status": "办理中"}},
        "conversation_id": "c1",
    }
    return Delivery(**defaults | values, key=key)


def make_medium(id: str = "p1", **values: Any) -> Medium:
    defaults: dict[str, Any] = {
        "conversation_id": "c1",
        "kind": "image",
        "platform_id": f"wx-{id}",
        "received_at": NOON,
    }
    return Medium(**defaults | values, id=id)


def make_update(update_id: str = "u1", **values: Any) -> Update:
    defaults: dict[str, Any] = {
        "service_request_id": "B-1",
        "status": "in_progress",
        "updated_datetime": NOON,
        "description": "已派单给路灯所",
    }
    return Update(**defaults | values, update_id=update_id)
