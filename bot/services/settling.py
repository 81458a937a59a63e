"""Finding out what became of answers offered to callbacks, many at a time.

Most answers are told passively and need nothing but a mark. What a burst of messages left on offer is therefore
looked at together: one exchange with Redis and one transaction, not two for each answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.model.delivery import Delivery
from bot.ports import CHANGED, NOBODY_LISTENS, Answers, Clock, LiveEvents, Settled
from bot.record import Record

log = logging.getLogger(__name__)

_KNOWN_AFTER = timedelta(seconds=6.5)
"""A passive answer counts as told once no further attempt came for six seconds (bot.storage.motion.answers): a look
before that says "wait", unless nobody waits at all, which the first one finds."""
_LOOK_AGAIN = timedelta(seconds=1)
_FIRST_LOOK = timedelta(seconds=2)
_FRESH = timedelta(seconds=4)
"""A callback still waits for the answer to what was said so lately (WeChat cuts after 5 s): there is nothing to find out
before it counts as told."""
_MOST = 500


def first_look(said_at: datetime, now: datetime) -> datetime:
    """Return when it is worth looking at an answer that is offered now to what was said then."""
    return now + (_KNOWN_AFTER if now - said_at < _FRESH else _FIRST_LOOK)


class Settler:
    """Marks as told what a callback took, and gives what none will take to the deliverers."""

    def __init__(
        self,
        record: Record,
        answers: Answers,
        clock: Clock,
        live: LiveEvents = NOBODY_LISTENS,
        *,
        on_told: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`on_told` is called with how many answers were told by callbacks."""
        self._record = record
        self._answers = answers
        self._clock = clock
        self._live = live
        self._on_told = on_told

    def run_once(self, *, limit: int = _MOST) -> int:
        """Look at the answers whose time has come; returns of how many it is known now what became of them.

        Redis decides and remembers: two who look at the same answer, or one who looks again after a crash, write
        down the same.

        Raises:
            bot.ports.Unavailable: Redis or the record is away; nothing was written.
        """
        with self._record.reading() as unit:
            offered = unit.deliveries.offered(limit=limit)
        if not offered:
            return 0
        verdicts = self._answers.settle_many([str(d.payload.get("answers", "")) for d in offered])
        known: dict[Settled, list[Delivery]] = {verdict: [] for verdict in Settled}
        for delivery, verdict in zip(offered, verdicts, strict=True):
            known[verdict].append(delivery)
        told, untaken = known[Settled.PASSIVE], known[Settled.OPEN]
        with self._record.unit() as unit:
            unit.deliveries.settle(
                told=[d.id for d in told],
                untaken=[d.id for d in untaken],
                later={d.id: self._again(d) for d in known[Settled.WAIT]},
            )
        self._on_told(len(told))
        for delivery in untaken:
            about = {"delivery": delivery.key, "message_key": delivery.payload.get("answers")}
            log.info("answer becomes a delivery: no callback waits for it", extra=about)
        changed = dict.fromkeys(d.conversation_id for d in told if d.conversation_id)
        news: list[dict[str, object]] = [{"conversation": number} for number in changed]
        self._live.publish(CHANGED, *news)
        return len(told) + len(untaken)

    def _again(self, delivery: Delivery) -> datetime:
        """Return when it is worth looking again."""
        soon = self._clock.now() + _LOOK_AGAIN
        return max(soon, delivery.created_at + _KNOWN_AFTER) if delivery.created_at else soon
