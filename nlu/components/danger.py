"""Danger to life now that no expression of catalog/emergency.yml has a wording for: learned from nlu/dangers.

Expressions do not generalise: of messages they were not written for they recognise between a quarter and two
thirds. What is learned here is less sure than they are, so it is only asked where they are silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlu.components.counted import Counted
from nlu.components.files import load_yaml, path_of
from nlu.components.held_out import split
from nlu.components.linear import LinearText, pieces
from nlu.components.text import fold

NONE = "none"
FOLDER = "nlu/dangers"
ORDINARY = 6000
"""How many of nlu/data's longer examples are learned as no danger; the short ones all are."""
SHORT_TALK = 15
"""Characters up to which an example is short: few n-grams, so "我又来了" sounds like danger unless it was learned."""

# From this confidence a message tells of danger. Who is in danger writes little: a letter must be surer, or one of
# its many pieces will sound like it. Chosen so that of the letters and messages of real citizens we measure with
# (bench/understanding) less than 8 in 1,000 are taken for danger, the expressions' own false alarms included.
_SHORT = 120
_SURE = 0.4
_SURE_IN_LETTER = 0.7
_PIECES_LEARNED = 3  # from the beginning of a long ordinary message: letters must not outweigh


@dataclass(frozen=True)
class Danger:
    """A danger that a message probably tells of."""

    kind: str
    confidence: float


class DangerModel:
    """Tells the kind of danger that a text tells of, or none."""

    def __init__(self, model: LinearText) -> None:
        self._model = model

    @classmethod
    def train(
        cls, dangers: Sequence[tuple[str, str]], ordinary: Iterable[str], kinds: Iterable[str]
    ) -> DangerModel:
        """Learn from (text, kind) pairs, NONE among the kinds, and from further texts without danger.

        Confidences are measured on a fifth that a first model does not see.

        Raises:
            ValueError: naming the kinds that examples give and `kinds` has not.
        """
        unknown = sorted({kind for _, kind in dangers} - {NONE, *kinds})
        if unknown:
            raise ValueError(f"dangers of kinds not in the rules: {', '.join(unknown)}")
        pairs = [(fold(text), kind) for text, kind in dangers]
        for text in ordinary:
            pairs += [(piece, NONE) for piece in pieces(fold(text))[:_PIECES_LEARNED]]
        held, rest = split(pairs)
        texts, labels = _columns([*held, *rest])
        counted = Counted.of(texts)
        seen = range(len(held), len(texts))
        trial = _learn(counted.rows(seen), labels[len(held) :])
        trial.calibrate(*_columns(held))
        final = _learn(counted, labels)
        final.temperature = trial.temperature
        return cls(final)

    def judge(self, text: str) -> Danger:
        """Tell the likeliest danger in any piece of a text and how likely it is, however unlikely."""
        return max((self._of_piece(p) for p in pieces(fold(text))), key=lambda d: d.confidence)

    def find(self, text: str) -> Danger | None:
        """Tell the danger, None unless the model is sure enough for a text of this length."""
        found = self.judge(text)
        least = _SURE if len(text) <= _SHORT else _SURE_IN_LETTER
        return found if found.confidence >= least else None

    def _of_piece(self, piece: str) -> Danger:
        ranking = self._model.scores(piece).ranking
        kind = next(label for label, _ in ranking if label != NONE)
        return Danger(kind, round(1.0 - dict(ranking)[NONE], 4))

    def save(self, folder: Path) -> None:
        """Write the model."""
        self._model.save(folder, "danger")

    @classmethod
    def load(cls, folder: Path) -> DangerModel:
        """Read what `save` wrote."""
        return cls(LinearText.load(folder, "danger"))


def files() -> list[str]:
    """The files of nlu/dangers, as paths relative to the project's root."""
    return [f"{FOLDER}/{path.name}" for path in sorted(path_of(FOLDER).glob("*.yml"))]


def written_examples() -> list[tuple[str, str]]:
    """The (text, kind) pairs of nlu/dangers; what only sounds like danger has the kind NONE."""
    found: list[tuple[str, str]] = []
    for name in files():
        content = load_yaml(name)
        for kind, texts in content.get("kinds", {}).items():
            found += [(text, kind) for text in texts]
        for texts in content.get("ordinary", {}).values():
            found += [(text, NONE) for text in texts]
    return found


def _columns(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [text for text, _ in pairs], [kind for _, kind in pairs]


def _learn(texts: Counted, kinds: Sequence[str]) -> LinearText:
    return LinearText.train(texts, kinds, strength=1.0, rarest=2, balanced=False)
