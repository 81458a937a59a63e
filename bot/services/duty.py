"""When staff are there: the office's hours as they are set now, and who has the console open.

catalog/office.yml gives the hours to start with; a supervisor may change them at the console, for all machines.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.model.office import Office
from bot.model.staff import DutyHours, Presence
from bot.ports import Clock, Presences, Unavailable
from bot.record import Record, Unit

HOURS = "duty.hours"
_KEPT_FOR = timedelta(seconds=10)


def office_now(unit: Unit, office: Office) -> Office:
    """Return the office with the hours set at the console, if any were."""
    found = unit.documents.get(HOURS)
    if not found:
        return office
    hours = DutyHours.from_dict(found)
    return replace(
        office,
        opens=hours.opens,
        closes=hours.closes,
        days=hours.days,
        closed=hours.closed,
        opened=hours.opened,
    )


def hours_of(office: Office) -> DutyHours:
    """Return an office's hours, to be changed and set."""
    return DutyHours(office.opens, office.closes, office.days, office.closed, office.opened)


def set_hours(unit: Unit, hours: DutyHours) -> None:
    """Set the hours for all machines; gateways follow within some seconds."""
    unit.documents.put(HOURS, hours.to_dict())


def ready(presences: Presences) -> set[str]:
    """Return the work numbers of those who take citizens now; nobody when that cannot be known."""
    try:
        present = presences.present()
    except Unavailable:
        return set()
    return {number for number, presence in present.items() if presence is Presence.READY}


class DutyTimes:
    """Says whether it is duty time without asking the record each time; what it knows is at most ten seconds old."""

    def __init__(self, record: Record, office: Office, clock: Clock) -> None:
        self._record = record
        self._shipped = office
        self._clock = clock
        self._office = office
        self._read_at: datetime | None = None

    def is_open(self) -> bool:
        """True while staff are on duty; by the last hours known when the record is away."""
        now = self._clock.now()
        if self._read_at is None or now - self._read_at >= _KEPT_FOR:
            self._read_at = now
            self._read()
        return self._office.is_open(now)

    def _read(self) -> None:
        try:
            with self._record.reading() as unit:
                self._office = office_now(unit, self._shipped)
        except Unavailable:
            return
