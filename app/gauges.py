"""How the installation is at this moment, read from Redis and the record when `/metrics` is asked.

Every gateway tells the same of one installation: take the maximum of several, not the sum. A part that does not answer
is said to be down, and what only it knows is left out; the answer never waits for it.
"""

from __future__ import annotations

import logging
import platform
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from datetime import datetime
from importlib.metadata import version

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.bootstrap import Parts
from app.presence import DUTIES
from bot.model.conversation import WaitReason
from bot.model.delivery import DeliveryKind
from bot.ports import Clock
from bot.storage import backlog
from bot.storage.backlog import COUNTED_STATES, DeliveryTally
from bot.storage.motion import backlog as motion

log = logging.getLogger(__name__)

ANSWER_S = 2.0
"""A part that takes longer is down, for this scrape."""
KEPT_S = 5.0
"""Who asks more often gets the same answer again."""
_UNFINISHED = frozenset({"offered", "queued", "retry", "in_flight"})


class _Source:
    """One part, asked on a thread of its own, one question at a time."""

    def __init__(self, ask: Callable[[], list[Metric]]) -> None:
        self._ask = ask
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._asked: Future[list[Metric]] | None = None
        self._known: list[Metric] = []
        self._known_until = 0.0

    def answer(self) -> list[Metric] | None:
        """Return what it says, None if it does not."""
        if time.monotonic() < self._known_until:
            return self._known
        if self._asked is None:
            self._asked = self._thread.submit(self._ask)
        try:
            self._known = self._asked.result(ANSWER_S)
        except TooSlow:  # asked still: the next scrape may find the answer
            return None
        except Exception as error:  # whatever is broken, it is down
            log.warning("metrics: a part does not answer (%s)", type(error).__name__)
            self._asked = None
            return None
        self._asked = None
        self._known_until = time.monotonic() + KEPT_S
        return self._known


class Gauges(Collector):
    """Reads the gauges when the registry is collected."""

    def __init__(self, parts: Parts) -> None:
        self._lock = threading.Lock()
        self._sources = {
            "redis": _Source(lambda: _in_motion(parts)),
            "record": _Source(lambda: _recorded(backlog.read(parts.engine), parts.clock)),
        }

    def describe(self) -> Iterable[Metric]:
        """Say nothing beforehand: registering must ask nobody."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Return the gauges of the parts that answer, and which do."""
        up = GaugeMetricFamily(
            "minsheng_up", "1 if this part of the installation answers", labels=["part"]
        )
        found = [up, _build()]
        with self._lock:
            for name, source in self._sources.items():
                metrics = source.answer()
                up.add_metric([name], 0 if metrics is None else 1)
                found += metrics or []
        return found


def _build() -> Metric:
    build = GaugeMetricFamily(
        "minsheng_build_info", "What is running", labels=["version", "rasa", "python"]
    )
    build.add_metric([version("minsheng"), version("rasa"), platform.python_version()], 1)
    return build


def _in_motion(parts: Parts) -> list[Metric]:
    found = motion.read(parts.redis, DUTIES)
    streams = _gauge("worker_streams", "Streams of citizens that a live worker owns", ["worker"])
    for worker, count in found.streams.items():
        streams.add_metric([worker], count)
    leaders = _gauge("duty_leader", "1 for the worker that leads in a duty", ["duty", "worker"])
    for duty, worker in found.leaders.items():
        leaders.add_metric([duty, worker], 1)
    limits = _gauge("wechat_quota_limit", "Calls of WeChat's API a day", ["operation"])
    remaining = _gauge(
        "wechat_quota_remaining", "Calls left today, as told within 10 minutes", ["operation"]
    )
    for operation, quota in parts.quotas.known().items():
        limits.add_metric([operation], quota.limit)
        remaining.add_metric([operation], quota.remaining)
    return [
        _value("workers", "Workers that are alive, with a loaded model", len(found.streams)),
        streams,
        _value("streams_unowned", "Streams that no live worker owns", found.unowned),
        leaders,
        _value("inbox_messages", "Messages accepted and not done with", found.accepted),
        _value("inbox_begun_messages", "Those of them whose turn was begun", found.begun),
        _value("inbox_oldest_age_seconds", "How long the oldest of them waits", found.oldest_s),
        _value("parked_messages", "Messages set aside since no turn survived them", found.parked),
        limits,
        remaining,
        _value(
            "wechat_forced_token_refreshes_remaining",
            "Forced renewals of the access token left today",
            parts.tokens.forced_left(),
        ),
    ]


def _recorded(found: backlog.RecordBacklog, clock: Clock) -> list[Metric]:
    now = clock.now()
    last = _gauge(
        "backend_last_success_timestamp_seconds",
        "When the backend last did what it was asked, 0 if never",
        ["call"],
    )
    for call, at in (("updates", found.polled_at), ("services", found.pulled_at)):
        last.add_metric([call], at.timestamp() if at else 0)
    waiting = _gauge("handoffs_waiting", "Citizens who wait for a person", ["reason"])
    longest = _gauge("handoffs_oldest_wait_seconds", "How long the first waits", ["reason"])
    by_reason = {tally.reason: tally for tally in found.handoffs}
    for reason in WaitReason:
        tally = by_reason.get(reason.value)
        waiting.add_metric([reason.value], tally.count if tally else 0)
        longest.add_metric([reason.value], _age(now, tally.since if tally else None))
    return [last, waiting, longest, *_deliveries(found.deliveries, now)]


def _deliveries(found: Sequence[DeliveryTally], now: datetime) -> list[Metric]:
    counts = _gauge(
        "delivery_backlog",
        f"Deliveries that are not done with, or failed, up to {backlog.MOST_COUNTED} a state",
        ["kind", "state"],
    )
    ages = _gauge("delivery_oldest_age_seconds", "Age of the oldest not done with", ["kind"])
    overdue = _gauge("delivery_overdue_seconds", "How long the first due one is due", ["kind"])
    by_both = {(tally.kind, tally.state): tally for tally in found}
    for kind in (each.value for each in DeliveryKind):
        for state in (each.value for each in COUNTED_STATES):
            tally = by_both.get((kind, state))
            counts.add_metric([kind, state], tally.count if tally else 0)
        open_ones = [t for t in found if t.kind == kind and t.state in _UNFINISHED]
        ages.add_metric([kind], _age(now, min((t.stored for t in open_ones), default=None)))
        overdue.add_metric([kind], _age(now, min((t.due for t in open_ones), default=None)))
    return [counts, ages, overdue]


def _age(now: datetime, since: datetime | None) -> float:
    return max((now - since).total_seconds(), 0.0) if since else 0.0


def _gauge(name: str, text: str, labels: Sequence[str]) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"minsheng_{name}", text, labels=labels)


def _value(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"minsheng_{name}", text, value=value)
