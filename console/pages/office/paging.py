"""Pages of a list: which one is asked for, and links to its neighbours. A list is never counted for that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

PAGE = 50
_MOST = 2000


@dataclass(frozen=True)
class Pager:
    """Where a reader is in a list; "" where there is no such page."""

    number: int
    before: str
    after: str


def page_of(asked: Mapping[str, str]) -> int:
    """Return the page asked for, counted from 1; what makes no sense is the first."""
    given = asked.get("page", "")
    is_number = given.isascii() and given.isdigit() and len(given) < 6
    return min(max(int(given), 1), _MOST) if is_number else 1


def pager(address: str, query: Mapping[str, str], number: int, *, has_more: bool) -> Pager:
    """Return the links beside a page; `query` is what else the address carries."""

    def link(page: int) -> str:
        given = {name: value for name, value in query.items() if value}
        if page > 1:
            given["page"] = str(page)
        return f"{address}?{urlencode(given)}" if given else address

    return Pager(
        number, link(number - 1) if number > 1 else "", link(number + 1) if has_more else ""
    )
