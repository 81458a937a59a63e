"""What was not told yet goes in front of the next answer, and nothing overtakes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model.delivery import Delivery, DeliveryKind, DeliveryState
from bot.model.message import Reply
from bot.ports import Settled
from bot.record import Record, Stale
from bot.services.counter import Counter
from bot.services.turn import TurnTaker
from tests.builders import make_delivery, make_message
from tests.services.fakes import FixedAnswers, ScriptedDialogue
from tests.services.turning import ME, Taker, delivery


def two_turns(taker: Taker, *settled: Settled, first: str = "一") -> Reply | None:
    turns = taker(ScriptedDialogue(first, "二"), answers=FixedAnswers(*settled))
    turns.take(make_message())
    return turns.take(make_message(key="m2"))


def put(record: Record, wanted: Delivery) -> None:
    with record.unit() as unit:
        unit.deliveries.add(replace(wanted, conversation_id=ME))


class TestEarlierAnswer:
    def test_nobody_waits_for_it_any_more(self, taker: Taker, record: Record) -> None:
        assert two_turns(taker, Settled.OPEN) == Reply("一\n\n二")
        told = delivery(record, "reply:m1")
        assert (told.state, told.rung) == (DeliveryState.SENT, "reply")

    def test_its_parts_come_in_their_order(self, taker: Taker, record: Record) -> None:
        turns = taker(ScriptedDialogue("一|二", "三"), answers=FixedAnswers(Settled.OPEN))
        turns.take(make_message())
        assert turns.take(make_message(key="m2")) == Reply("一\n\n二\n\n三")
        assert delivery(record, "reply:m1:2").state is DeliveryState.SENT

    def test_a_callback_may_still_take_it(self, taker: Taker, record: Record) -> None:
        assert two_turns(taker, Settled.WAIT) == Reply("二")
        assert delivery(record, "reply:m1").state is DeliveryState.OFFERED

    def test_nothing_behind_one_that_is_waited_for_overtakes_it(
        self, taker: Taker, record: Record
    ) -> None:
        assert two_turns(taker, Settled.WAIT, first="一|还有") == Reply("二")
        assert delivery(record, "reply:m1:2").state is DeliveryState.QUEUED

    def test_it_was_told_already(self, taker: Taker) -> None:
        assert two_turns(taker, Settled.PASSIVE) == Reply("二")

    def test_it_is_being_sent_now(self, taker: Taker, record: Record) -> None:
        turns = taker(ScriptedDialogue("一", "二"), answers=FixedAnswers(Settled.OPEN))
        turns.take(make_message())
        number = delivery(record, "reply:m1").id
        with record.unit() as unit:
            assert unit.deliveries.claim(number)
        assert turns.take(make_message(key="m2")) == Reply("二")


class TestNews:
    def test_its_sending_failed_and_waits_for_another_try(
        self, taker: Taker, record: Record
    ) -> None:
        put(record, make_delivery("n", state=DeliveryState.RETRY, payload={"text": "修好了"}))
        assert taker(ScriptedDialogue("您好")).take(make_message()) == Reply("修好了\n\n您好")
        assert delivery(record, "n").state is DeliveryState.SENT

    def test_it_is_reported_once_although_its_turn_is_done_again(
        self, taker: Taker, record: Record
    ) -> None:
        """A worker that was overtaken commits nothing: nothing was told by it."""

        def overtaken(counter: Counter) -> str:
            counter.conversation.version += 1
            return "您好"

        put(record, make_delivery("n", state=DeliveryState.RETRY, payload={"text": "修好了"}))
        reported: list[str] = []
        turns = taker(
            ScriptedDialogue(overtaken, "您好"), on_told=lambda told: reported.append(told.key)
        )
        with pytest.raises(Stale):
            turns.take(make_message())
        assert reported == []

        assert turns.take(make_message()) == Reply("修好了\n\n您好")
        assert reported == ["n"]

    def test_it_does_not_overtake_what_went_in_front_of_an_answer_that_nobody_took(
        self, taker: Taker, record: Record
    ) -> None:
        turns = self._after_news_in_an_answer(taker, record, Settled.OPEN)
        assert turns.take(make_message(key="m2")) == Reply("修好了\n\n一\n\n办结了\n\n二")

    def test_it_waits_while_a_callback_may_still_take_that_answer(
        self, taker: Taker, record: Record
    ) -> None:
        turns = self._after_news_in_an_answer(taker, record, Settled.WAIT)
        assert turns.take(make_message(key="m2")) == Reply("二")
        assert delivery(record, "later").state is DeliveryState.RETRY

    def test_it_goes_along_once_that_answer_is_known_to_be_told(
        self, taker: Taker, record: Record
    ) -> None:
        turns = self._after_news_in_an_answer(taker, record, Settled.PASSIVE)
        assert turns.take(make_message(key="m2")) == Reply("办结了\n\n二")

    @staticmethod
    def _after_news_in_an_answer(taker: Taker, record: Record, settled: Settled) -> TurnTaker:
        """The first news is told with the answer "一"; the second, stored before that answer, fails only then."""
        put(record, make_delivery("n", state=DeliveryState.RETRY, payload={"text": "修好了"}))
        put(record, make_delivery("later", payload={"text": "办结了"}))
        turns = taker(ScriptedDialogue("一", "二"), answers=FixedAnswers(settled))
        assert turns.take(make_message()) == Reply("修好了\n\n一")
        with record.unit() as unit:
            later = unit.deliveries.by_key("later")
            assert later is not None
            unit.deliveries.save(replace(later, state=DeliveryState.RETRY))
        return turns

    def test_what_was_not_tried_yet_goes_its_own_way(self, taker: Taker, record: Record) -> None:
        put(record, make_delivery("n", payload={"text": "修好了"}))
        assert taker(ScriptedDialogue("您好")).take(make_message()) == Reply("您好")

    def test_what_staff_said_goes_its_own_way(self, taker: Taker, record: Record) -> None:
        said = make_delivery("a", kind=DeliveryKind.ANSWER, state=DeliveryState.RETRY)
        put(record, replace(said, payload={"text": "工号 1024：在", "said": "在"}))
        assert taker(ScriptedDialogue("您好")).take(make_message()) == Reply("您好")
