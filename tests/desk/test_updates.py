"""Updates: who may post them, what they change, and what the feed tells."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.desk.office import KEY, Office

WINDOW = {"start_date": "2024-10-01T00:00:00+08:00", "end_date": "2024-12-20T00:00:00+08:00"}


def feed(office: Office, number: str) -> list[dict[str, str]]:
    rows = office.get("/servicerequestupdates.json", api_key=KEY, **WINDOW).json()
    return [row for row in rows if row["service_request_id"] == number]


@pytest.mark.parametrize("suffix", ["json", "xml"])
def test_an_update_appears_in_the_feed_as_it_was_said(office: Office, suffix: str) -> None:
    number = office.file()
    assert office.tell(number, description="已联系 <物业> & 城管").json() == [{"update_id": "u1"}]
    answer = office.get(f"/servicerequestupdates.{suffix}", api_key=KEY, **WINDOW)
    if suffix == "xml":
        tree = ElementTree.fromstring(answer.content)
        (row,) = [
            {child.tag: child.text or "" for child in element}
            for element in tree.findall("request_update")
            if element.findtext("service_request_id") == number
        ]
    else:
        (row,) = feed(office, number)
    assert row["update_id"] == "u1"
    assert row["status"] == "in_progress"
    assert row["updated_datetime"] == "2024-11-20T10:00:00+08:00"
    assert row["description"] == "已联系 <物业> & 城管"


@pytest.mark.parametrize("word", ["closed", "CLOSED", "fixed", "Fixed", "no_further_action"])
def test_closing_words_close_in_either_case(office: Office, word: str) -> None:
    number = office.file()
    assert office.tell(number, status=word).status_code == 200
    assert office.status(number) == "closed"


@pytest.mark.parametrize("word", ["in_progress", "INVESTIGATING", "planned", "reopen"])
def test_working_words_leave_or_make_it_open(office: Office, word: str) -> None:
    number = office.file()
    office.tell(number, update_id="a", status="closed")
    office.tell(number, update_id="b", status=word, updated_datetime="2024-11-21T10:00:00+08:00")
    assert office.status(number) == "open"


def test_a_repeated_update_is_refused_and_changes_nothing(office: Office) -> None:
    number = office.file()
    office.tell(number)
    again = office.tell(number, status="closed", description="另一句话")
    assert again.status_code == 400
    assert "u1" in again.json()[0]["description"]
    assert office.status(number) == "open"
    assert len(feed(office, number)) == 1


def test_the_same_update_id_on_another_request_is_another_update(office: Office) -> None:
    first, second = office.file(), office.file()
    assert office.tell(first).status_code == 200
    assert office.tell(second).status_code == 200


def test_an_older_update_is_told_but_does_not_move_the_state(office: Office) -> None:
    number = office.file()
    office.tell(number, update_id="new", status="closed")
    old = office.tell(number, update_id="old", updated_datetime="2024-11-19T10:00:00+08:00")
    assert old.status_code == 200
    assert office.status(number) == "closed"
    assert [row["update_id"] for row in feed(office, number)] == ["new", "old"]


def test_an_update_from_a_clock_that_runs_ahead_does_not_block_later_ones(office: Office) -> None:
    number = office.file()
    office.tell(number, update_id="a", status="closed", updated_datetime="2036-01-01T00:00:00Z")
    now = office.get(f"/requests/{number}.json").json()[0]["updated_datetime"]
    office.tell(number, update_id="b", status="open", updated_datetime=now)
    assert office.status(number) == "open"


def test_an_update_told_late_is_in_the_window_of_its_arrival(office: Office) -> None:
    number = office.file()
    office.tell(number, updated_datetime="2020-01-01T00:00:00+08:00")
    rows = office.get("/servicerequestupdates.json", api_key=KEY).json()
    assert number in [row["service_request_id"] for row in rows]
    none = office.get(
        "/servicerequestupdates.json", start_date="2021-01-01", end_date="2021-02-01"
    ).json()
    assert none == []


def test_a_lost_plus_sign_and_a_missing_zone_are_understood(office: Office) -> None:
    number = office.file()
    office.tell(number, updated_datetime="2024-11-20T10:00:00")
    assert feed(office, number)[0]["updated_datetime"] == "2024-11-20T10:00:00+08:00"
    url = f"{office.url}/servicerequestupdates.json?start_date=2024-10-01T00:00:00+08:00"
    assert office.session.get(url, timeout=10).status_code == 200


@pytest.mark.parametrize(
    "name", ["service_request_id", "update_id", "status", "updated_datetime", "description"]
)
def test_every_required_field_is_required(office: Office, name: str) -> None:
    answer = office.tell(office.file(), **{name: ""})
    assert answer.status_code == 400
    assert name in answer.json()[0]["description"]


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "x"])
def test_a_time_that_cannot_be_is_refused(office: Office, edge: str) -> None:
    assert office.tell(office.file(), updated_datetime=edge).status_code == 400


def test_unknown_request_and_unknown_status_are_refused(office: Office) -> None:
    assert office.tell("20200101-0001").status_code == 404
    assert office.tell(office.file(), status="exploded").status_code == 400
