"""The counter: what a dialogue may do for one citizen within one turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.catalog import Catalog, services_of
from app.phrases import DomainPhrases
from bot.model.backend import Service
from bot.model.complaint import Complaint
from bot.model.conversation import Conversation, Holder, WaitReason
from bot.model.delivery import DeliveryKind
from bot.model.draft import Draft
from bot.model.staff import Handoff, Presence
from bot.record import Record
from bot.services.counter import Counter
from bot.services.directory import Directory
from tests.builders import CITIZEN, NOON, SetClock, make_complaint, make_line, make_medium
from tests.services.fakes import PlainSealer, SetPresences

DIRECTORY = Directory((Service("0712", "路灯", "城建"),), {}, services_of().natures)


@pytest.fixture
def counter(
    record: Record, catalog: Catalog, phrases: DomainPhrases, clock: SetClock, sealer: PlainSealer
) -> Iterator[Counter]:
    with record.unit() as unit:
        yield Counter(
            unit=unit,
            conversation=unit.conversations.open("c1", CITIZEN),
            directory=DIRECTORY,
            office=catalog.office,
            clock=clock,
            sealer=sealer,
            statuses=catalog.statuses,
            phrases=phrases,
            signs=catalog.signs,
        )


def presences(there: dict[str, Presence]) -> SetPresences:
    found = SetPresences()
    found.there = dict(there)
    return found


def draft(**values: Any) -> Draft:
    return Draft(**{"said": ["路灯不亮"], "details": ["路灯不亮"], "category": "0712"} | values)


class TestFiling:
    def test_receipt_numbers_count_up_within_the_offices_day(
        self, counter: Counter, clock: SetClock
    ) -> None:
        clock.time = NOON.replace(hour=15, minute=59)  # 23:59 in Shanghai
        first = [counter.file(draft()).receipt for _ in range(2)]
        clock.pass_(minutes=1)
        assert [*first, counter.file(draft()).receipt] == [
            "HZ-261123-0001",
            "HZ-261123-0002",
            "HZ-261124-0001",
        ]

    def test_the_words_are_kept_one_message_a_line_none_twice(self, counter: Counter) -> None:
        said = ["文二路", "路灯不亮", "文二路", "三天了"]
        assert counter.file(draft(said=said)).description == "文二路\n路灯不亮\n三天了"

    @pytest.mark.parametrize(
        ("nature", "asked", "kept"),
        [
            ("tip_off", "", "confidential"),
            ("tip_off", "public", "public"),
            ("complaint", "", ""),
            ("", "", ""),
            ("complaint", "confidential", "confidential"),
        ],
    )
    def test_a_tip_off_is_confidential_unless_its_teller_says_otherwise(
        self, counter: Counter, nature: str, asked: str, kept: str
    ) -> None:
        assert counter.file(draft(nature=nature, visibility=asked)).visibility == kept

    def test_nature_division_wish_and_repetition_are_kept(self, counter: Counter) -> None:
        division = {"code": "330106", "full": "浙江省杭州市西湖区", "district": "西湖区"}
        told = draft(nature="help", division=division, wish="请修好", repeated=True)
        found = counter.unit.complaints.get(counter.file(told).id)
        assert found is not None
        kept = (found.nature, found.division, found.division_code, found.wish, found.repeated)
        assert kept == ("help", "浙江省杭州市西湖区", "330106", "请修好", True)

    def test_a_complaint_has_all_that_was_told(self, counter: Counter, sealer: PlainSealer) -> None:
        sealed = {"138****5678": sealer.seal("13812345678")}
        found = counter.file(
            draft(
                place="文二路",
                phone="138****5678",
                name="王女士",
                sealed=sealed,
                answers={"a": "b"},
                visibility="public",
            )
        )
        assert counter.unit.complaints.get(found.id) == found
        assert (found.service_name, found.service_group, found.place) == ("路灯", "城建", "文二路")
        assert (found.contact_phone, found.contact_name) == (sealed["138****5678"], "王女士")
        assert (found.answers, found.sealed, found.visibility) == ({"a": "b"}, sealed, "public")
        assert (found.consent, found.stage) == (counter.office.notice_version, "confirmed")
        assert found.confirmed_at == NOON

    def test_a_case_gets_a_short_name_for_lists(self, counter: Counter) -> None:
        long = counter.file(draft(details=["从早到晚不断有人唱歌、甩鞭子、跳广场舞，多次投诉未果"]))
        assert long.summary == "从早到晚不断有人唱歌、甩鞭子、跳广场舞，多…"
        assert counter.file(draft(details=["路灯不亮"])).summary == "路灯不亮"

    def test_a_wish_is_only_filed_if_the_citizen_had_one(self, counter: Counter) -> None:
        assert counter.file(draft()).visibility == ""

    def test_a_shared_pin_is_kept_on_the_backends_datum(self, counter: Counter) -> None:
        point = {"latitude": 30.25, "longitude": 120.16, "datum": "gcj02"}
        found = counter.file(draft(point=point))
        assert found.latitude is not None
        assert found.longitude is not None
        assert 0.001 < found.longitude - 120.16 + 0.01 < 0.01
        assert found.datum == "gcj02"

    def test_filing_is_ordered_once_with_the_complaints_own_key(self, counter: Counter) -> None:
        found = counter.file(draft())
        ordered = counter.unit.deliveries.by_key(f"file:{found.id}")
        assert ordered is not None
        assert (ordered.kind, ordered.complaint_id) == (DeliveryKind.FILING, found.id)
        assert counter.unit.deliveries.due() == [ordered.id]


def test_a_picture_belongs_to_the_complaint_it_was_sent_with(counter: Counter) -> None:
    for name in ("p1", "p2"):
        counter.unit.media.add(make_medium(name))
    found = counter.file(draft(media=["p1"]))
    assert [m.platform_id for m in counter.unit.media.of_complaint(found.id)] == ["wx-p1"]


class TestCases:
    def add(self, counter: Counter, **values: Any) -> Complaint:
        found = make_complaint(**values)
        counter.unit.complaints.add(found)
        return found

    def test_a_case_is_found_by_either_number_however_typed(self, counter: Counter) -> None:
        mine = self.add(counter, receipt="HZ-261123-0001", backend_id="b-77")
        for number in ("HZ-261123-0001", " hz-261123-0001 ", "B-77", "b-77"):
            assert counter.case(number) == mine

    def test_the_case_of_another_citizen_is_like_an_unknown_one(self, counter: Counter) -> None:
        self.add(counter, receipt="HZ-261123-0001", conversation_id="c2", backend_id="B-1")
        assert counter.case("HZ-261123-0001") is None
        assert counter.case("B-1") is None
        assert counter.cases() == []

    def test_no_number_finds_no_case(self, counter: Counter) -> None:
        self.add(counter, backend_id="")
        assert counter.case("") is None
        assert counter.case("  ") is None

    def test_an_old_case_is_found_by_its_number(self, counter: Counter) -> None:
        for age in range(30):
            at = NOON - timedelta(days=age)
            self.add(counter, id=f"k{age}", receipt=f"HZ-{age}", confirmed_at=at)
        assert counter.case("HZ-29") is not None

    def test_where_a_case_stands_is_said_in_words(
        self, counter: Counter, phrases: DomainPhrases
    ) -> None:
        fresh = self.add(counter)
        assert counter.status_name(fresh) == phrases.say("utter_status_confirmed")
        fresh.stage = "filed"
        assert counter.status_name(fresh) == phrases.say("utter_status_filed")
        fresh.status = "in_progress"
        assert counter.status_name(fresh) == "办理中"


class TestPeople:
    def wait(self, counter: Counter, name: str, at: Any) -> None:
        other = counter.unit.conversations.open(name, f"o{name}")
        counter.unit.conversations.save(
            replace(other, waiting_since=at, waiting_reason=WaitReason.ASKED)
        )

    def test_those_who_waited_before_are_counted(self, counter: Counter, clock: SetClock) -> None:
        self.wait(counter, "before", NOON - timedelta(minutes=5))
        self.wait(counter, "after", NOON + timedelta(minutes=5))
        assert counter.call_person().ahead == 1
        assert counter.conversation.waiting_since == NOON
        clock.pass_(hours=1)
        assert counter.call_person().ahead == 1  # asking again costs no place
        assert counter.conversation.waiting_since == NOON

    @pytest.mark.parametrize(
        ("later", "on_duty"),
        [({}, True), ({"hours": 6}, False), ({"hours": -4}, False), ({"days": 5}, False)],
    )
    def test_whether_anybody_is_there_is_said(
        self, counter: Counter, clock: SetClock, later: dict[str, float], on_duty: bool
    ) -> None:
        clock.pass_(**later)
        waiting = counter.call_person()
        assert (waiting.on_duty, waiting.hours) == (on_duty, "工作日 8:30–18:00")

    @pytest.mark.parametrize(
        ("there", "hours", "is_staffed"),
        [
            ({"301": Presence.READY}, 0, True),
            ({"301": Presence.AWAY}, 0, False),
            ({}, 0, False),
            ({"301": Presence.READY}, 8, False),
        ],
    )
    def test_the_bot_falls_silent_only_if_somebody_can_come(
        self,
        counter: Counter,
        clock: SetClock,
        there: dict[str, Presence],
        hours: int,
        is_staffed: bool,
    ) -> None:
        clock.pass_(hours=hours)
        waiting = replace(counter, presences=presences(there)).call_person()
        assert waiting.is_staffed is is_staffed
        found = counter.conversation
        assert found.holder is (Holder.WAITING if is_staffed else Holder.BOT)
        assert found.waiting_reason is WaitReason.ASKED
        assert counter.unit.handoffs.open_of("c1") is not None

    @pytest.mark.parametrize(
        "reason", [WaitReason.EMERGENCY, WaitReason.MISUNDERSTOOD, WaitReason.ABUSE]
    )
    def test_who_did_not_ask_is_served_by_the_bot_until_somebody_comes(
        self, counter: Counter, reason: WaitReason
    ) -> None:
        staffed = replace(counter, presences=presences({"301": Presence.READY}))
        assert staffed.call_person(reason).is_staffed
        assert (counter.conversation.holder, counter.conversation.waiting_reason) == (
            Holder.BOT,
            reason,
        )

    def test_while_it_is_unknown_who_is_there_nobody_is_promised(self, counter: Counter) -> None:
        unknown = presences({"301": Presence.READY})
        unknown.is_down = True
        assert not replace(counter, presences=unknown).call_person().is_staffed

    @pytest.mark.parametrize(
        ("waits_s", "minutes"),
        [([], None), ([60, 60], None), ([20, 20, 20], 1), ([60, 90, 900], 2)],
    )
    def test_how_long_it_took_lately_is_said_if_enough_is_known(
        self, counter: Counter, waits_s: list[int], minutes: int | None
    ) -> None:
        for number, waited in enumerate(waits_s):
            asked = NOON - timedelta(minutes=30)
            came = asked + timedelta(seconds=waited)
            counter.unit.handoffs.add(Handoff(f"o{number}", "asked", asked, claimed_at=came))
        taken_unasked = Handoff("o9", "", NOON, claimed_at=NOON)
        old = Handoff("o8", "asked", NOON - timedelta(hours=9), NOON - timedelta(hours=3))
        for handoff in (taken_unasked, old):
            counter.unit.handoffs.add(handoff)
        assert counter.call_person().minutes == minutes

    @pytest.mark.parametrize(
        ("intent", "minutes_ago", "again"),
        [("abuse", 5, True), ("abuse", 31, False), ("greet", 5, False)],
    )
    def test_abuse_counts_as_repeated_within_one_talk(
        self, counter: Counter, intent: str, minutes_ago: int, again: bool
    ) -> None:
        at = NOON - timedelta(minutes=minutes_ago)
        counter.unit.conversations.add_line(
            make_line("m0", at=at, data={"understood": {"intent": intent}})
        )
        assert counter.is_abusive_again() is again

    def test_an_emergency_outranks_the_reason_but_not_the_place(self) -> None:
        waiting = Conversation("c1", CITIZEN)
        waiting.wait_for_person(WaitReason.MISUNDERSTOOD, NOON)
        waiting.wait_for_person(WaitReason.EMERGENCY, NOON + timedelta(hours=1))
        waiting.wait_for_person(WaitReason.ASKED, NOON + timedelta(hours=2))
        assert (waiting.waiting_since, waiting.waiting_reason) == (NOON, WaitReason.EMERGENCY)


def test_a_sign_is_known_by_its_scene(counter: Counter) -> None:
    assert counter.sign("lamp-0001").service_code == "0712"  # type: ignore[union-attr]
    assert counter.sign("lamp-9999") is None
