"""Duty hours as a supervisor types them: read with what is wrong said field by field, and shown again as typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.datastructures import FormData

from bot.model.hours import MIDNIGHT, clock_name, end_name, is_span, read_begin, read_end
from bot.model.staff import DutyHours
from console.site import text

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_RANGE = re.compile(rf"({_DATE.pattern})\s*(?:至|到|~|～|—|-)\s*({_DATE.pattern})")
_MOST_DAYS = 200
_LONGEST_RANGE = 60
_TIME = "请写成 8:30 这样的时间。"
_END = "请写成 18:00 这样的时间；到半夜 12 点写 24:00。"


@dataclass(frozen=True)
class HoursForm:
    """The form's fields, as they stand in it."""

    opens: str
    closes: str
    days: frozenset[int]
    closed: str
    opened: str

    @classmethod
    def of(cls, hours: DutyHours) -> HoursForm:
        """Return the form that says these hours."""
        return cls(
            opens=clock_name(hours.opens),
            closes=end_name(hours.closes),
            days=hours.days,
            closed="\n".join(day.isoformat() for day in sorted(hours.closed)),
            opened="\n".join(day.isoformat() for day in sorted(hours.opened)),
        )

    @classmethod
    def posted(cls, form: FormData) -> HoursForm:
        """Return the form as it was sent."""
        days = frozenset(
            int(d) for d in form.getlist("days") if isinstance(d, str) and d in "1234567"
        )
        closed, opened = (text(form, n).replace("\r\n", "\n") for n in ("closed", "opened"))
        return cls(text(form, "opens"), text(form, "closes"), days, closed, opened)

    def read(self) -> tuple[DutyHours | None, dict[str, str]]:
        """Return the hours, or None and field → what is wrong with it."""
        problems: dict[str, str] = {}
        opens = closes = MIDNIGHT
        try:
            opens = read_begin(self.opens)
        except ValueError:
            problems["opens"] = _TIME
        try:
            closes = read_end(self.closes)
        except ValueError:
            problems["closes"] = _END
        if not problems and not is_span(opens, closes):
            problems["closes"] = "结束时间要晚于开始时间；到半夜 12 点写 24:00。"
        if not self.days:
            problems["days"] = "请至少选一天。"
        closed, problems["closed"] = read_dates(self.closed)
        opened, problems["opened"] = read_dates(self.opened)
        if closed & opened:
            both = min(closed & opened).isoformat()
            problems["opened"] = f"{both} 同时写在了放假和加班里，请去掉一处。"
        problems = {field: words for field, words in problems.items() if words}
        if problems:
            return None, problems
        return DutyHours(opens, closes, self.days, closed, opened), {}


def read_dates(typed: str) -> tuple[frozenset[date], str]:
    """Return the days that stand one a line (also 2026-10-01 至 2026-10-07), and what is wrong with them."""
    found: set[date] = set()
    for line in filter(None, map(str.strip, typed.splitlines())):
        days = _days(line)
        if not days:
            return (
                frozenset(),
                f"没看懂“{line[:30]}”。一行一天，写成 2026-10-01；连着几天写成 2026-10-01 至 2026-10-07。",
            )
        found |= days
        if len(found) > _MOST_DAYS:
            return frozenset(), f"最多 {_MOST_DAYS} 天，过去的日期可以删掉。"
    return frozenset(found), ""


def _days(line: str) -> set[date]:
    """Return the days of a line, none if it cannot be read."""
    both = _RANGE.fullmatch(line)
    single = _DATE.fullmatch(line)
    try:
        if both:
            first = date(*map(int, both.group(2, 3, 4)))
            last = date(*map(int, both.group(6, 7, 8)))
            length = (last - first).days
            if not 0 < length < _LONGEST_RANGE:
                return set()
            return {first + timedelta(days=n) for n in range(length + 1)}
        return {date(*map(int, single.group(1, 2, 3)))} if single else set()
    except ValueError:
        return set()
