"""What the desk speaks beyond GeoReport v2: pages, history, mySociety's updates both ways, and what citizens say later.

Pages and history: open311/open311.github.io, GeoReport_v2/Extensions.md. Updates, their statuses and codes: FixMyStreet's
tests of its client (t/open311/getservicerequestupdates.t).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from desk.statuses import STATUSES
from tests.desk.georeport import REQUEST, UPDATE, agreed, both, refused
from tests.desk.office import KEY, Office


def told(office: Office, number: str, **params: str) -> list[dict[str, Any]]:
    """Return a case's part of the feed."""
    rows = both(office, "/servicerequestupdates", **{"api_key": KEY} | params)
    assert all(list(row) == UPDATE for row in rows)
    return [row for row in rows if row["service_request_id"] == number]


def now(office: Office) -> str:
    return office.inside.now().isoformat()


class Citizen:
    """Says something of a case after filing."""

    def __init__(self, office: Office, number: str) -> None:
        self._office = office
        self._number = number
        self._count = 0

    def says(self, act: str, words: str = "好的", **answers: str) -> int:
        """Post an act; return the HTTP status."""
        self._count += 1
        attributes = {f"attribute[{name}]": value for name, value in answers.items()}
        return self._office.tell(
            self._number,
            update_id=f"c{self._count}",
            description=words,
            **{"attribute[citizen_act]": act, **attributes},
        ).status_code

    @property
    def stage(self) -> str:
        """Where the case stands."""
        stored = self._office.inside.store.request(self._number)
        assert stored
        return stored.stage


def test_pages_cover_the_list_once(fresh_office: Office) -> None:
    """Pagination: "paramenters to define the size of the response and to page through it"."""
    numbers = [fresh_office.file() for _ in range(5)]
    for number in numbers:
        fresh_office.tell(number, updated_datetime=now(fresh_office))
    for path in ("/requests", "/servicerequestupdates"):
        whole = both(fresh_office, path)
        pages = [both(fresh_office, path, page_size="2", page=str(page)) for page in (1, 2, 3, 4)]
        assert [len(page) for page in pages] == [2, 2, 1, 0]
        assert [row for page in pages for row in page] == whole
        for wrong in ({"page": "0"}, {"page_size": "1001"}, {"page": "x"}):
            refused(fresh_office, path, 400, **wrong)


def test_a_request_tells_its_history(office: Office) -> None:
    """Update History: notes of datetime, description and type; what was said is only for the key."""
    number = office.file()
    office.carry(number, "accept", "dispatch")
    assert list(both(office, f"/requests/{number}")[0]) == REQUEST
    (row,) = both(office, f"/requests/{number}", extensions="true", api_key=KEY)
    assert [note["type"] for note in row["notes"]] == ["accepted", "dispatched"]
    assert row["notes"][1]["description"].startswith("您反映的问题已转给市城市管理局办理")
    (public,) = both(office, f"/requests/{number}", extensions="true")
    assert [note["description"] for note in public["notes"]] == [None, None]


def test_each_step_of_the_office_is_an_update(fresh_office: Office) -> None:
    """status is the extended word, external_status_code the step; who has it and until when go along."""
    number = fresh_office.file()
    fresh_office.carry(number, "accept", "dispatch", "sign", "start", "ask_material")
    assert Citizen(fresh_office, number).says("material", "3幢") == 200
    fresh_office.carry(number, "reply")
    rows = told(fresh_office, number)
    assert [(row["status"], row["external_status_code"]) for row in rows] == [
        ("open", "accepted"),
        ("investigating", "dispatched"),
        ("investigating", "signed"),
        ("in_progress", "in_progress"),
        ("in_progress", "waiting"),
        ("fixed", "replied"),
    ]
    assert [row["agency_responsible"] for row in rows] == [None] + ["市城市管理局"] * 5
    promised = [row["expected_datetime"] for row in rows]
    assert [day is not None for day in promised] == [False, True, True, True, False, False]
    assert datetime.fromisoformat(promised[1]).utcoffset() is not None
    keyless = both(fresh_office, "/servicerequestupdates")
    assert {row["description"] for row in keyless} == {None}


def test_another_systems_update_keeps_all_it_said(office: Office) -> None:
    """POST of updates: code, agency and day come out of the feed as they went in."""
    number = office.file()
    form = {
        "external_status_code": "INP-7",
        "agency_responsible": "区城管",
        "expected_datetime": "2026-12-01T18:00:00+08:00",
        "media_url": "http://example.invalid/after.jpg",
        "updated_datetime": now(office),
        # what FixMyStreet sends besides, which is not needed here
        "title": "MR",
        "first_name": "三",
        "last_name": "张",
        "email_alerts_requested": "FALSE",
        "public_anonymity_required": "TRUE",
    }
    assert office.tell(number, **form).json() == [{"update_id": "u1"}]
    (row,) = told(office, number)
    for name in UPDATE:
        assert name not in form or name == "updated_datetime" or row[name] == form[name], name
    assert office.tell(number, update_id="u2", external_status_code="x" * 41).status_code == 400
    assert office.tell(number, update_id="u3", expected_datetime="bald").status_code == 400


