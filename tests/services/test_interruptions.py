"""What was asked for is taken even where the words look like talk."""

from __future__ import annotations

import pytest

from bot.model.draft import ANSWER, PLACE, Draft
from bot.services.intake import is_interruption
from tests.services.drafting import said


@pytest.mark.parametrize("intent", ["chitchat", "out_of_scope", "bye", "thanks"])
def test_a_number_answers_the_office_s_question(intent: str) -> None:
    draft = Draft(asking=ANSWER, attribute="bike")
    assert not is_interruption(said("我看到一辆是8837021", intent), draft)
    assert is_interruption(said("你真能干", intent), draft)


def test_a_phone_number_is_no_farewell() -> None:
    draft = Draft(asking=PLACE)
    assert not is_interruption(said("我手机是 138****0088", "bye", phone="138****0088"), draft)
    assert is_interruption(said("再见", "bye"), draft)


@pytest.mark.parametrize("text", ["8837021是什么", "查8837021"])
def test_a_question_stays_one_even_with_a_number_in_it(text: str) -> None:
    draft = Draft(asking=ANSWER, attribute="bike")
    assert is_interruption(said(text, "ask_progress"), draft)
