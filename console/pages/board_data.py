"""What stands on the supervisor's board at one moment, ready to be shown: by the page, and by its script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta, timezone
from typing import Any

from bot.model.conversation import Conversation, Holder, WaitReason
from bot.model.hours import is_within, span_name
from bot.model.office import Office
from bot.model.staff import Presence, Shift, StaffMember
from bot.ports import Unavailable
from bot.record import Unit
from bot.services import duty
from console.access import ROLE_NAMES, Permission, may
from console.figures import figures, span_words
from console.pages.naming import label
from console.site import Site
from console.wording import ENDINGS, waited

_PRESENCE_NAMES = {"ready": "在岗", "away": "暂离", "gone": "不在", "unknown": "不清楚"}
_ORDER = tuple(_PRESENCE_NAMES)
_DASH = "—"


@dataclass(frozen=True)
class Held:
    """One conversation in somebody's hands; every value is text for the page."""

    url: str
    label: str
    since: str
    unanswered: str
    is_late: bool


@dataclass(frozen=True)
class Person:
    """One member of staff.

    Attributes:
        shift: the hours they are to be there now, "" if they are not to be.
        is_missing: they are to be there and are not.
    """

    number: str
    name: str
    role: str
    presence: str
    presence_name: str
    shift: str
    is_missing: bool
    holds: tuple[Held, ...]


class Board:
    """Reads the board."""

    def __init__(self, site: Site, link: Callable[..., str]) -> None:
        self._site = site
        self._link = link
        self._now = site.clock.now()

    def read(self) -> dict[str, Any]:
        """Return everything on it as plain data."""
        present = self._present()
        with self._site.record.reading() as unit:
            office = duty.office_now(unit, self._site.office)
            people = self._people(unit, office, present)
            waiting = unit.conversations.waiting()
            handoffs = unit.handoffs.between(
                self._midnight(office), self._now + timedelta(seconds=1)
            )
        counts = figures(handoffs)
        return {
            "at": self._now.astimezone(office.time_zone).strftime("%H:%M:%S"),
            "is_open": office.is_open(self._now),
            "hours": office.hours(),
            "is_known": present is not None,
            "ready": sum(person.presence == "ready" for person in people),
            "people": [asdict(person) for person in people],
            "missing": [f"{p.number} {p.name}（{p.shift}）" for p in people if p.is_missing],
            "waiting": self._waiting(waiting),
            "figures": {
                "asked": str(counts.asked),
                "claimed": str(counts.claimed),
                "unasked": str(counts.unasked),
                "half_wait": span_words(counts.half_wait),
                "longest_wait": span_words(counts.longest_wait),
                "half_answer": span_words(counts.half_answer),
                "most_answer": span_words(counts.most_answer),
            },
            "endings": [
                {"name": name, "count": str(counts.endings[word])}
                for word, name in ENDINGS.items()
                if word in counts.endings
            ],
        }

    def _present(self) -> Mapping[str, Presence] | None:
        """Return who is there, None while that cannot be known."""
        try:
            return self._site.serving.presences.present()
        except Unavailable:
            return None

    def _midnight(self, office: Office) -> datetime:
        today = self._now.astimezone(office.time_zone).date()
        return datetime.combine(today, time(), office.time_zone).astimezone(timezone.utc)

    def _people(
        self, unit: Unit, office: Office, present: Mapping[str, Presence] | None
    ) -> list[Person]:
        held: dict[str, list[Conversation]] = {}
        for conversation in unit.conversations.staffed():
            if conversation.holder is Holder.STAFF:
                held.setdefault(conversation.agent, []).append(conversation)
        local = self._now.astimezone(office.time_zone)
        shifts = {
            shift.number: shift
            for shift in unit.shifts.between(local.date(), local.date())
            if is_within(local.time(), shift.begins, shift.ends)
        }
        found = [
            self._person(member, office, present, shifts, held.get(member.number, []))
            for member in unit.staff.all()
            if may(member, Permission.SERVE) or member.number in held
        ]
        return sorted(
            found, key=lambda p: (not p.is_missing, _ORDER.index(p.presence), not p.holds)
        )

    def _person(
        self,
        member: StaffMember,
        office: Office,
        present: Mapping[str, Presence] | None,
        shifts: Mapping[str, Shift],
        held: list[Conversation],
    ) -> Person:
        there = None if present is None else present.get(member.number)
        presence = "unknown" if present is None else there.value if there else "gone"
        shift = shifts.get(member.number)
        return Person(
            number=member.number,
            name=member.name,
            role=ROLE_NAMES[member.role],
            presence=presence,
            presence_name=_PRESENCE_NAMES[presence],
            shift=span_name(shift.begins, shift.ends) if shift else "",
            is_missing=shift is not None and presence == "gone",
            holds=tuple(self._held(conversation, office) for conversation in held),
        )

    def _held(self, conversation: Conversation, office: Office) -> Held:
        since, silent = conversation.held_since or self._now, conversation.unanswered_since
        # Later than this the watch calls somebody else: the supervisor should see it coming.
        is_late = silent is not None and self._now - silent >= office.answers / 2
        return Held(
            url=self._link("conversation", id=conversation.id),
            label=label(conversation.id),
            since=waited(self._now - since),
            unanswered=waited(self._now - silent) if silent else "",
            is_late=is_late,
        )

    def _waiting(self, waiting: list[Conversation]) -> dict[str, Any]:
        since = waiting[0].waiting_since if waiting else None
        return {
            "count": str(len(waiting)),
            "emergencies": sum(c.waiting_reason is WaitReason.EMERGENCY for c in waiting),
            "longest": waited(self._now - since) if since else _DASH,
            "longest_url": self._link("conversation", id=waiting[0].id) if waiting else "",
        }
