"""A turn while a person holds the conversation, is awaited or was there, and what open consoles see of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.phrases import DomainPhrases
from bot.model.conversation import Direction, Holder, WaitReason
from bot.model.delivery import DeliveryKind, DeliveryState
from bot.model.draft import Draft
from bot.model.message import Kind, MediaRef, Reply
from bot.model.staff import Handoff
from bot.record import Record
from bot.services.counter import Counter
from tests.builders import NOON, SetClock, make_delivery, make_line, make_message
from tests.services.fakes import KeptEvents, ScriptedDialogue
from tests.services.turning import ME, Taker, change, conversation, delivery, transcript


class TestWaiting:
    """The citizen waits for a person: the bot says that their words are noted, and no more."""

    @pytest.fixture(autouse=True)
    def waits(self, record: Record) -> None:
        change(record, holder=Holder.WAITING, waiting_since=NOON, waiting_reason=WaitReason.ASKED)

    def test_their_words_are_noted_once_in_a_while(
        self, taker: Taker, clock: SetClock, phrases: DomainPhrases
    ) -> None:
        dialogue = ScriptedDialogue()
        turns = taker(dialogue)
        answers = []
        for number in range(6):
            clock.pass_(
                seconds=50
            )  # never two minutes without a word: yet they must hear something
            answers.append(turns.take(make_message("还在吗", f"m{number}")))
        noted = Reply(phrases.say("utter_person_noted"))
        assert answers == [noted, None, None, noted, None, None]
        assert dialogue.heard == []

    def test_to_ask_again_while_waiting_changes_no_place(
        self, taker: Taker, record: Record
    ) -> None:
        turns = taker(ScriptedDialogue())
        turns.take(make_message("转人工"))
        assert conversation(record).waiting_since == NOON
        assert conversation(record).holder is Holder.WAITING

    @pytest.mark.parametrize("words", ["不等了", "算了，不等了", "那就不等了吧。", "不用人工了"])
    def test_who_does_not_wait_any_longer_is_the_bots_again(
        self, taker: Taker, record: Record, phrases: DomainPhrases, words: str
    ) -> None:
        with record.unit() as unit:
            unit.handoffs.add(Handoff(ME, "asked", NOON))
        reply = taker(ScriptedDialogue()).take(make_message(words))
        assert reply == Reply(phrases.say("utter_person_not_waiting"))
        found = conversation(record)
        assert (found.holder, found.waiting_since) == (Holder.BOT, None)
        with record.unit() as unit:
            assert [h.ending for h in unit.handoffs.of_conversation(ME)] == ["withdrawn"]

    def test_and_is_offered_the_form_they_left(
        self, taker: Taker, record: Record, phrases: DomainPhrases
    ) -> None:
        told = Draft(said=["路灯不亮"], details=["路灯不亮"], asking="place")
        change(record, snapshot={"slots": {"draft": told.to_dict()}})
        reply = taker(ScriptedDialogue()).take(make_message("不等了"))
        assert reply == Reply(phrases.say("utter_person_not_waiting_form", summary="路灯不亮"))
        assert (conversation(record).snapshot or {})["slots"]["draft"]["asking"] == "resume"

    def test_an_emergency_is_looked_at_though_they_do_not_wait(
        self, taker: Taker, record: Record
    ) -> None:
        turns = taker(ScriptedDialogue())
        turns.take(make_message("家里着火了快来人"))
        turns.take(make_message("不等了", "m2"))
        found = conversation(record)
        assert (found.holder, found.waiting_reason) == (Holder.BOT, WaitReason.EMERGENCY)

    def test_no_turn_that_fails_says_a_word_while_a_person_is_there(
        self, taker: Taker, record: Record
    ) -> None:
        change(record, holder=Holder.STAFF, agent="301", waiting_since=None)
        turns = taker(ScriptedDialogue())
        assert turns.give_up(make_message()) is turns.give_up(make_message()) is None
        assert transcript(record) == [("citizen", "文二路的路灯不亮")]
        assert conversation(record).unanswered_since == NOON


class TestAfterPerson:
    @pytest.mark.parametrize(
        ("direction", "asking", "is_asked"),
        [
            ("system", "place", True),
            ("staff", "", True),
            ("bot", "place", False),
            ("system", "resume", False),
        ],
    )
    def test_a_form_left_open_is_asked_after_once(
        self, taker: Taker, record: Record, direction: str, asking: str, is_asked: bool
    ) -> None:
        told = Draft(said=["路灯不亮"], details=["路灯不亮"], asking=asking)
        change(record, snapshot={"slots": {"draft": told.to_dict()}}, last_said_at=NOON)
        with record.unit() as unit:
            for name, side in (("l1", direction), ("l2", "note"), ("l3", "citizen")):
                unit.conversations.add_line(make_line(name, ME, direction=Direction(side)))
        dialogue = ScriptedDialogue()
        taker(dialogue).take(make_message("那就这样吧"))
        assert dialogue.heard[0].after_silence is is_asked


class TestHeldAnswers:
    def hold(self, record: Record, **values: Any) -> None:
        with record.unit() as unit:
            for key in ("staff:a1", "staff:a2"):
                payload = {"text": f"工号 301 给您留言：{key}", "said": key}
                answer = make_delivery(key, conversation_id=ME, kind=DeliveryKind.ANSWER)
                unit.deliveries.add(
                    replace(answer, payload=payload, state=DeliveryState.HELD, **values)
                )

    @pytest.mark.parametrize("holder", list(Holder))
    @pytest.mark.parametrize("window", ["message", "action"])
    def test_they_are_sent_once_the_citizen_opens_a_window(
        self, taker: Taker, record: Record, clock: SetClock, holder: Holder, window: str
    ) -> None:
        change(record, holder=holder)
        self.hold(record)
        clock.pass_(days=3)
        taker(ScriptedDialogue("您好")).take(make_message(allowance=window))
        for key in ("staff:a1", "staff:a2"):
            found = delivery(record, key)
            assert (found.state, found.due_at) == (DeliveryState.QUEUED, clock.now())
            assert found.created_at == clock.now()  # tried for a quarter of an hour again

    def test_what_opens_no_window_sends_nothing(self, taker: Taker, record: Record) -> None:
        change(record)
        self.hold(record)
        assert taker(ScriptedDialogue("您好")).take(make_message()) == Reply("您好")
        assert delivery(record, "staff:a1").state is DeliveryState.HELD

    def test_what_may_never_be_sent_stands_in_front_of_the_bots_answer(
        self, taker: Taker, record: Record
    ) -> None:
        change(record)
        self.hold(record, trail=["custom: 48001"])
        said = taker(ScriptedDialogue("您好")).take(make_message(allowance="message"))
        assert said == Reply("工号 301 给您留言：staff:a1\n\n工号 301 给您留言：staff:a2\n\n您好")
        assert delivery(record, "staff:a2").rung == "reply"


class TestConsoles:
    def test_what_was_understood_stands_on_the_line(self, taker: Taker, record: Record) -> None:
        heard_as = {"intent": "report", "confidence": 0.9, "services": []}
        taker(ScriptedDialogue("您好", understood=heard_as)).take(make_message())
        with record.unit() as unit:
            said, answered = unit.conversations.transcript(ME)
        assert said.data["understood"] == heard_as
        assert answered.data == {}

    def test_each_message_is_news_one_taken_again_too(self, taker: Taker) -> None:
        """A worker that died between commit and news leaves a message that is taken again."""
        live = KeptEvents()
        turns = taker(ScriptedDialogue(), live=live)
        turns.take(make_message())
        turns.take(make_message())
        turns.give_up(make_message(key="m2"))
        assert live.changes() == [ME] * 3

    @pytest.mark.parametrize("holder", list(Holder))
    @pytest.mark.parametrize(("kind", "name"), [(Kind.IMAGE, "image"), (Kind.VOICE, "voice")])
    def test_pictures_and_voices_are_kept_whoever_holds(
        self, taker: Taker, record: Record, holder: Holder, kind: Kind, name: str
    ) -> None:
        change(record, holder=holder)
        sent = make_message("", kind=kind, media=MediaRef("wx-1", name))
        for _ in range(2):
            taker(ScriptedDialogue()).take(sent)
        with record.unit() as unit:
            line = unit.conversations.transcript(ME)[0]
            kept = unit.media.get(line.data["medium"])
            assert kept is not None
            assert unit.deliveries.by_key(f"media:{kept.id}") is not None
            assert unit.deliveries.count_by_state().get("queued") == 1

    def test_an_action_learns_which_medium_its_message_is(
        self, taker: Taker, record: Record
    ) -> None:
        seen: list[str] = []

        def look(counter: Counter) -> str:
            seen.append(counter.medium_id)
            return "收到"

        turns = taker(ScriptedDialogue(look))
        turns.take(make_message("", kind=Kind.IMAGE, media=MediaRef("wx-1", "image")))
        turns.take(make_message(key="m2"))
        with record.unit() as unit:
            kept = unit.conversations.transcript(ME)[0].data["medium"]
        assert seen == [kept, ""]
