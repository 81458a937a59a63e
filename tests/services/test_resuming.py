"""A message held back while it is asked whether to go on comes back whole."""

from __future__ import annotations

import json

import pytest

from bot.model.draft import Draft
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
