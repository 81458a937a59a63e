"""What is counted, and how the processes of one machine count together.

The processes of `minsheng serve` count in files that the gateway adds up when it is asked (prometheus_client's
multiprocess mode). Each file belongs to a place in the tree, not to a process: who takes a dead worker's place counts
on where it stopped, so that no counter ever falls and the folder does not grow.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    ProcessCollector,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.values import MultiProcessValue

from bot.model.delivery import Delivery, DeliveryKind, DeliveryState
from bot.model.message import Kind, Refusal

_FOLDER_ENV = "PROMETHEUS_MULTIPROC_DIR"
_FILE_BYTES = 256 * 1024
"""Room for some thousand series; a file that is full would grow by a hole."""
_TURN_BUCKETS_S = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
"""A turn takes some 10 to 30 ms; the platform asks again after 5 s, after 15 s nobody waits for the answer."""
_NO_RUNG = "none"
#: How what is told to citizens goes out; `reply` is with the bot's next answer.
_RUNGS = {
    DeliveryKind.REPLY: ("passive", "custom", "reply"),
    DeliveryKind.NOTICE: ("custom", "bizsend", "template", "reply"),
    DeliveryKind.ANSWER: ("custom", "reply"),
}
_REFUSALS = ("40013", "40125", "40164", "40243", "45009", "50004", "50007")
"""Codes by which WeChat refuses the account and not a call (contract 5.1, 5.4); deploy/prometheus/alerts.yml."""
_OPERATIONS = (
    "stable_token",
    "message/custom/send",
    "message/template/send",
    "message/subscribe/bizsend",
)
TURN_OUTCOMES = ("answered", "silent", "put_back", "failed", "parked")


def begin_counting(folder: Path) -> None:
    """Make the folder of the counters, empty: they begin at zero with the server."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink()


def count_in(folder: Path, place: str) -> None:
    """Let this process count in the folder, as that place (no `_` in it); before any counter is made.

    The files are written out beforehand: a process that touches a hole of a mapped file on a full disk is killed.
    What the place's last process said of itself is forgotten.
    """
    for kind in ("counter", "histogram", "gauge_livemax"):
        path = folder / f"{kind}_{place}.db"
        if kind == "gauge_livemax" or not path.exists():
            path.write_bytes(bytes(_FILE_BYTES))
    os.environ[_FOLDER_ENV] = str(folder)
    values.ValueClass = MultiProcessValue(lambda: place)


def counted(registry: CollectorRegistry) -> CollectorRegistry:
    """Return a registry of the counts of all processes that count with this one, and of this process itself."""
    served = CollectorRegistry()
    ProcessCollector(registry=served)
    folder = os.environ.get(_FOLDER_ENV)
    if folder:
        MultiProcessCollector(served, folder)
    else:
        served.register(_Counts(registry))
    return served


class _Counts(Collector):
    """The metrics of another registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        """Return them."""
        return self._registry.collect()


class Counts:
    """The counters of an installation, as each of its processes has them.

    What may be waited for by an alert is there from the start, at zero: who counts from the second on sees no first.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"minsheng_{name}", text, labels, registry=registry)

        self.messages = counter("messages", "Messages and events accepted, by kind", "kind")
        self.refused = counter(
            "messages_refused", "Attempts of messages that were not taken, by reason", "reason"
        )
        self.emergencies = counter(
            "emergencies", "Emergencies answered, by whether they were recorded", "recorded"
        )
        self.turn_seconds = Histogram(
            "minsheng_turn_seconds", "Time of one turn", buckets=_TURN_BUCKETS_S, registry=registry
        )
        self.turns = counter("turns", "Turns by what became of them", "outcome")
        self.deliveries = counter(
            "deliveries",
            "Tries of deliveries by kind, what became of them, and the rung they went by",
            "kind",
            "outcome",
            "rung",
        )
        self.wechat_calls = counter(
            "wechat_calls", "Calls of WeChat's API by operation and answer", "operation", "code"
        )
        self._model = Gauge(
            "minsheng_model_info",
            "The language model that is loaded",
            ["file", "sha256"],
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._started = Gauge(
            "minsheng_start_timestamp_seconds",
            "When a process of this server started",
            ["process"],
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.worker_ends = counter("worker_ends", "Workers that ended by themselves")
        self._begin()

    def _begin(self) -> None:
        for kind in Kind:
            self.messages.labels(kind.value)
        for reason in Refusal:
            self.refused.labels(reason.value)
        for recorded in ("true", "false"):
            self.emergencies.labels(recorded)
        for outcome in TURN_OUTCOMES:
            self.turns.labels(outcome)
        for delivery in DeliveryKind:
            for state in (DeliveryState.HELD, DeliveryState.FAILED):
                self.deliveries.labels(delivery.value, state.value, _NO_RUNG)
            for rung in _RUNGS.get(delivery, (_NO_RUNG,)):
                self.deliveries.labels(delivery.value, DeliveryState.SENT.value, rung)
        for operation in _OPERATIONS:
            for code in _REFUSALS:
                self.wechat_calls.labels(operation, code)

    def started(self, process: str) -> None:
        """Note that this process starts now."""
        self._started.labels(process).set(time.time())

    def model_loaded(self, model: Path) -> None:
        """Say which model this process works with."""
        digest = hashlib.sha256(model.read_bytes()).hexdigest()[:16]
        self._model.labels(model.name, digest).set(1)

    def delivery_tried(self, delivery: Delivery) -> None:
        """Count what became of a delivery."""
        rung = delivery.rung or _NO_RUNG
        self.deliveries.labels(delivery.kind.value, delivery.state.value, rung).inc()

    def answers_told(self, count: int) -> None:
        """Count answers that callbacks gave."""
        told = self.deliveries.labels(DeliveryKind.REPLY.value, DeliveryState.SENT.value, "passive")
        told.inc(count)

    def wechat_called(self, operation: str, code: str) -> None:
        """Count a call of WeChat's API; `code` is the errcode as text, "0" when it did what was asked."""
        self.wechat_calls.labels(operation, code).inc()
