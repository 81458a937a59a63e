"""Which service of the catalogue a text is about, and whether it is about more than one."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nlu.components.files import load_yaml
from nlu.components.held_out import split
from nlu.components.history import STUDY, History, HistoryOpinion, study
from nlu.components.linear import pieces
from nlu.components.subject import is_only_names, subject
from nlu.components.text import squeeze
from nlu.components.two_steps import TwoSteps

OTHER = "1600"
_OFFERED = 5
# Share of held-out texts above the threshold that must be right before "sure" may be said.
_SURE_PRECISION = 0.87
_LEAST_SURE = 0.45
# How far the first must lead: real letters .45 and three times ahead are right as often as .7 alone, and more of them.
_AHEAD = 3.0
_OTHER_MOST = 0.4
# What is left of the confidence in a text that tells no matter of its own.
_UNTOLD = 0.5
# Up to this many characters a text is sure only by a word of the service: 杨柳郡 is no greenery.
_SHORT = 6
# Likely domains whose services are weighed; the others share less than a hundredth.
_DOMAINS = 6
_ENOUGH = 1500  # held-out texts to measure a threshold on
_LONGEST_WITH_ASIDE, _ASIDE_EVERY = 60, 3
_ASIDES = Path(__file__).parent / "asides.yml"


@dataclass(frozen=True)
class Service:
    """A service of the catalogue, as far as recognising it goes."""

    code: str
    group: str
    name: str
    words: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True)
class Choice:
    """One category offered, with the probability that it is the right one."""

    code: str
    group: str
    name: str
    confidence: float


@dataclass(frozen=True)
class Category:
    """What a text is about: `sure` needs no question, `other` means that nothing fits."""

    ranking: tuple[Choice, ...]
    sure: bool
    other: bool

    def as_dict(self) -> dict[str, Any]:
        """The form that stands in Rasa's parse data."""
        return {
            "ranking": [dict(vars(c)) for c in self.ranking],
            "sure": self.sure,
            "other": self.other,
        }


def services_from(data: Mapping[str, Any]) -> list[Service]:
    """Read services from the loaded `catalog/services.yml`."""
    return [
        Service(
            str(row["code"]),
            row["group"],
            row["name"],
            tuple(row.get("words", ())),
            row.get("description", ""),
        )
        for row in data["services"]
    ]


