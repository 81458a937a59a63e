"""What `/metrics` of a running product says is true of all its processes."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client.parser import text_string_to_metric_families

from simulator.driver import Citizen
from tests.e2e.server import ProductServer


def scrape(server: ProductServer) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return every sample: name and labels → value."""
    answer = server.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(server: ProductServer, name: str, **labels: str) -> float:
    return scrape(server)[name, frozenset(labels.items())]


def until(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.1)


def test_turns_of_the_worker_are_counted(server: ProductServer, citizen: Citizen) -> None:
    before = value(server, "minsheng_turns_total", outcome="answered")
    seconds = value(server, "minsheng_turn_seconds_sum")
    citizen.say("您好")
    # The answer is given before it is counted.
    until(lambda: value(server, "minsheng_turns_total", outcome="answered") == before + 1)
    assert 0 < value(server, "minsheng_turn_seconds_sum") - seconds < 5
