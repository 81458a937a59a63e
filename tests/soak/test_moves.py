"""Two gateways and two workers over one Redis and one PostgreSQL: one dies, all are restarted, citizens hardly notice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.soak.evidence import ACCEPTED
from bench.soak.steady import Steady, steady
from bench.soak.verdict import judge

CITIZENS = 20
PER_SECOND = 5.0
LEAST_QUESTIONS = 40

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Steady]:
    with steady(tmp_path, per_second=PER_SECOND) as running:
        yield running


def test_a_dead_workers_citizens_are_answered_by_the_other(machines: Steady) -> None:
    with machines.talk(CITIZENS):
        machines.kill_a_worker()
    assert_all_is_well(machines)


def test_a_rolling_restart_costs_no_fault_notice(machines: Steady) -> None:
    with machines.talk(CITIZENS):
        machines.restart_all()
    assert_all_is_well(machines)


def assert_all_is_well(machines: Steady) -> None:
    asked = machines.questions()
    assert len(asked) >= LEAST_QUESTIONS
    assert {push.outcome for push in asked} <= set(ACCEPTED)
    verdict = judge(machines.evidence, ())
    assert verdict.passed, verdict
    assert verdict.faulted == []
    assert verdict.ambiguous == []
