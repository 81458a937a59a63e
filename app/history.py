"""What a city's own ticket history is worth, told after training with it: as text and as a picture."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.components.history import STUDY

_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "SimHei")


@dataclass(frozen=True)
class Worth:
    """The study that the training made on a fifth of the history held out; fields as in nlu/components/history.py."""

    tickets: int
    skipped: int
    curve: list[tuple[int, float]]
    labels: list[tuple[str, int, float, float]]

    @classmethod
    def of_model(cls, model: Path) -> Worth:
        """Read it from a trained model; raises ValueError if that was trained without a history."""
        with tarfile.open(model) as archive:
            names = [name for name in archive.getnames() if name.endswith("/" + STUDY)]
            file = archive.extractfile(names[0]) if names else None
            if file is None:
                raise ValueError(f"{model} was trained without a history")
            return cls(**json.load(file))

    def text(self) -> str:
        """The learning curve, and what got better or worse, label by label."""
        lines = [
            f"History: {self.tickets} tickets, {self.skipped} rows left out (no text or no label)."
        ]
        lines += [
            "Measured on a fifth of them that the trial did not see (macro-F1 over the labels).",
            "",
        ]
        lines += ["  tickets learned from   macro-F1"]
        lines += [f"  {count:>20}   {reached:.3f}" for count, reached in self.curve]
        lines += ["", "  before    after   change   tickets  label"]
        for name, count, before, after in sorted(self.labels, key=lambda row: row[2] - row[3]):
            mark = "better" if after > before else "worse" if after < before else ""
            lines.append(
                f"  {before:.3f}    {after:.3f}   {after - before:+.3f}   {count:>7}  {name}  {mark}".rstrip()
            )
        worse = [name for name, _, before, after in self.labels if after < before]
        lines += ["", f"Got worse: {'、'.join(worse)}" if worse else "No label got worse."]
        return "\n".join(lines)

    def draw(self, path: Path) -> None:
        """Write the picture: the learning curve, and each label before and after."""
        import matplotlib as mpl  # heavy: only when drawing

        mpl.use("Agg")
        from matplotlib import font_manager
        from matplotlib import pyplot as plt

        known = {font.name for font in font_manager.fontManager.ttflist}
        mpl.rcParams["font.family"] = [*(f for f in _FONTS if f in known), "sans-serif"]
        figure, (left, right) = plt.subplots(
            1, 2, figsize=(12, 1.8 + 0.4 * max(6, len(self.labels))), dpi=110
        )
        _draw_curve(left, self.curve)
        _draw_labels(right, self.labels)
        figure.tight_layout()
        figure.savefig(path)
        plt.close(figure)


def _draw_curve(axes: Any, curve: list[tuple[int, float]]) -> None:
    axes.plot([count for count, _ in curve], [reached for _, reached in curve], marker="o")
    for count, reached in curve:
        axes.annotate(
            f"{reached:.3f}", (count, reached), textcoords="offset points", xytext=(4, -12)
        )
    axes.set_xlabel("tickets learned from")
    axes.set_ylabel("macro-F1, held out")
    axes.set_title("Learning curve")
    axes.grid(alpha=0.3)


def _draw_labels(axes: Any, labels: list[tuple[str, int, float, float]]) -> None:
    rows = sorted(labels, key=lambda row: row[3])
    for height, (_, _, before, after) in enumerate(rows):
        axes.plot([before, after], [height, height], color="#8a94a3", zorder=1)
        axes.scatter(before, height, color="white", edgecolor="#505a68", zorder=2)
        axes.scatter(after, height, color="#1a7f4b" if after >= before else "#b3261e", zorder=3)
    axes.set_yticks(range(len(rows)), [f"{name} ({count})" for name, count, _, _ in rows])
    axes.set_xlabel("F1: before (hollow), after (green better, red worse)")
    axes.set_title("What got better or worse")
    axes.grid(axis="x", alpha=0.3)
