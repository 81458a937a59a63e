"""Posting an update: to the desk as it is, and to backends that refuse, break or know it already."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import requests

from bot.model.backend import Filing
from bot.model.errors import Permanent, RemoteError, RetryLater
from connectors.open311 import Open311Client
from tests.connectors.open311.backends import Call, HangUp, Say, as_json, as_xml, backend
from tests.desk.office import KEY, NOISE, open_office

AT = datetime(2026, 11, 23, 15, 20, 7, 900, tzinfo=timezone(timedelta(hours=8)))
TAKEN = as_json([{"update_id": "c1"}])


def post(client: Open311Client, **changes: str) -> None:
    fields = {"update_id": "c1", "status": "in_progress", "description": "已派人 & 处理"}
    client.post_update("20261123-0001", **(fields | changes), at=AT)  # type: ignore[arg-type]


def test_all_fields_travel_with_the_key_and_the_jurisdiction() -> None:
    with backend(lambda call: TAKEN) as office:
        post(office.client(jurisdiction="hangzhou.gov.cn"))
        (call,) = office.calls
    assert (call.method, call.path) == ("POST", "/v2/servicerequestupdates.json")
    assert call.fields == {
        "api_key": "k",
        "jurisdiction_id": "hangzhou.gov.cn",
        "update_id": "c1",
        "service_request_id": "20261123-0001",
        "status": "in_progress",
        "updated_datetime": "2026-11-23T07:20:07Z",
        "description": "已派人 & 处理",
    }


@pytest.mark.parametrize("words", ["duplicate update_id", "重复的 update_id"])
def test_one_that_is_there_already_counts_as_done(words: str) -> None:
    refusal = as_json([{"code": 400, "description": words}], 400)
    with backend(lambda call: refusal) as office:
        post(office.client())
        assert len(office.calls) == 1


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_is_permanent_and_keeps_the_backends_words(status: int) -> None:
    said = as_json([{"code": status, "description": "不认识的状态"}], status)
    with backend(lambda call: said) as office, pytest.raises(Permanent) as refused:
        post(office.client())
    assert (refused.value.code, refused.value.message) == (str(status), "不认识的状态")


@pytest.mark.parametrize(("status", "unknown"), [(503, False), (429, False), (500, True)])
def test_a_busy_backend_is_asked_again_later(status: int, unknown: bool) -> None:
    with backend(lambda call: Say(status)) as office, pytest.raises(RetryLater) as failed:
        post(office.client())
    assert failed.value.outcome_unknown is unknown


def test_an_answer_that_never_came_leaves_the_outcome_unknown() -> None:
    def script(call: Call) -> Say:
        raise HangUp

    with backend(script) as office, pytest.raises(RetryLater) as failed:
        post(office.client())
    assert failed.value.outcome_unknown


def test_a_backend_without_json_is_told_in_its_own_format() -> None:
    def script(call: Call) -> Say:
        if call.path.endswith(".json"):
            return Say(404, b"<html>not here</html>")
        return as_xml(
            "<service_request_updates><request_update><update_id>c1</update_id>"
            "</request_update></service_request_updates>"
        )

    with backend(script) as office:
        post(office.client())
        assert office.asked[-1] == "POST /v2/servicerequestupdates.xml"


def test_a_naive_time_is_an_error_of_the_caller() -> None:
    with backend(lambda call: TAKEN) as office, pytest.raises(ValueError, match="naive"):
        office.client().post_update(
            "1",
            update_id="c1",
            status="open",
            description="d",
            at=datetime(2026, 11, 23),  # noqa: DTZ001
        )


def test_the_desk_takes_it_once_and_tells_it_once(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:
        session = requests.Session()
        session.trust_env = False
        client = Open311Client(office.url, api_key=KEY, session=session)
        complaint = Filing(service_code=NOISE, description="太吵", address_string="人民广场")
        number = client.file(complaint).service_request_id or ""
        now = datetime.now(timezone.utc)
        for _ in range(2):
            client.post_update(
                number, update_id="c1", status="closed", description="已劝离。", at=now
            )
        around = timedelta(minutes=5)
        (told,) = client.updates(now - around, now + around)
        assert (told.update_id, told.status, told.description) == ("c1", "closed", "已劝离。")
        assert office.status(number) == "closed"
        with pytest.raises(RemoteError) as unknown:
            client.post_update("nope", update_id="c2", status="open", description="d", at=now)
    assert type(unknown.value) is Permanent
    assert unknown.value.code == "404"
