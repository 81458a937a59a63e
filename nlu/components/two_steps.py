"""First the group, then the member within each likely group: a linear model for every step.

Fourteen small models after one of fourteen classes learn in a tenth of the time of one of 154 classes, and err less
(of held-out examples .63 against .62 have the right service first, .83 against .81 among the first three).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from nlu.components.counted import Counted
from nlu.components.linear import LinearText


class TwoSteps:
    """Gives each label a probability: its group's, times its own within the group."""

    def __init__(
        self,
        groups: Mapping[str, Sequence[str]],
        first: LinearText,
        within: Mapping[str, LinearText],
    ) -> None:
        self.groups = {name: list(labels) for name, labels in groups.items()}
        self._group_of = {label: name for name, labels in groups.items() for label in labels}
        self._first = first
        self._within = dict(within)

    @classmethod
    def train(
        cls,
        texts: Counted,
        labels: Sequence[str],
        groups: Mapping[str, Sequence[str]],
        *,
        balanced: bool = True,
    ) -> TwoSteps:
        """Learn from texts and their labels; `balanced` gives rare labels the weight of frequent ones."""
        group_of = {label: name for name, members in groups.items() for label in members}
        named = [group_of[label] for label in labels]
        first = _learn(texts, named, balanced)
        within = {}
        for name in groups:
            rows = [number for number, group in enumerate(named) if group == name]
            told = [labels[row] for row in rows]
            if len(set(told)) > 1:
                within[name] = _learn(texts.rows(rows), told, balanced)
        return cls(groups, first, within)

    @classmethod
    def train_calibrated(
        cls,
        pairs: Sequence[tuple[str, str]],
        groups: Mapping[str, Sequence[str]],
        held: range,
        *,
        balanced: bool = True,
    ) -> tuple[TwoSteps, TwoSteps]:
        """Learn from all (text, label) pairs; confidences are measured on those of the range `held`.

        Returns:
            What was learned, and the trial that has not seen the held pairs.
        """
        texts, labels = Counted.of([text for text, _ in pairs]), [label for _, label in pairs]
        seen = [number for number in range(len(pairs)) if number not in held]
        parts = (texts.rows(seen), [labels[number] for number in seen])
        trial = cls.train(*parts, groups, balanced=balanced)
        trial.calibrate([pairs[number] for number in held])
        final = cls.train(texts, labels, groups, balanced=balanced)
        final._calibrate_like(trial)
        return final, trial

    def calibrate(self, held: Sequence[tuple[str, str]]) -> None:
        """Make the probabilities honest on (text, label) pairs not learned from."""
        rows = [(text, label, self._group_of[label]) for text, label in held]
        self._first.calibrate([text for text, _, _ in rows], [group for _, _, group in rows])
        for name, model in self._within.items():
            inside = [(text, label) for text, label, group in rows if group == name]
            model.calibrate([text for text, _ in inside], [label for _, label in inside])

    def _calibrate_like(self, other: TwoSteps) -> None:
        """Take over what another of the same groups found when it was calibrated."""
        self._first.temperature = other._first.temperature
        for name, model in self._within.items():
            model.temperature = other._within[name].temperature

    def shares(self, *wordings: str, most: int) -> dict[str, float]:
        """The probability of each label of the `most` likeliest groups, for wordings that count alike."""
        shares: dict[str, float] = {}
        for name, share in self._first.scores(*wordings).ranking[:most]:
            model = self._within.get(name)
            inside = model.scores(*wordings).ranking if model else [(self.groups[name][0], 1.0)]
            shares.update({label: share * part for label, part in inside})
        return shares

    def save(self, folder: Path, name: str) -> None:
        """Write the models, and the groups beside them."""
        self._first.save(folder, name)
        for number, group in enumerate(self._within):
            self._within[group].save(folder, f"{name}{number}")
        about = {"groups": self.groups, "within": list(self._within)}
        (folder / f"{name}.json").write_text(json.dumps(about, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path, name: str) -> TwoSteps:
        """Read what `save` wrote."""
        about = json.loads((folder / f"{name}.json").read_text("utf-8"))
        first = LinearText.load(folder, name)
        # What stands often enough in the texts of a group does so in all texts: each message is counted once for all.
        within = {
            group: LinearText.load(folder, f"{name}{number}", within=first.terms)
            for number, group in enumerate(about["within"])
        }
        return cls(about["groups"], first, within)


def _learn(texts: Counted, labels: Sequence[str], balanced: bool) -> LinearText:
    return LinearText.train(texts, labels, strength=1.0, rarest=2, balanced=balanced)
