"""Which of the backend's services a matter belongs to.

The classifier thinks in our catalog; the backend publishes its own list, which may be the same, shorter or
worded otherwise. Codes that both have are taken as they are; for the rest names, groups and keywords decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.model.backend import Attribute, Service
from bot.model.draft import Ranked
from bot.model.nature import NatureTable

OTHER = "其他"
#: What likens a foreign service to one of our catalogue's; `_ENOUGH` is what it takes to be offered at all.
_SAME, _SAME_GROUP, _KEYWORD, _CHARACTERS, _ENOUGH = 4.0, 2.0, 1.0, 2.0, 1.0


@dataclass(frozen=True)
class Directory:
    """The backend's services and the questions each wants answered; and our own natures, the other axis."""

    services: tuple[Service, ...]
    attributes: Mapping[str, tuple[Attribute, ...]]
    natures: NatureTable = field(default_factory=NatureTable)

    def service(self, code: str) -> Service | None:
        """Return the service with this code, None when the backend does not have it (any more)."""
        return next((s for s in self.services if s.code == code), None)

    def label(self, code: str) -> str:
        """Return what the citizen sees: "环保 · 饭店超市油烟"."""
        service = self.service(code)
        if service is None:
            return OTHER
        same = not service.group or service.group == service.name
        return service.name if same else f"{service.group} · {service.name}"

    def other(self) -> str:
        """Return the code of the service for what fits nowhere: the one called 其他, else the last one."""
        named = [s for s in self.services if OTHER in s.name]
        best = next((s for s in named if s.group == OTHER), named[0] if named else None)
        if best is None and self.services:
            best = self.services[-1]
        return best.code if best else ""

    def rank(self, ranking: Sequence[Ranked], text: str) -> list[str]:
        """Translate the classifier's ranking into the backend's codes, best first, without repeats."""
        codes: list[str] = []
        for guess in ranking:
            code = self._translate(guess, text)
            if code and code not in codes:
                codes.append(code)
        return codes

    def equivalent(self, chosen: Ranked, words: str = "") -> str:
        """Return our code for a service chosen from another list for these words: the same, the likest, or 其他."""
        return self._translate(chosen, words) or self.other()

    def named(self, words: str) -> list[str]:
        """Return services whose name, group or keywords contain these words (a citizen named a category)."""
        words = words.strip()
        if not words:
            return []
        exact = [s.code for s in self.services if s.name == words]
        if exact:
            return exact
        by_name = [s.code for s in self.services if words in s.name or s.name in words]
        by_word = [
            s.code for s in self.services if any(words in k or k in words for k in s.keywords)
        ]
        return list(dict.fromkeys(by_name + by_word))

    def required_questions(self, code: str) -> list[Attribute]:
        """Return the questions without whose answer the backend refuses the complaint, in its order."""
        return [a for a in self._questions(code) if a.required]

    def optional_questions(self, code: str) -> list[Attribute]:
        """Return the questions that help but need no answer, in the backend's order."""
        return [a for a in self._questions(code) if not a.required]

    def attribute(self, service_code: str, attribute_code: str) -> Attribute | None:
        """Return one question of a service."""
        return next((a for a in self._questions(service_code) if a.code == attribute_code), None)

    def has_attribute(self, service_code: str, attribute_code: str) -> bool:
        """True if the service defines this attribute, asked or not."""
        return any(a.code == attribute_code for a in self.attributes.get(service_code, ()))

    def takes(self, service_code: str, attribute_code: str, value: str) -> bool:
        """True if the service defines this attribute and would not refuse this value of ours.

        A backend that asks citizens something by the same name may mean something else: only one that wants it
        from a system, or lists this very value, takes it.
        """
        listed = self.attributes.get(service_code, ())
        found = next((a for a in listed if a.code == attribute_code), None)
        if found is None:
            return False
        known = value in dict(found.values)
        return known or found.automated and not found.values

    def _questions(self, code: str) -> list[Attribute]:
        asked = [a for a in self.attributes.get(code, ()) if a.variable and not a.automated]
        return sorted(asked, key=lambda a: a.order)

    def _translate(self, guess: Ranked, text: str) -> str:
        same = self.service(guess.code)
        if same is not None and same.name == guess.name:
            return same.code
        scored = [(self._likeness(s, guess, text), s.code) for s in self.services]
        best = max(scored, key=lambda pair: pair[0], default=(0.0, ""))
        return best[1] if best[0] >= _ENOUGH else ""

    @staticmethod
    def _likeness(service: Service, guess: Ranked, text: str) -> float:
        score = 0.0
        if service.name == guess.name:
            score += _SAME
        score += _SAME_GROUP * _alike(service.group, guess.group)
        said = f"{guess.name} {text}"
        score += min(3, sum(1 for word in service.keywords if word and word in said)) * _KEYWORD
        shared = set(service.name) & set(guess.name)
        score += _CHARACTERS * len(shared) / max(1, len(set(service.name) | set(guess.name)))
        return score


def _alike(one: str, other: str) -> float:
    """Return 1 for the same group, a half for its short form (环保 and 环境保护), else 0."""
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    short, long = sorted((one, other), key=len)
    return 0.5 if len(short) > 1 and set(short) <= set(long) else 0.0
