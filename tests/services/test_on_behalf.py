"""A complaint that staff file for a citizen: the citizen's words, their numbers sealed, once, and they are told."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from app.catalog import Catalog, services_of
from app.phrases import DomainPhrases
from bot.model.backend import Attribute, Service
from bot.model.complaint import Complaint
from bot.model.conversation import NotHeld
from bot.model.delivery import DeliveryKind, DeliveryState
from bot.model.draft import Draft
from bot.record import Record
from bot.services.directory import Directory
from bot.services.handoff import Unknown
from bot.services.on_behalf import MOST_WORDS, Form, Incomplete, OnBehalf
from tests.builders import NOON, make_line, make_medium
from tests.services.fakes import PlainSealer
from tests.services.floor import ANNA, BEN, ME, Floor

ASKED = {"0712": (Attribute("pole", "灯杆编号"),)}
DIRECTORY = Directory((Service("0712", "路灯", "城建"),), ASKED, services_of().natures)
PHONE, MASK = "13812345678", "138****5678"


class Filing:
    """One agent with the citizen's form before them."""

    def __init__(self, floor: Floor, parts: dict[str, Any]) -> None:
        wanted = inspect.signature(OnBehalf).parameters
        self.floor = floor
        self._service = OnBehalf(**{name: p for name, p in parts.items() if name in wanted})

    def file(self, key: str = "f1", **values: Any) -> Complaint:
        form = {"service_code": "0712", "said": "路灯不亮\n三天了", "place": "文二路18号"}
        return self._service.file(ME, ANNA, Form(key=key, **{**form, **values}))

    def kept(self) -> list[Complaint]:
        with self.floor.record.reading() as unit:
            return unit.complaints.of_conversation(ME)


@pytest.fixture
def filing(floor: Floor, record: Record, catalog: Catalog, phrases: DomainPhrases) -> Filing:
    floor.handoffs.claim(ME, ANNA)
    parts = {
        "record": record,
        "directory": lambda: DIRECTORY,
        "office": catalog.office,
        "clock": floor.clock,
        "sealer": PlainSealer(),
        "statuses": catalog.statuses,
        "phrases": phrases,
        "live": floor.live,
    }
    return Filing(floor, parts)


class TestFiled:
    def test_the_words_are_the_citizens_verbatim(self, filing: Filing) -> None:
        said = "路灯不亮！！三天了，\n　家门口 都看不见，“没人管”😠"
        found = filing.file(said=said)
        assert found.description == "路灯不亮！！三天了，\n家门口 都看不见，“没人管”😠"
        assert filing.kept() == [found]

    def test_it_is_a_case_like_any_other_with_who_filed_it(self, filing: Filing) -> None:
        found = filing.file(name="王女士", nature="help", answers={"pole": "7"})
        assert (found.receipt, found.filed_by) == ("HZ-261123-0001", "301")
        assert (found.place, found.service_name, found.contact_name) == (
            "文二路18号",
            "路灯",
            "王女士",
        )
        assert (found.nature, found.answers, found.confirmed_at) == ("help", {"pole": "7"}, NOON)
        ordered = filing.floor.delivery(f"file:{found.id}")
        assert (ordered.kind, ordered.state) == (DeliveryKind.FILING, DeliveryState.QUEUED)

    def test_a_tip_off_stays_confidential(self, filing: Filing) -> None:
        assert filing.file(nature="tip_off").visibility == "confidential"
        assert filing.file("f2", nature="tip_off", visibility="public").visibility == "public"

    def test_the_citizen_is_told_the_receipt_once(self, filing: Filing) -> None:
        found = filing.file()
        assert filing.floor.told()[1:] == [
            filing.floor.say(
                "utter_filed_for_you",
                number="301",
                receipt=found.receipt,
                place="文二路18号",
                category="城建 · 路灯",
                summary="路灯不亮；三天了",
            )
        ]
        told = filing.floor.delivery("filed:f1")
        assert (told.kind, told.complaint_id) == (DeliveryKind.ANSWER, found.id)
        assert filing.floor.live.changes() == [ME] * 2  # claimed, filed

    def test_the_same_page_sent_twice_is_one_case(self, filing: Filing) -> None:
        first = filing.file()
        assert filing.file(said="路灯还是不亮") == first
        assert filing.file("f2").receipt == "HZ-261123-0002"
        assert len(filing.floor.told()) == 3

    def test_it_counts_as_the_agents_word(self, filing: Filing) -> None:
        filing.floor.clock.pass_(minutes=2)
        filing.file()
        found = filing.floor.now()
        assert (found.unanswered_since, found.staff_said_at) == (None, filing.floor.clock.now())

    def test_the_form_the_bot_had_open_is_closed(self, filing: Filing) -> None:
        filing.floor.tell_half()
        filing.file()
        assert filing.floor.now().snapshot == {"slots": {}, "loop": None, "requested": None}
        filing.floor.handoffs.give_back(ME, ANNA, keep_form=True)
        assert filing.floor.told()[-1] == filing.floor.say("utter_person_ended", number="301")

    def test_what_the_bot_knew_of_the_place_holds_for_the_same_place(self, filing: Filing) -> None:
        told = Draft(place="文二路18号", wish="请修好", repeated=True)
        told.point = {"latitude": 30.25, "longitude": 120.16, "datum": "gcj02"}
        told.division = {"code": "330106", "full": "浙江省杭州市西湖区", "district": "西湖区"}
        filing.floor.change(snapshot={"slots": {"draft": told.to_dict()}})
        here = filing.file()
        filing.floor.change(snapshot={"slots": {"draft": told.to_dict()}})
        there = filing.file("f2", place="古墩路1号")
        assert (here.division_code, here.wish, here.repeated) == ("330106", "请修好", True)
        assert here.latitude is not None
        assert (there.division_code, there.latitude, there.wish) == ("", None, "请修好")


