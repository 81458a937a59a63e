"""Sending what is due: claim one delivery, let its handler carry it out, write down what became of it.

Nothing remote is called inside a transaction. A sender that dies leaves its claim behind; after the claim's lease
another takes it, and the handler is told that the outcome of the earlier try is unknown.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Protocol

from bot.model.delivery import SCHEDULES, Delivery, DeliveryState
from bot.model.errors import Duplicate, Permanent, RemoteError, RetryLater, WindowClosed
from bot.ports import CHANGED, NOBODY_LISTENS, Clock, LiveEvents, Unavailable
from bot.record import Record

log = logging.getLogger(__name__)

_SURELY_OURS = timedelta(seconds=25)
"""Shorter than any claim (bot/storage/deliveries.py)."""

_DEATHS_MOST = 10
"""What so many senders did not survive is likely what killed them; a person must look."""

_SAVE_AGAIN_S = 0.5


class Postponed(Exception):
    """It is not time yet; nothing was tried."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"postponed for {seconds} s")
        self.seconds = seconds


class Handler(Protocol):
    """Carries one kind of delivery out."""

    #: True for what a citizen would notice twice: an unknown outcome is then repeated at most once.
    is_told: bool

    def carry_out(self, delivery: Delivery) -> None:
        """Send it, setting `rung`, `remote_id` and, unless it became SENT, `state`.

        Raises one of `bot.model.errors`, or `Postponed`.
        """


