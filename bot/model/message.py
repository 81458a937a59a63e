"""What a citizen sent and what is answered, free of any platform's wire format."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any


class Kind(str, Enum):
    """What sort of thing arrived."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    LOCATION = "location"
    LINK = "link"
    STICKER = (
        "sticker"  # content the platform could not deliver: custom stickers, files, red packets
    )
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    SCAN = "scan"
    MENU = "menu"
    CONSENT = "consent"  # the citizen allowed or refused notices
    RECEIPT = "receipt"  # the platform's word on a notice we sent
    IGNORED = "ignored"  # known or unknown kinds that need no answer

    @property
    def is_said(self) -> bool:
        """True for what a citizen says or does in the chat, and therefore expects an answer to."""
        return self in _SAID


_SAID = frozenset(
    {
        Kind.TEXT,
        Kind.IMAGE,
        Kind.VOICE,
        Kind.VIDEO,
        Kind.LOCATION,
        Kind.LINK,
        Kind.STICKER,
        Kind.FOLLOW,
        Kind.SCAN,
        Kind.MENU,
    }
)


class Datum(str, Enum):
    """Which ellipsoid a coordinate is on; WeChat's maps are GCJ-02, Open311 wants WGS84."""

    GCJ02 = "gcj02"
    WGS84 = "wgs84"


@dataclass(frozen=True)
class Point:
    """A place on the map, kept on the datum it arrived in."""

    latitude: float
    longitude: float
    datum: Datum = Datum.GCJ02
    label: str = ""


@dataclass(frozen=True)
class MediaRef:
    """A picture, voice or video that still lies at the platform (three days at WeChat)."""

    media_id: str
    kind: str  # image | voice | video
    format: str = ""
    url: str = ""


@dataclass(frozen=True)
class Receipt:
    """The platform's word on a notice: which one, and whether it reached the citizen."""

    message_id: str
    template_id: str
    delivered: bool
    reason: str = ""


@dataclass(frozen=True)
class Consent:
    """The citizen's answer for one notice template."""

    template_id: str
    accepted: bool


@dataclass(frozen=True)
class Inbound:
    """One message or event from a citizen.

    Attributes:
        key: dedupe key, equal for all attempts of one message and different for two messages, also of
            two citizens (wechat-contract section 2).
        citizen: the platform's id for the person (open id). Never logged.
        allowance: which window of the platform this message opens: "message", "action" or "".
        option: id of the tapped option, empty when typed.
        scene: what the scanned sign says (parametric QR).
        menu: key of the menu button.
    """

    key: str
    citizen: str
    kind: Kind
    sent_at: datetime
    text: str = ""
    option: str = ""
    menu: str = ""
    scene: str = ""
    allowance: str = ""
    media: MediaRef | None = None
    point: Point | None = None
    receipts: tuple[Receipt, ...] = ()
    consents: tuple[Consent, ...] = ()

    def to_json(self) -> str:
        """Serialise for the stream."""
        data = {**vars(self), "kind": self.kind.value, "sent_at": self.sent_at.isoformat()}
        data["media"] = self.media and asdict(self.media)
        data["point"] = self.point and {**asdict(self.point), "datum": self.point.datum.value}
        data["receipts"] = [asdict(receipt) for receipt in self.receipts]
        data["consents"] = [asdict(consent) for consent in self.consents]
        return json.dumps(data, ensure_ascii=False)

    @classmethod
    def from_json(cls, raw: str | bytes) -> Inbound:
        """Read back what `to_json` wrote."""
        data: dict[str, Any] = json.loads(raw)
        data["kind"] = Kind(data["kind"])
        data["sent_at"] = datetime.fromisoformat(data["sent_at"])
        if data["media"] is not None:
            data["media"] = MediaRef(**data["media"])
        if data["point"] is not None:
            data["point"]["datum"] = Datum(data["point"]["datum"])
            data["point"] = Point(**data["point"])
        data["receipts"] = tuple(Receipt(**r) for r in data["receipts"])
        data["consents"] = tuple(Consent(**c) for c in data["consents"])
        return cls(**data)


@dataclass(frozen=True)
class Option:
    """One choice offered under a question; its number in the list is what the citizen may type."""

    id: str
    label: str


@dataclass(frozen=True)
class Reply:
    """What is told to a citizen: lines of text, and choices the last line asks to pick from."""

    text: str
    options: tuple[Option, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for a JSON column."""
        return {"text": self.text, "options": [asdict(o) for o in self.options]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Reply:
        """Read back what `to_dict` wrote."""
        return cls(text=data["text"], options=tuple(Option(**o) for o in data.get("options", ())))


class Refusal(str, Enum):
    """Why a message was not taken."""

    TOO_FAST = "too_fast"  # the citizen wrote more than a person can
    TOO_FAST_AGAIN = "too_fast_again"  # the same, and they were told so in this minute
    TOO_MANY = "too_many"  # too much waits for a worker


@dataclass(frozen=True)
class Accepted:
    """What the inbox says about one attempt of a message.

    Attributes:
        is_new: True when this attempt was the one that was appended.
        attempt: 1 for the first time the platform asked, 2 and 3 for its repeats; 0 for a refused message.
        refusal: why the message was not taken, the same for all its attempts; None for one that was.
        is_held: True while a person holds this citizen's conversation: the bot is silent then.
    """

    is_new: bool
    attempt: int
    refusal: Refusal | None = None
    is_held: bool = False
