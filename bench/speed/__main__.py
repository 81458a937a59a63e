"""`python -m bench.speed`: stock Rasa, the limit of the wire and ours in one run; a table and a picture."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from bench.speed import apart, report, stock
from bench.speed.drain import drained
from bench.speed.measure import measure, say
from bench.speed.systems import Echo, Ours, Stock, System

_TALKS = {"stock": 8, "echo": 64, "ours": 32}
"""Citizens at once that keep each busy; more would only wait."""


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="bench.speed", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each load (30)")
    parser.add_argument("--only", nargs="*", help="same bare echo ours floor drain (all)")
    parser.add_argument("--out", type=Path, default=Path("var/bench"), help="folder (var/bench)")
    arguments = parser.parse_args()
    wanted = arguments.only or ["same", "bare", "echo", "ours", "floor", "drain"]
    folder = Path(tempfile.mkdtemp(prefix="minsheng-speed-"))
    say(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}, files in {folder}")
    found = []
    for name in [name for name in wanted if name not in ("floor", "drain")]:
        (folder / name).mkdir()
        system = _system(name, folder / name)
        talks = _TALKS.get(name, _TALKS["stock"])
        measured = measure(
            system, seconds=arguments.seconds, talks=talks, with_history=name in ("same", "ours")
        )
        found.append(measured)
    parts = apart.parts_ms(folder / "floor") if "floor" in wanted else {}
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


def _system(name: str, folder: Path) -> System:
    if name == "ours":
        return Ours(folder)
    if name == "echo":
        return Echo(folder)
    what = {"same": "stock Rasa", "bare": "stock Rasa, bare form"}[name]
    return Stock(folder, what, getattr(stock, name)())


if __name__ == "__main__":
    main()
