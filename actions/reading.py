"""Reading a tracker: what was said as a `Said`, what is known as a `Draft`; and writing a draft back as slots."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from bot.model.draft import (
    ANSWER,
    CATEGORY,
    CONFIRMED,
    DETAILS,
    PLACE,
    Division,
    Draft,
    Ranked,
    Said,
)

Event = dict[str, Any]


def metadata(tracker: Tracker) -> dict[str, Any]:
    """Return what the turn sent along with the message."""
    return dict(tracker.latest_message.get("metadata") or {})


def intent(tracker: Tracker) -> str:
    """Return the name of the latest message's intent."""
    return str((tracker.latest_message.get("intent") or {}).get("name") or "")


def entity(tracker: Tracker, name: str) -> str:
    """Return the value of the first entity of this name, or an empty string."""
    return _value(dict(tracker.latest_message), name)


def _value(message: dict[str, Any], name: str) -> str:
    found = [e for e in message.get("entities", ()) if e.get("entity") == name]
    return str(found[0].get("value") or "") if found else ""


def said(tracker: Tracker) -> Said:
    """Return the latest message as understood."""
    return understood(dict(tracker.latest_message), metadata(tracker))


def understood(message: dict[str, Any], sent: dict[str, Any]) -> Said:
    """Return a parsed message, with what the turn sent along, as a `Said`."""
    category = message.get("category") or {}
    nature = message.get("nature") or {}
    places = [str(e["value"]) for e in message.get("entities", ()) if e.get("entity") == "place"]
    ranking = tuple(
        Ranked(r["code"], r["group"], r["name"], float(r["confidence"]))
        for r in category.get("ranking", ())
    )
    return Said(
        key=str(sent.get("key") or message.get("message_id") or ""),
        text=str(message.get("text") or "").strip(),
        intent=str((message.get("intent") or {}).get("name") or ""),
        confidence=float((message.get("intent") or {}).get("confidence") or 0.0),
        sealed=dict(sent.get("sealed") or {}),
        places=tuple(sorted(places, key=len, reverse=True)),
        phone=str(sent.get("phone") or ""),
        name=_value(message, "person_name"),
        since=_value(message, "time"),
        option=str(sent.get("option") or _value(message, "option")),
        field=_value(message, "field"),
        value=_value(message, "correction"),
        ranking=ranking,
        sure=bool(category.get("sure")) and bool(ranking),
        matters=tuple(message.get("matters") or ()),
        nature=str(nature.get("name") or ""),
        nature_sure=bool(nature.get("sure")) and bool(nature.get("name")),
        divisions=_divisions(message, "divisions"),
        choices=_divisions(message, "division_choices"),
        district_open=bool(message.get("district_open")),
        wish=_value(message, "wish"),
        repeated=_has(message, "repeated"),
    )


def _has(message: dict[str, Any], name: str) -> bool:
    return any(e.get("entity") == name for e in message.get("entities", ()))


def _divisions(message: dict[str, Any], name: str) -> tuple[Division, ...]:
    return tuple(
        Division(str(d["code"]), str(d["full"]), str(d.get("district") or ""))
        for d in message.get(name) or ()
    )


def draft(tracker: Tracker) -> Draft:
    """Return the complaint being told; an empty one if there is none."""
    return Draft.from_dict(tracker.get_slot("draft"))


def slots(current: Draft, *, confirmed: bool = False) -> list[Event]:
    """Return the events that store the draft and tell Rasa's form what is filled."""
    values: dict[str, Any] = {
        "draft": current.to_dict(),
        DETAILS: current.summary() or None,
        PLACE: current.place or None,
        CATEGORY: current.category or None,
        ANSWER: None if current.asking == ANSWER else True,
        CONFIRMED: True if confirmed else None,
    }
    return [SlotSet(name, value) for name, value in values.items()]


def cleared() -> list[Event]:
    """Return the events that forget the draft."""
    return [SlotSet(n, None) for n in ("draft", DETAILS, PLACE, CATEGORY, ANSWER, CONFIRMED)]