@pytest.mark.parametrize("word", STATUSES)
def test_extended_statuses_go_in_and_out(office: Office, word: str) -> None:
    """Upper case as FixMyStreet sends it; a request is open or closed only, and found by either word."""
    number = office.file()
    office.tell(number, status=word.upper(), updated_datetime=now(office))
    assert [row["status"] for row in told(office, number)] == [word]
    (row,) = both(office, f"/requests/{number}")
    assert row["status"] == STATUSES[word]
    for asked in (word, STATUSES[word], word.upper()):
        rows = both(office, "/requests", status=asked)
        assert number in [row["service_request_id"] for row in rows]


def test_an_answer_to_a_posted_update_has_both_formats(office: Office) -> None:
    first, second = office.file(), office.file()
    in_json = office.tell(first)
    form = {
        "api_key": KEY,
        "service_request_id": second,
        "update_id": "u1",
        "status": "OPEN",
        "updated_datetime": "2024-11-20T10:00:00+08:00",
        "description": "x",
    }
    in_xml = office.post("/servicerequestupdates.xml", form)
    agreed(in_json, in_xml, root="service_requests_updates")


def test_nobody_takes_the_numbers_of_the_desks_own_updates(office: Office) -> None:
    """Else the step that comes to such a number later could not be told, and the case could not go on."""
    number = office.file()
    for later in ("2", "3"):
        assert office.tell(number, update_id=f"{number}-{later}").status_code == 400
    office.carry(number, "accept", "dispatch")
    assert [row["update_id"] for row in told(office, number)] == [f"{number}-2", f"{number}-3"]
    assert office.tell(number, update_id=f"{number}-redo").status_code == 200


class TestCitizensActs:
    @pytest.fixture
    def citizen(self, office: Office) -> Citizen:
        self.number = office.file()
        return Citizen(office, self.number)

    def test_material_resumes_a_case_that_waits_for_it(
        self, office: Office, citizen: Citizen
    ) -> None:
        office.carry(self.number, "accept", "dispatch", "sign", "start", "ask_material")
        assert both(office, f"/requests/{self.number}")[0]["expected_datetime"] is None
        assert citizen.says("material", "3幢") == 200
        assert citizen.stage == "in_progress"
        assert both(office, f"/requests/{self.number}")[0]["expected_datetime"] is not None

    def test_urging_is_for_once_a_day(self, citizen: Citizen) -> None:
        assert [citizen.says("urge"), citizen.says("urge")] == [200, 400]

    def test_withdrawing_ends_the_case(self, office: Office, citizen: Citizen) -> None:
        assert citizen.says("withdraw", "已经好了") == 200
        assert citizen.stage == "withdrawn"
        assert office.status(self.number) == "closed"
        (row,) = told(office, self.number)
        assert (row["status"], row["external_status_code"]) == ("cancelled", "withdrawn")
        assert citizen.says("material", "再补充") == 400

    def test_a_verdict_is_for_an_answer(self, office: Office, citizen: Citizen) -> None:
        marks = {"solved": "yes", "degree": "5", "attitude": "4", "speed": "3", "contacted": "true"}
        assert citizen.says("verdict", "满意", **marks) == 400
        office.carry(self.number, "accept", "dispatch", "sign", "start", "reply")
        assert citizen.says("verdict", "满意", **marks | {"degree": "6"}) == 400
        assert citizen.says("verdict", "满意", **marks) == 200
        assert citizen.stage == "closed"

    def test_who_is_not_satisfied_has_it_done_again_once(
        self, office: Office, citizen: Citizen
    ) -> None:
        office.carry(self.number, "accept", "dispatch", "sign", "start", "reply")
        assert citizen.says("verdict", "没有解决", solved="no") == 200
        assert citizen.says("redo", "还是很吵") == 200
        assert office.status(self.number) == "open"
        office.carry(self.number, "reply")
        assert citizen.says("redo", "又来了") == 400

    def test_the_same_act_twice_is_one(self, office: Office, citizen: Citizen) -> None:
        """As a plain update: a filing system that lost the answer may send again."""
        act = {"attribute[citizen_act]": "material", "update_id": "same"}
        assert office.tell(self.number, **act).status_code == 200
        again = office.tell(self.number, **act)
        assert again.status_code == 400
        assert "duplicate" in again.json()[0]["description"]

    def test_an_act_in_json_is_an_act(self, office: Office, citizen: Citizen) -> None:
        """Were its attributes lost, it would count as another system's update."""
        act = {
            "api_key": KEY,
            "service_request_id": self.number,
            "update_id": "j1",
            "status": "OPEN",
            "updated_datetime": now(office),
            "description": "请快一点",
            "attribute": {"citizen_act": "urge", "contacted": True},
        }
        url = f"{office.url}/servicerequestupdates.json"
        assert office.session.post(url, json=act, timeout=10).status_code == 200
        assert [step.name for step in office.inside.store.steps(self.number)] == ["file", "urge"]

    def test_an_unknown_act_is_refused(self, citizen: Citizen) -> None:
        assert citizen.says("steal") == 400
