"""Taking the backend's updates: stored once, told once, and never moving a case back in time."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.backend import Update
from bot.model.complaint import Complaint
from bot.model.delivery import Delivery, DeliveryKind
from bot.model.office import Office
from bot.model.status import StatusTable
from bot.ports import Backend, Clock, Phrases
from bot.record import Record, Unit
from bot.services.filing import number_owed

log = logging.getLogger(__name__)

_OVERLAP = timedelta(minutes=10)
_SWEEP = timedelta(hours=48)
_SWEEP_EVERY = timedelta(hours=24)
_FEW = 200
_AHEAD = timedelta(minutes=10)
_CURSOR = "updates.cursor"


@dataclass(frozen=True)
class UpdateTaker:
    """Takes updates, whether polled or pushed."""

    record: Record
    statuses: StatusTable
    office: Office
    phrases: Phrases
    clock: Clock

    def take(self, update: Update) -> bool:
        """Take one update; False if it is not ours or was taken before."""
        with self.record.unit() as unit:
            complaint = unit.complaints.by_backend_id(update.service_request_id, lock=True)
            if complaint is None or unit.complaints.has_update(complaint.id, update.update_id):
                return False
            unit.complaints.add_update(complaint.id, update, self.clock.now())
            self._move(unit, complaint, update)
            self._tell(unit, complaint, update)
            return True

    def _move(self, unit: Unit, complaint: Complaint, update: Update) -> None:
        """Change the state unless the update is older than the one we know, or its word is unknown."""
        meaning = self.statuses.meaning(update.status)
        is_late = complaint.status_at is not None and update.updated_datetime < complaint.status_at
        if is_late or not meaning.is_known:
            return
        complaint.status = update.status
        complaint.stage = meaning.stage
        complaint.status_at = update.updated_datetime
        complaint.status_text = update.description
        unit.complaints.save(complaint)

    def _tell(self, unit: Unit, complaint: Complaint, update: Update) -> None:
        meaning = self.statuses.meaning(update.status)
        stamp = self.office.stamp(update.updated_datetime)
        values = {
            "summary": complaint.summary,
            "receipt": complaint.receipt,
            "stamp": stamp,
            "status": meaning.name,
            "text": update.description,
        }
        name = "utter_update" if update.description else "utter_update_without_text"
        before = unit.deliveries.latest_of_kind(
            complaint.conversation_id, DeliveryKind.NOTICE.value
        )
        unit.deliveries.add(
            Delivery(
                key=f"notice:{complaint.id}:{update.update_id}",
                kind=DeliveryKind.NOTICE,
                due_at=self.clock.now(),
                payload={
                    "text": self.phrases.say(name, **values),
                    "short": {
                        "number": complaint.receipt,
                        "status": meaning.name,
                        "time": self.office.date_time(update.updated_datetime),
                        "remark": self.phrases.say("utter_update_short"),
                    },
                    "after": before.key if before is not None else "",
                },
                conversation_id=complaint.conversation_id,
                complaint_id=complaint.id,
            )
        )


class UpdatePoller:
    """Asks the backend for updates since the last time, with an overlap and a daily sweep.

    Backends list updates by the time they happened: one entered late is found only by looking far back. As long
    as the last answer held fewer than `few`, every look goes as far back as the sweep.
    """

    def __init__(self, taker: UpdateTaker, backend: Backend, *, few: int = _FEW) -> None:
        self._taker = taker
        self._backend = backend
        self._few = few
        self._wide = False

    def poll(self) -> int:
        """Ask once; returns how many updates were new. The cursor moves only after all were stored."""
        taker = self._taker
        now = taker.clock.now()
        with taker.record.unit() as unit:
            cursor = unit.documents.get(_CURSOR) or {}
        number_owed(taker.record, self._backend)
        sweep = _due(cursor.get("swept"), now)
        since = _time(cursor.get("polled"), now) - _OVERLAP
        start = min(since, now - _SWEEP) if sweep or self._wide else since
        found = sorted(self._backend.updates(start, now + _AHEAD), key=lambda u: u.updated_datetime)
        new = sum(taker.take(update) for update in self._fresh(found))
        self._wide = len(found) < self._few
        swept = now.isoformat() if sweep else cursor["swept"]
        with taker.record.unit() as unit:
            unit.documents.put(_CURSOR, {"polled": now.isoformat(), "swept": swept})
        return new

    def _fresh(self, updates: list[Update]) -> list[Update]:
        """Return those that belong to a case of ours and were not taken: a wide look finds mostly old ones."""
        with self._taker.record.unit() as unit:
            cases = [unit.complaints.by_backend_id(u.service_request_id) for u in updates]
            return [
                update
                for update, case in zip(updates, cases, strict=True)
                if case is not None and not unit.complaints.has_update(case.id, update.update_id)
            ]


def _time(raw: str | None, default: datetime) -> datetime:
    return datetime.fromisoformat(raw) if raw else default


def _due(raw: str | None, now: datetime) -> bool:
    return raw is None or now - datetime.fromisoformat(raw) >= _SWEEP_EVERY
