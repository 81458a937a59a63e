"""What belongs to one office and not to the code: read from catalog/office.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.model.hours import is_span, is_within, read_begin, read_end, span_name

_DAY_NAMES = "一二三四五六日"


@dataclass(frozen=True)
class Office:
    """One complaint office.

    Attributes:
        home_city: where a place without a city is looked for.
        receipt_prefix: the letters before a receipt number, 1 to 4 capitals.
        notice_version: version of the privacy notice in force; stored with each consent.
        closes: midnight is the end of the day.
        days: duty days, 1 = Monday.
        closed, opened: single days off duty, or on duty, all the same (set at the console).
        comes, answers, idle: when a citizen who is to speak with a person may not be left alone any longer.
    """

    name: str
    home_city: str
    receipt_prefix: str
    time_zone: ZoneInfo
    opens: time
    closes: time
    days: frozenset[int]
    notice_version: str
    reply_days: int
    comes: timedelta
    answers: timedelta
    idle: timedelta
    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Office:
        """Check and read the loaded YAML; raises ValueError naming the field."""
        try:
            prefix = str(data["receipt_prefix"])
            if not (
                prefix.isascii() and prefix.isalpha() and prefix.isupper() and len(prefix) <= 4
            ):
                raise ValueError("receipt_prefix: 1 to 4 capital letters")
            hours, handoff = data["duty"], data["handoff"]
            opens, closes = read_begin(str(hours["opens"])), read_end(str(hours["closes"]))
            if not is_span(opens, closes):
                raise ValueError("duty: closes must be later than opens")
            return cls(
                name=str(data["name"]),
                home_city=str(data["home_city"]),
                receipt_prefix=prefix,
                time_zone=ZoneInfo(str(data["time_zone"])),
                opens=opens,
                closes=closes,
                days=frozenset(int(d) for d in hours["days"]),
                notice_version=str(data["notice_version"]),
                reply_days=int(data["reply_days"]),
                comes=timedelta(minutes=float(handoff["comes"])),
                answers=timedelta(minutes=float(handoff["answers"])),
                idle=timedelta(minutes=float(handoff["idle"])),
            )
        except KeyError as error:
            raise ValueError(f"catalog/office.yml: {error.args[0]} is missing") from error

    def is_open(self, now: datetime) -> bool:
        """True while staff are on duty."""
        local = now.astimezone(self.time_zone)
        today = local.date()
        is_duty_day = today in self.opened or (
            local.isoweekday() in self.days and today not in self.closed
        )
        return is_duty_day and is_within(local.time(), self.opens, self.closes)

    def hours(self) -> str:
        """Return the duty hours as a citizen reads them, e.g. 工作日 8:30–18:00 or 每天 24 小时."""
        if self.days == frozenset(range(1, 6)):
            days = "工作日"
        elif len(self.days) == 7:
            days = "每天"
        else:
            days = "周" + "、".join(_DAY_NAMES[d - 1] for d in sorted(self.days))
        return f"{days} {span_name(self.opens, self.closes)}"

    def stamp(self, moment: datetime) -> str:
        """Return a moment as a citizen reads it, e.g. 11-23 15:20."""
        return moment.astimezone(self.time_zone).strftime("%m-%d %H:%M")

    def date_time(self, moment: datetime) -> str:
        """Return a moment as a notice template's time field takes it, e.g. 2026-11-23 15:20."""
        return moment.astimezone(self.time_zone).strftime("%Y-%m-%d %H:%M")

    def day(self, moment: datetime) -> str:
        """Return the local day as six digits, as receipt numbers carry it."""
        return moment.astimezone(self.time_zone).strftime("%y%m%d")
