"""Who stands in which tab of the live list, and who of them fits the filters."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from starlette.datastructures import QueryParams

from bot.model.conversation import Conversation, Holder, WaitReason
from bot.record import Unit

MOST_ROWS = 1000
MOST_CLOSED = 100
LATELY = timedelta(hours=24)
_MOST_IDS = 200
_MOST_FOUND = 300
_LONGEST_QUERY = 100
_LABEL = re.compile(r"[0-9a-f]{2,64}")
_NEVER = datetime.max.replace(tzinfo=timezone.utc)
_LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Wanted:
    """What a page asks to see. `ids`: only those of these; None for all."""

    tab: str
    query: str
    reason: str
    holder: str
    ids: frozenset[str] | None

    @classmethod
    def of(cls, asked: QueryParams) -> Wanted:
        """Read it from an address."""
        ids = asked.get("ids")
        return cls(
            tab=asked.get("tab", "") if asked.get("tab", "") in _TABS else "waiting",
            query=asked.get("q", "").strip()[:_LONGEST_QUERY],
            reason=asked.get("reason", ""),
            holder=asked.get("holder", ""),
            ids=None if ids is None else frozenset(ids.split(",")[:_MOST_IDS]),
        )


def _crowd(unit: Unit, wanted: Wanted, since: datetime) -> list[Conversation]:
    """Return all who spoke since then, wait or are held, who spoke last first; of single ones only those."""
    if wanted.ids is not None:
        few = [c for c in unit.conversations.several(wanted.ids) if _lives(c, since)]
        return sorted(few, key=lambda c: c.last_said_at or _LONG_AGO, reverse=True)
    crowd = unit.conversations.live(since, limit=MOST_ROWS + 1)
    if len(crowd) <= MOST_ROWS:
        return crowd
    known = {c.id for c in crowd}
    rest = {c.id: c for c in unit.conversations.waiting() + unit.conversations.staffed()}
    return crowd + [c for id, c in rest.items() if id not in known]


def _lives(conversation: Conversation, since: datetime) -> bool:
    spoke = conversation.last_said_at
    is_bots = conversation.holder is Holder.BOT
    return _waits(conversation) or not is_bots or (spoke is not None and spoke >= since)


def _waiting(crowd: list[Conversation], me: str) -> list[Conversation]:  # noqa: ARG001
    waiting = [c for c in crowd if _waits(c)]
    return sorted(waiting, key=lambda c: (not is_urgent(c), c.waiting_since or _NEVER))


def _mine(crowd: list[Conversation], me: str) -> list[Conversation]:
    return sorted(
        (c for c in crowd if _is_mine(c, me)),
        key=lambda c: (c.unanswered_since is None, c.unanswered_since or _NEVER),
    )


def _all(crowd: list[Conversation], me: str) -> list[Conversation]:  # noqa: ARG001
    return crowd


#: Tab → who of the crowd stands in it, in order; what is closed is not of the crowd.
_TABS: dict[str, Callable[[list[Conversation], str], list[Conversation]] | None] = {
    "waiting": _waiting,
    "mine": _mine,
    "all": _all,
    "closed": None,
}


def _waits(conversation: Conversation) -> bool:
    return conversation.waiting_since is not None


def is_urgent(conversation: Conversation) -> bool:
    """True for an emergency that waits for a person."""
    return _waits(conversation) and conversation.waiting_reason is WaitReason.EMERGENCY


def _is_mine(conversation: Conversation, me: str) -> bool:
    return conversation.holder is Holder.STAFF and conversation.agent == me


def found_in(unit: Unit, wanted: Wanted, me: str, since: datetime) -> list[Conversation]:
    """Return who stands in the tab and fits the filters; of single ones asked for, only those are read."""
    said_by = _matching(unit, wanted.query)
    arrange = _TABS[wanted.tab]
    crowd = _crowd(unit, wanted, since)
    if arrange is not None:
        found = arrange(crowd, me)
    else:
        found = _closed(unit, {c.id for c in crowd}, wanted, said_by, since)
    return [
        c
        for c in found
        if (wanted.ids is None or c.id in wanted.ids)
        and (not wanted.query or c.id in said_by or _is_labelled(c.id, wanted.query))
        and (
            not wanted.reason
            or (c.waiting_reason.value if c.waiting_reason else "") == wanted.reason
        )
        and wanted.holder in ("", c.holder.value, c.agent)
    ]


def _closed(
    unit: Unit, live: set[str], wanted: Wanted, said_by: set[str], since: datetime
) -> list[Conversation]:
    """Return who spoke long ago, the newest first: asked for by id, found by words, or simply the newest."""
    named = wanted.ids or said_by
    if not named:
        most = MOST_ROWS if wanted.query else MOST_CLOSED
        return unit.conversations.quiet(since, limit=most)
    found = [c for c in unit.conversations.several(named) if c.id not in live]
    found.sort(key=lambda c: c.last_said_at or _LONG_AGO, reverse=True)
    return found[:MOST_CLOSED]


def _matching(unit: Unit, query: str) -> set[str]:
    """Return the conversations of the receipt with this number, or in which these words were said."""
    if not query:
        return set()
    case = unit.complaints.by_receipt(query.upper())
    if case is not None:
        return {case.conversation_id}
    return set(unit.conversations.holding(query, limit=_MOST_FOUND))


def _is_labelled(conversation_id: str, query: str) -> bool:
    words = query.removeprefix("市民").strip().lower()
    return bool(_LABEL.fullmatch(words)) and conversation_id.startswith(words)
