"""Reading single values out of a parsed push, where anything may be missing, double or nested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Invisible marks that keyboards leave at the ends of a text.
_OUTER = "\u200b\u200e\u200f\u2060\ufeff"


class BadMessage(ValueError):
    """An authentic push whose values make no sense; it is counted and answered `success`."""


class Fields:
    """The elements of one `<xml>` push (or of one element in it) by name."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def get(self, name: str) -> str:
        """Return the text of an element without outer whitespace; absent and empty are ""."""
        value = self._data.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise BadMessage(f"{name} is not one text")
        return trim(value)

    def need(self, name: str) -> str:
        """Return the text of an element that must be there."""
        value = self.get(name)
        if not value:
            raise BadMessage(f"{name} is missing")
        return value

    def number(self, name: str) -> float:
        """Return a decimal; what is no number raises `BadMessage`."""
        raw = self.need(name)
        try:
            return float(raw)
        except ValueError as error:
            raise BadMessage(f"{name} is no number") from error

    def child(self, name: str) -> Fields:
        """Return a nested element; an absent or empty one has no fields."""
        value = self._data.get(name)
        return Fields(value if isinstance(value, Mapping) else {})

    def items(self, name: str) -> list[Fields]:
        """Return a nested element that may come once, many times or not at all."""
        value = self._data.get(name)
        found = value if isinstance(value, list) else [value]
        return [Fields(item) for item in found if isinstance(item, Mapping)]


def trim(text: str) -> str:
    """Strip outer whitespace and invisible marks; what stands between stays as written."""
    previous = None
    while previous != text:
        previous, text = text, text.strip().strip(_OUTER)
    return text
