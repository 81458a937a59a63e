"""Who answers a citizen: one at a time, changed in one place, told in one line each time."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from bot.model.conversation import AlreadyHeld, Holder, NotHeld, WaitReason
from bot.model.delivery import DeliveryState
from bot.model.staff import Presence, StaffMember
from bot.record import Stale, Unit
from bot.services import forget, handoff
from bot.services.handoff import CitizenWaits, NotThere, Spoke, Unknown
from tests.builders import CITIZEN, NOON
from tests.services.floor import ANNA, BEN, EVE, ME, Floor, member
from tests.storage.racing import Race

MINUTE = timedelta(minutes=1)
BOT, WAITING, STAFF = Holder.BOT, Holder.WAITING, Holder.STAFF


class TestClaim:
    def test_whoever_waits_is_taken_and_told_by_whom(self, floor: Floor) -> None:
        floor.ask()
        floor.clock.pass_(minutes=2)
        floor.handoffs.claim(ME, ANNA)
        assert floor.stands() == (STAFF, "301")
        found = floor.now()
        assert (found.waiting_since, found.waiting_reason) == (None, None)
        assert found.held_since == found.unanswered_since == NOON + 2 * MINUTE
        (time,) = floor.times()
        assert (time.reason, time.agent, time.waited) == ("asked", "301", 2 * MINUTE)
        assert floor.told() == [floor.say("utter_person_joined", number="301")]
        assert floor.holders.held == {CITIZEN}
        assert floor.live.changes() == [ME]

    @pytest.mark.parametrize("round_", range(4))
    def test_of_two_at_once_one_wins_and_the_other_hears_who(
        self, floor: Floor, round_: int
    ) -> None:
        floor.ask()

        def claim(by: StaffMember) -> str:
            try:
                floor.handoffs.claim(ME, by)
            except AlreadyHeld as held:
                return held.agent
            return "won"

        results = Race(lambda: claim(ANNA), lambda: claim(BEN)).run()
        winner = floor.now().agent
        assert sorted(results) == sorted(["won", winner])
        assert results.index("won") == ("301", "302").index(winner)
        assert floor.told() == [floor.say("utter_person_joined", number=winner)]
        assert [time.agent for time in floor.times()] == [winner]

    def test_twice_is_once(self, floor: Floor) -> None:
        floor.ask()
        floor.handoffs.claim(ME, ANNA)
        before = floor.now().held_since
        floor.clock.pass_(minutes=1)
        floor.handoffs.claim(ME, ANNA)
        assert floor.now().held_since == before
        assert len(floor.told()) == len(floor.times()) == 1

    def test_nobody_need_have_asked(self, floor: Floor) -> None:
        floor.handoffs.claim(ME, ANNA)
        (time,) = floor.times()
        assert (time.reason, time.waited) == ("", timedelta())

    def test_a_second_handoff_is_told_again(self, floor: Floor) -> None:
        for _ in range(2):
            floor.handoffs.claim(ME, ANNA)
            floor.handoffs.give_back(ME, ANNA, keep_form=False)
        assert floor.told().count(floor.say("utter_person_joined", number="301")) == 2

    def test_what_is_not_there_is_unknown(self, floor: Floor) -> None:
        with pytest.raises(Unknown):
            floor.handoffs.claim("c9", ANNA)
        assert floor.live.told == []

    def test_it_holds_though_the_callbacks_could_not_be_told(self, floor: Floor) -> None:
        floor.holders.is_down = True
        floor.handoffs.claim(ME, ANNA)
        assert floor.stands() == (STAFF, "301")
        assert floor.live.changes() == [ME]


class TestHandingOn:
    def test_a_supervisor_takes_it_from_an_agent(self, floor: Floor) -> None:
        floor.handoffs.claim(ME, ANNA)
        assert floor.handoffs.take_over(ME, BEN) == "301"
        assert floor.stands() == (STAFF, "302")
        assert floor.told()[1:] == [floor.say("utter_person_changed", number="302")]
        assert [time.agent for time in floor.times()] == ["302"]
        with pytest.raises(NotHeld) as lost:
            floor.handoffs.answer(ME, ANNA, "在吗", key="a1")
        assert lost.value.agent == "302"

    def test_taken_over_from_the_bot_it_is_a_person_who_joins(self, floor: Floor) -> None:
        floor.ask()
        assert floor.handoffs.take_over(ME, BEN) == ""
        assert floor.told() == [floor.say("utter_person_joined", number="302")]
        assert floor.now().waiting_since is None

    def test_what_one_has_already_is_not_taken_again(self, floor: Floor) -> None:
        floor.handoffs.claim(ME, ANNA)
        assert floor.handoffs.take_over(ME, ANNA) == "301"
        assert len(floor.told()) == 1

    def test_a_colleague_gets_it_with_a_word_that_no_citizen_reads(self, floor: Floor) -> None:
        floor.handoffs.claim(ME, ANNA)
        floor.handoffs.hand_to(ME, ANNA, BEN, "他电话13812345678，急")
        assert floor.stands() == (STAFF, "302")
        assert ("note", "他电话138****5678，急") in floor.lines()
        assert floor.told()[1:] == [floor.say("utter_person_changed", number="302")]

    @pytest.mark.parametrize(
        "to", [EVE, member("302", active=False), member("303")], ids=["gone", "off", "away"]
    )
    def test_nobody_gets_it_who_does_not_take_citizens(self, floor: Floor, to: StaffMember) -> None:
        floor.presences.come("303", presence=Presence.AWAY)
        floor.handoffs.claim(ME, ANNA)
        with pytest.raises(NotThere):
            floor.handoffs.hand_to(ME, ANNA, to)
        assert floor.stands() == (STAFF, "301")

    def test_nobody_gets_it_while_it_cannot_be_known_who_is_there(self, floor: Floor) -> None:
        floor.handoffs.claim(ME, ANNA)
        floor.presences.is_down = True
        with pytest.raises(NotThere):
            floor.handoffs.hand_to(ME, ANNA, BEN)

    def test_handed_to_oneself_nothing_is_told(self, floor: Floor) -> None:
        floor.handoffs.claim(ME, ANNA)
        floor.handoffs.hand_to(ME, ANNA, ANNA)
        assert len(floor.told()) == 1

    def test_only_who_holds_it_hands_it_on(self, floor: Floor) -> None:
        floor.handoffs.claim(ME, ANNA)
        with pytest.raises(NotHeld):
            floor.handoffs.hand_to(ME, BEN, BEN)
        assert floor.stands() == (STAFF, "301")


class TestGivingBack:
    def test_the_bot_has_it_and_the_citizen_is_told(self, floor: Floor) -> None:
        floor.handoffs.claim(ME, ANNA)
        floor.handoffs.give_back(ME, ANNA, keep_form=True)
        assert floor.stands() == (BOT, "")
        assert floor.told()[1:] == [floor.say("utter_person_ended", number="301")]
        (time,) = floor.times()
        assert (time.ending, time.ended_at) == ("returned", NOON)
        assert floor.holders.held == set()

    def test_a_form_left_open_is_offered(self, floor: Floor) -> None:
        floor.tell_half()
        floor.handoffs.claim(ME, ANNA)
        floor.handoffs.give_back(ME, ANNA, keep_form=True)
        assert floor.told()[-1] == floor.say(
            "utter_person_ended_form", number="301", summary="路灯不亮"
        )
        snapshot = floor.now().snapshot or {}
        assert (snapshot["loop"], snapshot["requested"]) == ("complaint_form", "place")
        draft = snapshot["slots"]["draft"]
        assert (draft["asking"], draft["before_silence"]) == ("resume", "place")
        assert draft["offered"] == ["go_on", "drop"]

    def test_or_dropped(self, floor: Floor) -> None:
        floor.tell_half()
        floor.handoffs.claim(ME, ANNA)
        floor.handoffs.give_back(ME, ANNA, keep_form=False)
        assert floor.told()[-1] == floor.say("utter_person_ended", number="301")
        assert floor.now().snapshot == {"slots": {}, "loop": None, "requested": None}

    def test_only_by_who_holds_it_and_once(self, floor: Floor) -> None:
        floor.handoffs.claim(ME, ANNA)
        with pytest.raises(NotHeld):
            floor.handoffs.give_back(ME, BEN, keep_form=True)
        floor.handoffs.give_back(ME, ANNA, keep_form=True)
        with pytest.raises(NotHeld):
            floor.handoffs.give_back(ME, ANNA, keep_form=True)
        assert len(floor.told()) == 2


class TestRequeue:
    def test_somebody_else_is_called(self, floor: Floor) -> None:
        floor.handoffs.claim(ME, ANNA)
        floor.clock.pass_(minutes=3)
        floor.handoffs.requeue(ME, ANNA)
        assert floor.stands() == (WAITING, "")
        assert floor.now().waiting_since == NOON + 3 * MINUTE
        assert floor.told()[1:] == [floor.say("utter_person_lost", number="301")]
        assert [(t.ending, t.reason) for t in floor.times()] == [("lapsed", ""), ("", "asked")]
        assert floor.holders.held == set()

    def test_with_nobody_else_there_the_bot_goes_on_and_the_wish_stays(self, floor: Floor) -> None:
        floor.presences.go(BEN.number)
        floor.handoffs.claim(ME, ANNA)
        floor.handoffs.requeue(ME, ANNA)
        assert floor.stands() == (BOT, "")
        assert floor.now().waiting_reason is WaitReason.ASKED
        assert floor.told()[1:] == [floor.say("utter_person_lost_nobody", number="301")]


class TestClear:
    def mark(self, floor: Floor) -> str:
        return handoff.mark(floor.now())

    def test_who_was_looked_at_leaves_the_list_unseen(self, floor: Floor) -> None:
        floor.ask(WaitReason.MISUNDERSTOOD, queue=False)
        floor.handoffs.clear(ME, self.mark(floor))
        assert floor.now().waiting_since is None
        assert (floor.told(), [t.ending for t in floor.times()]) == ([], ["cleared"])

    def test_not_if_the_citizen_spoke_meanwhile(self, floor: Floor) -> None:
        floor.ask(WaitReason.MISUNDERSTOOD, queue=False)
        seen = self.mark(floor)
        floor.clock.pass_(seconds=1)
        floor.speak()
        with pytest.raises(Spoke):
            floor.handoffs.clear(ME, seen)
        assert floor.now().waiting_since == NOON

    def test_nor_if_it_became_an_emergency(self, floor: Floor) -> None:
        floor.ask(WaitReason.MISUNDERSTOOD, queue=False)
        seen = self.mark(floor)
        floor.ask(WaitReason.EMERGENCY, queue=False)
        with pytest.raises(Spoke):
            floor.handoffs.clear(ME, seen)

    def test_nor_while_the_citizen_hears_nobody(self, floor: Floor) -> None:
        floor.ask()
        with pytest.raises(CitizenWaits):
            floor.handoffs.clear(ME, self.mark(floor))
        assert floor.stands() == (WAITING, "")

    def test_whoever_waits_no_longer_is_cleared_already(self, floor: Floor) -> None:
        floor.handoffs.clear(ME, "whatever")
        assert floor.times() == []


class TestAnswers:
    def test_one_is_a_line_and_a_delivery(self, floor: Floor) -> None:
        floor.ask()
        floor.handoffs.claim(ME, ANNA)
        floor.clock.pass_(minutes=1)
        floor.handoffs.answer(ME, ANNA, "您好", key="a1")
        assert floor.lines()[-1] == ("staff", "您好")
        ordered = floor.delivery("staff:a1")
        assert ordered.state is DeliveryState.QUEUED
        assert ordered.payload["text"] == floor.say(
            "utter_person_message", number="301", text="您好"
        )
        found = floor.now()
        assert (found.unanswered_since, found.staff_said_at) == (None, NOON + MINUTE)
        assert floor.times()[0].waited_for_answer == MINUTE

    def test_the_first_is_what_the_citizen_waited_for(self, floor: Floor) -> None:
        floor.handoffs.claim(ME, ANNA)
        for number in (1, 2):
            floor.clock.pass_(minutes=1)
            floor.handoffs.answer(ME, ANNA, "您好", key=f"a{number}")
        assert floor.times()[0].first_answer_at == NOON + MINUTE

    def test_the_same_key_is_the_same_answer(self, floor: Floor) -> None:
        floor.handoffs.claim(ME, ANNA)
        for _ in range(2):
            floor.handoffs.answer(ME, ANNA, "您好", key="a1")
        assert floor.told()[1:] == ["您好"]

    def test_only_who_holds_it_answers(self, floor: Floor) -> None:
        with pytest.raises(NotHeld) as nobody:
            floor.handoffs.answer(ME, ANNA, "您好", key="a1")
        floor.handoffs.claim(ME, BEN)
        with pytest.raises(NotHeld) as other:
            floor.handoffs.answer(ME, ANNA, "您好", key="a1")
        assert (nobody.value.agent, other.value.agent) == ("", "302")
        assert "您好" not in floor.told()

    def test_a_note_is_never_told(self, floor: Floor) -> None:
        for _ in range(2):
            floor.handoffs.note(ME, EVE, "身份证330106199001011234", key="n1")
        assert floor.lines() == [("note", "身份证3301****34")]
        with floor.record.reading() as unit:
            assert unit.deliveries.count_by_state() == {}
        assert floor.now().unanswered_since is None

    @pytest.mark.parametrize("state", [DeliveryState.FAILED, DeliveryState.HELD])
    def test_what_did_not_go_out_is_tried_again_for_its_whole_time(
        self, floor: Floor, state: DeliveryState
    ) -> None:
        floor.handoffs.claim(ME, ANNA)
        floor.handoffs.answer(ME, ANNA, "您好", key="a1")
        stopped = floor.delivery("staff:a1")
        stopped.state, stopped.attempts, stopped.repeats, stopped.error = state, 9, 1, "wechat -1"
        with floor.record.unit() as unit:
            unit.deliveries.save(stopped)
        floor.clock.pass_(hours=1)
        assert floor.handoffs.send_again(ME, BEN, "staff:a1")
        again = floor.delivery("staff:a1")
        assert (again.state, again.attempts, again.repeats, again.error) == ("queued", 0, 0, "")
        assert again.due_at == again.created_at == floor.clock.now()
        assert again.trail == ["again by 302"]
        assert not floor.handoffs.send_again(ME, BEN, "staff:a1")

    def test_only_an_answer_of_this_conversation_is(self, floor: Floor) -> None:
        floor.handoffs.claim(ME, ANNA)
        floor.handoffs.answer(ME, ANNA, "您好", key="a1")
        assert not floor.handoffs.send_again("c9", BEN, "staff:a1")
        assert not floor.handoffs.send_again(ME, BEN, "staff:a9")


class TestOthersAtTheSameTime:
    def test_a_turn_of_the_citizen_is_no_reason_to_fail(self, floor: Floor) -> None:
        tasks = [floor.speak] * 3 + [lambda: floor.handoffs.claim(ME, ANNA)]
        Race(*tasks).run()
        assert floor.stands() == (STAFF, "301")
        assert len(floor.told()) == 1

    def test_a_fence_that_never_opens_is_said(self, floor: Floor) -> None:
        class Faster:
            """A record in which another writer always was faster."""

            tries = 0

            def unit(self) -> AbstractContextManager[Unit]:
                self.tries += 1
                raise Stale(ME)

            reading = unit

        faster = Faster()
        with pytest.raises(Stale):
            floor.handoffs_of(faster).claim(ME, ANNA)
        assert faster.tries == 5
        assert floor.live.told == []

    def test_a_citizen_who_left_is_held_by_nobody(self, floor: Floor) -> None:
        floor.handoffs.claim(ME, ANNA)
        floor.handoffs.answer(ME, ANNA, "您好", key="a1")
        with floor.record.unit() as unit:
            found = unit.conversations.get(ME)
            assert found is not None
            forget.leave(unit, found, now=NOON)
            unit.conversations.save(found)
        assert floor.stands() == (BOT, "")
        assert floor.delivery("staff:a1").state is DeliveryState.WITHHELD
        with pytest.raises(NotHeld):
            floor.handoffs.answer(ME, ANNA, "还在吗", key="a2")
        floor.watch.run_once()
        assert floor.holders.held == set()
