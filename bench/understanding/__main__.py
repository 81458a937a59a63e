"""`python -m bench.understanding FOLDER`: trains all systems on our text, reads the real texts, writes the report."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from app import logs  # noqa: E402  (Rasa reads the environment when imported)
from app.train import keep_history, train  # noqa: E402
from bench.understanding import cost, table  # noqa: E402
from bench.understanding.data import Data, NoData, read  # noqa: E402
from bench.understanding.ours import Ours  # noqa: E402
from bench.understanding.rows import HISTORY_ROWS, ROWS, Figures, Row, reader  # noqa: E402
from bench.understanding.stock import StockRasa  # noqa: E402
from bench.understanding.system import System  # noqa: E402
from bench.understanding.tfidf import TfidfSvc  # noqa: E402
from nlu.components.gazetteer import home_city_of  # noqa: E402

_OUT = Path("var/eval")


def main() -> int:
    """Measure and report; returns the exit code."""
    arguments = _arguments()
    logs.set_up("eval")  # without it Rasa tells every message it parses
    if not arguments.data:
        print(
            "[eval] say where the texts are: make eval DATA=folder\n"
            "[eval] They are not part of the project; docs/understanding.md describes the files."
        )
        return 2
    try:
        data = read(Path(arguments.data))
    except (NoData, OSError) as error:
        print(f"[eval] nothing to measure on: {error}", file=sys.stderr)
        return 2
    city = home_city_of({t.district for t in data.tickets if t.district})
    print(
        f"[eval] {len(data.letters)} letters, {len(data.tickets)} tickets of {city}, "
        f"{len(data.strangers)} texts out of scope"
    )
    model = train(arguments.out / "model", home_city=city)
    systems: list[System] = [Ours(model), TfidfSvc()]
    if not arguments.without_stock:
        systems.append(StockRasa(arguments.out / "stock", city, epochs=arguments.epochs))
    lines, details = _measure(ROWS, systems, data)
    if not arguments.without_history:
        more = _measure(HISTORY_ROWS, _with_history(data, arguments.out, city), data)
        lines, details = lines + more[0], details + more[1]
    names, page = [system.name for system in systems], arguments.out / "report.html"
    table.write_html(page, lines, names, details)  # what is measured so far is not lost
    lines += _cost(model, systems, data, arguments.out)
    table.write_html(page, lines, names, details)
    print(table.as_text(lines, names))
    print(f"[eval] report with plots and mistakes: {page}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.understanding")
    parser.add_argument("data", nargs="?", default="", help="folder of the texts")
    parser.add_argument("--out", type=Path, default=_OUT, help="folder of models and report")
    parser.add_argument("--epochs", type=int, default=100, help="of stock Rasa's DIET (100)")
    parser.add_argument("--without-stock", action="store_true", help="leave stock Rasa out")
    parser.add_argument("--without-history", action="store_true", help="leave the history rows out")
    return parser.parse_args()


def _measure(
    rows: Sequence[Row], systems: Sequence[System], data: Data
) -> tuple[list[table.Line], list[tuple[Row, Figures]]]:
    """The table's lines, and the first system's figures in full."""
    reads = [(system.name, reader(system)) for system in systems]
    lines, details = [], []
    for row in rows:
        found = {name: row.measure(read, data) for name, read in reads}
        lines.append(table.line(row, found))
        details.append((row, found[systems[0].name]))
        print(
            f"[eval] {row.name}: "
            + ", ".join(f"{n} {table.shown(f.values)}" for n, f in found.items())
        )
    return lines, details


def _with_history(data: Data, out: Path, city: str) -> list[System]:
    """The systems that also learned from the city's tickets; stock Rasa would need hours for them."""
    folder = out / "with-history"
    keep_history(data.history, folder)
    return [Ours(train(folder, home_city=city)), TfidfSvc(data.history)]


def _cost(model: Path, systems: Sequence[System], data: Data, out: Path) -> list[table.Line]:
    texts = [ticket.text for ticket in data.tickets]
    ours = cost.measure(model, texts, out)
    seconds = cost.training_seconds(out)
    name = systems[0].name
    timed = {name: f"{ours.median:.1f} / {ours.p99:.1f}"}
    stock = next((s for s in systems if isinstance(s, StockRasa)), None)
    if stock is not None:
        theirs = cost.measure(stock.model, texts, out)
        timed[stock.name] = f"{theirs.median:.1f} / {theirs.p99:.1f}"
    return [
        table.Line("one message of 40 characters, ms, median / p99", "≤ 3 / 8", timed),
        table.Line("memory the model adds, MB", "≤ 250", {name: f"{ours.megabytes:.0f}"}),
        table.Line("training from scratch, s", "≤ 60", {name: f"{seconds:.0f}"}),
    ]


if __name__ == "__main__":
    sys.exit(main())
