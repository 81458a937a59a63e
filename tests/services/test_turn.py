"""One turn: each message once, together with all that follows from it, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.phrases import DomainPhrases
from bot.model.conversation import Holder, WaitReason
from bot.model.delivery import DeliveryKind, DeliveryState
from bot.model.draft import Draft
from bot.model.message import Consent, Kind, MediaRef, Point, Receipt, Reply
from bot.record import Record
from bot.services.counter import Counter
from bot.services.settling import first_look
from tests.builders import NOON, SetClock, make_delivery, make_message
from tests.services.fakes import ScriptedDialogue
from tests.services.turning import ME, Taker, change, conversation, delivery, transcript


class TestOnce:
    def test_the_same_message_again_is_one_turn_and_the_same_answer(
        self, taker: Taker, record: Record
    ) -> None:
        dialogue = ScriptedDialogue("在哪里？", "另一句")
        turns = taker(dialogue)
        first = turns.take(make_message())
        assert turns.take(make_message()) == first == Reply("在哪里？")
        assert len(dialogue.heard) == 1
        assert transcript(record) == [("citizen", "文二路的路灯不亮"), ("bot", "在哪里？")]
        assert conversation(record).version == 1

    def test_the_answer_is_offered_to_the_waiting_callback(
        self, taker: Taker, record: Record
    ) -> None:
        taker(ScriptedDialogue("在哪里？")).take(make_message())
        offered = delivery(record, "reply:m1")
        assert offered.state is DeliveryState.OFFERED
        assert offered.payload == {"reply": {"text": "在哪里？", "options": []}, "answers": "m1"}
        assert offered.due_at == first_look(NOON, NOON)

    def test_a_long_answer_follows_in_parts_each_after_the_one_before(
        self, taker: Taker, record: Record
    ) -> None:
        assert taker(ScriptedDialogue("一|二|三")).take(make_message()) == Reply("一")
        assert delivery(record, "reply:m1:2").payload["after"] == "reply:m1"
        assert delivery(record, "reply:m1:3").payload["after"] == "reply:m1:2"
        assert delivery(record, "reply:m1:3").state is DeliveryState.QUEUED

    def test_the_next_turn_remembers_the_last(self, taker: Taker) -> None:
        dialogue = ScriptedDialogue("好")
        turns = taker(dialogue)
        turns.take(make_message())
        turns.take(make_message(key="m2"))
        assert dialogue.remembered == [None, {"turns": 1}]


class TestFailure:
    def test_a_dialogue_that_fails_leaves_no_trace(self, taker: Taker, record: Record) -> None:
        def file_and_fail(counter: Counter) -> Exception:
            counter.file(Draft(said=["路灯不亮"], category="0712"))
            return RuntimeError("an action failed")

        with pytest.raises(RuntimeError, match="an action failed"):
            taker(ScriptedDialogue(file_and_fail)).take(make_message())
        with record.unit() as unit:
            assert unit.conversations.get(ME) is None
            assert unit.complaints.recent() == []
            assert unit.deliveries.count_by_state() == {}

    def test_giving_up_answers_and_calls_a_person(
        self, taker: Taker, record: Record, phrases: DomainPhrases
    ) -> None:
        turns = taker(ScriptedDialogue(RuntimeError()))
        reply = turns.give_up(make_message("电话13812345678"))
        assert reply == Reply(phrases.say("utter_unwell"))
        assert turns.give_up(make_message("电话13812345678")) == reply
        assert transcript(record) == [("citizen", "电话138****5678"), ("bot", reply.text)]
        waiting = conversation(record)
        assert (waiting.waiting_reason, waiting.waiting_since) == (WaitReason.PARKED, NOON)
        assert delivery(record, "reply:m1").state is DeliveryState.OFFERED

    def test_giving_up_on_an_event_says_nothing(self, taker: Taker, record: Record) -> None:
        event = make_message("", kind=Kind.RECEIPT)
        turns = taker(ScriptedDialogue())
        assert turns.give_up(event) is None
        assert turns.give_up(event) is None
        with record.unit() as unit:
            assert unit.deliveries.by_key("reply:m1") is None
            assert unit.conversations.has_line("m1")


class TestHolder:
    def test_a_person_who_holds_the_conversation_silences_the_bot(
        self, taker: Taker, record: Record
    ) -> None:
        change(record, holder=Holder.STAFF)
        dialogue = ScriptedDialogue()
        assert taker(dialogue).take(make_message()) is None
        assert dialogue.heard == []
        assert transcript(record) == [("citizen", "文二路的路灯不亮")]
        assert conversation(record).last_said_at == NOON

    @pytest.mark.parametrize("holder", list(Holder))
    def test_an_emergency_is_recorded_and_flagged_whoever_holds(
        self, taker: Taker, record: Record, holder: Holder
    ) -> None:
        change(record, holder=holder)
        dialogue = ScriptedDialogue()
        assert taker(dialogue).take(make_message("家里着火了快来人")) is None
        assert dialogue.heard == []
        said, answered = transcript(record)
        assert said == ("citizen", "家里着火了快来人")
        assert "119" in answered[1].splitlines()[0]
        found = conversation(record)
        assert found.holder is holder
        # A person who is there reads it flagged; else it calls one.
        called = None if holder is Holder.STAFF else WaitReason.EMERGENCY
        assert found.waiting_reason is called
        with record.unit() as unit:
            assert unit.conversations.transcript(ME)[0].data["emergency"] == "119"
        with record.unit() as unit:
            assert unit.deliveries.count_by_state() == {}  # the gateway answered already


class TestHeard:
    def test_personal_numbers_reach_the_dialogue_masked(self, taker: Taker, record: Record) -> None:
        dialogue = ScriptedDialogue()
        taker(dialogue).take(make_message("我电话13812345678，身份证330106199001011234"))
        heard = dialogue.heard[0]
        assert heard.message.text == "我电话138****5678，身份证3301****34"
        assert heard.phones == ("138****5678",)
        assert heard.sealed["138****5678"] == "<87654321831>"
        with record.unit() as unit:
            line = unit.conversations.transcript(ME)[0]
        assert "13812345678" not in f"{line.text}{line.data}"
        assert line.data["sealed"] == heard.sealed

    def test_first_contact_and_silence_are_noticed(self, taker: Taker, clock: SetClock) -> None:
        dialogue = ScriptedDialogue()
        turns = taker(dialogue)
        for number, minutes in enumerate((0, 29, 30)):
            clock.pass_(minutes=minutes)
            turns.take(make_message(key=f"m{number}"))
        assert [h.first_contact for h in dialogue.heard] == [True, False, False]
        assert [h.after_silence for h in dialogue.heard] == [False, False, True]

    def test_a_pin_and_a_picture_are_kept_in_the_transcript(
        self, taker: Taker, record: Record
    ) -> None:
        turns = taker(ScriptedDialogue())
        pin = Point(30.25, 120.16, label="西湖")
        turns.take(make_message("", kind=Kind.LOCATION, point=pin))
        picture = MediaRef("wx-1", "image")
        turns.take(make_message("", "m2", kind=Kind.IMAGE, media=picture))
        with record.unit() as unit:
            located, shown = (row.data for row in unit.conversations.transcript(ME) if row.data)
            medium = unit.media.get(shown.pop("medium"))
        assert located == {"point": [30.25, 120.16, "gcj02", "西湖"]}
        assert shown == {"platform_id": "wx-1"}
        assert medium is not None
        assert (medium.platform_id, medium.kind, medium.conversation_id) == ("wx-1", "image", ME)
        fetched = delivery(record, f"media:{medium.id}")
        assert fetched.kind is DeliveryKind.MEDIA
        assert fetched.payload == {"medium_id": medium.id, "message": "m2"}


class TestEvents:
    def test_words_on_notices_are_remembered_without_an_answer(
        self, taker: Taker, record: Record
    ) -> None:
        said = make_message("", kind=Kind.CONSENT, consents=(Consent("T1", accepted=False),))
        assert taker(ScriptedDialogue()).take(said) is None
        with record.unit() as unit:
            assert unit.conversations.consent(ME, "T1") is False

    def test_a_receipt_is_noted(self, taker: Taker, record: Record) -> None:
        sent = make_delivery(conversation_id=ME, state=DeliveryState.SENT, remote_id="7")
        with record.unit() as unit:
            unit.deliveries.add(replace(sent, rung="template"))
        receipt = Receipt("7", "", delivered=False, reason="failed:user block")
        taker(ScriptedDialogue()).take(make_message("", kind=Kind.RECEIPT, receipts=(receipt,)))
        assert delivery(record, "d1").rung == "template-failed"

    def test_leaving_forgets_and_coming_back_finds_the_cases(
        self, taker: Taker, record: Record
    ) -> None:
        filed: list[str] = []

        def file(counter: Counter) -> str:
            filed.append(counter.file(Draft(said=["路灯不亮"], category="0712")).receipt)
            return "已提交"

        turns = taker(ScriptedDialogue(file, lambda c: c.cases()[0].receipt))
        turns.take(make_message())
        assert turns.take(make_message("", "bye", kind=Kind.UNFOLLOW)) is None
        left = conversation(record)
        assert (left.citizen, left.following, left.snapshot) == (None, False, None)
        assert delivery(record, "reply:m1").state is DeliveryState.WITHHELD
        reply = turns.take(make_message("", "hi", kind=Kind.FOLLOW))
        assert reply == Reply(filed[0])
        assert conversation(record).following


class TestHeldNews:
    def test_it_stands_in_front_of_the_answer_once(self, taker: Taker, record: Record) -> None:
        change(record)
        with record.unit() as unit:
            for key, text in (("n1", "路灯修好了"), ("n2", "请评价")):
                held = make_delivery(key, conversation_id=ME, state=DeliveryState.HELD)
                unit.deliveries.add(replace(held, payload={"text": text}))
        turns = taker(ScriptedDialogue("您好"))
        assert turns.take(make_message()) == Reply("路灯修好了\n\n请评价\n\n您好")
        assert turns.take(make_message(key="m2")) == Reply("您好")
        assert delivery(record, "n1").state is DeliveryState.SENT
        assert delivery(record, "n1").rung == "reply"

    def test_it_waits_while_nothing_is_answered(self, taker: Taker, record: Record) -> None:
        change(record, holder=Holder.STAFF)
        with record.unit() as unit:
            unit.deliveries.add(make_delivery(conversation_id=ME, state=DeliveryState.HELD))
        taker(ScriptedDialogue("您好")).take(make_message())
        assert delivery(record, "d1").state is DeliveryState.HELD
