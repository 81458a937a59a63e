"""The part of the record that is about staff: ports like those of `bot.record`, which joins them in a unit."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from bot.model.staff import (
    AuditEntry,
    CannedAnswer,
    Handoff,
    Shift,
    StaffMember,
    StaffSession,
)


class Handoffs(Protocol):
    """The times a person was wanted; of one conversation at most one is open."""

    def add(self, handoff: Handoff) -> None:
        """Store it and set its id."""

    def save(self, handoff: Handoff) -> None:
        """Write it back."""

    def open_of(self, conversation_id: str) -> Handoff | None:
        """Return the one that has not ended."""

    def of_conversation(self, conversation_id: str, *, limit: int = 20) -> list[Handoff]:
        """Return a conversation's, newest first."""

    def between(self, start: datetime, end: datetime) -> list[Handoff]:
        """Return those asked for in this time, oldest first."""

    def lately_claimed(self, since: datetime, *, limit: int = 20) -> list[Handoff]:
        """Return those claimed since then, newest first: what a wait is estimated from."""


class Staff(Protocol):
    """Accounts of the console and the browsers signed in with them."""

    def get(self, number: str, *, lock: bool = False) -> StaffMember | None:
        """Return the account with this work number; with `lock` nobody else changes it until the unit ends."""

    def by_name(self, name: str) -> StaffMember | None:
        """Return the account with this name."""

    def all(self, *, lock: bool = False) -> list[StaffMember]:
        """Return every account, by work number; those who left too; `lock` as above."""

    def add(self, member: StaffMember) -> bool:
        """Store it; False (and nothing done) if number or name are taken."""

    def save(self, member: StaffMember) -> None:
        """Write it back."""

    def open_session(self, session: StaffSession) -> None:
        """Store a session."""

    def session(self, digest: str) -> StaffSession | None:
        """Return the session with this digest."""

    def sessions(self) -> list[StaffSession]:
        """Return every session that is kept, those that are over too; seen last first."""

    def touch_session(self, digest: str, at: datetime) -> None:
        """Note that its browser was seen."""

    def close_session(self, digest: str) -> None:
        """End one session."""

    def close_sessions_of(self, number: str) -> None:
        """End every session of an account."""

    def forget_sessions(self, before: datetime) -> None:
        """Remove sessions that began before then."""


class Audit(Protocol):
    """What was looked at and changed; entries cannot be changed or removed, not even by SQL."""

    def add(self, entry: AuditEntry) -> None:
        """Write an entry down."""

    def entries(
        self,
        *,
        number: str = "",
        action: str = "",
        subject: str = "",
        start: datetime | None = None,
        end: datetime | None = None,
        before_id: int = 0,
        limit: int = 100,
    ) -> list[AuditEntry]:
        """Return entries that fit every word given, newest first; `before_id` for the next page.

        Only those of the time from `start` until before `end`, where these are given.
        """


class CannedAnswers(Protocol):
    """Answers that are often given."""

    def of(self, number: str) -> list[CannedAnswer]:
        """Return everybody's and this member's own, by code; an own one comes before everybody's."""

    def get(self, answer_id: int) -> CannedAnswer | None:
        """Return one."""

    def put(self, answer: CannedAnswer) -> bool:
        """Store it, or write it back if it has an id; False if its owner has that code already."""

    def remove(self, answer_id: int) -> None:
        """Remove it."""


class Shifts(Protocol):
    """Who is to be there when."""

    def between(self, first: date, last: date) -> list[Shift]:
        """Return the shifts of these days, both included, by day and beginning."""

    def add(self, shift: Shift) -> None:
        """Store it and set its id."""

    def remove(self, shift_id: int) -> None:
        """Remove it."""
