"""What a citizen wants: to ask, to get help, to complain, to tip off, to suggest, to praise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.components.held_out import split
from nlu.components.two_steps import TwoSteps

# From this confidence a nature may be shown without asking.
_SURE = 0.7


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
    """Tells the nature of a text: first its family, then the nature within it."""

    def __init__(self, model: TwoSteps) -> None:
        self._model = model

    @classmethod
    def train(cls, examples: Sequence[tuple[str, str]], families: Mapping[str, str]) -> NatureModel:
        """Learn from (text, code) pairs; `families` gives the family of each code.

        Confidences are measured on a fifth of the examples that a first model does not see.

        Raises:
            ValueError: naming the codes that examples give and the catalogue has not.
        """
        unknown = sorted({code for _, code in examples} - families.keys())
        if unknown:
            raise ValueError(f"examples name natures not in the catalogue: {', '.join(unknown)}")
        groups: dict[str, list[str]] = {}
        for code, family in families.items():
            groups.setdefault(family, []).append(code)
        held, rest = split(examples)
        final, _ = TwoSteps.train_calibrated(
            [*held, *rest], groups, range(len(held)), balanced=False
        )
        return cls(final)

    def classify(self, text: str) -> Nature:
        """Tell the nature of a text; the confidence is its family's, within which the rest is nuance."""
        shares = self._model.shares(text, most=len(self._model.groups))
        family = {
            g: sum(shares.get(c, 0.0) for c in codes) for g, codes in self._model.groups.items()
        }
        best = max(family, key=family.__getitem__)
        name = max(self._model.groups[best], key=lambda code: shares.get(code, 0.0))
        return Nature(name, round(family[best], 4), family[best] >= _SURE)

    def save(self, folder: Path) -> None:
        """Write the model."""
        self._model.save(folder, "nature")

    @classmethod
    def load(cls, folder: Path) -> NatureModel:
        """Read what `save` wrote."""
        return cls(TwoSteps.load(folder, "nature"))