class CategoryModel:
    """Ranks the catalogue's services for a text: by domain and service, then by a city's history."""

    def __init__(
        self,
        model: TwoSteps,
        services: Sequence[Service],
        *,
        sure: float = 0.6,
        other: float = 0.15,
    ) -> None:
        self._model = model
        self._services = {service.code: service for service in services}
        self._words = {squeeze(w): s.code for s in services for w in s.words}
        self._history: HistoryOpinion | None = None
        self.sure_from = sure
        self.other_below = other

    @classmethod
    def train(
        cls, examples: Sequence[tuple[str, str]], services: Sequence[Service]
    ) -> CategoryModel:
        """Learn from (text, code) pairs and from each service's own name and words.

        The confidence from which an answer is sure is measured on a fifth of the examples that a
        first model does not see; the final model then learns from all.

        Raises:
            ValueError: naming the codes that examples give and the catalogue has not.
        """
        unknown = sorted({code for _, code in examples} - {s.code for s in services})
        if unknown:
            raise ValueError(f"examples name services not in the catalogue: {', '.join(unknown)}")
        groups: dict[str, list[str]] = {}
        for service in services:
            groups.setdefault(service.group, []).append(service.code)
        known = [(text, s.code) for s in services for text in (s.name, s.description, *s.words)]
        known = [(text, code) for text, code in known if text]
        held, rest = split([*examples, *_with_asides(examples)])
        final, trial = TwoSteps.train_calibrated([*held, *rest, *known], groups, range(len(held)))
        sure = _threshold(cls(trial, services), held[:_ENOUGH]) if held else 0.6
        return cls(final, services, sure=sure)

    def learn_history(self, history: History, examples: Sequence[tuple[str, str]]) -> None:
        """Learn from a city's own tickets beside our examples; `study` tells what they are worth."""
        self._history, self.study = study(history, examples, self.shares)

    def shares(self, text: str, names: Sequence[tuple[int, int]] = ()) -> dict[str, float]:
        """The probability of each service that is worth a thought, the city's history left aside."""
        wordings = pieces(text)
        if names:
            wordings = [*wordings, *pieces(subject(text, names)) * 2]
        return self._model.shares(*wordings, most=_DOMAINS)

    def classify(self, text: str, names: Sequence[tuple[int, int]] = ()) -> Category:
        """Rank the services for a text and say how far the first is to be trusted.

        `names` are the spans of places, districts and numbers: what they are called counts
        little. A text of names alone is `other` and never sure.
        """
        shares = self.shares(text, names)
        if self._history is not None:
            shares = self._history.shift(shares, text)
        ranking = sorted(shares.items(), key=lambda pair: -pair[1])
        exact = self._words.get(squeeze(text))
        if exact:
            ranking = [(exact, 0.99), *((c, p * 0.01) for c, p in ranking if c != exact)]
        only_names = not exact and is_only_names(text, names)
        told = not only_names and self._is_told(text, ranking[0][0])
        if not told:
            ranking = [(code, p * _UNTOLD) for code, p in ranking]
        choices = tuple(self._choice(code, p) for code, p in _modest(ranking)[:_OFFERED])
        top, second = choices[0].confidence, choices[1].confidence
        other = only_names or choices[0].code == OTHER or top < self.other_below
        sure = told and not other and top >= self.sure_from and top >= _AHEAD * second
        return Category(choices, sure, other)

    def _is_told(self, text: str, code: str) -> bool:
        """Whether a text is long enough to tell a matter, or holds a word of the service."""
        key = squeeze(text)
        if len(key) > _SHORT:
            return True
        return any(
            word in key or (key in word and len(key) > 1)
            for word, of in self._words.items()
            if of == code
        )

    def _choice(self, code: str, confidence: float) -> Choice:
        service = self._services[code]
        return Choice(code, service.group, service.name, round(confidence, 4))

    def save(self, folder: Path) -> None:
        """Write the model and the names it answers with."""
        self._model.save(folder, "service")
        about: dict[str, Any] = {
            "services": [asdict(service) for service in self._services.values()],
            "sure": self.sure_from,
            "other": self.other_below,
        }
        if self._history is not None:
            self._history.save(folder)
            about["history"] = self._history.codes
            (folder / STUDY).write_text(json.dumps(asdict(self.study), ensure_ascii=False), "utf-8")
        (folder / "category.json").write_text(json.dumps(about, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> CategoryModel:
        """Read what `save` wrote."""
        about = json.loads((folder / "category.json").read_text("utf-8"))
        services = services_from(about)
        two_steps = TwoSteps.load(folder, "service")
        model = cls(two_steps, services, sure=about["sure"], other=about["other"])
        if "history" in about:
            model._history = HistoryOpinion.load(folder, about["history"])
        return model


def _modest(ranking: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Keep the confidence in `OTHER` low: what fits nothing is no evidence that nothing fits."""
    (code, confidence), *rest = ranking
    if code != OTHER or not rest:
        return ranking
    return [(code, min(confidence, max(_OTHER_MOST, rest[0][1]))), *rest]


def _with_asides(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """A third of the short examples once more, with a sentence or two beside it that tell nothing."""
    lines: list[str] = load_yaml(str(_ASIDES))["lines"]
    chance = random.Random(7)  # noqa: S311
    told = []
    for text, code in pairs[::_ASIDE_EVERY]:
        if len(text) > _LONGEST_WITH_ASIDE:
            continue
        before, after = chance.sample(lines, 2)
        parts = chance.choice([(text, after), (text, after), (before, text), (before, text, after)])
        told.append((",".join(parts), code))
    return told


def _threshold(model: CategoryModel, held: Sequence[tuple[str, str]]) -> float:
    """The lowest confidence above which held-out answers are right often enough."""
    answers = []
    for text, code in held:
        (label, top), (_, second) = sorted(model.shares(text).items(), key=lambda p: -p[1])[:2]
        if top >= _AHEAD * second:
            answers.append((top, label == code))
    right, threshold = 0, 0.95
    for count, (confidence, is_right) in enumerate(sorted(answers, reverse=True), 1):
        right += is_right
        if count >= 20 and right / count >= _SURE_PRECISION:
            threshold = confidence
    return round(min(max(threshold, _LEAST_SURE), 0.95), 3)
