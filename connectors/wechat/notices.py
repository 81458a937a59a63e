"""Values of notice templates, made to fit the type that the template's key names (contract 7.2).

WeChat refuses a whole notice (47003) for one character too many, and shows nothing of what legacy
templates cut off. So texts are cut here, with an ellipsis, and what cannot be made to fit is an error
before the call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff·"
_ELLIPSIS = "…"


class BadNotice(ValueError):
    """A value that cannot be shown in its place of the template."""


@dataclass(frozen=True)
class ValueType:
    """What one type of template value takes.

    Attributes:
        limit: characters at most; 0 means that the form alone decides.
        form: what a value must look like in full.
        cut: whether a longer text may be shortened; a number or a time cut short would lie.
        prepare: takes out what the type does not allow.
    """

    limit: int
    form: re.Pattern[str]
    cut: bool
    prepare: Callable[[str], str]


def _line(value: str) -> str:
    return " ".join(value.split())


def _text(value: str) -> str:
    """One line without emoji and control characters, which WeChat replaces or refuses."""
    flat = _line(value)
    return "".join(
        c for c in flat if c.isprintable() and ord(c) <= 0xFFFF and c not in "\ufe0f\u20e3"
    )


def _words(value: str) -> str:
    return re.sub(r"[\W_]+", "", value)


_ANY = re.compile(r".+")
_TIME = re.compile(
    r"(?=\d)(?:\d{4}(?:-\d{1,2}-\d{1,2}|年\d{1,2}月\d{1,2}日))?"
    r" ?(?:\d{1,2}:\d{2}(?::\d{2})?)?"
    r"(?:~(?:\d{4}(?:-\d{1,2}-\d{1,2}|年\d{1,2}月\d{1,2}日))? ?(?:\d{1,2}:\d{2}(?::\d{2})?)?)?"
)

TYPES: dict[str, ValueType] = {
    "thing": ValueType(20, _ANY, True, _text),
    "short_thing": ValueType(5, _ANY, True, _text),
    "keyword": ValueType(20, _ANY, True, _text),  # legacy templates (7.1)
    "number": ValueType(32, re.compile(r"-?\d+(?:\.\d+)?"), False, _line),
    "letter": ValueType(32, re.compile(r"[A-Za-z]+"), False, _line),
    "symbol": ValueType(5, re.compile(r"[^\w\s]+"), False, _line),
    "character_string": ValueType(32, re.compile(r"[!-~]+"), False, _line),
    "time": ValueType(0, _TIME, False, _line),
    "date": ValueType(0, _TIME, False, _line),
    "amount": ValueType(0, re.compile(r"[¥￥$€£]?\d{1,10}(?:\.\d+)?元?"), False, _line),
    "phone_number": ValueType(17, re.compile(r"[0-9+\-() ]+"), False, _line),
    "car_number": ValueType(8, re.compile(rf"[{_HAN}A-Z0-9]+"), False, _line),
    "name": ValueType(20, re.compile(rf"[{_HAN}]{{1,10}}|[^{_HAN}]{{1,20}}"), False, _line),
    "phrase": ValueType(5, re.compile(rf"[{_HAN}]+"), True, _words),
    "const": ValueType(0, _ANY, False, _line),
    "enum": ValueType(0, _ANY, False, _line),
}

_KEY = re.compile(r"([a-z_]+?)\d*(?:\.DATA)?")


def fit(key: str, value: str) -> str:
    """Return the value as the template's key takes it (`thing1`, `time3`, ...).

    Raises:
        BadNotice: for an unknown type, an empty value, or one that would have to be cut where
            cutting changes its meaning.
    """
    match = _KEY.fullmatch(key)
    kind = TYPES.get(match.group(1)) if match else None
    if kind is None:
        raise BadNotice(f"{key} is of no known type")
    fitted = kind.prepare(value)
    if kind.cut and len(fitted) > kind.limit:
        fitted = _shorten(fitted, kind)
    if not fitted or (kind.limit and len(fitted) > kind.limit) or not kind.form.fullmatch(fitted):
        raise BadNotice(f"the value of {key} does not fit its type")
    return fitted


def fit_values(values: Mapping[str, str]) -> dict[str, str]:
    """Fit every value of a notice."""
    return {key: fit(key, value) for key, value in values.items()}


def _shorten(text: str, kind: ValueType) -> str:
    if not kind.form.fullmatch(_ELLIPSIS):  # a phrase holds Chinese characters only
        return text[: kind.limit]
    return text[: kind.limit - 1].rstrip() + _ELLIPSIS
