"""What a citizen says about a case that is filed, on its way to the backend: once each, in order, never before the case.

Each is a delivery whose key is the update's own id: the backend takes that id once, so an unknown outcome is simply
repeated, and the same word coming back in the backend's feed is recognised as ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.model.backend import Amendment, CitizenAct
from bot.model.complaint import Complaint
from bot.model.delivery import (
    SCHEDULES,
    UNFINISHED_STATES,
    Delivery,
    DeliveryKind,
    DeliveryState,
)
from bot.model.errors import Permanent
from bot.ports import Backend, Clock, Sealer
from bot.record import Record, Unit
from bot.services.deliver import Postponed
from bot.services.filing import MEDIA_PATIENCE, MOST_CHARACTERS, is_lost, opened
from bot.services.masking import restore

_LOOK_AGAIN_S = 1.0
_UNFILED_S = 2.0
_LONG_UNFILED_S = 60.0
_SOON_FILED = timedelta(minutes=2)


@dataclass(frozen=True)
class Word:
    """One citizen's word on a case.

    Attributes:
        update_id: our own key of it; the same one is never ordered twice.
        text: masked; what its masks stand for is kept with the case.
        media: our ids of pictures and voices.
    """

    act: CitizenAct
    update_id: str
    text: str
    media: tuple[str, ...] = ()
    verdict: Mapping[str, str] = field(default_factory=dict)


def key_of(update_id: str) -> str:
    """Return the key of the delivery that carries this update."""
    return f"amend:{update_id}"


def ordered(unit: Unit, update_id: str) -> Delivery | None:
    """Return the delivery that carries this update, None if there is none."""
    return unit.deliveries.by_key(key_of(update_id))


def order(
    unit: Unit,
    case: Complaint,
    word: Word,
    now: datetime,
    *,
    wait: timedelta = timedelta(0),
    cause: str = "",
) -> None:
    """Order a word for the backend; with `wait` it may still be changed for that long. `cause`: the message's key.

    A word that is still waiting so goes out first, and at once: the office reads them in the order they were said.
    """
    earlier = unit.deliveries.of_complaint(case.id, DeliveryKind.AMENDMENT.value)
    before = ""
    if earlier:
        before = earlier[-1].key
        change(unit, earlier[-1], due_at=now)
    unit.deliveries.add(
        Delivery(
            key=key_of(word.update_id),
            kind=DeliveryKind.AMENDMENT,
            due_at=now + wait,
            payload={
                "update_id": word.update_id,
                "act": word.act.value,
                "at": now.isoformat(),
                "text": word.text,
                "media": list(word.media),
                "verdict": dict(word.verdict),
                "after": before,
                "message": cause,
                "receipt": case.receipt,
            },
            conversation_id=case.conversation_id,
            complaint_id=case.id,
        )
    )


def change(unit: Unit, delivery: Delivery, *, due_at: datetime, **payload: Any) -> bool:
    """Change a word that no sender took yet, to be sent by then; False if it is too late for that."""
    if delivery.state is not DeliveryState.QUEUED:
        return False
    mine = unit.deliveries.claim(delivery.id)  # nobody else sends it meanwhile
    if mine is None:
        return False
    mine.state, mine.lease_until, mine.attempts = DeliveryState.QUEUED, None, 0
    mine.due_at, mine.payload = min(mine.due_at, due_at), {**mine.payload, **payload}
    unit.deliveries.save(mine)
    return True


class AmendmentHandler:
    """Hands a citizen's word to the backend once the case itself is there."""

    is_told = False

    def __init__(
        self,
        record: Record,
        backend: Backend,
        *,
        clock: Clock,
        sealer: Sealer,
        media_url: Callable[[str], str],
    ) -> None:
        self._record = record
        self._backend = backend
        self._clock = clock
        self._sealer = sealer
        self._media_url = media_url

    def carry_out(self, delivery: Delivery) -> None:
        """Send it; raises what the backend raises, `Postponed` while something must come before it."""
        with self._record.unit() as unit:
            case = unit.complaints.get(delivery.complaint_id or "")
            if case is None:
                return
            self._wait_for_case(case, delivery)
            before = unit.deliveries.by_key(str(delivery.payload.get("after") or ""))
            if before is not None and before.state in UNFINISHED_STATES:
                raise Postponed(_LOOK_AGAIN_S)
            amendment = self._amendment(unit, case, delivery)
        self._backend.add_update(amendment)

    def _wait_for_case(self, case: Complaint, delivery: Delivery) -> None:
        """Postpone until the backend gave the case its number; one that never does is a person's business."""
        if case.backend_id:
            return
        waited = self._waited(delivery)
        is_numberless = case.stage != "confirmed" and not case.backend_token
        if is_numberless or waited >= SCHEDULES[DeliveryKind.AMENDMENT].give_up:
            raise Permanent("minsheng", "unfiled", "the backend has no number for this case")
        raise Postponed(_UNFILED_S if waited < _SOON_FILED else _LONG_UNFILED_S)

    def _amendment(self, unit: Unit, case: Complaint, delivery: Delivery) -> Amendment:
        payload = delivery.payload
        found = [unit.media.get(str(medium_id)) for medium_id in payload["media"]]
        media = [m for m in found if m is not None and not is_lost(unit, m)]
        if self._waited(delivery) < MEDIA_PATIENCE and not all(m.stored for m in media):
            raise Postponed(_LOOK_AGAIN_S)
        originals = opened(self._sealer, case)
        return Amendment(
            update_id=str(payload["update_id"]),
            service_request_id=case.backend_id,
            act=CitizenAct(payload["act"]),
            at=datetime.fromisoformat(payload["at"]),
            description=restore(str(payload["text"]), originals)[:MOST_CHARACTERS],
            media_urls=tuple(self._media_url(m.id) for m in media),
            verdict=dict(payload["verdict"]),
        )

    def _waited(self, delivery: Delivery) -> timedelta:
        now = self._clock.now()
        return now - (delivery.created_at or now)
