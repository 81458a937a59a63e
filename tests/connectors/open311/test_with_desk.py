"""The client against the desk over HTTP, in JSON and in XML."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
import requests

from bot.model.backend import Filing, ServiceType
from bot.model.errors import Permanent
from connectors.open311 import Open311Client
from tests.desk.office import KEY, NOISE, Office, open_office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@pytest.fixture(params=["json", "xml"])
def client(office: Office, request: pytest.FixtureRequest) -> Open311Client:
    session = requests.Session()
    session.trust_env = False
    if request.param == "xml":  # what a backend without JSON looks like from here
        session.mount(office.url, XmlOnly())
    return Open311Client(office.url, api_key=KEY, session=session)


class XmlOnly(requests.adapters.HTTPAdapter):
    """A wire on which every .json address is answered 404 with a web page."""

    def send(self, request, **settings):  # type: ignore[no-untyped-def]
        if ".json" in request.url:
            request.url = request.url.replace(".json", ".html")
        return super().send(request, **settings)


def around_now() -> tuple[datetime, datetime]:
    now = datetime.now(timezone.utc)
    return now - timedelta(minutes=5), now + timedelta(minutes=5)


def filing(**changes: object) -> Filing:
    fields: dict[str, object] = {
        "service_code": NOISE,
        "description": "广场舞 <太吵> & 甩鞭子\n从早到晚\n[编号 A1]",
        "address_string": "长春市人民大街",
    }
    return Filing(**(fields | changes))  # type: ignore[arg-type]


def test_services_arrive_with_groups_and_words(client: Open311Client) -> None:
    by_code = {service.code: service for service in client.services()}
    assert len(by_code) > 138
    noise = by_code[NOISE]
    assert (noise.group, noise.name, noise.type) == ("环保", "社会生活噪声", ServiceType.REALTIME)
    assert "广场舞" in noise.keywords
    assert all(service.has_attributes for service in by_code.values())


def test_questions_arrive_with_their_choices(client: Open311Client) -> None:
    scope, *hidden = client.definition("0701")
    assert (scope.code, scope.datatype, scope.required) == ("scope", "singlevaluelist", False)
    assert scope.values[0] == ("home", "只有我家")
    assert [q.code for q in client.definition("1112") if not q.automated] == ["people", "amount"]
    assert all(attribute.automated and not attribute.required for attribute in hidden)
    assert client.definition(NOISE) == hidden


def test_what_no_citizen_is_asked_for_is_named_in_every_definition(client: Open311Client) -> None:
    hidden = [attribute.code for attribute in client.definition(NOISE)]
    assert hidden == ["nature", "division", "division_code", "wish", "repeated"]


def test_a_filed_complaint_is_found_again_word_for_word(client: Open311Client) -> None:
    sent = filing(lat=43.8868, long=125.3245, media_urls=("http://example.invalid/1.jpg",))
    filed = client.file(sent)
    assert filed.service_request_id
    assert filed.token is None
    start, end = around_now()
    found = client.find(service_code=NOISE, start=start, end=end)
    (row,) = [row for row in found if row.id == filed.service_request_id]
    assert row.description == sent.description
    assert row.address == "长春市人民大街"
    assert (row.lat, row.long) == (43.8868, 125.3245)
    assert row.requested_datetime
    assert start < row.requested_datetime < end
    assert client.request(filed.service_request_id) == row
    assert client.resolve_token(filed.service_request_id) == filed.service_request_id
    assert client.find(service_code="0702", start=start, end=end) == []


def test_updates_arrive_lower_cased_and_with_their_own_time(
    client: Open311Client, office: Office
) -> None:
    number = client.file(filing()).service_request_id or ""
    office.tell(number, description="已联系 <物业> & 城管", status="CLOSED")
    start, end = around_now()
    (update,) = [u for u in client.updates(start, end) if u.service_request_id == number]
    assert (update.update_id, update.status) == ("u1", "closed")
    assert update.description == "已联系 <物业> & 城管"
    assert update.updated_datetime == datetime(2024, 11, 20, 2, tzinfo=timezone.utc)


def test_answers_to_questions_are_accepted(client: Open311Client) -> None:
    answered = filing(service_code="0701", attributes={"scope": "building"})
    assert client.file(answered).service_request_id


def test_refusals_are_permanent_and_unknown_ids_are_none(client: Open311Client) -> None:
    with pytest.raises(Permanent) as wrong_answer:
        client.file(filing(service_code="0701", attributes={"scope": "moon"}))
    assert wrong_answer.value.code == "400"
    with pytest.raises(Permanent) as too_long:
        client.file(filing(description="长" * 4001))
    assert "4000" in too_long.value.message
    assert client.request("20200101-0001") is None
    assert client.resolve_token("../services") is None
    with pytest.raises(Permanent):
        client.definition("9999")


def test_a_wrong_key_is_a_setting_to_mend(office: Office) -> None:
    session = requests.Session()
    session.trust_env = False
    with pytest.raises(Permanent) as refused:
        Open311Client(office.url, api_key="wrong", session=session).file(filing())
    assert refused.value.code == "403"
