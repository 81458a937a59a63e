"""A city's own labelled tickets: read, learned from, and what they changed.

The labels may be service codes or names, domains of the catalogue, or any level of the three-level list
(catalog/crosswalk.yml). What is learned is a second opinion on the label; it shifts weight between the groups of
services that the labels mean and leaves the order inside a group to the model of our own examples.
"""

from __future__ import annotations

import csv
import io
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlu.components.crosswalk import Crosswalk
from nlu.components.held_out import split
from nlu.components.linear import LinearText, pieces
from nlu.components.opinion import shift

_LEAST = 50
_BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff])[ \u3000]+(?=[\u4e00-\u9fff])")
# A ticket is long, a message short: the model also learns from beginnings and stretches of tickets.
_BEGINNING, _STRETCHES, _STRETCH = 16, 4, (10, 24)
_STRENGTH = 0.3


class BadHistory(ValueError):
    """A file of tickets that cannot be learned from; the message says why, in one or two lines."""


@dataclass(frozen=True)
class History:
    """Tickets as (text, label), the services that each label means, and how many rows were left out."""

    tickets: tuple[tuple[str, str], ...]
    codes: Mapping[str, tuple[str, ...]]
    skipped: int = 0

    @classmethod
    def read(cls, path: Path, crosswalk: Crosswalk) -> History:
        """Read a CSV file with the columns `text` and `label` (UTF-8 or GB 18030).

        Texts may be cut into words by blanks. Rows without text or label are left out and counted.

        Raises:
            BadHistory: no such file, no such columns, labels that no list has, or too few rows.
        """
        rows = csv.DictReader(io.StringIO(_decoded(path), newline=""))
        if not {"text", "label"} <= set(rows.fieldnames or ()):
            raise BadHistory(f"{path}: the first line must name the columns text and label")
        told, skipped = [], 0
        for row in rows:
            text, label = (row["text"] or "").strip(), (row["label"] or "").strip()
            if text and label:
                told.append((_BETWEEN_HAN.sub("", text), label))
            else:
                skipped += 1
        counts = Counter(label for _, label in told)
        unknown = [f"{name} ({n})" for name, n in counts.most_common() if not crosswalk.codes(name)]
        if unknown:
            raise BadHistory(
                f"{path}: no service is known for {len(unknown)} label(s): {', '.join(unknown[:8])}. "
                "Use names or codes of catalog/services.yml or catalog/three_levels.yml."
            )
        if len(told) < _LEAST or len(counts) < 2:
            raise BadHistory(f"{path}: {len(told)} tickets with {len(counts)} label(s) are too few")
        return cls(tuple(told), _owners(list(counts), crosswalk), skipped)


