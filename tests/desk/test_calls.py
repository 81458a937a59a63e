"""What a stranger sees of the desk over HTTP, in JSON and in XML (GeoReport v2)."""

from __future__ import annotations

from datetime import datetime
from xml.etree import ElementTree

import pytest

from tests.desk.office import KEY, NOISE, Office, open_office

LONG_AGO = {"start_date": "2024-10-01T00:00:00+08:00", "end_date": "2024-12-20T00:00:00+08:00"}


def test_discovery_names_the_address_it_was_called_at(office: Office) -> None:
    body = office.get("/discovery.json").json()
    assert body["endpoints"][0]["url"] == office.url
    tree = ElementTree.fromstring(office.get("/discovery.xml").content)
    assert tree.findtext("endpoints/endpoint/url") == office.url
    assert tree.find("endpoints/endpoint/formats/format") is not None


def test_services_are_the_whole_catalogue_in_both_formats(office: Office) -> None:
    rows = office.get("/services.json").json()
    assert len(rows) > 138
    noise = next(row for row in rows if row["service_code"] == NOISE)
    assert noise["group"] == "环保"
    assert "广场舞" in noise["keywords"].split(",")
    assert noise["metadata"] is True
    xml = office.get("/services.xml")
    assert xml.headers["Content-Type"] == "text/xml; charset=utf-8"
    tree = ElementTree.fromstring(xml.content)
    assert [e.findtext("service_code") for e in tree.findall("service")] == [
        row["service_code"] for row in rows
    ]
    assert tree.findtext("service/metadata") == "true"


def test_a_definition_holds_questions_and_choices(office: Office) -> None:
    body = office.get("/services/0701.json").json()
    assert body["service_code"] == "0701"
    assert body["attributes"][0]["values"][0] == {"key": "home", "name": "只有我家"}
    tree = ElementTree.fromstring(office.get("/services/0701.xml").content)
    assert tree.findtext("attributes/attribute/values/value/key") == "home"
    assert tree.findtext("attributes/attribute/variable") == "true"


def test_hidden_attributes_stand_in_every_definition_after_the_questions(office: Office) -> None:
    rows = office.get("/services/0701.json").json()["attributes"]
    asked = [row["code"] for row in rows if "automated" not in row]
    hidden = [row["code"] for row in rows if row.get("automated") == "server_set"]
    assert (asked, hidden) == (
        ["scope"],
        ["nature", "division", "division_code", "wish", "repeated"],
    )
    tree = ElementTree.fromstring(office.get(f"/services/{NOISE}.xml").content)
    assert tree.findtext("attributes/attribute/automated") == "server_set"


def test_hidden_attributes_are_kept_and_shown_with_the_key_only(office: Office) -> None:
    told = {"nature": "tip_off", "division_code": "330106", "wish": "请查处", "repeated": "true"}
    number = office.file(**{f"attribute[{code}]": value for code, value in told.items()})
    for suffix in ("json", "xml"):
        shown = office.get(f"/requests/{number}.{suffix}", api_key=KEY)
        assert all(value in shown.text for value in told.values())
        assert "请查处" not in office.get(f"/requests/{number}.{suffix}").text
    row = office.get(f"/requests/{number}.json", api_key=KEY).json()[0]
    assert row["extended_attributes"] == told


def test_a_hidden_attribute_may_be_left_out_and_an_unknown_one_is_passed_over(
    office: Office,
) -> None:
    number = office.file(**{"attribute[colour]": "red"})
    row = office.get(f"/requests/{number}.json", api_key=KEY).json()[0]
    assert row["extended_attributes"] == {}


def test_a_code_that_fits_no_column_is_refused(office: Office) -> None:
    answer = office.post(
        "/requests.json",
        {
            "api_key": KEY,
            "service_code": NOISE,
            "description": "x",
            "address_string": "y",
            "attribute[nature]": "n" * 41,
        },
    )
    assert answer.status_code == 400


