"""The report: one table as text, and an HTML page with plots and mistakes."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from jinja2 import Environment, FileSystemLoader, select_autoescape
from matplotlib import font_manager
from sklearn.metrics import confusion_matrix

from bench.understanding.rows import Figures, Row

mpl.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402  (the backend has to be chosen first)

_WORST = 30
_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "SimHei")


@dataclass(frozen=True)
class Line:
    """One line of the table: what was asked, and what each system reached, by name."""

    name: str
    target: str
    reached: Mapping[str, str]


def line(row: Row, found: Mapping[str, Figures]) -> Line:
    """A row's figures as a line."""
    return Line(row.name, row.target, {name: shown(f.values) for name, f in found.items()})


def shown(values: Sequence[float]) -> str:
    """Figures as the table shows them; a dash for a system that has nothing to say."""
    return " / ".join(f"{value:.3f}" for value in values) or "–"


def as_text(lines: Sequence[Line], systems: Sequence[str]) -> str:
    """The table in Markdown."""
    rows = [("what", "reach", *systems), ("---",) * (2 + len(systems))]
    rows += [(x.name, x.target, *(x.reached.get(s, "–") for s in systems)) for x in lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def write_html(
    path: Path,
    lines: Sequence[Line],
    systems: Sequence[str],
    details: Sequence[tuple[Row, Figures]],
) -> None:
    """Write the page: the table, then for each of our rows its confusion matrix and worst mistakes."""
    known = {font.name for font in font_manager.fontManager.ttflist}
    mpl.rcParams["font.family"] = [*(f for f in _FONTS if f in known), "sans-serif"]
    sections = [
        {
            "row": row,
            "reached": shown(figures.values),
            "matrix": _matrix(row, figures) if row.labels and figures.pairs else "",
            "mistakes": figures.mistakes[:_WORST],
            "count": len(figures.mistakes),
        }
        for row, figures in details
    ]
    here = Path(__file__).parent
    environment = Environment(loader=FileSystemLoader(here), autoescape=select_autoescape())
    page = environment.get_template("report.html")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page.render(lines=lines, systems=systems, sections=sections), "utf-8")


def _matrix(row: Row, figures: Figures) -> str:
    """A confusion matrix as an inline picture: rows are the truth, columns what was said."""
    labels = list(row.labels)
    counts = confusion_matrix(
        [truth for truth, _ in figures.pairs], [said for _, said in figures.pairs], labels=labels
    )
    size = 1.2 + 0.75 * len(labels)
    figure, axes = plt.subplots(figsize=(size + 1, size), dpi=110)
    axes.imshow(counts / counts.sum(axis=1, keepdims=True), cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("said")
    axes.set_ylabel("truth")
    for i, counted in enumerate(counts):
        for j, count in enumerate(counted):
            share = count / max(1, counted.sum())
            axes.text(
                j, i, count, ha="center", va="center", color="white" if share > 0.5 else "black"
            )
    figure.tight_layout()
    return picture(figure)


def picture(figure: plt.Figure) -> str:
    """A figure as a data URI, and closed."""
    data = io.BytesIO()
    figure.savefig(data, format="png")
    plt.close(figure)
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()
