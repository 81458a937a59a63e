"""What a citizen wants: to ask, to get help, to complain, to tip off, to suggest, to praise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.components.held_out import split
from nlu.components.linear import LinearText

# From here, and this far ahead of the second, a nature may be shown without asking.
_SURE = 0.6


@dataclass(frozen=True)
class Nature:
    """The likeliest nature of a text; `sure` when it may be taken as it is."""

    name: str
    confidence: float
    sure: bool

    def as_dict(self) -> dict[str, Any]:
        """The form that stands in Rasa's parse data."""
        return {"name": self.name, "confidence": self.confidence, "sure": self.sure}


class NatureModel:
    """Tells the nature of a text."""

    def __init__(self, model: LinearText) -> None:
        self._model = model

    @classmethod
    def train(cls, examples: Sequence[tuple[str, str]], natures: Sequence[str]) -> NatureModel:
        """Learn from (text, code of the nature) pairs; confidences are measured on a fifth of them.

        Raises:
            ValueError: naming the codes that examples give and the catalogue has not.
        """
        unknown = sorted({code for _, code in examples} - set(natures))
        if unknown:
            raise ValueError(f"examples name natures not in the catalogue: {', '.join(unknown)}")
        held, rest = split(examples)
        trial = _fit(rest)
        trial.calibrate([t for t, _ in held], [c for _, c in held])
        final = _fit(examples)
        final.temperature = trial.temperature
        return cls(final)

    def classify(self, text: str) -> Nature:
        """Tell the nature of a text."""
        name, confidence = self._model.scores(text).best
        return Nature(name, round(confidence, 4), confidence >= _SURE)

    def save(self, folder: Path) -> None:
        """Write the model."""
        self._model.save(folder, "nature")

    @classmethod
    def load(cls, folder: Path) -> NatureModel:
        """Read what `save` wrote."""
        return cls(LinearText.load(folder, "nature"))


def _fit(pairs: Sequence[tuple[str, str]]) -> LinearText:
    return LinearText.train([text for text, _ in pairs], [code for _, code in pairs])
