"""GeoReport v2, call by call: each test's docstring quotes the section of the specification that it holds the desk to.

The text is open311/open311.github.io, GeoReport_v2/index.md and Service_Discovery.md; its extensions are in
test_extensions.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from desk.records import NewRequest, Place
from tests.desk.catalog import ATTRIBUTES, BATCH, BLACKBOX, QUESTIONS, write_catalog
from tests.desk.georeport import ATTRIBUTE, REQUEST, SERVICE, agreed, both, reason, refused
from tests.desk.office import KEY, NOISE, Office, open_office

FILING = {"api_key": KEY, "service_code": NOISE, "address_string": "人民广场"}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A desk whose services are of every type."""
    folder = tmp_path_factory.mktemp("city")
    with open_office(folder, services=write_catalog(folder)) as opened:
        yield opened


def post(city: Office, form: dict[str, Any]) -> Any:
    """File the same twice, once in each format, and return the JSON; the numbers differ, the elements must not."""
    in_json, in_xml = city.post("/requests.json", form), city.post("/requests.xml", form)
    assert in_json.status_code == in_xml.status_code == 200, in_json.text
    assert in_xml.headers["Content-Type"] == "text/xml; charset=utf-8"
    (row,) = in_json.json()
    names = [f"<{name}" for name in row]
    assert [in_xml.text.index(name) for name in names] == sorted(map(in_xml.text.index, names))
    assert "<service_requests><request>" in in_xml.text
    return row


def refuse(city: Office, status: int, /, **fields: str) -> str:
    """Have a filing refused in both formats; return the reason."""
    form = FILING | fields
    return reason(city.post("/requests.json", form), city.post("/requests.xml", form), status)


class TestServiceDiscovery:
    def test_all_fields_are_there(self, city: Office) -> None:
        """Service Discovery, "Fields for All Versions": "All fields are required.\""""
        body = both(city, "/discovery")
        assert list(body) == ["changeset", "contact", "key_service", "endpoints"]
        (endpoint,) = body["endpoints"]
        assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
        assert endpoint["url"] == city.url
        assert endpoint["type"] in ("production", "test")
        assert endpoint["formats"] == ["application/json", "text/xml"]

    def test_the_changeset_moves_with_the_catalogue(self, city: Office) -> None:
        """Service Discovery, "About": it "indicates that there has been an update to […] the Service Definitions"."""
        written = city.inside.config.services_path.stat().st_mtime
        body = both(city, "/discovery")
        for changeset in (body["changeset"], body["endpoints"][0]["changeset"]):
            assert datetime.fromisoformat(changeset).timestamp() == int(written)


class TestGetServiceList:
    def test_every_field_of_every_service(self, city: Office) -> None:
        """GET Service List, "Response"."""
        rows = {row["service_code"]: row for row in both(city, "/services")}
        assert all(list(row) == SERVICE for row in rows.values())
        assert [rows[code]["type"] for code in (NOISE, BATCH, BLACKBOX)] == [
            "realtime",
            "batch",
            "blackbox",
        ]
        assert rows[QUESTIONS]["metadata"] is True
        assert "广场舞" in rows[NOISE]["keywords"].split(",")


class TestGetServiceDefinition:
    def test_every_field_of_every_datatype(self, city: Office) -> None:
        """GET Service Definition, "Response"."""
        body = both(city, f"/services/{QUESTIONS}")
        assert list(body) == ["service_code", "attributes"]
        asked = [row for row in body["attributes"] if "automated" not in row]
        assert all(list(row) == ATTRIBUTE for row in asked)
        for row, written in zip(asked, ATTRIBUTES, strict=True):
            assert row["variable"] is written.get("variable", True)
            assert row["required"] is written.get("required", False)
            assert row["datatype_description"] == written.get("datatype_description")
            assert row["values"] == written.get("values", [])
            assert (row["code"], row["datatype"]) == (written["code"], written["datatype"])
        assert len({row["datatype"] for row in asked}) == 6

    def test_order_is_a_positive_integer_used_once(self, city: Office) -> None:
        """ "Any positive integer not used for other attributes in the same service_code"; "1 is shown first"."""
        orders = [row["order"] for row in both(city, f"/services/{QUESTIONS}")["attributes"]]
        assert orders[0] == 1
        assert orders == sorted(set(orders))

    def test_an_unknown_service_is_404(self, city: Office) -> None:
        """GET Service Definition, "Possible Errors": "service_code or jurisdiction_id provided were not found"."""
        assert "服务" in refused(city, "/services/9999", 404)


