"""Telling a citizen: answers that nobody waits for any more, and news on the first rung that bears."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model.conversation import Conversation
from bot.model.delivery import Delivery, DeliveryKind, DeliveryState
from bot.model.errors import Permanent, RetryLater, WindowClosed
from bot.model.message import Receipt, Reply
from bot.record import Record
from bot.services import receipts
from bot.services.deliver import Deliverer
from bot.services.ladder import NoticeHandler, NoticeTemplates, ReplyHandler
from tests.builders import CITIZEN, NOON, SetClock, make_delivery
from tests.services.fakes import RecordingMessenger

CLOSED = WindowClosed("wechat", "45015", "48 h")
REFUSED = WindowClosed("wechat", "43101", "no consent")
NAMES = {"character_string1": "number", "phrase2": "status"}
ALL = NoticeTemplates("SUB", "TPL", NAMES, {"first": "number", "second": "status"})
FULL = "您反映的“路灯不亮”有新进展：已派单"


class House:
    """A record with one citizen, a messenger, and the engine that tells."""

    def __init__(self, record: Record, messenger: RecordingMessenger, clock: SetClock) -> None:
        self.record, self.messenger, self.clock = record, messenger, clock
        self.put(citizen=CITIZEN)

    def put(self, **values: Any) -> None:
        with self.record.unit() as unit:
            found = unit.conversations.open("c1", CITIZEN)
            unit.conversations.save(replace(found, **values))

    def add(self, *wanted: Delivery) -> None:
        with self.record.unit() as unit:
            for delivery in wanted:
                unit.deliveries.add(delivery)

    def run(self, *, templates: NoticeTemplates = ALL) -> None:
        Deliverer(
            self.record,
            {
                "reply": ReplyHandler(self.record, self.messenger),
                "notice": NoticeHandler(self.record, self.messenger, templates, self.clock),
            },
            self.clock,
        ).run_once()

    def find(self, key: str = "d1") -> Delivery:
        with self.record.unit() as unit:
            found = unit.deliveries.by_key(key)
        assert found is not None
        return found

    def held(self) -> list[Any]:
        with self.record.unit() as unit:
            return [d.payload["text"] for d in unit.deliveries.held("c1")]


@pytest.fixture
def house(record: Record, messenger: RecordingMessenger, clock: SetClock) -> House:
    return House(record, messenger, clock)


def notice(**values: Any) -> Delivery:
    short = {"number": "HZ-1", "status": "办理中", "time": "11-23 12:00", "remark": "看全文"}
    return make_delivery(payload={"text": FULL, "short": short}, **values)


def reply(key: str = "d1", text: str = "在哪里？", **payload: Any) -> Delivery:
    return make_delivery(
        key,
        kind=DeliveryKind.REPLY,
        payload={"reply": Reply(text).to_dict(), **payload},
    )


class TestRungs:
    def test_the_window_open_the_whole_text_goes_out_at_once(self, house: House) -> None:
        house.add(notice())
        house.run()
        assert (house.messenger.tried, house.messenger.texts) == (["custom"], [FULL])
        assert (house.find().state, house.find().rung) == (DeliveryState.SENT, "custom")
        assert house.held() == []

    def test_the_window_closed_the_subscription_carries_the_short_form(self, house: House) -> None:
        house.messenger.fails["custom"] = [CLOSED]
        house.add(notice())
        house.run()
        assert house.messenger.tried == ["custom", "bizsend"]
        assert house.messenger.sent[0].values == {"character_string1": "HZ-1", "phrase2": "办理中"}
        assert house.find().rung == "bizsend"
        assert house.find().trail == ["custom: 45015"]
        assert house.held() == [FULL]

    def test_without_consent_the_template_carries_it(self, house: House) -> None:
        house.messenger.fails = {"custom": [CLOSED], "bizsend": [REFUSED]}
        house.add(notice())
        house.run()
        assert house.messenger.tried == ["custom", "bizsend", "template"]
        assert house.messenger.sent[0].values == {"first": "HZ-1", "second": "办理中"}
        assert (house.find().rung, house.find().remote_id) == ("template", "id-of-minsheng-1")
        assert house.held() == [FULL]

    def test_it_waits_for_the_one_before_it(self, house: House) -> None:
        house.messenger.fails["custom"] = [RetryLater("wechat", "-1", "busy")]
        earlier = notice(conversation_id="c1")
        later = replace(notice(conversation_id="c1"), key="d2")
        house.add(earlier, replace(later, payload={**later.payload, "text": "后", "after": "d1"}))
        house.run()
        assert house.messenger.texts == []
        house.clock.pass_(seconds=2)
        house.run()
        house.clock.pass_(seconds=2)
        house.run()
        assert house.messenger.texts == [FULL, "后"]

    def test_it_waits_for_the_answer_that_carries_the_one_before_it(self, house: House) -> None:
        earlier = notice(conversation_id="c1", state=DeliveryState.SENT)
        carrier = make_delivery(
            "r1", kind=DeliveryKind.REPLY, state=DeliveryState.IN_FLIGHT, conversation_id="c1"
        )
        later = replace(notice(conversation_id="c1"), key="d2")
        house.add(replace(earlier, payload={**earlier.payload, "with": "r1"}), carrier)
        house.add(replace(later, payload={**later.payload, "after": "d1"}))
        house.run()
        assert house.messenger.texts == []
        with house.record.unit() as unit:
            unit.deliveries.save(replace(carrier, state=DeliveryState.SENT))
        house.clock.pass_(seconds=2)
        house.run()
        assert house.messenger.texts == [FULL]

    def test_below_the_last_rung_it_is_held(self, house: House) -> None:
        missing = Permanent("wechat", "40037", "no such template")
        house.messenger.fails = {"custom": [CLOSED], "bizsend": [REFUSED], "template": [missing]}
        house.add(notice())
        house.run()
        assert (house.find().state, house.find().rung) == (DeliveryState.HELD, "")
        assert house.held() == [FULL]
        assert house.messenger.sent == []

    def test_a_refusal_we_know_of_is_respected_without_asking(self, house: House) -> None:
        with house.record.unit() as unit:
            unit.conversations.set_consent("c1", "SUB", accepted=False)
        house.messenger.fails["custom"] = [CLOSED]
        house.add(notice())
        house.run()
        assert house.messenger.tried == ["custom", "template"]

    def test_absent_rungs_are_passed_over(self, house: House) -> None:
        house.messenger.fails["custom"] = [CLOSED]
        house.add(notice())
        house.run(templates=NoticeTemplates())
        assert (house.messenger.tried, house.find().state) == (["custom"], DeliveryState.HELD)

    def test_a_busy_platform_is_tried_again_on_the_same_rung(self, house: House) -> None:
        house.messenger.fails["custom"] = [RetryLater("wechat", "-1", "busy")]
        house.add(notice())
        house.run()
        assert house.find().state is DeliveryState.RETRY
        house.clock.pass_(seconds=2)
        house.run()
        assert house.messenger.tried == ["custom", "custom"]
        assert house.messenger.texts == [FULL]


class TestWhoLeft:
    @pytest.mark.parametrize("gone", [{"citizen": None}, {"following": False}])
    @pytest.mark.parametrize("what", [notice(), reply()])
    def test_nothing_reaches_a_citizen_who_left(
        self, house: House, gone: dict[str, Any], what: Delivery
    ) -> None:
        house.put(**gone)
        house.add(replace(what))
        house.run()
        assert house.messenger.tried == []
        assert house.find().state is DeliveryState.WITHHELD

    def test_nor_one_who_never_was(self, house: House) -> None:
        house.add(notice(conversation_id="c9"))
        house.run()
        assert house.find().state is DeliveryState.WITHHELD


class TestAnswers:
    def test_one_that_nobody_took_goes_out_as_a_message(self, house: House) -> None:
        house.add(reply(answers="m1"))
        house.run()
        assert house.messenger.texts == ["在哪里？"]
        assert (house.find().state, house.find().rung) == (DeliveryState.SENT, "custom")

    def test_what_is_still_on_offer_is_left_to_the_callbacks(self, house: House) -> None:
        house.add(replace(reply(answers="m1"), state=DeliveryState.OFFERED))
        house.run()
        assert house.messenger.tried == []
        assert house.find().state is DeliveryState.OFFERED

    def test_the_window_closed_it_is_held_to_be_told_with_the_next_answer(
        self, house: House
    ) -> None:
        house.messenger.fails["custom"] = [CLOSED]
        house.add(reply())
        house.run()
        assert house.held() == ["在哪里？"]

    def test_parts_of_a_long_answer_arrive_in_order(self, house: House) -> None:
        first = replace(reply("d1", answers="m1"), state=DeliveryState.OFFERED)
        house.add(reply("d3", "三", after="d2"), reply("d2", "二", after="d1"), first)
        house.run()
        assert house.messenger.texts == []
        with house.record.unit() as unit:
            unit.deliveries.settle(told=[first.id], untaken=[], later={})
        for _ in range(3):
            house.clock.pass_(seconds=7)
            house.run()
        assert house.messenger.texts == ["二", "三"]

    def test_a_part_that_failed_for_good_does_not_hold_the_next_up(self, house: House) -> None:
        house.add(
            replace(reply("d1", "一"), state=DeliveryState.FAILED), reply("d2", "二", after="d1")
        )
        house.run()
        assert house.messenger.texts == ["二"]

    def test_a_part_waits_with_the_one_that_had_to_be_held(self, house: House) -> None:
        house.messenger.fails["custom"] = [Permanent("wechat", "48001", "x")]
        house.add(reply("d1", "一"), reply("d2", "二", after="d1"))
        house.run()
        assert house.messenger.texts == []
        with house.record.unit() as unit:
            assert [d.payload["text"] for d in unit.deliveries.held("c1")] == ["一", "二"]


class TestReceipts:
    def take(self, house: House, receipt: Receipt, citizen: str = "c1") -> None:
        with house.record.unit() as unit:
            receipts.take(unit, Conversation(citizen, CITIZEN), receipt, now=NOON)

    def sent(self, house: House, rung: str, remote_id: str = "") -> None:
        house.add(replace(notice(), state=DeliveryState.SENT, rung=rung, remote_id=remote_id))

    def test_arrival_is_noted(self, house: House) -> None:
        self.sent(house, "template", "77")
        self.take(house, Receipt("77", "", delivered=True))
        found = house.find()
        assert (found.rung, found.error) == ("template", "")
        assert found.trail == ["2026-11-23T04:00:00+00:00 receipt delivered"]

    def test_a_failure_is_marked_on_its_rung(self, house: House) -> None:
        self.sent(house, "template", "77")
        self.take(house, Receipt("77", "", delivered=False, reason="failed:user block"))
        found = house.find()
        assert (found.rung, found.error) == ("template-failed", "failed:user block")

    def test_without_an_id_citizen_and_template_tell_which(self, house: House) -> None:
        self.sent(house, "bizsend")
        self.take(house, Receipt("", "SUB", delivered=False, reason="refused"))
        assert house.find().rung == "bizsend-failed"

    @pytest.mark.parametrize("who", ["c2", "c1"])
    def test_anothers_or_an_unknown_receipt_changes_nothing(self, house: House, who: str) -> None:
        self.sent(house, "template", "77")
        receipt = Receipt("77" if who == "c2" else "78", "", delivered=False)
        self.take(house, receipt, who)
        assert house.find().trail == []
