"""The soak in three minutes: SQLite and the embedded Redis, killed every ten seconds; nothing lost, nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.soak.report import report, write
from bench.soak.run import Plan, Soak

MINUTES = 3.0
CITIZENS = 80
LEAST_MESSAGES = 200
LEAST_CASES = 20


@pytest.mark.timeout(900)
def test_three_minutes_of_kills_and_faults_lose_nothing_and_do_nothing_twice(
    tmp_path: Path,
) -> None:
    outcome = Soak(Plan("sqlite", MINUTES, CITIZENS, seed=1, folder=tmp_path)).run()
    write(outcome, tmp_path)
    assert outcome.verdict.passed, report(outcome)
    # It must have had something to find: people talked, filed, and were told.
    evidence = outcome.evidence
    assert len(evidence.pushes) >= LEAST_MESSAGES
    assert len(evidence.cases) >= LEAST_CASES
    assert evidence.updates
    assert len({name for _, name in evidence.troubles}) > len(outcome.verdict.kills)
