"""Order per citizen: what was certainly said first is answered first, and stands first in the case.

The platform pushes each message in a thread of its own: two that were on their way at the same time have no order
that anybody could keep, unless both reached the product at once and nothing was killed meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from bench.soak.evidence import Push, Role, Said, Told
from bench.soak.index import Index, is_first_try, receipt_of

_APART_S = 0.1
_AROUND_S = 1.0

Violation = tuple[str, str, str]


def violations(index: Index) -> Iterator[Violation]:
    """Yield (token, citizen, what is wrong) for everything out of order."""
    for citizen, own in index.said.items():
        yield from _answers(index, citizen, [s for s in own if s.role is Role.PROBE])
        yield from _words(index, citizen, [s for s in own if s.role is Role.WORDS])
    yield from _news(index)
    yield from _persons(index)


def _answers(index: Index, citizen: str, probes: list[Said]) -> Iterator[Violation]:
    """Answers come in the order of the questions."""
    known = [(index.push(said), _first(index, citizen, said.token), said.token) for said in probes]
    told = sorted((row for row in known if row[1]), key=lambda row: row[0].id)
    for (before, first, _), (after, second, token) in pairwise(told):
        if before.ended_at <= after.at and first > second:
            yield token, citizen, f"answered before the question of exchange {before.id}"


def _words(index: Index, citizen: str, words: list[Said]) -> Iterator[Violation]:
    """A case tells the words in the order in which they were said (once: what was said again may stand as either)."""
    times = Counter(said.token for said in words)
    for receipt, cases in index.cases.items():
        if index.owners.get(receipt) != citizen:
            continue
        text = cases[0].description
        inside = [(index.push(said), text.find(said.token), said.token) for said in words]
        kept = sorted(
            (row for row in inside if row[1] >= 0 and row[0].is_accepted and times[row[2]] == 1),
            key=lambda row: row[0].id,
        )
        for (before, first, _), (after, second, token) in pairwise(kept):
            if first > second and _is_certain(index, before, after):
                yield token, citizen, f"stands before the words of exchange {before.id}"


def _news(index: Index) -> Iterator[Violation]:
    """Updates of one case are told in the order in which they came."""
    by_case: dict[str, list[Told]] = {}
    for update in index.evidence.updates:
        by_case.setdefault(update.case, []).append(update)
    for case_id, updates in by_case.items():
        case = index.by_id.get(case_id)
        owner = index.owners.get(receipt_of(case), "") if case else ""
        yield from _in_order(index, owner, updates)


def _persons(index: Index) -> Iterator[Violation]:
    """What a person says comes in the order in which it was said."""
    by_citizen: dict[str, list[Told]] = {}
    for answer in index.evidence.answers:
        by_citizen.setdefault(answer.citizen, []).append(answer)
    for citizen, answers in by_citizen.items():
        yield from _in_order(index, citizen, answers)


def _in_order(index: Index, citizen: str, told: list[Told]) -> Iterator[Violation]:
    known = [(each, _first(index, citizen, each.token)) for each in sorted(told, key=_at)]
    for (before, first), (after, second) in pairwise([row for row in known if row[1]]):
        if first > second:
            yield after.token, citizen, f"told before {before.token}"


def _at(told: Told) -> float:
    return told.at


def _first(index: Index, citizen: str, token: str) -> float:
    """Return where the token was told first: the line's number, and within the line its place."""
    line = next(iter(index.told(citizen, token)), None)
    return 0.0 if line is None else line.id + line.text.find(token) / 100_000


def _is_certain(index: Index, before: Push, after: Push) -> bool:
    if before.ended_at <= after.at:
        return True
    return (
        is_first_try(before)
        and is_first_try(after)
        and after.at - before.at >= _APART_S
        and index.was_quiet(before.at - _AROUND_S, after.ended_at + _AROUND_S)
    )
