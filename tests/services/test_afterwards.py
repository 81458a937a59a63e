"""After filing: what is written down for each wish, and what a second wish of the same kind does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.catalog import Catalog
from app.phrases import DomainPhrases
from bot.model.backend import CitizenAct
from bot.model.complaint import Complaint
from bot.model.conversation import WaitReason
from bot.model.delivery import Delivery
from bot.model.draft import Said
from bot.record import Record, Unit
from bot.services import afterwards, callback, case_acts
from bot.services.afterwards import Served, Talk
from bot.services.case_acts import Material
from bot.services.counter import Counter
from bot.services.directory import Directory
from tests.builders import CITIZEN, NOON, SetClock, make_complaint, make_medium, make_update
from tests.services.fakes import PlainSealer


@pytest.fixture
def counter(
    record: Record, catalog: Catalog, phrases: DomainPhrases, clock: SetClock
) -> Iterator[Counter]:
    with record.unit() as unit:
        yield Counter(
            unit=unit,
            conversation=unit.conversations.open("c1", CITIZEN),
            directory=Directory((), {}),
            office=catalog.office,
            clock=clock,
            sealer=PlainSealer(),
            statuses=catalog.statuses,
            phrases=phrases,
        )


def opened(counter: Counter, id: str = "k1", **values: Any) -> Complaint:
    case = make_complaint(id, **{"receipt": f"HZ-261123-000{id[1:]}"} | values)
    counter.unit.complaints.add(case)
    return case


def ordered(unit: Unit, id: str = "k1") -> list[tuple[str, str]]:
    found: list[Delivery] = unit.deliveries.of_complaint(id, "amendment")
    return [(d.payload["act"], d.payload["text"]) for d in found]


def case_of(counter: Counter, id: str = "k1") -> Complaint:
    found = counter.unit.complaints.get(id)
    assert found is not None
    return found


def say(counter: Counter, text: str, talk: Talk | None = None, **values: Any) -> Served | None:
    intent = values.pop("intent", "report")
    return afterwards.serve(counter, talk or Talk(), Said("k", text, intent=intent, **values))


def names(served: Served | None) -> list[str]:
    assert served is not None
    return [name for name, _ in served.lines]


class TestAdding:
    def test_the_words_are_kept_masked_and_their_numbers_with_the_case(
        self, counter: Counter
    ) -> None:
        case = opened(counter)
        counter.unit.media.add(make_medium("p1"))
        sealed = {"136****0123": "<sealed>"}
        case_acts.add(counter, case, Material("电话136****0123", sealed, ("p1",), "136****0123"))
        found = case_of(counter)
        assert (found.sealed, found.contact_phone) == (sealed, "<sealed>")
        assert [m.id for m in counter.unit.media.of_complaint("k1")] == ["p1"]
        assert ordered(counter.unit) == [("material", "电话136****0123")]

    def test_a_phone_given_before_stays(self, counter: Counter) -> None:
        case = opened(counter, contact_phone="<first>")
        case_acts.add(
            counter, case, Material("136****0123", {"136****0123": "<x>"}, (), "136****0123")
        )
        assert case_of(counter).contact_phone == "<first>"

    def test_what_was_asked_for_by_the_office_needs_no_word_for_it(self, counter: Counter) -> None:
        opened(counter, status="in_progress", status_code="waiting")
        assert names(say(counter, "三楼靠窗那间", intent="chitchat")) == ["utter_material_added"]
        assert say(counter, "收到，谢谢", intent="thanks") is None
        assert say(counter, "你们几点上班", intent="ask_hours") is None

    def test_the_answer_goes_to_the_case_that_waits(self, counter: Counter) -> None:
        opened(counter, "k1", status="in_progress", status_code="waiting")
        opened(counter, "k2", status="in_progress")
        say(counter, "三楼靠窗那间")
        assert (ordered(counter.unit, "k1"), ordered(counter.unit, "k2")) == (
            [("material", "三楼靠窗那间")],
            [],
        )

    def test_somebody_elses_number_is_an_unknown_one(self, counter: Counter) -> None:
        opened(counter)
        opened(counter, "k2", conversation_id="c2", receipt="HZ-261123-0009")
        assert names(say(counter, "催一下HZ-261123-0009")) == ["utter_case_unknown"]

    def test_a_correction_lately_is_material(self, counter: Counter, clock: SetClock) -> None:
        opened(counter)
        assert names(say(counter, "地点不对，是文一路", intent="correct")) == [
            "utter_material_added"
        ]
        clock.pass_(days=2)
        assert say(counter, "地点不对，是文一路", intent="correct") is None


class TestUrging:
    def test_once_a_day_of_the_offices_calendar(self, counter: Counter, clock: SetClock) -> None:
        case = opened(counter)
        clock.pass_(hours=11, minutes=50)  # 23:50 in Hangzhou
        assert case_acts.urge(counter, case)[0][0] == "utter_urged"
        name, values = case_acts.urge(counter, case)[0]
        assert (name, values["time"]) == ("utter_urged_before", "23:50")
        clock.pass_(minutes=20)
        assert case_acts.urge(counter, case)[0][0] == "utter_urged"
        assert [act for act, _ in ordered(counter.unit)] == ["urge", "urge"]

    def test_each_case_has_its_own_day(self, counter: Counter) -> None:
        for id in ("k1", "k2"):
            assert case_acts.urge(counter, opened(counter, id))[0][0] == "utter_urged"

    def test_the_due_date_is_told_while_it_is_to_come(
        self, counter: Counter, clock: SetClock
    ) -> None:
        case = opened(counter, due_at=NOON + timedelta(days=1))
        assert ("utter_case_due", {"due": "11-24 12:00"}) in case_acts.urge(counter, case)
        clock.pass_(days=2)
        assert len(case_acts.urge(counter, case)) == 1


class TestTakingBack:
    def test_nothing_is_passed_on_before_a_yes(self, counter: Counter) -> None:
        opened(counter)
        asked = say(counter, "撤回", intent="cancel")
        assert asked is not None
        assert ordered(counter.unit) == []
        assert say(counter, "楼下太吵", asked.talk) is None
        assert names(say(counter, "不撤了", asked.talk, intent="deny")) == ["utter_not_withdrawn"]
        assert names(say(counter, "确认", asked.talk, intent="affirm")) == ["utter_withdrawn"]
        assert [act for act, _ in ordered(counter.unit)] == ["withdraw"]

    def test_a_closed_case_cannot_be_taken_back(self, counter: Counter) -> None:
        opened(counter, status="closed", stage="answered")
        assert names(say(counter, "撤回", intent="cancel")) == ["utter_withdraw_closed"]


class TestHistory:
    def test_the_newest_stand_last_and_the_rest_is_counted(self, counter: Counter) -> None:
        case = opened(counter)
        for n in range(9):
            at = NOON + timedelta(hours=9 - n)  # stored the other way round
            update = make_update(f"u{n}", updated_datetime=at, description=f"第{9 - n}步")
            counter.unit.complaints.add_update("k1", update, NOON)
        lines = case_acts.history(counter, case)
        assert lines[1] == ("utter_history_more", {"count": 2})
        assert [values["words"] for _, values in lines[2:]] == [f"第{n}步" for n in range(2, 10)]


class TestSecondThoughts:
    def answered(self, counter: Counter) -> Complaint:
        asked = callback.opened({}, NOON)
        return opened(counter, status="closed", stage="answered", callback=asked)

    def test_no_goes_with_the_verdict_before_the_case_goes_back(self, counter: Counter) -> None:
        self.answered(counter)
        assert names(say(counter, "没解决，昨晚还是有")) == ["utter_redone"]
        assert ordered(counter.unit) == [("verdict", "市民评价。"), ("redo", "昨晚还是有")]
        assert not case_of(counter).callback.get("step")

    def test_a_case_goes_back_once(self, counter: Counter) -> None:
        case = self.answered(counter)
        case_acts.redo(counter, case, Material("昨晚还是有"))
        assert case_acts.redo(counter, case, Material("今天还有"))[0][0] == "utter_redo_again"
        assert [act for act, _ in ordered(counter.unit)] == ["redo", "material"]
        assert counter.conversation.waiting_reason is WaitReason.ASKED

    def test_of_two_callbacks_the_later_one_is_answered(self, counter: Counter) -> None:
        self.answered(counter)
        later = callback.opened({}, NOON + timedelta(hours=1))
        opened(counter, "k2", status="closed", stage="answered", callback=later)
        say(counter, "1", option="1")
        assert case_of(counter, "k1").callback.get("contacted") is None
        assert case_of(counter, "k2").callback["contacted"] is True

    def test_silence_after_the_first_answer_is_told_as_it_is(
        self, counter: Counter, clock: SetClock
    ) -> None:
        self.answered(counter)
        say(counter, "1", option="1")
        (verdict,) = counter.unit.deliveries.of_complaint("k1", "amendment")
        assert verdict.payload["verdict"] == {"contacted": "true"}
        assert verdict.due_at == NOON + timedelta(minutes=30)


class TestPictures:
    def picture(self, counter: Counter, talk: Talk | None = None) -> Served | None:
        counter.unit.media.add(make_medium("p1"))
        return afterwards.picture(counter, talk or Talk(), "p1", has_words=False)

    def test_with_nothing_open_it_begins_a_complaint(self, counter: Counter) -> None:
        opened(counter, status="closed", stage="answered")
        assert self.picture(counter) is None

    def test_a_day_later_too(self, counter: Counter, clock: SetClock) -> None:
        opened(counter)
        clock.pass_(days=1, minutes=1)
        assert self.picture(counter) is None

    def test_one_that_the_office_waits_for_is_not_asked_about(self, counter: Counter) -> None:
        opened(counter, status="in_progress", status_code="waiting")
        assert names(self.picture(counter)) == ["utter_material_added"]

    def test_one_right_after_a_word_goes_with_it(self, counter: Counter, clock: SetClock) -> None:
        opened(counter)
        added = say(counter, "补充一下，昨晚又不亮")
        assert added is not None
        assert names(self.picture(counter, added.talk)) == ["utter_material_added"]
        clock.pass_(minutes=11)
        assert names(afterwards.picture(counter, added.talk, "p2", has_words=False)) == [
            "utter_ask_belongs"
        ]


def test_each_act_without_words_has_a_sentence_for_the_office(phrases: DomainPhrases) -> None:
    for act in (CitizenAct.MATERIAL, CitizenAct.URGE, CitizenAct.WITHDRAW, CitizenAct.VERDICT):
        assert phrases.say(f"utter_to_office_{act.value}", count=2).startswith("市民")
    assert phrases.say(callback.BEGINS)


def test_what_is_asked_survives_the_snapshot() -> None:
    talk = Talk("which", "material", ["HZ-1"], text="补充", sealed={"a": "b"}, media=["p1"])
    assert Talk.from_dict(talk.to_dict()) == talk
    assert Talk.from_dict(None) == Talk()
    assert Talk.from_dict({"asking": "sure", "other": 1}).asking == "sure"