class TestPostServiceRequest:
    @pytest.mark.parametrize(
        "place",
        [
            {"lat": "30.25", "long": "120.17"},
            {"address_string": "江南大道 1 号，滨江区，杭州市"},
            {"address_id": "330108-0001"},
            {"lat": "30.25", "long": "120.17", "address_string": "东门", "address_id": "7"},
        ],
    )
    def test_each_form_of_a_location(self, city: Office, place: dict[str, str]) -> None:
        """ "Required Arguments": "One of lat & long or address_string or address_id"."""
        row = post(city, {"api_key": KEY, "service_code": NOISE} | place)
        (kept,) = both(city, f"/requests/{row['service_request_id']}", api_key=KEY)
        shown = {"lat": kept["lat"], "long": kept["long"], "address_id": kept["address_id"]}
        shown["address_string"] = kept["address"]
        assert {name: str(value) for name, value in shown.items() if value is not None} == place

    @pytest.mark.parametrize("place", [{}, {"lat": "30"}, {"long": "120"}, {"lat": " "}])
    def test_half_a_location_is_none(self, city: Office, place: dict[str, str]) -> None:
        """ "lat & long both need to be sent"."""
        refuse(city, 400, address_string="", **place)

    def test_realtime_gives_the_number_at_once(self, city: Office) -> None:
        """GET Service List, type: "The service request ID will be returned immediately"."""
        row = post(city, FILING | {"account_id": "a1"})
        assert list(row) == ["service_request_id", "service_notice", "account_id"]
        assert row["account_id"] == "a1"

    def test_batch_gives_a_token_and_later_the_number(self, city: Office) -> None:
        """ "Response": "This should not be returned if token is returned"; GET service_request_id from a token."""
        row = post(city, FILING | {"service_code": BATCH})
        assert list(row) == ["token", "service_notice", "account_id"]
        path = f"/tokens/{row['token']}"
        (owed,) = both(city, path)
        assert owed == {"service_request_id": None, "token": row["token"]}
        stored = city.inside.store.by_token(row["token"])
        assert stored
        city.carry(stored.id, "accept")
        (told,) = both(city, path)
        assert told == {"service_request_id": stored.id, "token": row["token"]}
        assert both(city, f"/requests/{stored.id}")[0]["service_code"] == BATCH

    def test_blackbox_gives_neither(self, city: Office) -> None:
        """GET Service List, type: "No service request ID will be returned"."""
        row = post(city, FILING | {"service_code": BLACKBOX})
        assert list(row) == ["service_notice", "account_id"]

    def test_answers_of_every_datatype_are_taken(self, city: Office) -> None:
        """ "attribute[code]=value" and "attribute[code1][]=value1&attribute[code1][]=value2"."""
        answers = {
            "attribute[plate]": "浙A12345",
            "attribute[count]": "3",
            "attribute[seen]": "2026-11-23T08:00:00Z",
            "attribute[story]": "先是\n后来",
            "attribute[one]": "a",
            "attribute[some][]": ["a", "b"],
        }
        row = post(city, FILING | {"service_code": QUESTIONS} | answers)
        stored = city.inside.store.request(row["service_request_id"])
        assert stored
        assert stored.attributes["some"] == ["a", "b"]
        assert len(stored.attributes) == len(answers)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("plate", ""),
            ("count", "nan"),
            ("count", "三"),
            ("seen", "昨天"),
            ("one", "c"),
            ("some", "c"),
        ],
    )
    def test_answers_that_do_not_fit_are_refused(self, city: Office, name: str, value: str) -> None:
        """GET Service Definition, datatype and required."""
        fields = {"attribute[plate]": "浙A12345", f"attribute[{name}]": value}
        refuse(city, 400, service_code=QUESTIONS, **fields)

    def test_every_optional_argument_may_be_empty(self, city: Office) -> None:
        """ "Optional Arguments": the same "whether a parameter is passed and is empty or is not passed at all"."""
        names = "lat long address_id email device_id account_id first_name last_name phone"
        empty = dict.fromkeys([*names.split(), "description", "media_url"], "")
        row = post(city, FILING | empty)
        (kept,) = both(city, f"/requests/{row['service_request_id']}", api_key=KEY)
        absent = ("lat", "long", "address_id", "description", "media_url")
        assert [kept[name] for name in absent] == [None] * 5

    def test_a_description_ends_at_4000_characters(self, city: Office) -> None:
        """ "free form text limited to 4,000 characters", "may contain line breaks"."""
        post(city, FILING | {"description": "一\n" * 2000})
        assert "4000" in refuse(city, 400, description="一" * 4001)

    def test_what_is_missing_or_unknown(self, city: Office) -> None:
        """ "Possible Errors": 404 not found, 400 not provided; "Errors": 403 missing or invalid api_key."""
        refuse(city, 404, service_code="9999")
        assert "service_code" in refuse(city, 400, service_code="")
        assert "api_key" in refuse(city, 403, api_key="")
        assert "api_key" in refuse(city, 403, api_key="wrong")

    def test_an_unknown_token_is_404(self, city: Office) -> None:
        """GET service_request_id from a token, "Possible Errors"."""
        refused(city, "/tokens/nothing", 404)


