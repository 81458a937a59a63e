"""A line of the transcript as scripts read it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from bot.model.complaint import Medium
from bot.model.conversation import Direction
from bot.model.message import Kind
from bot.record import Unit
from console.pages.naming import iso, staff_names, who
from console.wording import EVENTS, INTENTS, KINDS, SPEAKERS

FORGOTTEN = "（内容已按市民的要求删除）"
_SEEN_OR_HEARD = ("image", "voice", "video")
_KIND_OF = {kind.value: kind for kind in Kind}

Link = Callable[..., str]


def shown(unit: Unit, rows: Collection[Any], link: Link) -> list[dict[str, Any]]:
    """Return the lines of a page; two queries, however many there are."""
    names = staff_names(unit)
    media = unit.media.several({str(r.data["medium"]) for r in rows if r.data.get("medium")})
    return [_line(row, names, media, link) for row in rows]


def medium_of(medium: Medium, link: Link) -> dict[str, Any]:
    """Return where a picture or voice is, and whether it is here yet."""
    return {
        "id": medium.id,
        "url": link("medium", id=medium.id),
        "kind": medium.kind if medium.kind in _SEEN_OR_HEARD else "video",
        "is_ready": medium.stored,
    }


def _line(
    row: Any, names: Mapping[str, str], media: Mapping[str, Medium], link: Link
) -> dict[str, Any]:
    data: Mapping[str, Any] = row.data
    side, kind = Direction(row.direction), _KIND_OF.get(row.kind, Kind.IGNORED)
    medium = media.get(str(data.get("medium", "")))
    agent = str(data.get("agent") or data.get("from") or "")
    words = _moved(row.text, data, names) if "to" in data else str(row.text)
    if not words and kind is Kind.TEXT:
        words = FORGOTTEN
    return {
        "id": row.id,
        "key": row.key,
        "side": side.value,
        "speaker": who(agent, names) if agent else SPEAKERS[side],
        "agent": agent,
        "kind": KINDS[kind],
        "text": words,
        "at": iso(row.at),
        "is_event": side is Direction.CITIZEN and kind in EVENTS,
        "emergency": str(data.get("emergency", "")),
        "point": _point(data.get("point")),
        "medium": medium_of(medium, link) if medium else None,
        "masks": list(data.get("sealed") or ()),
        "understood": _understood(data.get("understood")),
    }


def _moved(words: str, data: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return a note on who handed the citizen to whom, with the word they left."""
    to, had = str(data["to"]), str(data.get("from") or "")
    if data.get("agent") == to:
        told = f"接管了这段对话，之前由 {who(had, names)} 接待" if had else "接管了这段对话"
    else:
        told = f"转给 {who(to, names)}"
    return f"{told}：{words}" if words else told


def _point(point: Any) -> dict[str, Any] | None:
    if not point:
        return None
    latitude, longitude, datum, label = point
    return {"latitude": latitude, "longitude": longitude, "datum": datum, "label": label}


def _understood(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not found:
        return None
    intent = str(found.get("intent", ""))
    return {
        "intent_name": INTENTS.get(intent, intent),
        "confidence": found.get("confidence", 0.0),
        "services": list(found.get("services", ())),
    }
