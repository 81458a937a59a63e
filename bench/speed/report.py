"""The figures as a table in Markdown and as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from bench.speed.drain import Drained
from bench.speed.measure import ARRIVALS_MOST, SHARES, Measured

_COLOURS = ("#9aa5b1", "#c9b37e", "#b8c4bb", "#2f6f9f")


def table(found: Sequence[Measured], parts: Mapping[str, float], drains: Sequence[Drained]) -> str:
    """Return everything as Markdown."""
    rows: list[tuple[str, Any]] = [
        ("messages/s on one core", lambda m: f"**{m.per_core:.0f}**"),
        ("processor ms a message", lambda m: _parts(m.cost_ms, ".2f")),
        ("messages/s on two cores, the load on them too", lambda m: f"{m.rate:.0f}"),
    ]
    for share in SHARES:
        rows.append((f"p50 / p99 at {share:.0%}, ms", lambda m, s=share: _waits(m, s)))
    rows += [
        ("start to ready, s", lambda m: f"{m.ready_after_s:.1f}"),
        ("memory (PSS), MB", lambda m: _parts(m.memory_mb, "d")),
        ("ms a turn after earlier turns", _after),
    ]
    lines = ["| | " + " | ".join(m.name for m in found) + " |", "|---" * (len(found) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(cell(m) for m in found) + " |" for name, cell in rows]
    if parts:
        each = ", ".join(f"{name} {ms:.2f}" for name, ms in parts.items())
        lines += ["", f"- processor ms of one turn, in one process: {each}"]
    lines += ["", *(_drain(d) for d in drains)]
    if len(drains) > 1:
        lines.append(f"- two workers against one: **{drains[1].rate / drains[0].rate:.2f}**")
    return "\n".join(lines)


def draw(found: Sequence[Measured], path: Path) -> None:
    """Write a picture: messages a second and core, p99 at 80 %, cost after earlier turns."""
    mpl.rcParams["font.size"] = 9
    figure = Figure(figsize=(10, 3.2), layout="constrained")
    axes: Any = figure.subplots(1, 3)
    rates, waits, after = axes
    names = [m.name.replace(", ", ",\n") for m in found]
    colours = _COLOURS[: len(found)]
    _bars(rates, names, [m.per_core for m in found], colours, "messages a second on one core")
    rates.set_xscale("log")
    loaded = [n for n, measured in enumerate(found) if not _is_capped(measured, 0.8)]
    _bars(
        waits,
        [names[n] for n in loaded],
        [found[n].waits_ms[0.8][1] for n in loaded],
        [colours[n] for n in loaded],
        "p99 at 80 % load, ms",
    )
    if loaded:
        waits.set_xscale("log")
    for measured, colour in zip(found, colours, strict=False):
        if measured.after_ms:
            turns, times = zip(*sorted(measured.after_ms.items()), strict=True)
            after.plot(turns, times, marker="o", color=colour, label=measured.name)
    after.set_title("ms a turn, by earlier turns")
    if after.lines:
        after.set(xscale="log", yscale="log")
        after.legend(frameon=False)
    figure.savefig(path, dpi=140)


def _bars(axes: Any, names: list[str], values: list[float], colours: Any, title: str) -> None:
    bars = axes.barh(names, values, color=colours)
    axes.bar_label(bars, fmt="%.0f", padding=3)
    axes.invert_yaxis()
    axes.set_title(title)
    axes.margins(x=0.25)


def _parts(counted: Any, form: str) -> str:
    whole = format(sum(counted.values()), form)
    if len(counted) == 1:
        return whole
    return (
        f"{whole} ({', '.join(f'{part} {format(v, form)}' for part, v in counted.most_common())})"
    )


def _waits(measured: Measured, share: float) -> str:
    median, worst = measured.waits_ms[share]
    late = measured.late[share]
    said = f"{median:.0f} / {worst:.0f}" + (f", {late} never" if late else "")
    return f"{said} (at {ARRIVALS_MOST:.0f}/s)" if _is_capped(measured, share) else said


def _is_capped(measured: Measured, share: float) -> bool:
    """True if fewer arrived than that share: the generator cannot keep up with more."""
    return measured.rate * share > ARRIVALS_MOST


def _after(measured: Measured) -> str:
    if not measured.after_ms:
        return ""
    return ", ".join(f"{turns}: {ms:.1f}" for turns, ms in sorted(measured.after_ms.items()))


def _drain(drain: Drained) -> str:
    who = "one worker empties" if drain.workers == 1 else f"{drain.workers} workers empty"
    return (
        f"- {who} filled streams at {drain.rate:.0f} messages/s; processor ms a message: "
        f"{_parts(drain.cost_ms, '.2f')}"
    )
