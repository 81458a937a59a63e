"""One system measured: the most it can do on one core and on all, then half and four fifths of the latter at random."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.speed import history
from bench.speed.accounting import memory_mb, one_core, processor_s
from bench.speed.load import Load, Run
from bench.speed.systems import System

SHARES = (0.5, 0.8)
ARRIVALS_MOST = 2000.0
"""Messages a second; beyond that the generator falls behind its own arrivals, and the waits would be its own: no more arrive."""
_WARM_S = 5.0


class BadAnswers(Exception):
    """The system answered what it should not: its figures would mean nothing."""


@dataclass
class Measured:
    """What one system did.

    Attributes:
        per_core: messages a second with all its processes on one core and the load on the others, of the middle round.
        rate: messages a second on all cores, which the load shares with it.
        cost_ms: processor milliseconds of all its processes for a message, by part; on one core.
        waits_ms: share of the highest rate → median and 99th of a hundred, in milliseconds.
        late: share → messages without an answer within five seconds.
        after_ms: earlier turns of the citizen → milliseconds a turn.
    """

    name: str
    ready_after_s: float = 0.0
    per_core: float = 0.0
    rate: float = 0.0
    cost_ms: Counter[str] = field(default_factory=Counter)
    memory_mb: Counter[str] = field(default_factory=Counter)
    waits_ms: dict[float, tuple[float, float]] = field(default_factory=dict)
    late: dict[float, int] = field(default_factory=dict)
    after_ms: dict[int, float] = field(default_factory=dict)


class Trial:
    """One system with its load and what is known of it so far."""

    def __init__(self, system: System, talks: int) -> None:
        self.system = system
        self.found = Measured(system.name)
        self._load = Load(system.writes)
        self._talks = talks
        self._rounds: list[tuple[float, Counter[str]]] = []

    def start(self) -> None:
        """Start it and let it warm up."""
        say(f"{self.found.name}: starting")
        self.system.start()
        self.found.ready_after_s = self.system.ready_after_s
        self._load.at_once(self._talks, _WARM_S)

    def on_one_core(self, seconds: float) -> None:
        """Fill it up on one core, once more; the round in the middle counts."""
        system = self.system
        with one_core(system.pids):
            before = processor_s(system.pids, system.part)
            run = self._load.at_once(self._talks, seconds)
            used = processor_s(system.pids, system.part)
        check(system, run)
        used.subtract(before)
        messages = len(run.waits_s)
        cost = Counter({part: s / messages * 1000 for part, s in used.items()})
        self._rounds.append((run.rate, cost))
        by_rate = sorted(self._rounds, key=lambda each: each[0])
        self.found.per_core, self.found.cost_ms = by_rate[len(by_rate) // 2]
        say(f"{self.found.name}: {run.rate:.1f}/s on one core, {_rounded(cost)} ms")

    def on_all_cores(self, seconds: float) -> None:
        """Fill it up on all cores, then let half and four fifths of that arrive at random."""
        found, system = self.found, self.system
        run = self._load.at_once(self._talks, seconds)
        check(system, run)
        found.rate = run.rate
        for share in SHARES:
            run = self._load.arriving(min(found.rate * share, ARRIVALS_MOST), seconds)
            check(system, run)
            found.waits_ms[share] = (run.percentile_ms(0.5), run.percentile_ms(0.99))
            found.late[share] = run.failed
        found.memory_mb = memory_mb(system.pids, system.part)
        say(f"{found.name}: {found.rate:.1f}/s, {found.waits_ms}, late {found.late}")

    def with_history(self, *, talks: int, build_s: float) -> None:
        """Measure turns of citizens with so many behind them."""
        self.found.after_ms = history.cost_ms(self.system, talks=talks, build_s=build_s)
        say(f"{self.found.name}: after earlier turns {_rounded(self.found.after_ms)} ms")


def _rounded(values: Mapping[Any, float]) -> dict[Any, float]:
    return {name: round(value, 2) for name, value in values.items()}


def check(system: System, run: Run) -> None:
    """Raise unless almost every answer has words in it, and the last of each talk says what the last one should."""
    words = [(what.step, system.words_of(answer)) for what, answer in run.answers]
    silent = sum(not said for _, said in words)
    if silent > len(words) / 100:
        raise BadAnswers(f"{system.name}: {silent} of {len(words)} answers are empty")
    last = [said for step, said in words if step == 3]
    wrong = sum(system.ends_with not in said for said in last)
    if wrong > len(last) / 50:
        raise BadAnswers(f"{system.name}: {wrong} of {len(last)} talks did not end well")


def say(line: str) -> None:
    """Tell how far it is."""
    print(f"[bench] {line}", flush=True)
