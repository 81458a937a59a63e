"""Counters of several processes are one number, and never fall."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Counts in a folder as one process of the tree, then shows what all counted and ends without tidying up.
_PROCESS = """
import os, sys
from pathlib import Path
from prometheus_client import CollectorRegistry, generate_latest
from app.metrics import Counts, begin_counting, count_in, counted
folder, place, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
if place == "gateway":
    begin_counting(folder)
count_in(folder, place)
registry = CollectorRegistry()
counts = Counts(registry)
for _ in range(times):
    counts.turns.labels("answered").inc()
    counts.turn_seconds.observe(0.012)
sys.stdout.write(generate_latest(counted(registry)).decode())
sys.stdout.flush()
os.kill(os.getpid(), 9)
"""


def process(folder: Path, place: str, times: int) -> dict[str, float]:
    """Run one process and return what it saw at its end: sample → value."""
    done = subprocess.run(
        [sys.executable, "-c", _PROCESS, str(folder), place, str(times)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    rows = [line.rpartition(" ") for line in done.stdout.splitlines() if line[:1] not in ("#", "")]
    assert rows, done.stderr
    return {name: float(value) for name, _, value in rows}


ANSWERED = 'minsheng_turns_total{outcome="answered"}'


def test_what_workers_count_is_served_by_the_gateway_though_they_die(tmp_path: Path) -> None:
    seen = process(tmp_path, "gateway", 0)
    assert seen[ANSWERED] == 0
    assert seen['minsheng_turns_total{outcome="parked"}'] == 0  # known before it ever happens
    process(tmp_path, "worker-0", 2)
    seen = process(tmp_path, "worker-1", 3)
    assert seen[ANSWERED] == 5
    assert seen["minsheng_turn_seconds_count"] == 5
    assert seen['minsheng_turn_seconds_bucket{le="0.02"}'] == 5


def test_who_takes_a_dead_workers_place_counts_on(tmp_path: Path) -> None:
    process(tmp_path, "gateway", 0)
    process(tmp_path, "worker-0", 2)
    assert process(tmp_path, "worker-0", 1)[ANSWERED] == 3
    assert len(list(tmp_path.glob("counter_*.db"))) == 2


def test_counting_begins_anew_with_the_server(tmp_path: Path) -> None:
    process(tmp_path, "gateway", 0)
    process(tmp_path, "worker-0", 2)
    assert process(tmp_path, "gateway", 0)[ANSWERED] == 0


def test_a_full_disk_ends_no_process_that_counts(tmp_path: Path) -> None:
    """Touching a hole of a mapped file on a full disk is fatal: there are none."""
    process(tmp_path, "gateway", 1)
    for file in tmp_path.glob("*.db"):
        assert file.stat().st_blocks * 512 >= file.stat().st_size > 64 * 1024
