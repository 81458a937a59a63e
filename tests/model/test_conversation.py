"""Who answers a citizen: every move between bot, waiting and a member of staff, and what each leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.model.conversation import AlreadyHeld, Conversation, Holder, NotHeld, WaitReason
from bot.model.staff import Handoff
from tests.builders import CITIZEN, NOON

LATER = NOON + timedelta(minutes=5)
BOT, WAITING, STAFF = Holder.BOT, Holder.WAITING, Holder.STAFF


def held_by(who: str) -> Conversation:
    """Return a conversation with the bot, one that waits, or one that agent 301 has and has answered."""
    found = Conversation("c1", CITIZEN)
    if who == "waiting":
        found.wait_for_person(WaitReason.ASKED, NOON)
        found.queue(NOON)
    if who == "301":
        found.take("301", NOON)
        found.answered(NOON)
    return found


@pytest.mark.parametrize(
    ("before", "move", "holder", "agent"),
    [
        ("bot", lambda c: c.queue(LATER), WAITING, ""),
        ("waiting", lambda c: c.queue(LATER), WAITING, ""),
        ("301", lambda c: c.queue(LATER), WAITING, ""),
        ("bot", lambda c: c.claim("302", LATER), STAFF, "302"),
        ("waiting", lambda c: c.claim("302", LATER), STAFF, "302"),
        ("301", lambda c: c.claim("301", LATER), STAFF, "301"),
        ("bot", lambda c: c.take("302", LATER), STAFF, "302"),
        ("waiting", lambda c: c.take("302", LATER), STAFF, "302"),
        ("301", lambda c: c.take("302", LATER), STAFF, "302"),
        ("bot", lambda c: c.give_back(), BOT, ""),
        ("waiting", lambda c: c.give_back(), BOT, ""),
        ("301", lambda c: c.give_back(), BOT, ""),
    ],
)
def test_every_move_leads_to_one_holder(
    before: str, move: Callable[[Conversation], None], holder: Holder, agent: str
) -> None:
    found = held_by(before)
    move(found)
    assert (found.holder, found.agent) == (holder, agent)
    assert (found.holder is STAFF) == bool(found.agent)
    assert (found.holder is BOT) == (found.held_since is None)


def test_only_one_agent_at_a_time_can_claim() -> None:
    found = held_by("301")
    with pytest.raises(AlreadyHeld) as held:
        found.claim("302", LATER)
    assert (held.value.agent, found.agent) == ("301", "301")


def test_to_claim_twice_changes_nothing() -> None:
    found = held_by("301")
    found.claim("301", LATER)
    assert found == held_by("301")


def test_whoever_takes_it_owes_a_word_and_ends_the_wait() -> None:
    found = held_by("waiting")
    found.take("301", LATER)
    assert (found.held_since, found.unanswered_since, found.staff_said_at) == (LATER, LATER, None)
    assert (found.waiting_since, found.waiting_reason) == (None, None)


@pytest.mark.parametrize("move", ["give_back", "queue", "take"])
def test_whoever_loses_it_leaves_nothing_of_theirs(move: str) -> None:
    found = held_by("301")
    {
        "give_back": found.give_back,
        "queue": lambda: found.queue(LATER),
        "take": lambda: found.take("302", LATER),
    }[move]()
    assert found.agent != "301"
    assert found.held_since != NOON
    assert found.staff_said_at is None


def test_given_back_unserved_the_wish_for_a_person_stays() -> None:
    found = held_by("waiting")
    found.give_back()
    assert (found.waiting_since, found.waiting_reason) == (NOON, WaitReason.ASKED)
    found.stop_waiting()
    assert (found.waiting_since, found.waiting_reason) == (None, None)


def test_a_second_wait_begins_anew_and_keeps_its_place_on_the_list() -> None:
    found = held_by("waiting")
    found.give_back()
    found.wait_for_person(WaitReason.ASKED, LATER)
    found.queue(LATER)
    assert (found.waiting_since, found.held_since) == (NOON, LATER)


@pytest.mark.parametrize("who", ["bot", "waiting", "301"])
def test_only_an_agent_owes_an_answer(who: str) -> None:
    found = held_by(who)
    found.heard(LATER)
    assert found.last_said_at == LATER
    assert found.unanswered_since == (LATER if who == "301" else None)


def test_the_first_word_left_unanswered_counts_until_the_answer() -> None:
    found = held_by("301")
    found.heard(NOON)
    found.heard(LATER)
    assert found.unanswered_since == NOON
    found.answered(LATER)
    assert (found.unanswered_since, found.staff_said_at) == (None, LATER)
    found.heard(LATER + timedelta(seconds=1))
    assert found.unanswered_since == LATER + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("who", "by", "holds"),
    [("301", "301", None), ("301", "302", "301"), ("bot", "301", ""), ("waiting", "301", "")],
)
def test_who_does_not_hold_it_hears_who_does(who: str, by: str, holds: str | None) -> None:
    if holds is None:
        held_by(who).must_be_held_by(by)
        return
    with pytest.raises(NotHeld) as refused:
        held_by(who).must_be_held_by(by)
    assert refused.value.agent == holds


def test_how_long_a_citizen_waited_is_known_once_somebody_came_and_answered() -> None:
    asked = Handoff("c1", "asked", NOON)
    assert (asked.waited, asked.waited_for_answer) == (None, None)
    asked.claimed_at, asked.first_answer_at = LATER, LATER + timedelta(minutes=1)
    assert (asked.waited, asked.waited_for_answer) == (timedelta(minutes=5), timedelta(minutes=6))