class Deliverer:
    """The one engine for filing with the backend, telling citizens and fetching media.

    It carries out the kinds it has a handler for, so that a slow backend need not hold up what citizens are told.
    """

    def __init__(
        self,
        record: Record,
        handlers: Mapping[str, Handler],
        clock: Clock,
        live: LiveEvents = NOBODY_LISTENS,
        *,
        around: Callable[[Delivery], AbstractContextManager[object]] = nullcontext,
        on_tried: Callable[[Delivery], None] = lambda _: None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`around` is entered with each delivery that was claimed and left when what became of it is kept.

        `on_tried` is called once it is; not for one that was only put off.
        """
        self._record = record
        self._handlers = handlers
        self._clock = clock
        self._live = live
        self._around = around
        self._on_tried = on_tried
        self._pause = pause

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of delivery it carries out."""
        return frozenset(self._handlers)

    def run_once(self, *, limit: int = 50) -> int:
        """Carry out what is due now; returns how many were claimed."""
        with self._record.reading() as unit:
            ids = unit.deliveries.due(kinds=tuple(self._handlers), limit=limit)
        return sum(1 for delivery_id in ids if self._one(delivery_id))

    def _one(self, delivery_id: int) -> bool:
        with self._record.unit() as unit:
            delivery = unit.deliveries.claim(delivery_id)
        if delivery is None:
            return False
        with self._around(delivery):
            until = self._clock.now() + _SURELY_OURS
            attempt = delivery.attempts
            self._carry_out(delivery)
            self._save(delivery, until=until)
            if delivery.attempts == attempt:  # else it was put off, and nothing was tried
                _report(delivery)
                self._on_tried(delivery)
        return True

    def _carry_out(self, delivery: Delivery) -> None:
        """Try it, and set its state to what became of it."""
        handler = self._handlers[delivery.kind.value]
        if not self._may_go(delivery, told=handler.is_told):
            return
        delivery.state = DeliveryState.SENT
        try:
            handler.carry_out(delivery)
        except Postponed as later:
            delivery.attempts -= 1
            self._again(delivery, later.seconds)
        except Unavailable:
            delivery.attempts -= 1
            self._again(delivery, 1.0)
        except RemoteError as error:
            self._failed(delivery, error, told=handler.is_told)
        except Exception:  # a fault of ours in one delivery must not stop those behind it
            log.exception("delivery met a fault of ours", extra={"delivery": delivery.key})
            fault = RetryLater("minsheng", "fault", "see the log", outcome_unknown=handler.is_told)
            self._failed(delivery, fault, told=handler.is_told)
        else:
            if delivery.state is DeliveryState.SENT:
                delivery.error = ""

    def _may_go(self, delivery: Delivery, *, told: bool) -> bool:
        """Say whether it may be sent, its earlier senders having died or not; if not, its state says why."""
        if told and delivery.trail[-1:] == ["orphaned"]:
            if not self._may_repeat(delivery):
                return False
            # Said once: being put off or busy after this is no second unknown outcome.
            delivery.trail = [*delivery.trail, "repeated"]
        elif delivery.trail.count("orphaned") >= _DEATHS_MOST:
            delivery.state, delivery.error = DeliveryState.FAILED, "its senders died"
            return False
        return True

    def _save(self, delivery: Delivery, *, until: datetime) -> None:
        """Write down what became of it.

        A record that is away is waited for while the claim is surely ours: only we know the outcome, and what is
        known need not be tried again.
        """
        delivery.lease_until = None
        while not self._is_saved(delivery):
            if self._clock.now() >= until:
                raise Unavailable("record: away when a delivery's outcome was to be kept")
            self._pause(_SAVE_AGAIN_S)
        if delivery.conversation_id:
            self._live.publish(CHANGED, {"conversation": delivery.conversation_id})

    def _is_saved(self, delivery: Delivery) -> bool:
        try:
            with self._record.unit() as unit:
                unit.deliveries.give_back(delivery)
        except Unavailable:
            log.warning(
                "delivery: its outcome is not written down yet", extra={"delivery": delivery.key}
            )
            return False
        return True

    def _failed(self, delivery: Delivery, error: RemoteError, *, told: bool) -> None:
        delivery.error = f"{error.remote} {error.code}"
        if isinstance(error, Duplicate):
            delivery.state = DeliveryState.SENT
        elif isinstance(error, WindowClosed):
            delivery.state = DeliveryState.HELD
        elif isinstance(error, Permanent):
            delivery.state = DeliveryState.FAILED
        elif isinstance(error, RetryLater):
            self._retry(delivery, error, told=told)

    def _retry(self, delivery: Delivery, error: RetryLater, *, told: bool) -> None:
        if error.outcome_unknown:
            delivery.trail = [*delivery.trail, "unknown"]
            if told and not self._may_repeat(delivery):
                return
        now = self._clock.now()
        created = delivery.created_at or now
        due = SCHEDULES[delivery.kind].next_due(delivery.attempts, now, created)
        if due is None:
            delivery.state = DeliveryState.HELD if told else DeliveryState.FAILED
            return
        delivery.state = DeliveryState.RETRY
        delivery.due_at = max(due, now + timedelta(seconds=error.retry_after_s or 0))

    @staticmethod
    def _may_repeat(delivery: Delivery) -> bool:
        """Allow one repeat after an unknown outcome; mark and stop at the second."""
        if delivery.repeats:
            delivery.state = DeliveryState.FAILED
            delivery.error = "outcome unknown twice"
            return False
        delivery.repeats = 1
        return True

    def _again(self, delivery: Delivery, seconds: float) -> None:
        delivery.state = DeliveryState.RETRY
        delivery.due_at = self._clock.now() + timedelta(seconds=seconds)


def _report(delivery: Delivery) -> None:
    """Write the one line of the log on what became of it; what a person must look at is an error."""
    level = logging.INFO
    if delivery.state is DeliveryState.FAILED:
        level = logging.ERROR
    elif delivery.error and delivery.state is not DeliveryState.SENT:
        level = logging.WARNING
    about = {
        "delivery": delivery.key,
        "kind": delivery.kind.value,
        "rung": delivery.rung,
        "error": delivery.error,
        "attempts": delivery.attempts,
        "tried": delivery.trail,
    }
    log.log(
        level,
        "delivery %s",
        delivery.state.value,
        extra={name: value for name, value in about.items() if value},
    )