def test_requests_are_found_by_nature_and_by_a_division_or_what_it_lies_in(
    fresh_office: Office,
) -> None:
    street = {"attribute[nature]": "tip_off", "attribute[division_code]": "330106009"}
    first = fresh_office.file(**street)
    second = fresh_office.file(**{"attribute[division_code]": "330110"})

    def found(**query: str) -> list[str]:
        rows = fresh_office.get("/requests.json", api_key=KEY, **query).json()
        return [row["service_request_id"] for row in rows]

    assert found(nature="tip_off") == [first]
    assert found(nature="tip_off,praise", division_code="330106") == [first]
    assert found(division_code="330110") == [second]
    assert found(division_code="33") == [second, first]
    assert found(division_code="%") == []
    assert found(nature="praise") == []


def test_a_filed_request_comes_back_whole_with_the_key(office: Office) -> None:
    words = "楼下 <广场舞> & 甩鞭子]]>\n从早到晚"
    number = office.file(
        description=words,
        address_string="长春市朝阳区人民大街",
        lat="43.88",
        long="125.32",
        media_url=["http://example.invalid/1.jpg", "http://example.invalid/2.jpg"],
        phone="13900000000",
    )
    row = office.get(f"/requests/{number}.json", api_key=KEY).json()[0]
    assert row["description"] == words
    assert row["address"] == "长春市朝阳区人民大街"
    assert (row["lat"], row["long"]) == (43.88, 125.32)
    assert row["media_url"] == "http://example.invalid/1.jpg"
    assert row["status"] == "open"
    assert datetime.fromisoformat(row["requested_datetime"]).utcoffset() is not None
    tree = ElementTree.fromstring(office.get(f"/requests/{number}.xml", api_key=KEY).content)
    assert tree.findtext("request/description") == words
    assert "13900000000" not in office.get(f"/requests/{number}.json", api_key=KEY).text


@pytest.mark.parametrize("suffix", ["json", "xml"])
def test_without_the_key_nobody_reads_what_a_citizen_wrote(office: Office, suffix: str) -> None:
    number = office.file(
        description="秘密内容", address_string="秘密地址", lat="43.5", long="125.5"
    )
    office.tell(number, description="秘密答复")
    for path in (f"/requests/{number}.{suffix}", f"/requests.{suffix}"):
        text = office.get(path).text
        assert number in text
        assert "秘密" not in text
        assert "43.5" not in text
    assert "秘密" not in office.get(f"/servicerequestupdates.{suffix}", **LONG_AGO).text


def test_numbers_count_up_within_the_day(fresh_office: Office) -> None:
    first, second = fresh_office.file(), fresh_office.file()
    day, count = first.split("-")
    assert len(day) == 8
    assert (count, second) == ("0001", f"{day}-0002")


@pytest.mark.parametrize("path", ["/requests", "/servicerequestupdates"])
@pytest.mark.parametrize("key", [{}, {"api_key": "wrong"}, {"api_key": ""}])
def test_a_post_needs_the_right_key(office: Office, path: str, key: dict[str, str]) -> None:
    for suffix in (".json", ".xml"):
        answer = office.post(path + suffix, {"service_code": NOISE} | key)
        assert answer.status_code == 403
    assert ElementTree.fromstring(answer.content).findtext("error/code") == "403"


def test_a_get_with_a_wrong_key_is_refused(office: Office) -> None:
    assert office.get("/requests.json", api_key="wrong").status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/services/9999.json", 404),
        ("/requests/nothing.json", 404),
        ("/tokens/nothing.xml", 404),
        ("/nowhere.json", 404),
        ("/requests.json?status=wild", 400),
        ("/requests.json?start_date=yesterday", 400),
        ("/requests.json?start_date=2024-01-01&end_date=2024-06-01", 400),
        ("/requests.json?page=0", 400),
        ("/requests.json?start_date=0001-01-01T00:00:00%2B23:59", 400),
        ("/requests.json?end_date=0001-01-02", 400),
        ("/servicerequestupdates.json?start_date=9999-12-31T23:00:00-12:00", 400),
        ("/servicerequestupdates.xml?page_size=5000", 400),
    ],
)
def test_errors_are_a_list_of_code_and_plain_words(office: Office, path: str, status: int) -> None:
    answer = office.get(path)
    assert answer.status_code == status
    if ".xml" in path:
        assert ElementTree.fromstring(answer.content).findtext("error/code") == str(status)
    else:
        (error,) = answer.json()
        assert error["code"] == status
        assert any("一" <= c <= "鿿" for c in error["description"])