@dataclass
class Clock:
    """The office's time, set by hand."""

    time: datetime = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.time

    def day(self, number: int) -> str:
        """Return the time a number of days after the first day."""
        return (Clock.time + timedelta(days=number)).isoformat()


class TestGetServiceRequests:
    @pytest.fixture(scope="class")
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture(scope="class")
    def filed(
        self, tmp_path_factory: pytest.TempPathFactory, clock: Clock
    ) -> Iterator[tuple[Office, list[str]]]:
        """Four requests, filed on the days 0, 50, 95 and 95; the last one is fixed."""
        with open_office(tmp_path_factory.mktemp("filed"), now=clock) as office:
            numbers = []
            for day, code in ((0, NOISE), (50, "0701"), (95, NOISE), (95, "0755")):
                clock.time = Clock.time + timedelta(days=day)
                numbers.append(office.file(service_code=code))
            office.carry(numbers[3], "accept", "dispatch", "sign", "start", "reply")
            clock.time += timedelta(days=1)
            yield office, numbers

    def found(self, filed: tuple[Office, list[str]], **params: Any) -> list[int]:
        """Return which of the four are listed."""
        office, numbers = filed
        rows = both(office, "/requests", **params)
        return sorted(numbers.index(row["service_request_id"]) for row in rows)

    def test_every_field(self, filed: tuple[Office, list[str]]) -> None:
        """ "Response"; times "in w3 format"."""
        office, numbers = filed
        rows = both(office, "/requests", service_request_id=",".join(numbers))
        assert all(list(row) == REQUEST for row in rows)
        row = next(row for row in rows if row["service_request_id"] == numbers[3])
        assert (row["status"], row["agency_responsible"]) == ("closed", "市城市管理局")
        assert row["updated_datetime"] == "2026-06-04T16:00:00+08:00"
        with_key = both(office, "/requests", service_request_id=numbers[3], api_key=KEY)
        assert list(with_key[0])[: len(REQUEST)] == REQUEST
        assert with_key[0]["status_notes"].startswith("市城市管理局答复（已解决）")

    def test_a_day_is_promised_while_it_is_worked_on(self, city: Office) -> None:
        """expected_datetime: "may be based on a service-specific service level agreement"."""
        number = city.file()
        assert both(city, f"/requests/{number}")[0]["expected_datetime"] is None
        city.carry(number, "accept", "dispatch")
        (row,) = both(city, f"/requests/{number}")
        assert datetime.fromisoformat(row["expected_datetime"]).strftime("%H:%M%z") == "18:00+0800"
        assert row["agency_responsible"] == "市城市管理局"

    def test_by_default_the_last_90_days(self, filed: tuple[Office, list[str]]) -> None:
        """ "Response Volume": "Default query limit is a span of 90 days"."""
        assert self.found(filed) == [1, 2, 3]
        assert self.found(filed, start_date="", end_date="", status="", service_code="") == [
            1,
            2,
            3,
        ]

    def test_a_window(self, filed: tuple[Office, list[str]], clock: Clock) -> None:
        """start_date, end_date: on the requested_datetime, "may not span more than 90 days"."""
        assert self.found(filed, start_date=clock.day(0), end_date=clock.day(50)) == [0, 1]
        assert self.found(filed, end_date=clock.day(49)) == [0]
        assert self.found(filed, start_date=clock.day(6)) == [1, 2, 3]
        for wrong in (clock.day(91), "gestern"):
            refused(filed[0], "/requests", 400, start_date=clock.day(0), end_date=wrong)

    def test_comma_lists_and_repeated_parameters(self, filed: tuple[Office, list[str]]) -> None:
        """service_code, status: "can be declared multiple times, comma delimited"."""
        assert self.found(filed, service_code="0701") == [1]
        for both_codes in ("0701, 0755", ["0701", "0755"], ["0701,9999", "0755"]):
            assert self.found(filed, service_code=both_codes) == [1, 3]
        assert self.found(filed, status="open") == [1, 2]
        assert self.found(filed, status="closed") == [3]
        for all_of_them in ("open,closed", ["open", "closed"]):
            assert self.found(filed, status=all_of_them) == [1, 2, 3]
        refused(filed[0], "/requests", 400, status="open,wild")

    def test_ids_override_everything(self, filed: tuple[Office, list[str]]) -> None:
        """service_request_id: "comma delimited", "This overrides all other arguments"."""
        numbers = filed[1]
        others = {"service_code": "9999", "status": "wild", "start_date": "x", "page": "7"}
        assert self.found(filed, service_request_id=f"{numbers[0]},{numbers[3]}", **others) == [
            0,
            3,
        ]
        assert self.found(filed, service_request_id=numbers[:2], **others) == [0, 1]
        assert self.found(filed, service_request_id="20200101-0001") == []

    def test_never_more_than_1000(self, fresh_office: Office) -> None:
        """ "Response Volume": "or first 1000 requests returned, whichever is smallest"."""
        new, now = NewRequest(NOISE, "", Place("x")), fresh_office.inside.now()
        with fresh_office.inside.store.writing() as book:
            for count in range(1001):
                book.enter(f"{count:04d}", new, now=now, token="", word="open")
        assert len(both(fresh_office, "/requests")) == 1000
        assert len(both(fresh_office, "/requests", page="2")) == 1

    def test_one_request(self, filed: tuple[Office, list[str]]) -> None:
        """GET Service Request."""
        office, numbers = filed
        (row,) = both(office, f"/requests/{numbers[0]}")
        assert list(row) == REQUEST
        assert row == both(office, "/requests", service_request_id=numbers[0])[0]
        refused(office, "/requests/20200101-0001", 404)


