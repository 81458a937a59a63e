"""Filing: the citizen's words whole, everything that belongs to them, and exactly once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.media.cleaning import MOST_BYTES, clean
from bot.model.backend import Attribute, Filed, Filing, Request
from bot.model.complaint import Complaint
from bot.model.delivery import Delivery, DeliveryKind, DeliveryState
from bot.model.errors import Permanent, RetryLater
from bot.record import Record
from bot.services.deliver import Deliverer
from bot.services.directory import Directory
from bot.services.filing import MOST_CHARACTERS, FilingHandler, number_owed
from bot.services.media import MediaHandler
from tests.builders import SetClock, make_complaint, make_delivery, make_medium
from tests.pictures import AMR, SECRETS, telling, written
from tests.services.fakes import PlainSealer, RecordingBackend, RecordingMessenger

LOST = RetryLater("backend", "timeout", "no answer", outcome_unknown=True)
BUSY = RetryLater("backend", "503", "later")
REFERENCE = Attribute("external_id", "our number", automated=True)


class Office:
    """A record with one confirmed complaint, the backend, and the engine that files."""

    def __init__(
        self, record: Record, backend: RecordingBackend, clock: SetClock, sealer: PlainSealer
    ) -> None:
        self.record, self.backend, self.clock, self.sealer = record, backend, clock, sealer
        self.questions: dict[str, tuple[Attribute, ...]] = {}

    def confirm(self, **values: Any) -> None:
        filing = make_delivery(kind=DeliveryKind.FILING, payload={}, complaint_id="k1")
        with self.record.unit() as unit:
            unit.complaints.add(make_complaint(**values))
            unit.deliveries.add(filing)

    def confirm_again(self, **values: Any) -> None:
        changed = replace(self.complaint, **values)
        with self.record.unit() as unit:
            unit.complaints.save(changed)

    def run(self, **later: float) -> None:
        self.clock.pass_(**later)
        handler = FilingHandler(
            self.record,
            self.backend,
            clock=self.clock,
            sealer=self.sealer,
            directory=lambda: Directory((), self.questions),
            media_url=lambda medium_id: f"https://example.org/media/{medium_id}",
        )
        Deliverer(self.record, {"filing": handler}, self.clock).run_once()

    def filed(self, **values: Any) -> Filing:
        self.confirm(**values)
        self.run()
        return self.backend.filings[0]

    @property
    def complaint(self) -> Complaint:
        with self.record.unit() as unit:
            found = unit.complaints.get("k1")
        assert found is not None
        return found

    @property
    def delivery(self) -> Delivery:
        with self.record.unit() as unit:
            found = unit.deliveries.by_key("d1")
        assert found is not None
        return found

    def die_filing(self) -> None:
        """Claim the filing like a worker that ends before it could write anything down."""
        delivery_id = self.delivery.id
        with self.record.unit() as unit:
            unit.deliveries.claim(delivery_id)
        self.clock.pass_(seconds=61)

    def store_at_backend(self, description: str, request_id: str = "B-7") -> None:
        self.backend.known.append(Request(request_id, service_code="0712", description=description))


@pytest.fixture
def office(
    record: Record, backend: RecordingBackend, clock: SetClock, sealer: PlainSealer
) -> Office:
    return Office(record, backend, clock, sealer)


class TestWhatIsFiled:
    def test_the_words_verbatim_and_our_number_as_the_last_line(self, office: Office) -> None:
        words = "文二路 路灯不亮！！\n三天了😡，<没人管>"
        filing = office.filed(description=words, receipt="HZ-261123-0001")
        assert filing.description == f"{words}\n民声受理编号：HZ-261123-0001"

    def test_words_with_numbers_that_no_key_opens_wait_for_the_key(self, office: Office) -> None:
        """They do not go out with holes in them, and nothing of them is lost."""
        office.confirm(
            description="店主电话138****5678", sealed={"138****5678": "sealed by another key"}
        )
        office.run()
        assert office.backend.filings == []
        assert (office.delivery.state, office.delivery.error) == (
            DeliveryState.RETRY,
            "minsheng sealed",
        )
        office.confirm_again(sealed={"138****5678": office.sealer.seal("13812345678")})
        office.run(minutes=1)
        assert "店主电话13812345678" in office.backend.filings[0].description

    @pytest.mark.parametrize(("wish", "told"), [("confidential", "保密"), ("public", "同意公开")])
    def test_a_wish_stands_before_the_number(self, office: Office, wish: str, told: str) -> None:
        lines = office.filed(visibility=wish).description.splitlines()
        assert told in lines[-2]
        assert lines[-1].endswith(office.complaint.receipt)

    @pytest.mark.parametrize(
        ("attribute", "sent"),
        [
            (Attribute("nature", "", automated=True), {"nature": "tip_off"}),
            (Attribute("nature", "哪一种？", values=(("tip_off", "举报"),)), {"nature": "tip_off"}),
            (Attribute("nature", "", automated=True, values=(("a", "A"),)), {}),
            (Attribute("nature", "什么土质？"), {}),
            (Attribute("pole", "", automated=True), {}),
        ],
    )
    def test_the_nature_goes_only_to_a_backend_that_takes_it(
        self, office: Office, attribute: Attribute, sent: dict[str, str]
    ) -> None:
        office.questions = {"0712": (attribute,)}
        assert office.filed(nature="tip_off").attributes == sent

    def test_a_citizens_answer_outranks_what_we_know(self, office: Office) -> None:
        office.questions = {"0712": (Attribute("wish", "", automated=True),)}
        assert office.filed(wish="修好", answers={"wish": "赔"}).attributes == {"wish": "赔"}

    def test_what_is_known_besides_goes_along_and_what_is_not_stays_out(
        self, office: Office
    ) -> None:
        codes = ("nature", "division", "division_code", "wish", "repeated")
        office.questions = {"0712": tuple(Attribute(c, "", automated=True) for c in codes)}
        sealed = {"138****5678": office.sealer.seal("13812345678")}
        told = {"wish": "请打138****5678", "repeated": True, "division_code": "330106"}
        assert office.filed(**told, sealed=sealed).attributes == {
            "wish": "请打13812345678",
            "repeated": "true",
            "division_code": "330106",
        }

    def test_what_has_no_place_says_so_and_a_pin_is_place_enough(self, office: Office) -> None:
        assert office.filed(place="").address_string == "（市民未提供地点）"

    def test_a_pin_without_words_needs_no_address(self, office: Office) -> None:
        assert office.filed(place="", latitude=30.1, longitude=120.2).address_string == ""

    def test_masked_numbers_are_put_back_everywhere(self, office: Office) -> None:
        sealed = {"138****5678": office.sealer.seal("13812345678")}
        filing = office.filed(
            description="店主电话138****5678", place="138****5678旁边", sealed=sealed
        )
        assert filing.description.startswith("店主电话13812345678\n")
        assert filing.address_string == "13812345678旁边"

    def test_the_contact_is_opened_for_the_backend_only(self, office: Office) -> None:
        phone = office.sealer.seal("13900001111")
        filing = office.filed(contact_phone=phone, contact_name="王女士")
        assert (filing.phone, filing.first_name) == ("13900001111", "王女士")
        assert office.complaint.contact_phone == phone

    def test_without_a_contact_none_is_made_up(self, office: Office) -> None:
        filing = office.filed()
        assert (filing.phone, filing.first_name, filing.email, filing.device_id) == ("",) * 4

    def test_the_place_as_said_and_the_pin(self, office: Office) -> None:
        filing = office.filed(place="文二路口", latitude=30.27, longitude=120.12)
        assert (filing.address_string, filing.lat, filing.long) == ("文二路口", 30.27, 120.12)

    def test_answers_go_along_and_our_number_where_there_is_a_place_for_it(
        self, office: Office
    ) -> None:
        office.questions = {"0712": (REFERENCE,)}
        filing = office.filed(answers={"scope": "home"})
        assert filing.attributes == {"scope": "home", "external_id": office.complaint.receipt}

    @pytest.mark.parametrize("length", [MOST_CHARACTERS - 40, MOST_CHARACTERS, 10_000])
    def test_the_limit_is_kept_without_losing_the_number(self, office: Office, length: int) -> None:
        description = office.filed(description="长" * length, visibility="confidential").description
        assert len(description) <= MOST_CHARACTERS
        assert description.endswith(office.complaint.receipt)
        assert ("有删节" in description) == (length > MOST_CHARACTERS - 60)
        assert "保密" in description


class TestMediaPatience:
    def add_media(self, office: Office) -> None:
        with office.record.unit() as unit:
            for name in ("p1", "p2"):
                unit.media.add(make_medium(name, complaint_id="k1"))

    def test_pictures_on_their_way_are_waited_for(self, office: Office) -> None:
        office.confirm()
        self.add_media(office)
        office.run()
        assert (office.backend.filings, office.delivery.attempts) == ([], 0)
        with office.record.unit() as unit:
            for name in ("p1", "p2"):
                unit.media.store_bytes(name, b"x", "image/jpeg")
        office.run(seconds=1)
        assert office.backend.filings[0].media_urls == (
            "https://example.org/media/p1",
            "https://example.org/media/p2",
        )

    def test_but_a_case_does_not_wait_longer_than_patience(self, office: Office) -> None:
        office.confirm()
        self.add_media(office)
        office.run(seconds=14)
        assert office.backend.filings == []
        office.run(seconds=1)
        assert len(office.backend.filings[0].media_urls) == 2  # served once they are here

    def test_one_that_can_never_be_fetched_is_neither_waited_for_nor_linked(
        self, office: Office
    ) -> None:
        office.confirm()
        self.add_media(office)
        lost = make_delivery("media:p1", kind=DeliveryKind.MEDIA, state=DeliveryState.FAILED)
        with office.record.unit() as unit:
            unit.deliveries.add(lost)
            unit.media.store_bytes("p2", b"x", "image/jpeg")
        office.run()
        assert office.backend.filings[0].media_urls == ("https://example.org/media/p2",)


class TestWhatComesBack:
    def test_a_number(self, office: Office) -> None:
        office.filed()
        found = office.complaint
        assert (found.backend_id, found.backend_token, found.stage) == ("B-1", "", "filed")
        assert office.delivery.state is DeliveryState.SENT

    def test_a_token_and_later_the_number(self, office: Office) -> None:
        office.backend.answers = [Filed(token="T-1")]
        office.filed()
        assert (office.complaint.backend_id, office.complaint.backend_token) == ("", "T-1")
        assert number_owed(office.record, office.backend) == 0
        office.backend.tokens["T-1"] = "B-9"
        assert number_owed(office.record, office.backend) == 1
        assert office.complaint.backend_id == "B-9"
        assert number_owed(office.record, office.backend) == 0

    def test_one_token_the_backend_chokes_on_holds_no_other_up(self, office: Office) -> None:
        with office.record.unit() as unit:
            for name in ("k1", "k2"):
                unit.complaints.add(make_complaint(name, backend_token=f"T-{name}"))
        office.backend.tokens = {
            "T-k1": Permanent("backend", "500", "broken token"),
            "T-k2": "B-2",
        }
        assert number_owed(office.record, office.backend) == 1

    def test_neither_and_still_it_is_not_filed_again(self, office: Office) -> None:
        """A blackbox backend answers with nothing; a worker that dies after keeping that must not repeat it."""
        office.backend.answers = [Filed()]
        office.filed()
        with office.record.unit() as unit:
            delivery = unit.deliveries.by_key("d1")
            assert delivery is not None
            delivery.state = DeliveryState.RETRY
            unit.deliveries.save(delivery)
        office.run(minutes=1)
        assert len(office.backend.filings) == 1
        assert office.complaint.stage == "filed"

    def test_a_refusal_is_final_and_visible(self, office: Office) -> None:
        office.backend.answers = [Permanent("backend", "400", "service_code")]
        office.confirm()
        office.run()
        assert office.delivery.state is DeliveryState.FAILED
        assert office.complaint.stage == "confirmed"

    def test_a_busy_backend_is_asked_again_without_a_look_up(self, office: Office) -> None:
        office.backend.answers = [BUSY]
        office.confirm()
        office.run()
        office.run(seconds=2)
        assert (len(office.backend.filings), office.backend.lookups) == (2, [])
        assert office.complaint.backend_id == "B-2"

    def test_a_complaint_that_is_not_there_ends_the_delivery(self, office: Office) -> None:
        with office.record.unit() as unit:
            unit.deliveries.add(make_delivery(kind=DeliveryKind.FILING, complaint_id="gone"))
        office.run()
        assert office.delivery.state is DeliveryState.SENT
        assert office.backend.filings == []


class TestUnknownOutcome:
    def lose_answer(self, office: Office) -> None:
        office.backend.answers = [LOST]
        office.confirm(receipt="HZ-1")
        office.run()

    def test_what_was_stored_is_found_and_not_posted_again(self, office: Office) -> None:
        self.lose_answer(office)
        office.store_at_backend(office.backend.filings[0].description)
        office.run(seconds=2)
        assert len(office.backend.filings) == 1
        assert (office.complaint.backend_id, office.delivery.state) == ("B-7", DeliveryState.SENT)

    def test_posted_again_only_after_two_empty_look_ups(self, office: Office) -> None:
        self.lose_answer(office)
        office.run(seconds=2)
        assert (len(office.backend.lookups), len(office.backend.filings)) == (1, 1)
        office.run(seconds=14)
        assert len(office.backend.lookups) == 1  # the second waits out the backend's own time-out
        office.run(seconds=1)
        assert (len(office.backend.lookups), len(office.backend.filings)) == (2, 2)
        assert office.complaint.backend_id == "B-2"

    def test_the_second_look_up_may_find_it(self, office: Office) -> None:
        self.lose_answer(office)
        office.run(seconds=2)
        office.store_at_backend(office.backend.filings[0].description)
        office.run(seconds=15)
        assert (len(office.backend.filings), office.complaint.backend_id) == (1, "B-7")

    def test_lost_twice_looks_up_anew(self, office: Office) -> None:
        office.backend.answers = [LOST, LOST]
        office.confirm()
        office.run()
        office.run(seconds=2)
        office.run(seconds=15)
        assert (len(office.backend.filings), office.delivery.state) == (2, DeliveryState.RETRY)
        office.store_at_backend(office.backend.filings[1].description)
        office.run(minutes=1)
        assert (len(office.backend.filings), office.complaint.backend_id) == (2, "B-7")

    def test_a_look_up_that_fails_proves_nothing(self, office: Office) -> None:
        self.lose_answer(office)
        office.backend.fails = BUSY
        for _ in range(3):
            office.run(minutes=1)
        assert len(office.backend.filings) == 1
        office.backend.fails = None
        office.run(minutes=5)
        assert len(office.backend.lookups) == 1
        assert len(office.backend.filings) == 1

    @pytest.mark.parametrize(
        "description", ["说的是 HZ-1\n第二行", "路灯\n民声受理编号：HZ-11", "路灯\n别的：HZ-12"]
    )
    def test_anothers_case_is_not_taken_for_ours(self, office: Office, description: str) -> None:
        self.lose_answer(office)
        office.store_at_backend(description)
        office.run(seconds=2)
        assert office.complaint.backend_id == ""

    def test_a_number_that_ends_like_ours_is_anothers(self, office: Office) -> None:
        self.lose_answer(office)
        office.store_at_backend("路灯\n民声受理编号：XHZ-1")
        office.run(seconds=2)
        assert office.complaint.backend_id == ""

    def test_a_worker_that_died_filing_is_succeeded_by_one_that_looks_first(
        self, office: Office
    ) -> None:
        office.confirm(receipt="HZ-1")
        office.die_filing()
        office.store_at_backend("路灯\n民声受理编号：HZ-1\n")
        office.run()
        assert (office.backend.filings, office.complaint.backend_id) == ([], "B-7")

    def test_and_files_if_there_is_nothing(self, office: Office) -> None:
        office.confirm()
        office.die_filing()
        office.run()
        office.run(seconds=15)
        assert (len(office.backend.lookups), len(office.backend.filings)) == (2, 1)
        assert office.delivery.state is DeliveryState.SENT


class TestFetchingMedia:
    def fetch(
        self, record: Record, messenger: RecordingMessenger, clock: SetClock
    ) -> DeliveryState:
        payload = {"medium_id": "p1"}
        with record.unit() as unit:
            unit.media.add(make_medium())
            unit.deliveries.add(make_delivery(kind=DeliveryKind.MEDIA, payload=payload))
        Deliverer(record, {"media": MediaHandler(record, messenger, clean)}, clock).run_once()
        with record.unit() as unit:
            return unit.deliveries.by_key("d1").state  # type: ignore[union-attr]

    def test_the_bytes_are_kept(
        self, record: Record, messenger: RecordingMessenger, clock: SetClock
    ) -> None:
        messenger.stored["wx-p1"] = (written("PNG"), "image/jpeg")
        assert self.fetch(record, messenger, clock) is DeliveryState.SENT
        with record.unit() as unit:
            assert unit.media.bytes_of("p1") == written("PNG")
            assert unit.media.get("p1").content_type == "image/png"  # type: ignore[union-attr]

    def test_nothing_is_kept_that_tells_who_took_it_and_where(
        self, record: Record, messenger: RecordingMessenger, clock: SetClock
    ) -> None:
        messenger.stored["wx-p1"] = (telling("JPEG", 6), "image/jpeg")
        assert self.fetch(record, messenger, clock) is DeliveryState.SENT
        with record.unit() as unit:
            kept = unit.media.bytes_of("p1")
        assert kept
        assert [secret for secret in SECRETS if secret in kept] == []

    @pytest.mark.parametrize(
        "found",
        [
            (b"<html>", "text/html"),
            (b"<svg>", "image/svg+xml"),
            (b"<html>", "image/jpeg"),
            (b"\x00\x00\x00\x18ftypheic", "image/heic"),
            (b"", "image/jpeg"),
            (AMR.ljust(MOST_BYTES + 1, b"x"), "audio/amr"),
        ],
    )
    def test_what_is_no_medium_is_refused_for_good(
        self,
        record: Record,
        messenger: RecordingMessenger,
        clock: SetClock,
        found: tuple[bytes, str],
    ) -> None:
        messenger.stored["wx-p1"] = found
        assert self.fetch(record, messenger, clock) is DeliveryState.FAILED
        with record.unit() as unit:
            assert unit.media.bytes_of("p1") is None