@pytest.mark.parametrize(
    "fields",
    [
        {"service_code": ""},
        {"address_string": ""},
        {"address_string": "", "lat": "43"},
        {"lat": "91", "long": "0"},
        {"lat": "nan", "long": "0"},
        {"description": "长" * 4001},
        {"service_code": "0701", "attribute[scope]": "moon"},
        {"service_code": "1112", "attribute[people]": "很多"},
    ],
)
def test_a_wrong_filing_is_refused_with_400(office: Office, fields: dict[str, str]) -> None:
    form = {"api_key": KEY, "service_code": NOISE, "address_string": "人民广场"} | fields
    assert office.post("/requests.json", form).status_code == 400


def test_an_unknown_service_is_404(office: Office) -> None:
    form = {"api_key": KEY, "service_code": "9999", "address_string": "人民广场"}
    assert office.post("/requests.json", form).status_code == 404


def test_a_full_description_and_answers_are_taken(office: Office) -> None:
    number = office.file(
        service_code="0701", description="冷" * 4000, **{"attribute[scope]": "home"}
    )
    row = office.get(f"/requests/{number}.json", api_key=KEY).json()[0]
    assert row["description"] == "冷" * 4000


def test_a_body_over_a_megabyte_is_refused(office: Office) -> None:
    form = {"api_key": KEY, "service_code": NOISE, "description": "x" * (1024 * 1024 + 1)}
    assert office.post("/requests.json", form).status_code == 413


def test_multipart_and_json_bodies_are_read_too(office: Office) -> None:
    form = {"api_key": KEY, "service_code": NOISE, "address_string": "人民广场"}
    parts = {name: (None, value) for name, value in form.items()}
    picture = {"photo": ("a.jpg", b"\xff\xd8", "image/jpeg")}
    url = f"{office.url}/requests.json"
    assert office.session.post(url, files=parts | picture, timeout=10).status_code == 200
    assert office.session.post(url, json=form, timeout=10).status_code == 200


def test_lists_are_filtered_by_id_service_state_time_and_page(fresh_office: Office) -> None:
    office = fresh_office
    first, second, third = office.file(), office.file(service_code="0701"), office.file()
    office.tell(third, status="closed")

    def ids(**params: str) -> list[str]:
        rows = office.get("/requests.json", **params).json()
        return [row["service_request_id"] for row in rows]

    assert ids() == [third, second, first]
    assert ids(service_request_id=f"{first},{third}", service_code="0701") == [third, first]
    assert ids(service_code="0701,9999") == [second]
    assert ids(status="closed") == [third]
    assert ids(status="open") == [second, first]
    assert ids(status="open,closed", page_size="1", page="2") == [second]
    assert ids(start_date="2020-01-01T00:00:00Z", end_date="2020-02-01T00:00:00Z") == []


def test_a_number_is_its_own_token(office: Office) -> None:
    number = office.file()
    (row,) = office.get(f"/tokens/{number}.json").json()
    assert row == {"service_request_id": number, "token": number}


def test_another_jurisdiction_is_unknown(tmp_path) -> None:
    with open_office(tmp_path, jurisdiction="changchun") as office:
        assert office.get("/services.json", jurisdiction_id="changchun").status_code == 200
        assert office.get("/services.json").status_code == 200
        assert office.get("/services.json", jurisdiction_id="paris").status_code == 404
