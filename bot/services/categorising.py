"""Which service a complaint goes to: guessed from the telling, or said in words when it was asked."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.draft import Draft, Ranked, Said
from bot.services import phrasing
from bot.services.directory import Directory

UNKNOWN_PLACE = "（市民暂时说不清具体位置）"
_TELLING = 8  # characters: more than a name for a category
# Share of the likeliest domain from which it is right as often as when the model itself is sure (measured on
# real messages), and how far its best service must lead.
_GROUP_SURE, _AHEAD = 0.8, 2.0
# Among this many offered a second domain must be, if it has this share: the right domain is what counts.
_OFFERED_FIRST, _REAL_SHARE = 3, 0.1
_LIKELY = 0.3  # from here a service that is named outright is taken


def guess(draft: Draft, said: Said, directory: Directory) -> None:
    """Set the service if one is clearly meant; else remember the likeliest for the question."""
    if draft.category:
        return
    codes = directory.rank(spread(said.ranking), " ".join(draft.said))
    if codes and (said.sure or _group_is_sure(said) or _is_named(codes, said, directory)):
        draft.category = codes[0]
    elif codes:
        draft.wondered = codes


def spread(ranking: Sequence[Ranked]) -> list[Ranked]:
    """Return the ranking with the best service of the second domain among the first three, if it is likely enough."""
    rows = list(ranking)
    others = [r for r in rows if r.group != rows[0].group]
    if not others or any(r in others for r in rows[:_OFFERED_FIRST]):
        return rows
    shares: dict[str, float] = {}
    for row in others:
        shares[row.group] = shares.get(row.group, 0.0) + row.confidence
    second = max(shares, key=lambda group: shares[group])
    if shares[second] < _REAL_SHARE:
        return rows
    best = next(r for r in others if r.group == second)
    rows.remove(best)
    rows.insert(_OFFERED_FIRST - 1, best)
    return rows


def _group_is_sure(said: Said) -> bool:
    """True if one domain is clearly meant and one of its services leads: the read-back is question enough."""
    if not said.ranking:
        return False
    first, *rest = said.ranking
    shared = sum(r.confidence for r in said.ranking if r.group == first.group)
    second = max((r.confidence for r in rest), default=0.0)
    return shared >= _GROUP_SURE and first.confidence >= _AHEAD * second


def _is_named(codes: list[str], said: Said, directory: Directory) -> bool:
    """True if the likeliest service's own words stand in the text, and those of the next two do not."""
    if said.ranking[0].confidence < _LIKELY:
        return False
    first, *others = (any(w in said.text for w in keywords(directory, c)) for c in codes[:3])
    return first and not any(others)


def in_words(draft: Draft, said: Said, directory: Directory) -> None:
    """Take a category said in words instead of by number.

    The list stays as it is while the words name none of it; whoever leaves it open, or misses twice, gets 其他: the
    office sorts it.
    """
    codes = directory.named(said.text)
    named = [c for c in codes if c in draft.offered] or (codes if len(codes) == 1 else [])
    told = len(said.text) > _TELLING and not phrasing.leaves_open(said.text)
    if not named and told and said.sure:
        named = directory.rank(said.ranking, said.text)
    if named:
        draft.category, draft.category_chosen, draft.offered = named[0], True, []
    elif phrasing.leaves_open(said.text) or draft.misunderstood >= 1:
        draft.category, draft.category_chosen, draft.offered = directory.other(), True, []
    if told:
        draft.said.append(said.text)
        draft.details.append(said.text)
    if said.places and UNKNOWN_PLACE in draft.place:
        draft.place = said.places[0]


def names_matter(text: str, said: Said, directory: Directory) -> bool:
    """True if words of the likeliest service stand in the text: the model alone is too sure of short names."""
    codes = directory.rank(said.ranking[:1], text)
    return said.sure and any(word in text for code in codes for word in keywords(directory, code))


def keywords(directory: Directory, code: str) -> tuple[str, ...]:
    """Return the words people use for a service, its name among them."""
    service = directory.service(code)
    return (service.name, *service.keywords) if service else ()
