"""The options: the best service first, and a second domain among the first three if it is likely enough."""

from __future__ import annotations

from bot.model.draft import Draft, Ranked
from bot.services import categorising
from tests.services.drafting import DIRECTORY, said


def row(code: str, group: str, share: float) -> Ranked:
    return Ranked(code, group, f"{group}{code}", share)


A, B, C, D = (row(str(n), "环保", share) for n, share in enumerate([0.3, 0.2, 0.15, 0.1]))


def codes(*ranking: Ranked) -> str:
    return "".join(r.code for r in categorising.spread(ranking))


def test_a_likely_second_domain_comes_third() -> None:
    assert codes(A, B, C, D, row("9", "城建", 0.12)) == "01923"


def test_the_share_of_a_domain_is_that_of_all_its_services() -> None:
    rest = (row("8", "交通", 0.07), row("9", "城建", 0.06), row("7", "城建", 0.05))
    assert codes(A, B, C, *rest) == "019287"


def test_an_unlikely_domain_moves_nothing() -> None:
    assert codes(A, B, C, row("9", "城建", 0.09)) == "0129"


def test_two_domains_among_the_first_three_are_enough() -> None:
    assert codes(A, row("9", "城建", 0.2), B, C, row("8", "交通", 0.15)) == "09128"


def test_nothing_and_one_domain_stay_as_they_are() -> None:
    assert codes() == ""
    assert codes(A, B) == "01"


def test_the_options_of_an_unsure_matter_hold_both_domains() -> None:
    noises = [s for s in DIRECTORY.services if s.group == "环保"][:4]
    road = next(s for s in DIRECTORY.services if s.group == "城建")
    shares = (0.25, 0.2, 0.15, 0.1)
    ranking = [Ranked(s.code, s.group, s.name, p) for s, p in zip(noises, shares, strict=True)]
    ranking.append(Ranked(road.code, road.group, road.name, 0.12))
    draft = Draft(said=["嗡嗡响"])
    categorising.guess(draft, said("嗡嗡响", ranking=tuple(ranking)), DIRECTORY)
    assert draft.category == ""
    assert draft.wondered[:3] == [noises[0].code, noises[1].code, road.code]
