"""A client that others wrote against other cities (three 0.8.0, 2013) files a case here and follows it to its end.

It was written for Python 2 and takes `itertools.ifilter`, which Python 3 calls `filter`: the fixture gives it that name
while it is imported, and changes nothing else. Its XML reader needs `Element.getchildren`, which Python 3.9 removed; so in
XML it makes the calls, and its own `convert=False` hands over the bytes.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from desk.model.case import Outcome, Verdict
from desk.office.stepping import Wanted
from tests.desk.catalog import BATCH, QUESTIONS, write_catalog
from tests.desk.office import KEY, NOISE, Office, open_office

UNIT, UNIT_NAME = "chengguan", "市城市管理局"
STEPS = [
    # step, who takes it, what it carries, then as the client sees it: status, agency_responsible
    ("accept", "", Wanted(), "open", None),
    ("dispatch", "", Wanted(unit=UNIT), "open", UNIT_NAME),
    ("sign", UNIT, Wanted(), "open", UNIT_NAME),
    ("start", UNIT, Wanted(), "open", UNIT_NAME),
    (
        "reply",
        UNIT,
        Wanted(outcome=Outcome("partly", "坑已填平。", UNIT_NAME)),
        "closed",
        UNIT_NAME,
    ),
    ("follow_up", "", Wanted(verdict=Verdict(solved="partly")), "closed", UNIT_NAME),
    ("close", "", Wanted(), "closed", UNIT_NAME),
]


@pytest.fixture(scope="module")
def three() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(itertools, "ifilter", filter, raising=False)
        return importlib.import_module("three")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("three")
    with open_office(folder, "hangzhou.gov.cn,ningbo.gov.cn", services=write_catalog(folder)) as it:
        yield it


@pytest.fixture
def client(three: Any, city: Office) -> Any:
    made = three.Three(city.url, api_key=KEY, jurisdiction="hangzhou.gov.cn")
    made.session.trust_env = False
    return made


def test_it_reads_what_can_be_filed(client: Any, city: Office) -> None:
    (endpoint,) = client.discovery()["endpoints"]
    assert endpoint["url"] == city.url
    types = {row["service_code"]: row["type"] for row in client.services()}
    assert (types[NOISE], types[BATCH]) == ("realtime", "batch")
    questions = client.services(QUESTIONS)["attributes"]
    assert [row["code"] for row in questions if row["required"]] == ["plate"]


def test_it_follows_a_case_to_its_end(client: Any, city: Office) -> None:
    (filed,) = client.post(
        BATCH,
        address="江南大道与滨盛路口",
        name="三 张",
        phone="13800000000",
        description="路面有个大坑",
    )
    assert "service_request_id" not in filed
    assert client.token(filed["token"])[0]["service_request_id"] is None
    stored = city.inside.store.by_token(filed["token"])
    assert stored
    for name, unit, wanted, status, agency in STEPS:
        city.inside.casework.act(stored.id, name, city.inside.staff("1024", unit), wanted)
        number = client.token(filed["token"])[0]["service_request_id"]
        (row,) = client.requests(service_request_id=number)
        assert (row["status"], row["agency_responsible"]) == (status, agency), name
        assert client.request(number) == [row]
    assert city.inside.store.request(stored.id).stage == "closed"
    assert number in [r["service_request_id"] for r in client.requests(BATCH, status="closed")]
    assert client.requests(BATCH, status="open") == []


def test_it_answers_questions_and_pages(client: Any) -> None:
    numbers = [
        client.post(QUESTIONS, lat="30.2", long="120.2", **{"attribute[plate]": f"浙A{count}"})[0][
            "service_request_id"
        ]
        for count in range(3)
    ]
    pages = [client.requests(QUESTIONS, count=2, page=page) for page in (1, 2)]
    assert [[row["service_request_id"] for row in page] for page in pages] == [
        [numbers[2], numbers[1]],
        [numbers[0]],
    ]
    (error,) = client.post(QUESTIONS, lat="30.2", long="120.2")
    assert error == {"code": 400, "description": "请回答：车牌号是多少？"}


def test_it_finds_by_its_own_way_of_writing_days(client: Any) -> None:
    client.post(NOISE, address="人民广场")
    assert client.requests(NOISE)
    assert client.requests(NOISE, between=["01-01-2020", "02-01-2020"]) == []


def test_it_makes_the_same_calls_in_xml(client: Any, city: Office) -> None:
    number = client.post(NOISE, address="人民广场")[0]["service_request_id"]
    in_json = client.requests(service_request_id=number)[0]
    client.configure(city.url, format="xml")
    client.session.trust_env = False

    def read(*path: str, **params: str) -> ElementTree.Element:
        return ElementTree.fromstring(client.get(*path, convert=False, **params))

    assert read("discovery").findtext("endpoints/endpoint/url") == city.url
    assert len(read("services")) > 138
    assert read("services", QUESTIONS).findtext("service_code") == QUESTIONS
    for row in (read("requests", service_request_id=number), read("requests", number)):
        assert {child.tag: child.text for child in row[0]} == in_json
    assert read("tokens", number).findtext("request/service_request_id") == number
