"""The service counter: what the dialogue may do for one citizen within one turn.

Actions see only this. Everything it does lands in the turn's unit, so that a turn thrown away leaves no trace.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.model.complaint import Complaint
from bot.model.conversation import Conversation, Holder, WaitReason
from bot.model.coordinates import to_wgs84
from bot.model.delivery import Delivery, DeliveryKind
from bot.model.draft import Draft
from bot.model.message import Datum, Point
from bot.model.office import Office
from bot.model.status import StatusMeaning, StatusTable
from bot.ports import NOBODY_THERE, Clock, Phrases, Presences, Sealer
from bot.record import Unit
from bot.services import duty, handoff
from bot.services.directory import Directory

_MOST_CASES = 1000
TITLE_MOST = 22
_LATELY = timedelta(days=1)
_LATELY_CLAIMED = timedelta(hours=2)
_ENOUGH_WAITS = 3
_LAST_LINES = 12
_SAME_TALK = timedelta(minutes=30)
MOST_PHOTOS = 5  # LYB-FORM: five pictures a message (civic-domain section 6)


@dataclass(frozen=True)
class Waiting:
    """What happens after a citizen asked for a person.

    Attributes:
        on_duty: it is duty time; is_staffed: and somebody is there who takes citizens.
        minutes: how long it took lately until somebody came; None when nobody knows.
    """

    ahead: int
    on_duty: bool
    is_staffed: bool
    hours: str
    minutes: int | None = None


@dataclass(frozen=True)
class Sign:
    """What a scanned sign stands for: a place, perhaps a service."""

    scene: str
    place: str
    service_code: str = ""


@dataclass(frozen=True)
class Counter:
    """The counter as it serves one citizen in one turn.

    Attributes:
        office: as it is shipped; `office_now` has the hours in force.
        medium_id: our id of the picture or voice that this turn's message is.
        message_key: what sets all of this off; "" for what staff do.
    """

    unit: Unit
    conversation: Conversation
    directory: Directory
    office: Office
    clock: Clock
    sealer: Sealer
    statuses: StatusTable
    phrases: Phrases
    signs: tuple[Sign, ...] = ()
    presences: Presences = NOBODY_THERE
    medium_id: str = ""
    message_key: str = ""

    def now(self) -> datetime:
        """Return the time of this turn."""
        return self.clock.now()

    def office_now(self) -> Office:
        """Return the office with the hours that are in force; few turns ask for them."""
        return duty.office_now(self.unit, self.office)

    def file(self, draft: Draft, *, filed_by: str = "") -> Complaint:
        """Make the confirmed draft a complaint with a receipt number, and order its filing with the backend.

        `filed_by`: work number of the member of staff who does it for the citizen.
        """
        now = self.clock.now()
        day = self.office.day(now)
        number = self.unit.complaints.next_number(f"receipt:{day}")
        complaint = _complaint(draft, self, f"{self.office.receipt_prefix}-{day}-{number:04d}", now)
        complaint.filed_by = filed_by
        self.unit.complaints.add(complaint)
        self.unit.media.attach(draft.media, complaint.id)
        self.unit.deliveries.add(
            Delivery(
                key=f"file:{complaint.id}",
                kind=DeliveryKind.FILING,
                due_at=now,
                payload={"message": self.message_key, "receipt": complaint.receipt},
                conversation_id=self.conversation.id,
                complaint_id=complaint.id,
            )
        )
        return complaint

    def cases(self) -> list[Complaint]:
        """Return the citizen's own complaints, newest first."""
        return self.unit.complaints.of_conversation(self.conversation.id)

    def cases_in_callback(self) -> list[Complaint]:
        """Return those about whose answer something was asked."""
        return self.unit.complaints.in_callback(self.conversation.id)

    def cases_at(self, status_code: str) -> list[Complaint]:
        """Return those whose last status of the backend was this one, newest first."""
        return self.unit.complaints.standing_at(self.conversation.id, status_code)

    def case(self, number: str) -> Complaint | None:
        """Return the citizen's own complaint with this receipt or backend number.

        Somebody else's is None, exactly like an unknown one.
        """
        wanted = number.strip().upper()
        if not wanted:
            return None
        own = self.unit.complaints.of_conversation(self.conversation.id, limit=_MOST_CASES)
        return next((c for c in own if wanted in (c.receipt, c.backend_id.upper())), None)

    def meaning(self, complaint: Complaint) -> StatusMeaning:
        """Return what the backend's last word on a case means."""
        return self.statuses.meaning(complaint.status, complaint.status_code)

    def open_cases(self) -> list[Complaint]:
        """Return the citizen's cases that the office has not finished with, newest first."""
        return [case for case in self.cases() if not self.meaning(case).is_closed]

    def is_recent(self, complaint: Complaint) -> bool:
        """True if it was confirmed within a day."""
        return self.clock.now() - complaint.confirmed_at <= _LATELY

    def status_name(self, complaint: Complaint) -> str:
        """Return where a case stands, as a citizen reads it."""
        if complaint.status:
            return self.meaning(complaint).name
        return self.phrases.say(f"utter_status_{complaint.stage}")

    def call_person(self, reason: WaitReason = WaitReason.ASKED) -> Waiting:
        """Put the conversation among those that wait for a person.

        Who asked for one while somebody is there waits for them, the bot being silent from the next message on; in
        every other case the bot goes on serving until somebody comes.
        """
        now = self.clock.now()
        handoff.want(self.unit, self.conversation, reason, self.clock)
        others = [c for c in self.unit.conversations.waiting() if c.id != self.conversation.id]
        since = self.conversation.waiting_since or now
        ahead = sum(1 for c in others if c.waiting_since is not None and c.waiting_since < since)
        office = self.office_now()
        on_duty = office.is_open(now)
        is_staffed = on_duty and bool(duty.ready(self.presences))
        if is_staffed and reason is WaitReason.ASKED and self.conversation.holder is Holder.BOT:
            self.conversation.queue(now)
        return Waiting(
            ahead=ahead,
            on_duty=on_duty,
            is_staffed=is_staffed,
            hours=office.hours(),
            minutes=self._minutes(now),
        )

    def is_abusive_again(self) -> bool:
        """True if the citizen was abusive before in the last lines of this talk."""
        rows = self.unit.conversations.transcript(self.conversation.id, limit=_LAST_LINES)
        recent = [row for row in rows if self.clock.now() - row.at < _SAME_TALK]
        return any((row.data.get("understood") or {}).get("intent") == "abuse" for row in recent)

    def _minutes(self, now: datetime) -> int | None:
        """Return the median wait of those whom somebody came to lately, rounded up; None if they are few."""
        claimed = self.unit.handoffs.lately_claimed(now - _LATELY_CLAIMED)
        waits = sorted(h.waited for h in claimed if h.waited is not None and h.reason)
        if len(waits) < _ENOUGH_WAITS:
            return None
        return max(1, math.ceil(waits[len(waits) // 2].total_seconds() / 60))

    def sign(self, scene: str) -> Sign | None:
        """Return what the scanned sign stands for, None if the office does not know it."""
        return next((s for s in self.signs if s.scene == scene), None)


def _complaint(draft: Draft, counter: Counter, receipt: str, now: datetime) -> Complaint:
    service = counter.directory.service(draft.category)
    point = _point(draft.point)
    division = draft.division or {}
    latitude, longitude = to_wgs84(point) if point else (None, None)
    return Complaint(
        id=uuid.uuid4().hex,
        receipt=receipt,
        conversation_id=counter.conversation.id,
        service_code=draft.category,
        service_name=service.name if service else "",
        service_group=service.group if service else "",
        description=described(draft),
        summary=_title(draft.summary()),
        place=draft.place,
        latitude=latitude,
        longitude=longitude,
        datum=point.datum.value if point else "",
        answers=dict(draft.answers),
        contact_phone=draft.sealed.get(draft.phone, "") if draft.phone else "",
        contact_name=draft.name,
        visibility=visibility(draft, counter.directory),
        consent=counter.office.notice_version,
        confirmed_at=now,
        sealed=dict(draft.sealed),
        nature=draft.nature,
        division=division.get("full", ""),
        division_code=division.get("code", ""),
        wish=draft.wish,
        repeated=draft.repeated,
    )


def visibility(draft: Draft, directory: Directory) -> str:
    """Return the citizen's word on publicity, else what the nature asks for."""
    asked = directory.natures.is_confidential(draft.nature)
    return draft.visibility or ("confidential" if asked else "")


def _title(summary: str) -> str:
    """Return a short name for lists and notices; 22 characters as on 领导留言板 (civic-domain section 6)."""
    words = summary.replace("\n", " ").strip()
    return words if len(words) <= TITLE_MOST else words[: TITLE_MOST - 1] + "…"


def described(draft: Draft) -> str:
    """Return the citizen's own words on the matter, one message a line, none twice."""
    lines: Sequence[str] = list(dict.fromkeys(draft.said))
    return "\n".join(lines)


def _point(data: dict[str, Any] | None) -> Point | None:
    if not data:
        return None
    return Point(data["latitude"], data["longitude"], Datum(data["datum"]), data.get("label", ""))
