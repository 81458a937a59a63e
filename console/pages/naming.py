"""How people and moments are named in what scripts read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.record import Unit


def label(conversation_id: str) -> str:
    """Return what a citizen is called: the beginning of the keyed hash that stands for them."""
    return f"市民 {conversation_id[:6]}"


def staff_names(unit: Unit) -> dict[str, str]:
    """Return work number → name of every account, those who left too."""
    return {member.number: member.name for member in unit.staff.all()}


def who(number: str, names: Mapping[str, str]) -> str:
    """Return "1024 王芳"."""
    return f"{number} {names.get(number, '')}".strip()


def iso(at: datetime | None) -> str | None:
    """Return a moment as scripts read it."""
    return at.isoformat() if at else None
