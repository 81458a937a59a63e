"""The rows of the table: what is measured, on which texts, and how."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from sklearn.metrics import f1_score

from bench.understanding.data import KINDS, SEVEN, Data, Letter
from bench.understanding.system import System, Understood

_HERE = Path(__file__).parent
_COVERED = 0.6


@dataclass(frozen=True)
class Mistake:
    """One text that was read wrongly, and how sure the system was."""

    truth: str
    said: str
    text: str
    confidence: float


@dataclass
class Figures:
    """What a system reached on one row; empty where it has nothing to say there.

    Attributes:
        values: one number or several, in the row's order.
        pairs: (truth, said) of every text, for a confusion matrix.
        mistakes: all of them, the surest first.
    """

    values: tuple[float, ...] = ()
    pairs: list[tuple[str, str]] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)


Read = Callable[[str], Understood]
Measure = Callable[[Read, Data], Figures]


@dataclass(frozen=True)
class Row:
    """One row of the table: what must be reached, and which way is better."""

    name: str
    target: str
    measure: Measure
    labels: tuple[str, ...] = ()


def _classified(
    rows: Sequence[tuple[str, str]], said: Callable[[str], tuple[str, float]], labels: Sequence[str]
) -> Figures:
    """Macro-F1 over the labels, of (text, truth) rows."""
    given = [(text, truth, *said(text)) for text, truth in rows]
    truths, answers = [row[1] for row in given], [row[2] for row in given]
    reached = f1_score(truths, answers, labels=list(labels), average="macro", zero_division=0)
    mistakes = [Mistake(t, a, text, c) for text, t, a, c in given if t != a]
    mistakes.sort(key=lambda m: -m.confidence)
    return Figures((float(reached),), list(zip(truths, answers, strict=True)), mistakes)


def _category(part: Callable[[Letter], str]) -> Measure:
    def measure(read: Read, data: Data) -> Figures:
        def said(text: str) -> tuple[str, float]:
            found = read(text)
            return found.label, max((found.shares or {"": 0.0}).values())

        return _classified([(part(x), x.label) for x in data.letters], said, SEVEN)

    return measure


def title(letter: Letter) -> str:
    """A letter's title alone."""
    return letter.title


def whole(letter: Letter) -> str:
    """A letter's title and text as one message."""
    return f"{letter.title}。{letter.text}"


def _options(part: Callable[[Letter], str]) -> Measure:
    def measure(read: Read, data: Data) -> Figures:
        offered = [(x, read(part(x)).options or ()) for x in data.letters]
        missed = [
            Mistake(x.label, "、".join(o), part(x), 1.0) for x, o in offered if x.label not in o
        ]
        return Figures((1 - len(missed) / len(offered),), [], missed)

    return measure


def _nature(read: Read, data: Data) -> Figures:
    rows = [(t.text, KINDS[t.kind]) for t in data.tickets if t.kind in KINDS]
    return _classified(rows, lambda text: read(text).nature or ("", 0.0), ("咨询", "投诉", "建议"))


def _places(read: Read, data: Data) -> Figures:
    """Place characters found, phrases covered, and how much more was taken for a place."""
    told = found = covered = taken = count = 0
    mistakes = []
    for ticket in data.tickets:
        start = ticket.text.find(ticket.place) if ticket.place else -1
        if start < 0:
            continue
        spans = read(ticket.text).places
        if spans is None:
            return Figures()
        truth = set(range(start, start + len(ticket.place)))
        said = {i for span in spans for i in range(*span)}
        count, told, taken = count + 1, told + len(truth), taken + len(said)
        found += len(truth & said)
        if len(truth & said) >= _COVERED * len(truth):
            covered += 1
        else:
            given = "、".join(ticket.text[a:b] for a, b in spans)
            mistakes.append(Mistake(ticket.place, given, ticket.text, 1.0))
    return Figures((found / told, covered / count, taken / told), [], mistakes)


def _district(read: Read, data: Data) -> Figures:
    rows = [t for t in data.tickets if t.district and t.district in t.text]
    given = [(t, read(t.text).district) for t in rows]
    if all(said is None for _, said in given):
        return Figures()
    wrong = [
        Mistake(t.district, said or "", t.text, 1.0) for t, said in given if said != t.district
    ]
    return Figures((1 - len(wrong) / len(rows),), [], wrong)


def _scope(read: Read, data: Data) -> Figures:
    """Strangers refused, tickets wrongly refused."""
    strangers = [(s, read(s.text).in_scope) for s in data.strangers]
    tickets = [(t, read(t.text).in_scope) for t in data.tickets]
    taken = [Mistake(s.source, "为诉求", s.text, 1.0) for s, ours in strangers if ours]
    refused = [Mistake("诉求", "被拒绝", t.text, 1.0) for t, ours in tickets if not ours]
    values = (1 - len(taken) / len(strangers), len(refused) / len(tickets))
    return Figures(values, [], [*refused, *taken])


def _emergency(read: Read, data: Data) -> Figures:
    """Our own list recognised; real texts taken for an emergency that are none."""
    told = yaml.safe_load((_HERE / "emergencies.yml").read_text("utf-8"))
    if read(told["variants"][0]).emergency is None:
        return Figures()
    true = set(told["true"])
    missed = [Mistake("紧急", "漏", t, 1.0) for t in told["variants"] if not read(t).emergency]
    texts = [t.text for t in data.tickets] + [whole(x) for x in data.letters]
    alarms = [
        Mistake("平常", "紧急", text, 1.0)
        for text in texts
        if fingerprint(text) not in true and read(text).emergency
    ]
    recall = 1 - len(missed) / len(told["variants"])
    return Figures((recall, len(alarms) / len(texts)), [], [*missed, *alarms])


def fingerprint(text: str) -> str:
    """Name a text without keeping it: what stands in emergencies.yml for those that are real."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


ROWS = (
    Row("7-class category, title, macro-F1", "≥ .78", _category(title), SEVEN),
    Row("7-class category, title + text, macro-F1", "≥ .84", _category(whole), SEVEN),
    Row("right domain among three options, title", "≥ .96", _options(title)),
    Row("right domain among three options, title + text", "≥ .96", _options(whole)),
    Row("nature, macro-F1", "≥ .80", _nature, ("咨询", "投诉", "建议")),
    Row("place: characters / phrases ≥ 60 % / length", "≥ .93 / .94 / ≤ 1.4", _places),
    Row("district named is resolved right", "≥ .97", _district),
    Row("out of scope refused / tickets refused", "≥ .95 / ≤ .02", _scope),
    Row("emergencies: recall / false alarms", "1.0 / ≤ .01", _emergency),
)
HISTORY_ROWS = (
    Row("with city history: title, macro-F1", "≥ .88", _category(title), SEVEN),
    Row("with city history: title + text, macro-F1", "≥ .91", _category(whole), SEVEN),
)


def reader(system: System) -> Read:
    """A system's `read` that reads no text twice."""
    known: dict[str, Understood] = {}

    def read(text: str) -> Understood:
        if text not in known:
            known[text] = system.read(text)
        return known[text]

    return read
