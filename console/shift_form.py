"""A new shift as a supervisor types it: on one or several days, with what is wrong said field by field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from starlette.datastructures import FormData

from bot.model.hours import is_span, read_begin, read_end
from bot.model.staff import Shift, StaffMember
from console.site import text

_BAD_TIME = "请写成 8:30 这样的时间；到半夜 12 点写 24:00。"
_BACKWARDS = "下班要晚于上班；跨过半夜的班请分成两天排。"


@dataclass(frozen=True)
class ShiftForm:
    """A new shift as it was typed."""

    number: str = ""
    begins: str = "8:30"
    ends: str = "18:00"
    days: frozenset[date] = frozenset()

    @classmethod
    def posted(cls, form: FormData) -> ShiftForm:
        """Return the form as it was sent."""
        given = [read_day(day) for day in form.getlist("days") if isinstance(day, str)]
        days = frozenset(day for day in given if day is not None)
        return cls(text(form, "number"), text(form, "begins"), text(form, "ends"), days)

    def read(self, members: Iterable[StaffMember]) -> tuple[list[Shift], dict[str, str]]:
        """Return its shifts, or none and field → what is wrong with it."""
        problems = {}
        if self.number not in {member.number for member in members}:
            problems["number"] = "请选择一位同事。"
        if not self.days:
            problems["days"] = "请至少选一天。"
        try:
            begins, ends = read_begin(self.begins), read_end(self.ends)
        except ValueError:
            return [], problems | {"begins": _BAD_TIME}
        if not is_span(begins, ends):
            problems["begins"] = _BACKWARDS
        if problems:
            return [], problems
        return [Shift(self.number, day, begins, ends) for day in sorted(self.days)], {}


def read_day(words: str) -> date | None:
    """Return the day that an address or a form names, None for what is none."""
    try:
        day = date.fromisoformat(words)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 9000 else None