def _decoded(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadHistory(f"{path}: {error.strerror}") from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadHistory(f"{path}: neither UTF-8 nor GB 18030")


def _owners(labels: Sequence[str], crosswalk: Crosswalk) -> dict[str, tuple[str, ...]]:
    """The services of each label; one that two labels claim goes to the one it is first counted by."""
    claims: dict[str, list[str]] = {}
    for label in labels:
        for code in crosswalk.codes(label):
            claims.setdefault(code, []).append(label)
    owned: dict[str, list[str]] = {label: [] for label in labels}
    for code, claimed in claims.items():
        first = crosswalk.label(code, claimed)
        owned[first or claimed[0]].append(code)
    return {label: tuple(codes) for label, codes in owned.items()}


STUDY = "history_study.json"
_SHARES = (0.05, 0.1, 0.25, 0.5, 1.0)
_WEIGHTS = (0.25, 0.5, 0.75, 0.9, 1.0)
Shares = Callable[[str], Mapping[str, float]]


@dataclass
class Study:
    """What the history is worth, measured on the fifth of it that the trial did not see.

    Attributes:
        weight: how much the history's opinion counts, 0 to 1.
        curve: (tickets learned from, macro-F1 with them), the first with none.
        labels: label, tickets held out, F1 before, F1 after.
    """

    weight: float = 0.0
    tickets: int = 0
    skipped: int = 0
    curve: list[tuple[int, float]] = field(default_factory=list)
    labels: list[tuple[str, int, float, float]] = field(default_factory=list)


class HistoryOpinion:
    """What a city's history says about the label of a text."""

    def __init__(
        self, model: LinearText, codes: Mapping[str, tuple[str, ...]], weight: float
    ) -> None:
        self._model = model
        self.codes = {label: tuple(found) for label, found in codes.items()}
        self.weight = weight

    @classmethod
    def learn(
        cls, tickets: Sequence[tuple[str, str]], codes: Mapping[str, tuple[str, ...]]
    ) -> HistoryOpinion:
        """Learn from (text, label) pairs; the weight is still to be set."""
        pairs = [(piece, label) for text, label in tickets for piece in _pieces(text)]
        model = LinearText.train(
            [text for text, _ in pairs],
            [label for _, label in pairs],
            strength=_STRENGTH,
            longest=2,
            rarest=2,
        )
        return cls(model, codes, 1.0)

    def calibrate(self, tickets: Sequence[tuple[str, str]]) -> None:
        """Make the confidence honest on tickets not learned from."""
        self._model.calibrate([text for text, _ in tickets], [label for _, label in tickets])

    @property
    def temperature(self) -> float:
        """What `calibrate` found."""
        return self._model.temperature

    @temperature.setter
    def temperature(self, value: float) -> None:
        self._model.temperature = value

    def labels(self, text: str) -> dict[str, float]:
        """The probability of each label."""
        return dict(self._model.scores(*pieces(text)).ranking)

    def shift(self, shares: Mapping[str, float], text: str) -> dict[str, float]:
        """Move weight between the labels' services; what no label means keeps its share."""
        return shift(shares, self.labels(text), self.codes, self.weight)

    @property
    def about(self) -> dict[str, Any]:
        """What `load` needs beside the folder."""
        return {"codes": self.codes, "weight": self.weight}

    def save(self, folder: Path) -> None:
        """Write the model; `about` has to be kept beside it."""
        self._model.save(folder, "history")

    @classmethod
    def load(
        cls, folder: Path, codes: Mapping[str, Sequence[str]], weight: float
    ) -> HistoryOpinion:
        """Read what `save` wrote."""
        owned = {label: tuple(found) for label, found in codes.items()}
        return cls(LinearText.load(folder, "history"), owned, weight)


def study(history: History, shares: Shares) -> tuple[HistoryOpinion, Study]:
    """Learn from a history; set its weight, and measure its worth, on a fifth held out.

    `shares` gives the probability of each service without the history.
    """
    held, rest = split(history.tickets)
    own = [(text, label, shares(text)) for text, label in held]
    told = Study(tickets=len(history.tickets), skipped=history.skipped)
    alone = [_label(found, history.codes) for _, _, found in own]
    truth = [label for _, label, _ in own]
    told.curve.append((0, _macro_f1(truth, alone)))
    for part in _SHARES:
        trial = HistoryOpinion.learn(rest[: int(part * len(rest))], history.codes)
        trial.calibrate(held)
        together = _best_weight(trial, own)
        told.curve.append((int(part * len(rest)), _macro_f1(truth, together)))
    before, after = _f1(truth, alone), _f1(truth, together)
    counts = Counter(truth)
    told.labels = [(name, n, before[name], after[name]) for name, n in counts.most_common()]
    told.weight = trial.weight
    final = HistoryOpinion.learn(history.tickets, history.codes)
    final.temperature, final.weight = trial.temperature, trial.weight
    return final, told


def _best_weight(
    trial: HistoryOpinion, own: Sequence[tuple[str, str, Mapping[str, float]]]
) -> list[str]:
    """Set the weight under which most held-out labels are right; the labels then given."""
    truth = [label for _, label, _ in own]
    said = [trial.labels(text) for text, _, _ in own]
    best: tuple[float, list[str]] = (-1.0, [])
    for weight in _WEIGHTS:
        given = [
            _label(shift(found, opinion, trial.codes, weight), trial.codes)
            for (_, _, found), opinion in zip(own, said, strict=True)
        ]
        reached = _macro_f1(truth, given)
        if reached > best[0]:
            best, trial.weight = (reached, given), weight
    return best[1]


def _label(shares: Mapping[str, float], codes: Mapping[str, tuple[str, ...]]) -> str:
    return max(codes, key=lambda label: sum(shares.get(code, 0.0) for code in codes[label]))


def _f1(truth: Sequence[str], given: Sequence[str]) -> dict[str, float]:
    hit = Counter(t for t, g in zip(truth, given, strict=True) if t == g)
    told, said = Counter(truth), Counter(given)
    return {name: round(2 * hit[name] / (told[name] + said[name]), 4) for name in told}


def _macro_f1(truth: Sequence[str], given: Sequence[str]) -> float:
    scores = _f1(truth, given)
    return round(sum(scores.values()) / len(scores), 4)


def _pieces(text: str) -> list[str]:
    chance = random.Random(len(text))  # noqa: S311
    pieces = [text, text[:_BEGINNING]]
    for _ in range(_STRETCHES):
        length = chance.randint(*_STRETCH)
        start = chance.randrange(max(1, len(text) - length))
        pieces.append(text[start : start + length])
    return pieces
