"""Long lists of keys in pieces: SQLite takes a limited number of variables in one statement (999 in old builds)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import TypeVar

_T = TypeVar("_T")
_AT_MOST = 500


def chunks(values: Collection[_T]) -> Iterator[list[_T]]:
    """Return the values in lists of at most 500, each value once; nothing at all of nothing."""
    rest = iter(dict.fromkeys(values))
    while some := list(islice(rest, _AT_MOST)):
        yield some
