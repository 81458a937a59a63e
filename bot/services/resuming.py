"""A form left alone: kept, and offered again at the next message before anything is added to it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bot.model.draft import Division, Draft, Ranked, Said
from bot.services.intake import RESUME, is_interruption

OPTIONS = ("go_on", "drop")
_GO_ON = frozenset({"affirm", "resume"})
_DROP = frozenset({"deny", "start_over", "cancel"})


def offer(draft: Draft, said: Said) -> bool:
    """Hold the message and offer the open draft; False if there is nothing to offer or no reason to ask."""
    if draft.is_empty or is_interruption(said, draft):
        return False
    if draft.asking == RESUME and _choice(draft, said):
        return False  # offered already, and answered late
    draft.held = {} if said.intent in _GO_ON else _pack(said)
    if draft.asking != RESUME:
        draft.before_silence = draft.asking
    draft.asking = RESUME
    draft.offered = list(OPTIONS)
    return True


def answer(draft: Draft, said: Said) -> tuple[Draft, Said] | None:
    """Carry out the answer to the offer: the draft to go on with and the message to take into it.

    None if no such answer was due. Anything but a choice goes on with the draft and counts as content.
    """
    if draft.asking != RESUME:
        return None
    chosen = _choice(draft, said)
    held = draft.held
    if chosen == "drop":
        draft = Draft()
    draft.asking, draft.offered, draft.held = draft.before_silence, [], {}
    if chosen and held:
        return draft, _unpack(held)
    if chosen:
        return draft, Said(key=said.key, text="", intent="resume", confidence=1.0)
    return draft, said


def _choice(draft: Draft, said: Said) -> str:
    option = said.option
    if option.isdigit() and 1 <= int(option) <= len(draft.offered):
        option = draft.offered[int(option) - 1]
    if option in OPTIONS:
        return option
    if said.intent in _GO_ON or "接着" in said.text[:4]:
        return "go_on"
    return "drop" if said.intent in _DROP or "不要了" in said.text else ""


def _pack(said: Said) -> dict[str, Any]:
    return asdict(said)


def _unpack(data: dict[str, Any]) -> Said:
    return Said(
        **{
            **data,
            "ranking": tuple(Ranked(**r) for r in data["ranking"]),
            "divisions": tuple(Division(**d) for d in data.get("divisions", ())),
            "choices": tuple(Division(**d) for d in data.get("choices", ())),
            "places": tuple(data["places"]),
            "matters": tuple(data["matters"]),
        }
    )
