"""A message held back while it is asked whether to go on comes back whole."""

from __future__ import annotations

import json

import pytest

from bot.model.draft import Draft, Said
from bot.services import resuming
from tests.services.drafting import WEST_LAKE, said, told


@pytest.mark.parametrize("option", ["1", "2"])
def test_the_held_message_is_taken_whole_after_the_answer(option: str) -> None:
    draft = Draft(said=["路灯不亮"], details=["路灯不亮"], asking="place")
    held = told(divisions=(WEST_LAKE,), nature="complaint", nature_sure=True, wish="请修好")
    assert resuming.offer(draft, held)
    stored = Draft.from_dict(json.loads(json.dumps(draft.to_dict())))
    answered = resuming.answer(stored, said(option, option=option))
    assert answered is not None
    assert answered[1] == held


@pytest.mark.parametrize("answer", [said("1", option="1"), said("不要了"), said("是的", "affirm")])
def test_an_offer_that_is_answered_late_is_answered(answer: Said) -> None:
    """It may stand for an hour: "1" is the answer all the same, and no message to be asked about."""
    draft = Draft(said=["路灯不亮"], details=["路灯不亮"], asking="resume", before_silence="place")
    draft.offered = list(resuming.OPTIONS)
    assert not resuming.offer(draft, answer)
    answered = resuming.answer(draft, answer)
    assert answered is not None
    assert answered[0].asking in ("place", "")


def test_an_offer_made_twice_still_knows_what_was_asked_before() -> None:
    draft = Draft(said=["路灯不亮"], details=["路灯不亮"], asking="place")
    assert resuming.offer(draft, told())
    assert resuming.offer(draft, told("楼下又在打桩"))
    answered = resuming.answer(draft, said("1", option="1"))
    assert answered is not None
    assert answered[0].asking == "place"
