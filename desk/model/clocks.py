"""Deadlines: which a case gets, in working days of the country, what a pause does to them, when they warn.

A promise stays as it was given: the moments a clock is made of are written into the step that started it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any

import holidays

SIGN, ANSWER = "sign", "answer"
"""The clocks a case may run: to be signed for by the unit it was sent to, and to be answered."""
RESTS = ("no_answer", "close", "archive")
_SPAN = re.compile(r"(\d+) ?(min|h|d|wd)\Z")
_MINUTES = {"min": 1, "h": 60, "d": 24 * 60}


@lru_cache(maxsize=1)
def _calendar() -> Any:
    return holidays.country_holidays("CN")


def is_working_day(day: date) -> bool:
    """True for a day on which offices work: the State Council's holidays and make-up days counted (调休)."""
    return bool(_calendar().is_working_day(day))


def add_working_days(day: date, number: int) -> date:
    """Return the n-th working day after a day (before it, if negative); the day itself never counts."""
    step = timedelta(days=1 if number >= 0 else -1)
    for _ in range(abs(number)):
        day += step
        while not is_working_day(day):
            day += step
    return day


def working_days_between(first: date, last: date) -> int:
    """Return how many working days lie after `first`, up to and with `last`."""
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(is_working_day(day) for day in days)


@dataclass(frozen=True)
class Span:
    """A length of time: minutes by the clock, or working days."""

    minutes: int = 0
    working_days: int = 0

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read "30min", "2h", "15d" (by the calendar) or "5wd" (working days); raises ValueError."""
        found = _SPAN.match(text)
        if found is None:
            raise ValueError(f"{text!r} is no span such as 30min, 2h, 15d or 5wd")
        number, unit = int(found[1]), found[2]
        if unit == "wd":
            return cls(working_days=number)
        return cls(minutes=number * _MINUTES[unit])


@dataclass(frozen=True)
class Clock:
    """One running deadline.

    Attributes:
        due: when it ends.
        in_days: counted in working days; a pause then moves it by working days.
        alerts: when somebody must hear of it: first the holder (before it ends), then up the tree, level by level.
        given: how many of the alerts were given.
    """

    due: datetime
    in_days: bool = True
    alerts: tuple[datetime, ...] = ()
    given: int = 0

    @property
    def next_alert(self) -> datetime | None:
        """When the next alert is due; None after the last."""
        return self.alerts[self.given] if self.given < len(self.alerts) else None

    def as_dict(self) -> dict[str, Any]:
        """Return it as it stands in a step's data."""
        return {
            "due": self.due.isoformat(),
            "in_days": self.in_days,
            "alerts": [moment.isoformat() for moment in self.alerts],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Clock:
        """Read what `as_dict` returned."""
        return cls(
            datetime.fromisoformat(data["due"]),
            bool(data["in_days"]),
            tuple(datetime.fromisoformat(moment) for moment in data["alerts"]),
        )


@dataclass(frozen=True)
class ClockRule:
    """How long cases of a kind may take; "" in a condition stands for any."""

    sign: Span
    answer: Span
    warn: Span
    climb: Span
    urgency: str = ""
    topic: str = ""
    groups: tuple[str, ...] = ()
    services: tuple[str, ...] = ()

    def fits(self, *, urgency: str, topic: str, group: str, service: str) -> bool:
        """True if a case of this kind gets these clocks."""
        return (
            self.urgency in ("", urgency)
            and self.topic in ("", topic)
            and (not self.groups or group in self.groups)
            and (not self.services or service in self.services)
        )


@dataclass(frozen=True)
class Clocks:
    """The office's deadlines (catalog/clocks.yml): the first rule that fits counts.

    Attributes:
        day_ends: local time at which a deadline in working days ends.
        levels: how often an alert may climb.
        rests: step of the desk's own → how long a case rests before it.
    """

    rules: tuple[ClockRule, ...]
    day_ends: time
    zone: tzinfo
    levels: int
    rests: Mapping[str, timedelta]

    def rule(self, *, urgency: str, topic: str, group: str, service: str) -> ClockRule:
        """Return the rule for a case; the last one fits all."""
        kind = {"urgency": urgency, "topic": topic, "group": group, "service": service}
        return next(rule for rule in self.rules if rule.fits(**kind))

    def start(self, span: Span, rule: ClockRule, now: datetime) -> Clock:
        """Start a clock now."""
        return self._clock(self._after(now, span), bool(span.working_days), rule)

    def moved(self, clock: Clock, paused_at: datetime, now: datetime, rule: ClockRule) -> Clock:
        """Return a clock that stood still since `paused_at`: what was left of it is still left."""
        if not clock.in_days:
            return self._clock(clock.due + (now - paused_at), False, rule)
        lost = working_days_between(self._day(paused_at), self._day(now))
        due = self._end_of(add_working_days(self._day(clock.due), lost)) if lost else clock.due
        return self._clock(due, True, rule)

    def until(self, day: date, rule: ClockRule) -> Clock:
        """Return a clock that ends with a day."""
        return self._clock(self._end_of(day), True, rule)

    def _clock(self, due: datetime, in_days: bool, rule: ClockRule) -> Clock:
        climbs: list[datetime] = [due]
        for _ in range(self.levels - 1):
            climbs.append(self._after(climbs[-1], rule.climb))
        return Clock(due, in_days, (self._before(due, rule.warn), *climbs))

    def _after(self, moment: datetime, span: Span) -> datetime:
        if span.working_days:
            return self._end_of(add_working_days(self._day(moment), span.working_days))
        return moment + timedelta(minutes=span.minutes)

    def _before(self, moment: datetime, span: Span) -> datetime:
        if span.working_days:
            day = add_working_days(self._day(moment), -span.working_days)
            return self._end_of(day)
        return moment - timedelta(minutes=span.minutes)

    def _end_of(self, day: date) -> datetime:
        return datetime.combine(day, self.day_ends, tzinfo=self.zone)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()


def parse_clocks(data: Mapping[str, Any], zone: tzinfo) -> Clocks:
    """Read the loaded catalog/clocks.yml; raises ValueError naming the rule that is wrong."""
    rules = tuple(_rule(number, row) for number, row in enumerate(data["rules"], start=1))
    if not rules or not rules[-1].fits(urgency="?", topic="?", group="?", service="?"):
        raise ValueError("clocks.yml: the last rule must fit every case")
    rests = {
        name: timedelta(minutes=Span.parse(str(data["rests"][name])).minutes) for name in RESTS
    }
    day_ends = time.fromisoformat(data["day_ends"])
    return Clocks(rules, day_ends, zone, int(data["levels"]), rests)


def _rule(number: int, row: Mapping[str, Any]) -> ClockRule:
    unknown = set(row) - {field.name for field in fields(ClockRule)}
    if unknown:
        raise ValueError(f"clocks.yml, rule {number}: unknown {', '.join(sorted(unknown))}")
    try:
        return ClockRule(
            sign=Span.parse(str(row["sign"])),
            answer=Span.parse(str(row["answer"])),
            warn=Span.parse(str(row["warn"])),
            climb=Span.parse(str(row["climb"])),
            groups=_listed(row.get("groups", ())),
            services=_listed(row.get("services", ())),
            urgency=row.get("urgency", ""),
            topic=row.get("topic", ""),
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"clocks.yml, rule {number}: {error}") from error


def _listed(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def given(clock: Clock) -> Clock:
    """Return the clock with one more of its alerts given."""
    return replace(clock, given=clock.given + 1)
