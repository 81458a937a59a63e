"""One system measured: the most it can do on one core and on all, then half and four fifths of the latter at random."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bench.speed import history
from bench.speed.accounting import memory_mb, one_core, processor_s
from bench.speed.load import Load, Run
from bench.speed.systems import System

SHARES = (0.5, 0.8)
_WARM_S = 5.0


class BadAnswers(Exception):
    """The system answered what it should not: its figures would mean nothing."""


@dataclass
class Measured:
    """What one system did.

    Attributes:
        per_core: messages a second with all its processes on one core and the load on the others.
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


def measure(system: System, *, seconds: float, talks: int, with_history: bool) -> Measured:
    """Start a system, measure it and end it."""
    found = Measured(system.name)
    say(f"{system.name}: starting")
    try:
        system.start()
        found.ready_after_s = system.ready_after_s
        load = Load(system.writes)
        load.at_once(talks, _WARM_S)
        _fill_up(found, system, load, seconds, talks)
        for share in SHARES:
            run = load.arriving(found.rate * share, seconds)
            check(system, run)
            found.waits_ms[share] = (run.percentile_ms(0.5), run.percentile_ms(0.99))
            found.late[share] = run.failed
            say(f"{system.name}: at {share:.0%} {found.waits_ms[share]}, late {run.failed}")
        found.memory_mb = memory_mb(system.pids, system.part)
        if with_history:
            found.after_ms = history.cost_ms(system)
            say(f"{system.name}: after earlier turns {found.after_ms}")
    finally:
        system.stop()
    return found


def _fill_up(found: Measured, system: System, load: Load, seconds: float, talks: int) -> None:
    """Find the highest rates, and what a message costs."""
    with one_core(system.pids):
        load.at_once(talks, _WARM_S)
        before = processor_s(system.pids, system.part)
        run = load.at_once(talks, seconds)
        used = processor_s(system.pids, system.part)
    check(system, run)
    used.subtract(before)
    messages = len(run.waits_s)
    found.per_core = run.rate
    found.cost_ms = Counter({part: s / messages * 1000 for part, s in used.items()})
    run = load.at_once(talks, seconds)
    check(system, run)
    found.rate = run.rate
    say(
        f"{found.name}: {found.per_core:.1f}/s on one core, {found.rate:.1f}/s, {dict(found.cost_ms)}"
    )


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
