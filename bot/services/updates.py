"""Taking the backend's updates: stored once, told once, and never moving a case back in time."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.backend import Update
from bot.model.complaint import Complaint
from bot.model.delivery import Delivery, DeliveryKind
from bot.model.office import Office
from bot.model.status import StatusMeaning, StatusTable
from bot.ports import Backend, Clock, Phrases
from bot.record import Record, Unit
from bot.services import amending, callback
from bot.services.filing import number_owed

log = logging.getLogger(__name__)

_OVERLAP = timedelta(minutes=10)
_SWEEP = timedelta(hours=48)
_SWEEP_EVERY = timedelta(hours=24)
_FEW = 200
_AHEAD = timedelta(minutes=10)
_CURSOR = "updates.cursor"
_REPLIED = "replied"
#: How a case ends that somebody has answered (catalog/statuses.yml); not: passed on, merged, taken back.
_REPLIES = frozenset({"solved", "explained", "closed"})


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
            if complaint is None or _is_known(unit, complaint, update):
                return False
            unit.complaints.add_update(complaint.id, update, self.clock.now())
            asks = self._move(unit, complaint, update)
            self._tell(unit, complaint, update, asks=asks)
        log.info(
            "update taken",
            extra={
                "complaint": complaint.id,
                "receipt": complaint.receipt,
                "request": update.service_request_id,
                "update": update.update_id,
                "status": update.status,
            },
        )
        return True

    def _move(self, unit: Unit, complaint: Complaint, update: Update) -> bool:
        """Change the state unless the update is older than the one we know, or its word is unknown.

        True if the citizen is to be asked what became of it.
        """
        meaning = self.statuses.meaning(update.status, update.code)
        is_late = complaint.status_at is not None and update.updated_datetime < complaint.status_at
        if is_late or not meaning.is_known:
            return False
        asks = self._asks(complaint, update, meaning)
        if asks:
            complaint.callback = callback.opened(complaint.callback, self.clock.now())
        elif not meaning.is_closed:
            complaint.callback = callback.ended(complaint.callback)
        complaint.status, complaint.status_code = update.status, update.code
        complaint.agency = update.agency_responsible or complaint.agency
        complaint.due_at = update.expected_datetime or complaint.due_at
        complaint.stage = meaning.stage
        complaint.status_at = update.updated_datetime
        complaint.status_text = update.description
        unit.complaints.save(complaint)
        return asks

    def _asks(self, complaint: Complaint, update: Update, meaning: StatusMeaning) -> bool:
        """True if this is the office's reply: by its code, from a backend without codes by the word that ends a case."""
        if self.statuses.knows_code(update.code):
            return update.code == _REPLIED
        before = self.statuses.meaning(complaint.status, complaint.status_code)
        return meaning.kind in _REPLIES and not before.is_closed

    def _tell(self, unit: Unit, complaint: Complaint, update: Update, *, asks: bool) -> None:
        meaning = self.statuses.meaning(update.status, update.code)
        stamp = self.office.stamp(update.updated_datetime)
        values = {
            "summary": complaint.summary,
            "receipt": complaint.receipt,
            "stamp": stamp,
            "status": meaning.name,
            "text": update.description,
        }
        name = "utter_update" if update.description else "utter_update_without_text"
        text = self.phrases.say(name, **values)
        if asks:
            text += "\n" + self.phrases.say(callback.BEGINS)
        before = unit.deliveries.latest_of_kind(
            complaint.conversation_id, DeliveryKind.NOTICE.value
        )
        unit.deliveries.add(
            Delivery(
                key=f"notice:{complaint.id}:{update.update_id}",
                kind=DeliveryKind.NOTICE,
                due_at=self.clock.now(),
                payload={
                    "text": text,
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
                if case is not None and not _is_known(unit, case, update)
            ]


def _is_known(unit: Unit, case: Complaint, update: Update) -> bool:
    """True for an update taken before, and for a citizen's own word that the backend lists among its updates."""
    if unit.complaints.has_update(case.id, update.update_id):
        return True
    return amending.ordered(unit, update.update_id) is not None


def _time(raw: str | None, default: datetime) -> datetime:
    return datetime.fromisoformat(raw) if raw else default


def _due(raw: str | None, now: datetime) -> bool:
    return raw is None or now - datetime.fromisoformat(raw) >= _SWEEP_EVERY
