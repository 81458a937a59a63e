"""Nobody is left alone: each way in which a person can fail a citizen, and what the citizen is told, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.model.conversation import Holder, NotHeld, WaitReason
from bot.model.staff import Presence, StaffMember
from bot.ports import Unavailable
from bot.services.watch import GONE_FOR
from tests.builders import CITIZEN, NOON
from tests.services.floor import ANNA, BEN, ME, Floor, member
from tests.storage.racing import Race

MINUTE = timedelta(minutes=1)
BOT, WAITING, STAFF = Holder.BOT, Holder.WAITING, Holder.STAFF


def watch(floor: Floor, **span: float) -> int:
    """Look every second for a time, as the worker does; returns how many conversations changed hands."""
    left = int(timedelta(**span).total_seconds())
    changed = floor.watch.run_once()
    for _ in range(left):
        floor.clock.pass_(seconds=1)
        changed += floor.watch.run_once()
    return changed


def hold(floor: Floor, *, answered: bool = True, by: StaffMember = ANNA) -> None:
    floor.handoffs.claim(ME, by)
    if answered:
        floor.handoffs.answer(ME, by, "您好", key=f"hello-{by.number}")


class TestGone:
    def test_an_agent_who_stays_away_loses_the_citizen_to_others(self, floor: Floor) -> None:
        hold(floor)
        floor.presences.go("301")
        assert watch(floor, seconds=14) == 0
        assert floor.stands() == (STAFF, "301")
        assert watch(floor, seconds=60) == 1
        assert floor.stands() == (WAITING, "")
        assert floor.told()[2:] == [floor.say("utter_person_lost", number="301")]
        assert [t.ending for t in floor.times()] == ["lapsed", ""]
        assert floor.holders.held == set()

    def test_a_blink_is_no_leaving(self, floor: Floor) -> None:
        hold(floor)
        for _ in range(4):
            floor.presences.go("301")
            watch(floor, seconds=GONE_FOR.seconds - 1)
            floor.presences.come("301")
            watch(floor, seconds=1)
        assert floor.stands() == (STAFF, "301")

    def test_with_nobody_else_there_the_bot_goes_on(self, floor: Floor) -> None:
        hold(floor)
        floor.presences.go("301", "302")
        assert watch(floor, seconds=60) == 1
        assert floor.stands() == (BOT, "")
        assert floor.now().waiting_reason is WaitReason.ASKED
        assert floor.told()[2:] == [floor.say("utter_person_lost_nobody", number="301")]

    def test_after_hours_nobody_else_is_promised(self, floor: Floor) -> None:
        floor.clock.pass_(hours=8)
        hold(floor)
        floor.presences.go("301")
        watch(floor, seconds=16)
        assert floor.told()[2:] == [floor.say("utter_person_lost_nobody", number="301")]

    def test_away_from_the_desk_is_not_gone(self, floor: Floor) -> None:
        hold(floor)
        floor.presences.come("301", presence=Presence.AWAY)
        assert watch(floor, seconds=60) == 0

    def test_an_account_that_was_turned_off_loses_its_citizens_at_once(self, floor: Floor) -> None:
        with floor.record.unit() as unit:
            unit.staff.add(member("301", active=False))
        hold(floor)
        assert watch(floor) == 1
        assert floor.stands() == (WAITING, "")

    def test_what_was_seen_before_others_watched_says_nothing(self, floor: Floor) -> None:
        """The lease went to another worker and came back: nobody looked here whether the agent was there between."""
        hold(floor)
        floor.presences.go("301")
        watch(floor, seconds=1)
        floor.clock.pass_(minutes=4)
        assert floor.watch.run_once() == 0


class TestSilence:
    def test_an_agent_who_never_says_a_word_loses_the_citizen(self, floor: Floor) -> None:
        hold(floor, answered=False)
        floor.clock.pass_(minutes=5, seconds=-1)
        assert floor.watch.run_once() == 0
        floor.clock.pass_(seconds=1)
        assert watch(floor, seconds=5) == 1
        assert floor.stands() == (WAITING, "")
        assert floor.told()[1:] == [floor.say("utter_person_lost", number="301")]

    def test_the_time_runs_from_the_first_word_left_unanswered(self, floor: Floor) -> None:
        hold(floor)
        floor.clock.pass_(minutes=4)
        floor.speak()
        floor.clock.pass_(minutes=4)
        floor.speak()
        assert floor.watch.run_once() == 0
        floor.clock.pass_(minutes=1)
        assert floor.watch.run_once() == 1

    def test_who_answered_may_wait_for_the_citizen(self, floor: Floor) -> None:
        hold(floor)
        floor.clock.pass_(minutes=20)
        assert floor.watch.run_once() == 0

    def test_alone_on_duty_the_same_agent_is_not_promised_as_another(self, floor: Floor) -> None:
        floor.presences.go("302")
        hold(floor, answered=False)
        floor.clock.pass_(minutes=5)
        floor.watch.run_once()
        assert floor.told()[1:] == [floor.say("utter_person_lost_nobody", number="301")]

    def test_a_talk_that_fell_silent_goes_back_to_the_bot(self, floor: Floor) -> None:
        hold(floor)
        floor.clock.pass_(minutes=30, seconds=-1)
        assert floor.watch.run_once() == 0
        floor.clock.pass_(seconds=1)
        assert watch(floor, seconds=5) == 1
        assert floor.stands() == (BOT, "")
        assert floor.told()[2:] == [floor.say("utter_person_idle", number="301")]
        assert (floor.now().waiting_since, floor.times()[0].ending) == (None, "lapsed")


class TestWaiting:
    def test_a_wait_that_nobody_ends_goes_on_with_the_bot(self, floor: Floor) -> None:
        floor.ask()
        floor.clock.pass_(minutes=10, seconds=-1)
        assert floor.watch.run_once() == 0
        floor.clock.pass_(seconds=1)
        assert watch(floor, seconds=5) == 1
        assert floor.stands() == (BOT, "")
        assert floor.now().waiting_since == NOON  # still on the list, in their place
        assert floor.told() == [floor.say("utter_person_nobody_came")]

    def test_asked_for_again_later_it_is_a_whole_wait_again(self, floor: Floor) -> None:
        """The wish of an hour ago is still on the list; its time must not end the new wait at once."""
        floor.ask()
        floor.clock.pass_(minutes=10)
        floor.watch.run_once()
        floor.clock.pass_(hours=1)
        floor.ask()
        assert floor.now().waiting_since == NOON
        assert watch(floor, seconds=5) == 0
        assert floor.stands() == (WAITING, "")
        floor.clock.pass_(minutes=10)
        assert floor.watch.run_once() == 1

    def test_at_the_end_of_duty_the_citizen_is_told_when_staff_are_back(self, floor: Floor) -> None:
        floor.clock.pass_(hours=5, minutes=59)
        floor.ask()
        assert watch(floor, seconds=59) == 0
        floor.clock.pass_(seconds=1)
        assert watch(floor, seconds=5) == 1
        hours = floor.office.hours()
        assert floor.told() == [floor.say("utter_person_gone_home", hours=hours)]
        assert (floor.stands(), floor.now().waiting_reason) == ((BOT, ""), WaitReason.ASKED)

    @pytest.mark.parametrize("how", ["gone", "away"])
    def test_with_nobody_left_to_come_the_wait_ends(self, floor: Floor, how: str) -> None:
        floor.ask()
        if how == "gone":
            floor.presences.go("301", "302")
        else:
            floor.presences.come("301", "302", presence=Presence.AWAY)
        assert watch(floor, seconds=14) == 0
        assert watch(floor, seconds=60) == 1
        assert floor.told() == [floor.say("utter_person_nobody_came")]

    def test_a_shift_that_changes_is_not_nobody(self, floor: Floor) -> None:
        floor.ask()
        floor.presences.go("301", "302")
        watch(floor, seconds=10)
        floor.presences.come("303")
        assert watch(floor, seconds=60) == 0

    def test_with_the_bot_serving_nothing_has_to_end(self, floor: Floor) -> None:
        floor.ask(WaitReason.EMERGENCY, queue=False)
        floor.presences.go("301", "302")
        floor.clock.pass_(days=1)
        assert watch(floor, seconds=20) == 0
        assert floor.now().waiting_reason is WaitReason.EMERGENCY


class TestTheWatchItself:
    def test_two_watchers_do_it_once(self, floor: Floor) -> None:
        hold(floor, answered=False)
        floor.clock.pass_(minutes=5)
        both = Race(floor.new_watch().run_once, floor.new_watch().run_once).run()
        assert sum(both) == 1
        assert floor.told()[1:] == [floor.say("utter_person_lost", number="301")]

    def test_whatever_happened_meanwhile_comes_first(self, floor: Floor) -> None:
        """An answer at the last moment and the watch, at the same time: one of them, never a bit of both."""
        hold(floor, answered=False)
        floor.clock.pass_(minutes=5)

        def answer() -> bool:
            try:
                floor.handoffs.answer(ME, ANNA, "您好", key="late")
            except NotHeld:
                return False
            return True

        changed, answered = Race(floor.new_watch().run_once, answer).run()
        assert bool(changed) is not answered
        assert floor.stands() == ((STAFF, "301") if answered else (WAITING, ""))

    def test_while_presence_is_unknown_nothing_is_done(self, floor: Floor) -> None:
        hold(floor, answered=False)
        floor.clock.pass_(hours=1)
        floor.presences.is_down = True
        with pytest.raises(Unavailable):
            floor.watch.run_once()
        assert floor.stands() == (STAFF, "301")

    def test_the_callbacks_copy_is_mended_from_the_record(self, floor: Floor) -> None:
        """A crash between the commit and the copy leaves either of two errors."""
        floor.holders.is_down = True
        hold(floor)
        floor.holders.is_down = False
        floor.holders.held = {"oSomebody-who-was-given-back"}
        floor.watch.run_once()
        assert floor.holders.held == {CITIZEN}

    def test_whom_the_watch_takes_from_an_agent_is_not_held_in_the_copy(self, floor: Floor) -> None:
        hold(floor, answered=False)
        floor.clock.pass_(minutes=5)
        assert floor.watch.run_once() == 1
        assert floor.holders.held == set()

    def test_open_consoles_hear_of_it(self, floor: Floor) -> None:
        hold(floor, answered=False, by=BEN)
        floor.live.told.clear()
        floor.clock.pass_(minutes=5)
        floor.watch.run_once()
        assert floor.live.changes() == [ME]
