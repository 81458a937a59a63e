"""Emergencies in a message and their fixed answers: no model, no database, nothing to wait for.

The rules are `catalog/emergency.yml`, already loaded: this module opens no file. The gateway asks
it before anything else, and the language component uses the same matcher.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

SHORT = 40
"""Characters up to which `soft` patterns count: who is in danger writes little."""

_SENTENCE_END = re.compile(r"[。!?;\n]+")
_BLANKS = re.compile(r"[^\S\n]+|，")
_COMMA = ","
_TRADITIONAL = str.maketrans(
    "著煙燒電樓殺傷槍車禍險報離斷暈藥農輕壓們媽爺婦貓門關鎖來幫護鬧氣漏掛兒陽臺墜",
    "着烟烧电楼杀伤枪车祸险报离断晕药农轻压们妈爷妇猫门关锁来帮护闹气漏挂儿阳台坠",
)
"""Characters of a cry for help as Hong Kong and Taiwan write them."""
_NAME = re.compile(r"[a-z][a-z_]*")
_NUMBER = re.compile(r"\d{3,5}")


@dataclass(frozen=True)
class EmergencyRule:
    """One kind of emergency: what tells it, what undoes it, and what is said."""

    kind: str
    number: str
    first: str
    advice: tuple[str, ...]
    any: re.Pattern[str]
    soft: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    past: re.Pattern[str] | None
    recorded: str
    unrecorded: str


@dataclass(frozen=True)
class Emergency:
    """An emergency found in a message, with its answer."""

    kind: str
    number: str
    _lines: tuple[str, ...] = field(repr=False)
    _recorded: str = field(repr=False)
    _unrecorded: str = field(repr=False)

    def text(self, recorded: bool) -> str:
        """Give the answer; its first line names the number.

        `recorded` must be true only if a person on duty was really alerted (civic-domain 5.2: who
        writes is told whether anybody has seen it, and only the truth).
        """
        return "\n".join((*self._lines, self._recorded if recorded else self._unrecorded))


class EmergencyMatcher:
    """Finds the first kind of emergency that a message tells."""

    def __init__(self, rules: Sequence[EmergencyRule]) -> None:
        self._found = _remembering(tuple(rules))

    def match(self, text: str) -> Emergency | None:
        """Read a message as it came; None when it tells no emergency.

        Each sentence is read by itself, so that a fear or a memory in one does not silence a cry
        for help in another.
        """
        return self._found(text)


@lru_cache(maxsize=8)
def _remembering(rules: tuple[EmergencyRule, ...]) -> Callable[[str], Emergency | None]:
    """Return what finds the first rule that a text fits; those of the same rules share what they found of late."""
    return lru_cache(maxsize=64)(partial(_first, rules))


def _first(rules: tuple[EmergencyRule, ...], text: str) -> Emergency | None:
    plain = _BLANKS.sub(_COMMA, unicodedata.normalize("NFKC", text)).translate(_TRADITIONAL)
    short = len(plain) <= SHORT
    sentences = [part for part in _SENTENCE_END.split(plain) if part]
    for rule in rules:
        if any(_tells(rule, sentence, short) for sentence in sentences):
            lines = (rule.first, *rule.advice)
            return Emergency(rule.kind, rule.number, lines, rule.recorded, rule.unrecorded)
    return None


def _tells(rule: EmergencyRule, sentence: str, short: bool) -> bool:
    if _stands(rule.any, rule.unless, sentence):
        return True
    if not short or rule.soft is None or (rule.past and rule.past.search(sentence)):
        return False
    return _stands(rule.soft, rule.unless, sentence)


def _stands(pattern: re.Pattern[str], unless: re.Pattern[str] | None, sentence: str) -> bool:
    """Whether the pattern is found somewhere where nothing undoes it."""
    for match in pattern.finditer(sentence):
        start = sentence.rfind(_COMMA, 0, match.start() + 1) + 1
        end = sentence.find(_COMMA, max(match.start(), match.end() - 1))
        clause = sentence[start : end if end >= 0 else len(sentence)]
        if unless is None or unless.search(clause) is None:
            return True
    return False


def rules_from(data: Mapping[str, Any]) -> list[EmergencyRule]:
    """Check and compile the loaded `catalog/emergency.yml`.

    Raises:
        ValueError: naming the kind and the field that is missing or wrong.
    """
    kinds = data.get("kinds")
    if not isinstance(kinds, list) or not kinds:
        raise ValueError("emergency rules: 'kinds' must be a list with at least one kind")
    rules = [_rule(row, data) for row in kinds]
    names = [rule.kind for rule in rules]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ValueError(f"emergency rules: kind given twice: {', '.join(doubled)}")
    return rules


def _rule(row: Any, data: Mapping[str, Any]) -> EmergencyRule:
    if not isinstance(row, Mapping):
        raise ValueError("emergency rules: each kind must be a mapping")
    kind = _text(row, "kind", "kinds")
    number = _text(row, "number", kind)
    first = _text(row, "first", kind)
    if not _NAME.fullmatch(kind):
        raise ValueError(f"emergency rules: kind {kind!r} must be lower-case letters and _")
    if not _NUMBER.fullmatch(number) or number not in first:
        raise ValueError(f"emergency rules: {kind}: 'first' must name the number {number!r}")
    some = _pattern(row, "any", kind)
    if some is None:
        raise ValueError(f"emergency rules: {kind}: 'any' needs at least one expression")
    shared = [*_strings(data, "unless", "top level"), *_strings(row, "unless", kind)]
    return EmergencyRule(
        kind=kind,
        number=number,
        first=first,
        advice=tuple(_strings(row, "advice", kind)),
        any=some,
        soft=_pattern(row, "soft", kind),
        unless=_compile(shared, "unless", kind),
        past=_pattern(data, "past", "top level"),
        recorded=_text(data, "recorded", "top level"),
        unrecorded=_text(data, "unrecorded", "top level"),
    )


def _text(row: Mapping[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"emergency rules: {where}: '{key}' must be a text")
    return value


def _strings(row: Mapping[str, Any], key: str, where: str) -> list[str]:
    value = row.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ValueError(f"emergency rules: {where}: '{key}' must be a list of texts")
    return value


def _pattern(row: Mapping[str, Any], key: str, where: str) -> re.Pattern[str] | None:
    return _compile(_strings(row, key, where), key, where)


def _compile(parts: Sequence[str], key: str, where: str) -> re.Pattern[str] | None:
    if not parts:
        return None
    try:
        return re.compile("|".join(f"(?:{part})" for part in parts))
    except re.error as error:
        raise ValueError(f"emergency rules: {where}: '{key}': {error}") from error
