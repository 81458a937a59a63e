"""Backends that keep the specification in their own way."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from bot.model.backend import Filed, Filing, ServiceType
from bot.model.errors import Permanent
from tests.connectors.open311.backends import Call, Say, as_json, as_xml, backend

START = datetime(2026, 11, 1, tzinfo=timezone.utc)
END = datetime(2026, 11, 23, 4, 0, 0, 500, tzinfo=timezone.utc)
COMPLAINT = Filing(service_code="7", description="d", address_string="a")
UPDATE: dict[str, Any] = {
    "update_id": 17,
    "service_request_id": 4,
    "status": "In_Progress",
    "updated_datetime": "2026-11-20T10:00:00+08:00",
    "description": "处理中",
    "media_url": "",
    "new_field": {"a": [1]},
}
TEN = datetime(2026, 11, 20, 2, 0, tzinfo=timezone.utc)


def xml_only(call: Call) -> Say:
    if not call.path.endswith(".xml"):
        return Say(404, b"<html><body>Not Found<br></body></html>")
    if call.method == "POST":
        return as_xml(
            "<service_requests><request><service_request_id>9</service_request_id>"
            "<service_notice/></request></service_requests>"
        )
    return as_xml(
        "<services><service><service_code>7</service_code><service_name>路灯</service_name>"
        "<description/><metadata>false</metadata><type>realtime</type><keywords>灯, 暗</keywords>"
        "</service></services>"
    )


def test_a_backend_that_speaks_xml_only_is_found_out_once() -> None:
    with backend(xml_only) as office:
        client = office.client()
        assert client.file(COMPLAINT) == Filed("9")
        (service,) = client.services()
        assert (service.name, service.keywords, service.group) == ("路灯", ("灯", "暗"), "")
        assert office.asked == [
            "POST /v2/requests.json",
            "POST /v2/requests.xml",
            "GET /v2/services.xml",
        ]


def test_a_web_page_instead_of_json_leads_to_xml() -> None:
    def script(call: Call) -> Say:
        return xml_only(call) if call.path.endswith(".xml") else Say(200, b"<html>hello</html>")

    with backend(script) as office:
        assert len(office.client().services()) == 1


def test_xml_under_a_json_address_is_read_and_a_post_not_repeated() -> None:
    said = "<service_requests><request><token>t1</token></request></service_requests>"
    with backend(lambda call: as_xml(said)) as office:
        assert office.client().file(COMPLAINT) == Filed(None, "t1")
        assert office.asked == ["POST /v2/requests.json"]


def test_a_format_that_once_worked_is_kept_to() -> None:
    def script(call: Call) -> Say:
        known = call.path == "/v2/services.json"
        return as_json([]) if known else as_json([{"code": 404, "description": "没有"}], 404)

    with backend(script) as office:
        client = office.client()
        assert client.services() == []
        assert client.request("x") is None
        assert office.asked == ["GET /v2/services.json", "GET /v2/requests/x.json"]


def test_an_xml_backend_may_refuse_the_json_address_in_any_words() -> None:
    def script(call: Call) -> Say:
        if call.path.endswith(".xml"):
            return xml_only(call)
        return as_xml(
            "<errors><error><code>404</code><description>no</description></error></errors>", 404
        )

    with backend(script) as office:
        assert office.client().file(COMPLAINT) == Filed("9")


@pytest.mark.parametrize(
    ("answer", "filed"),
    [
        ([{"service_request_id": 293944, "service_notice": "ok"}], Filed("293944", None, "ok")),
        ([{"service_request_id": "", "token": "t-1"}], Filed(None, "t-1")),
        ([{"service_request_id": "5", "token": "t-1"}], Filed("5", None)),
        ([{"service_notice": "谢谢"}], Filed(None, None, "谢谢")),
        ({"service_requests": [{"request": {"service_request_id": 5.0}}]}, Filed("5")),
        ({"service_request_id": "5"}, Filed("5")),
        ([], Filed()),
    ],
)
def test_number_token_and_silence_are_told_apart(answer: Any, filed: Filed) -> None:
    with backend(lambda call: as_json(answer)) as office:
        assert office.client().file(COMPLAINT) == filed


@pytest.mark.parametrize(
    "said", [[{"token": "t", "service_request_id": ""}], [{"token": "t"}], [], {}]
)
def test_a_token_without_a_number_yet_is_none(said: Any) -> None:
    with backend(lambda call: as_json(said)) as office:
        assert office.client().resolve_token("t") is None


@pytest.mark.parametrize(
    "said",
    [
        [UPDATE],
        [UPDATE, UPDATE],
        {"service_request_updates": [UPDATE]},
        {"service_requests_updates": {"request_update": UPDATE}},
        {"updates": [{"request_update": UPDATE}]},
    ],
)
def test_updates_are_read_however_they_are_wrapped(said: Any) -> None:
    with backend(lambda call: as_json(said)) as office:
        (update,) = office.client().updates(START, END)
    assert (update.update_id, update.service_request_id) == ("17", "4")
    assert (update.status, update.description, update.media_url) == ("in_progress", "处理中", "")
    assert update.updated_datetime == TEN


@pytest.mark.parametrize(
    "said",
    [[], {}, {"service_request_updates": []}, {"updates": None}],
)
def test_no_updates_are_no_updates(said: Any) -> None:
    with backend(lambda call: as_json(said)) as office:
        assert office.client().updates(START, END) == []


@pytest.mark.parametrize("root", ["service_requests_updates", "service_request_updates", "odd"])
def test_xml_updates_are_read_under_any_root(root: str) -> None:
    item = "".join(f"<{name}>{value}</{name}>" for name, value in UPDATE.items() if value)
    other = item.replace("17", "18")
    said = f"<{root}><request_update>{item}</request_update><request_update>{other}</request_update></{root}>"
    with backend(lambda call: as_xml(said)) as office:
        update, second = office.client().updates(START, END)
    assert second.update_id == "18"
    assert (update.update_id, update.status, update.updated_datetime) == ("17", "in_progress", TEN)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-20T10:00:00",
        "2026-11-20 10:00",
        "2026-11-20T02:00:00Z",
        "2026-11-20T02:00:00.123456789Z",
        "2026-11-20T10:00:00+0800",
        "2026-11-20T10:00:00 +08:00",
        "2026-11-20T10:00:00+08",
    ],
)
def test_times_are_read_in_many_forms_and_without_a_zone_are_the_offices(written: str) -> None:
    with backend(lambda call: as_json([UPDATE | {"updated_datetime": written}])) as office:
        (update,) = office.client().updates(START, END)
    assert update.updated_datetime == TEN


def test_an_update_without_time_or_id_is_still_told_once() -> None:
    bare = UPDATE | {"updated_datetime": "soon", "update_id": None}
    with backend(lambda call: as_json([bare, bare, {"status": "lost"}, 7])) as office:
        (update,) = office.client().updates(START, END)
        (again,) = office.client().updates(START, END)
    assert update == again
    assert update.update_id.startswith("made-")
    assert update.updated_datetime == END


def test_the_window_is_sent_in_whole_seconds_that_hold_it() -> None:
    with backend(lambda call: as_json([])) as office:
        office.client(jurisdiction="cc").updates(START, END)
        assert office.calls[0].fields == {
            "api_key": "k",
            "start_date": "2026-11-01T00:00:00Z",
            "end_date": "2026-11-23T04:00:01Z",
            "jurisdiction_id": "cc",
        }


@pytest.mark.parametrize("knows_pages", [True, False])
def test_full_answers_are_followed_by_their_next_page(knows_pages: bool) -> None:
    def script(call: Call) -> Say:
        page = int(call.fields.get("page", 1)) if knows_pages else 1
        count = 1000 if page == 1 else 3
        return as_json([UPDATE | {"update_id": f"{page}-{n}"} for n in range(count)])

    with backend(script) as office:
        found = office.client().updates(START, START + timedelta(days=1))
        assert len(found) == (1003 if knows_pages else 1000)
        assert len(office.calls) == 2


def test_a_filing_is_sent_as_the_specification_writes_it() -> None:
    sent = Filing(
        service_code="7",
        description="一\n二&=+",
        lat=43.88,
        long=-0.00001,
        attributes={"floor": "3", "kinds": ["a", "b"]},
        media_urls=("http://x/1", "http://x/2"),
        phone="13900000000",
    )
    with backend(lambda call: as_json([{"service_request_id": "1"}])) as office:
        office.client().file(sent)
        assert office.calls[0].pairs == [
            ("api_key", "k"),
            ("service_code", "7"),
            ("description", "一\n二&=+"),
            ("lat", "43.88"),
            ("long", "-0.00001"),
            ("phone", "13900000000"),
            ("media_url", "http://x/1"),
            ("media_url", "http://x/2"),
            ("attribute[floor]", "3"),
            ("attribute[kinds][]", "a"),
            ("attribute[kinds][]", "b"),
        ]


def test_services_of_other_types_and_strange_fields_are_read() -> None:
    said = [
        {"service_code": 12, "service_name": "灯", "type": "BlackBox", "metadata": "true"},
        {"service_code": "13", "type": "psychic", "groups": ["甲", "乙"], "keywords": None},
        {"service_name": "没有代码"},
    ]
    with backend(lambda call: as_json(said)) as office:
        first, second = office.client().services()
    assert (first.code, first.type, first.has_attributes) == ("12", ServiceType.BLACKBOX, True)
    assert (second.name, second.group, second.type) == ("13", "甲", ServiceType.REALTIME)


def test_questions_come_in_their_order_and_hidden_ones_are_marked() -> None:
    rows = [
        {"code": "b", "order": "2", "variable": "false", "description": "请注意"},
        {"code": "c", "order": 3, "automated": "server_set", "required": "true"},
        {"code": "a", "order": 1, "values": [{"key": 1, "name": ""}, "x"]},
        {"order": 4},
    ]
    with backend(lambda call: as_json([{"service_code": "7", "attributes": rows}])) as office:
        questions = office.client().definition("7")
    assert [question.code for question in questions] == ["a", "b", "c"]
    assert questions[0].values == (("1", "1"),)
    assert not questions[1].variable
    assert questions[2].automated
    assert questions[2].required


def test_an_error_list_under_200_is_an_error() -> None:
    with (
        backend(lambda call: as_json([{"code": "403", "description": "key"}])) as office,
        pytest.raises(Permanent) as refused,
    ):
        office.client().file(COMPLAINT)
    assert refused.value.code == "403"
