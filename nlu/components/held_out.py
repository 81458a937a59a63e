"""Which examples a trial model does not see, so that its confidence can be measured on them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
_SHARE = 5  # one in five is held out


def split(rows: Sequence[T], seed: int = 7) -> tuple[list[T], list[T]]:
    """Give a fifth of the rows, held out at random but always the same, and the rest."""
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)  # noqa: S311
    cut = len(shuffled) // _SHARE
    return shuffled[:cut], shuffled[cut:]
