"""What is counted, and how the processes of one machine count together.

The processes of `minsheng serve` count in files that the gateway adds up when it is asked (prometheus_client's
multiprocess mode). Each file belongs to a place in the tree, not to a process: who takes a dead worker's place counts
on where it stopped, so that no counter ever falls and the folder does not grow.
"""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.values import MultiProcessValue

_FOLDER_ENV = "PROMETHEUS_MULTIPROC_DIR"
_FILE_BYTES = 256 * 1024
"""Room for some thousand series; a file that is full would grow by a hole."""
_TURN_BUCKETS_S = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
"""A turn takes some 10 to 30 ms; the platform asks again after 5 s, after 15 s nobody waits for the answer."""
TURN_OUTCOMES = ("answered", "silent", "put_back", "failed", "parked")


def begin_counting(folder: Path) -> None:
    """Make the folder of the counters, empty: they begin at zero with the server."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink()


def count_in(folder: Path, place: str) -> None:
    """Let this process count in the folder, as that place (no `_` in it); before any counter is made.

    The files are written out beforehand: a process that touches a hole of a mapped file on a full disk is killed.
    """
    for kind in ("counter", "histogram"):
        path = folder / f"{kind}_{place}.db"
        if not path.exists():
            path.write_bytes(bytes(_FILE_BYTES))
    os.environ[_FOLDER_ENV] = str(folder)
    values.ValueClass = MultiProcessValue(lambda: place)


def counted(registry: CollectorRegistry) -> CollectorRegistry:
    """Return what holds the counts of all processes that count with this one: the registry itself if it is alone."""
    folder = os.environ.get(_FOLDER_ENV)
    if not folder:
        return registry
    together = CollectorRegistry()
    MultiProcessCollector(together, folder)
    return together


class Counts:
    """The counters of turns, as each process has them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.turn_seconds = Histogram(
            "minsheng_turn_seconds", "Time of one turn", buckets=_TURN_BUCKETS_S, registry=registry
        )
        self.turns = Counter(
            "minsheng_turns", "Turns by what became of them", ["outcome"], registry=registry
        )
        for outcome in TURN_OUTCOMES:
            self.turns.labels(outcome)
