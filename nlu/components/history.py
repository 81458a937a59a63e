"""A city's own labelled tickets: read, learned from, and what they changed.

The labels may be service codes or names, domains of the catalogue, or any level of the three-level list
(catalog/crosswalk.yml). What is learned is a second opinion on the label; it shifts weight between the groups of
services that the labels mean, and leaves the order inside a group to the model of our own examples.
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

from nlu.components.counted import Counted
from nlu.components.crosswalk import Crosswalk
from nlu.components.held_out import split
from nlu.components.linear import LinearText, pieces
from nlu.components.opinion import shift

_LEAST = 50
_UNITS = re.compile(r"[^\s,，。！？；;!?、]+[,，。！？；;!?、]?")
# A ticket is long, a message short: the model also learns from the beginning and from stretches of a ticket,
# cut between words or clauses (cut anywhere, macro-F1 on letters falls from .89 to .87).
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
                told.append((text, label))
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
_PARTS = (0.1, 0.3, 1.0)  # of the history, for the learning curve
Pair = tuple[str, str]
Shares = Callable[[str], Mapping[str, float]]


@dataclass
class Study:
    """What the history is worth, measured on the fifth of it that the trial did not see.

    Attributes:
        curve: (tickets learned from, macro-F1 with them), the first with none.
        labels: label, tickets held out, F1 before, F1 after.
    """

    tickets: int = 0
    skipped: int = 0
    curve: list[tuple[int, float]] = field(default_factory=list)
    labels: list[tuple[str, int, float, float]] = field(default_factory=list)


class HistoryOpinion:
    """What our own examples and a city's tickets together say about the label of a text."""

    def __init__(self, model: LinearText, codes: Mapping[str, Sequence[str]]) -> None:
        self._model = model
        self.codes = {label: tuple(found) for label, found in codes.items()}

    @classmethod
    def learn(
        cls, texts: Counted, labels: Sequence[str], codes: Mapping[str, Sequence[str]]
    ) -> HistoryOpinion:
        """Learn from texts and their labels."""
        return cls(LinearText.train(texts, labels, strength=_STRENGTH, rarest=2), codes)

    def calibrate(self, tickets: Sequence[Pair]) -> None:
        """Make the confidence honest on tickets not learned from."""
        self._model.calibrate([text for text, _ in tickets], [label for _, label in tickets])

    def calibrate_like(self, other: HistoryOpinion) -> None:
        """Take over what another found when it was calibrated."""
        self._model.temperature = other._model.temperature

    def labels(self, text: str) -> dict[str, float]:
        """The probability of each label."""
        cut = pieces(text)
        wordings = [*cut, text] if len(cut) > 1 else cut
        return dict(self._model.scores(*wordings).ranking)

    def shift(self, shares: Mapping[str, float], text: str) -> dict[str, float]:
        """Give each label's services the label's weight; what no label means keeps its share."""
        return shift(shares, self.labels(text), self.codes)

    def save(self, folder: Path) -> None:
        """Write the model; `codes` has to be kept beside it."""
        self._model.save(folder, "history")

    @classmethod
    def load(cls, folder: Path, codes: Mapping[str, Sequence[str]]) -> HistoryOpinion:
        """Read what `save` wrote."""
        return cls(LinearText.load(folder, "history"), codes)


def study(
    history: History, examples: Sequence[Pair], shares: Shares
) -> tuple[HistoryOpinion, Study]:
    """Learn from a history, and measure its worth on a fifth held out.

    `examples` are our own, as (text, service); `shares` gives the probability of each service
    without the history.
    """
    held, rest = split(history.tickets)
    truth = [label for _, label in held]
    before = [_label(shares(text), history.codes) for text, _ in held]
    told = Study(len(history.tickets), history.skipped, [(0, _macro_f1(truth, before))])
    label_of = {code: label for label, codes in history.codes.items() for code in codes}
    ours = [(text, label_of[code]) for text, code in examples if code in label_of]
    cut = [[(piece, label) for piece in _pieces(text)] for text, label in (*rest, *held)]
    pairs = [*ours, *(pair for ticket in cut for pair in ticket)]
    texts, labels = Counted.of([text for text, _ in pairs], longest=2), [y for _, y in pairs]

    def learned_from(tickets: int) -> HistoryOpinion:
        rows = range(len(ours) + sum(len(ticket) for ticket in cut[:tickets]))
        return HistoryOpinion.learn(texts.rows(rows), [labels[row] for row in rows], history.codes)

    for part in _PARTS:
        count = int(part * len(rest))
        trial = learned_from(count)
        after = [max(said, key=said.__getitem__) for said in (trial.labels(t) for t, _ in held)]
        told.curve.append((count, _macro_f1(truth, after)))
    trial.calibrate(held)
    f1_before, f1_after = _f1(truth, before), _f1(truth, after)
    counts = Counter(truth).most_common()
    told.labels = [(name, n, f1_before[name], f1_after[name]) for name, n in counts]
    final = learned_from(len(cut))
    final.calibrate_like(trial)
    return final, told


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
    """A ticket whole, its beginning, and some stretches of it."""
    units = _UNITS.findall(text)
    chance = random.Random(len(text))  # noqa: S311
    starts = [chance.randrange(max(1, len(units) - 3)) for _ in range(_STRETCHES)]
    stretches = [_stretch(units[start:], chance.randint(*_STRETCH)) for start in starts]
    return ["".join(units), _stretch(units, _BEGINNING), *stretches]


def _stretch(units: Sequence[str], length: int) -> str:
    """The first units that together have this many characters."""
    told = ""
    for unit in units:
        told += unit
        if len(told) >= length:
            break
    return told