class TestJurisdictions:
    PATHS = ("/services", f"/services/{NOISE}", "/requests", "/servicerequestupdates")

    def test_one_may_be_left_out(self, tmp_path: Any) -> None:
        """Definitions, jurisdiction_id: optional "if the implementation only serves one jurisdiction"."""
        with open_office(tmp_path, jurisdiction="hangzhou.gov.cn") as office:
            for path in self.PATHS:
                assert both(office, path) == both(office, path, jurisdiction_id="hangzhou.gov.cn")
                refused(office, path, 404, jurisdiction_id="paris.fr")

    def test_of_several_one_must_be_named(self, tmp_path: Any) -> None:
        """ "Possible Errors" of every call: 400 not provided, 404 not found, "specify in error response"."""
        with open_office(tmp_path, jurisdiction="hangzhou.gov.cn, ningbo.gov.cn") as office:
            number = office.file(jurisdiction_id="ningbo.gov.cn")
            for path in (*self.PATHS, f"/requests/{number}", f"/tokens/{number}"):
                for name in ("hangzhou.gov.cn", "ningbo.gov.cn"):
                    both(office, path, jurisdiction_id=name)
                assert "jurisdiction_id" in refused(office, path, 400)
                assert "jurisdiction_id" in refused(office, path, 400, jurisdiction_id="")
                assert "jurisdiction_id" in refused(office, path, 404, jurisdiction_id="paris.fr")
            assert "jurisdiction_id" in refuse(office, 400)
            assert "jurisdiction_id" in refuse(office, 404, jurisdiction_id="paris.fr")
            assert office.tell(number).status_code == 400
            both(office, "/discovery")


def test_errors_of_every_kind_are_lists(city: Office) -> None:
    """Errors: "404 for resources that don't exist, 403 for […] api_key and basically 400 for any other error"."""
    assert refused(city, "/nowhere", 404)
    assert refused(city, "/requests", 403, api_key="wrong")
    assert refused(city, "/requests", 400, page="0")
    in_json, in_xml = (
        city.post("/services.json", {"a": "b"}),
        city.post("/services.xml", {"a": "b"}),
    )
    assert agreed(in_json, in_xml, root="errors")[0]["code"] == 405
    assert "GET" in in_json.headers["Allow"]