class TestNumbers:
    def hear(self, filing: Filing) -> None:
        sealed = {MASK: PlainSealer().seal(PHONE)}
        with filing.floor.record.unit() as unit:
            unit.conversations.add_line(make_line("m1", ME, data={"sealed": sealed}))

    def test_a_number_typed_in_is_sealed(self, filing: Filing) -> None:
        found = filing.file(phone=PHONE, said=f"打 {PHONE} 没人接")
        assert found.contact_phone == PlainSealer().seal(PHONE)
        assert found.description == f"打 {MASK} 没人接"
        assert found.sealed == {MASK: PlainSealer().seal(PHONE)}
        assert PHONE not in f"{filing.kept()}{filing.floor.lines()}"

    def test_a_mask_stands_for_what_the_citizen_said(self, filing: Filing) -> None:
        self.hear(filing)
        assert filing.file(phone=MASK).contact_phone == PlainSealer().seal(PHONE)

    def test_a_mask_of_nothing_said_here_is_no_number(self, filing: Filing) -> None:
        self.hear(filing)
        with pytest.raises(Incomplete) as wrong:
            filing.file(phone="139****0000")
        assert wrong.value.problems == {"phone": "unknown"}
        assert filing.kept() == []

    def test_what_was_said_and_is_not_in_the_form_is_not_handed_on(self, filing: Filing) -> None:
        self.hear(filing)
        found = filing.file()
        assert (found.contact_phone, found.sealed) == ("", {})


class TestMedia:
    def test_pictures_of_this_conversation_go_along(self, filing: Filing) -> None:
        with filing.floor.record.unit() as unit:
            for name in ("p1", "p2", "p3"):
                unit.media.add(make_medium(name, conversation_id=ME))
        found = filing.file(media=("p2", "p1"))
        with filing.floor.record.reading() as unit:
            assert {m.id for m in unit.media.of_complaint(found.id)} == {"p1", "p2"}

    def test_one_that_belongs_to_a_case_already_stays_there(self, filing: Filing) -> None:
        with filing.floor.record.unit() as unit:
            unit.media.add(make_medium("p1", conversation_id=ME))
        first = filing.file(media=("p1",))
        second = filing.file("f2", media=("p1",))
        with filing.floor.record.reading() as unit:
            kept = [len(unit.media.of_complaint(c.id)) for c in (first, second)]
        assert kept == [1, 0]

    def test_anothers_do_not(self, filing: Filing) -> None:
        with filing.floor.record.unit() as unit:
            unit.media.add(make_medium("p1", conversation_id="c9"))
        found = filing.file(media=("p1", "p9"))
        with filing.floor.record.reading() as unit:
            assert unit.media.of_complaint(found.id) == []


class TestRefused:
    @pytest.mark.parametrize(
        ("values", "problem"),
        [
            ({"service_code": "9999"}, ("service_code", "unknown")),
            ({"said": " \n "}, ("said", "missing")),
            ({"said": "字" * (MOST_WORDS + 1)}, ("said", "long")),
            ({"visibility": "secret"}, ("visibility", "unknown")),
            ({"phone": "一二三"}, ("phone", "unknown")),
        ],
    )
    def test_a_form_that_cannot_be_filed_says_which_field(
        self, filing: Filing, values: dict[str, str], problem: tuple[str, str]
    ) -> None:
        with pytest.raises(Incomplete) as wrong:
            filing.file(**values)
        assert problem in wrong.value.problems.items()
        assert (filing.kept(), len(filing.floor.told())) == ([], 1)

    def test_only_who_holds_the_citizen_files_for_them(self, filing: Filing) -> None:
        filing.floor.handoffs.take_over(ME, BEN)
        with pytest.raises(NotHeld) as other:
            filing.file()
        assert (other.value.agent, filing.kept()) == ("302", [])

    def test_nobody_files_for_a_conversation_that_is_not_there(self, filing: Filing) -> None:
        form = Form(key="f1", service_code="0712", said="路灯不亮", place="文二路")
        with pytest.raises(Unknown):
            filing._service.file("c9", ANNA, form)
