"""The complaint form left open in a conversation, for those who act outside the dialogue.

The snapshot is the dialogue's own (`Spoken.snapshot`): slots, the active loop and the slot asked for. This module
is the one other place that knows its shape.
"""

from __future__ import annotations

from typing import Any

from bot.model.draft import ANSWER, CATEGORY, CONFIRMED, DETAILS, PLACE, Draft
from bot.services.intake import RESUME
from bot.services.resuming import OPTIONS

FORM = "complaint_form"
_SLOTS = ("draft", DETAILS, PLACE, CATEGORY, ANSWER, CONFIRMED, "next_text")


def draft_of(snapshot: dict[str, Any] | None) -> Draft:
    """Return the complaint being told; an empty one if there is none."""
    return Draft.from_dict((snapshot or {}).get("slots", {}).get("draft"))


def closed(snapshot: dict[str, Any] | None) -> dict[str, Any]:
    """Return the snapshot without the form and what was told in it."""
    kept = dict(snapshot or {})
    slots = {name: value for name, value in kept.get("slots", {}).items() if name not in _SLOTS}
    return {**kept, "slots": slots, "loop": None, "requested": None}


def offered(snapshot: dict[str, Any] | None) -> tuple[dict[str, Any], Draft | None]:
    """Return the snapshot in which the next message answers "go on with it?", and the draft that is offered.

    None if there is nothing to go on with.
    """
    kept = dict(snapshot or {})
    draft = draft_of(kept)
    if draft.is_empty:
        return kept, None
    if draft.asking != RESUME:
        draft.before_silence = draft.asking
    draft.held, draft.asking, draft.offered = {}, RESUME, list(OPTIONS)
    slots = {**kept.get("slots", {}), "draft": draft.to_dict()}
    requested = kept.get("requested") or DETAILS
    return {**kept, "slots": slots, "loop": FORM, "requested": requested}, draft
