"""`python -m bench.speed`: stock Rasa, the limit of the wire and ours in one run; a table and a picture."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

from bench.speed import apart, report, stock
from bench.speed.drain import drained
from bench.speed.measure import Measured, Trial, say
from bench.speed.systems import Echo, Ours, Stock, System

_TALKS = {"same": 8, "bare": 8, "echo": 64, "ours": 32}
"""Citizens at once that keep each busy; more would only wait."""
_HISTORIES: dict[str, dict[str, Any]] = {
    "ours": {"talks": 15, "build_s": 300.0},
    "same": {"talks": 4, "build_s": 150.0},
}
"""Talks that are measured, and for how long a history is built: stock Rasa needs a second a turn and more."""


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="bench.speed", description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each load (15)")
    parser.add_argument("--rounds", type=int, default=3, help="on one core, taking turns (3)")
    parser.add_argument("--only", nargs="*", help="same bare echo ours turns drain (all)")
    parser.add_argument("--out", type=Path, default=Path("var/bench"), help="folder (var/bench)")
    arguments = parser.parse_args()
    wanted = arguments.only or ["same", "bare", "echo", "ours", "turns", "drain"]
    folder = Path(tempfile.mkdtemp(prefix="minsheng-speed-"))
    say(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}, files in {folder}")
    compared = [name for name in wanted if name in _TALKS]
    found = _compared(compared, folder, arguments.seconds, arguments.rounds)
    parts = apart.parts_ms(folder / "turns") if "turns" in wanted else {}
    drains = []
    if "drain" in wanted:
        for workers in (1, 2):
            drains.append(drained(folder / f"drain-{workers}", workers=workers))
            say(f"{drains[-1]}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = report.table(found, parts, drains)
    (arguments.out / "speed.md").write_text(text + "\n", "utf-8")
    if found:
        report.draw(found, arguments.out / "speed.png")
    print(text)


def _compared(names: list[str], folder: Path, seconds: float, rounds: int) -> list[Measured]:
    """Measure them side by side: all are there, and take turns, so that a slow minute of the machine meets all."""
    trials = {}
    try:
        for name in names:
            (folder / name).mkdir()
            trials[name] = Trial(_system(name, folder / name), _TALKS[name])
            trials[name].start()
        for _ in range(rounds):
            for trial in trials.values():
                trial.on_one_core(seconds)
        for trial in trials.values():
            trial.on_all_cores(seconds)
        for name in [name for name in _HISTORIES if name in trials]:
            trials[name].with_history(**_HISTORIES[name])
    finally:
        for trial in trials.values():
            trial.system.stop()
    return [trial.found for trial in trials.values()]


def _system(name: str, folder: Path) -> System:
    if name == "ours":
        return Ours(folder)
    if name == "echo":
        return Echo(folder)
    what = {"same": "stock Rasa", "bare": "stock Rasa, bare form"}[name]
    return Stock(folder, what, getattr(stock, name)())


if __name__ == "__main__":
    main()
