"""A citizen's word on a filed case, as it travels; and the finer news that come back."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests

from bot.model.backend import Amendment, CitizenAct, Filing
from bot.model.errors import Permanent, RetryLater
from connectors.open311 import Open311Client
from connectors.open311.push import parse
from tests.connectors.open311.backends import HangUp, as_json, backend
from tests.desk.office import KEY, NOISE, open_office

AT = datetime(2026, 11, 23, 15, 20, 7, tzinfo=timezone(timedelta(hours=8)))
TAKEN = as_json([{"update_id": "w1"}])


def amendment(act: CitizenAct = CitizenAct.MATERIAL, **values: Any) -> Amendment:
    fields: dict[str, Any] = {
        "update_id": "w1",
        "service_request_id": "P-1",
        "description": "昨晚又来了",
    }
    return Amendment(**fields | values, act=act, at=AT)


def test_the_words_and_pictures_travel_as_the_extension_has_them() -> None:
    urls = ("https://example.org/1", "https://example.org/2")
    with backend(lambda call: TAKEN) as office:
        office.client(jurisdiction="hangzhou.gov.cn").add_update(amendment(media_urls=urls))
        (call,) = office.calls
    assert (call.method, call.path) == ("POST", "/v2/servicerequestupdates.json")
    assert call.pairs == [
        ("api_key", "k"),
        ("update_id", "w1"),
        ("service_request_id", "P-1"),
        ("status", "OPEN"),
        ("updated_datetime", "2026-11-23T07:20:07Z"),
        ("description", "昨晚又来了"),
        ("media_url", urls[0]),
        ("media_url", urls[1]),
        ("attribute[citizen_act]", "material"),
        ("jurisdiction_id", "hangzhou.gov.cn"),
    ]


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (CitizenAct.MATERIAL, "OPEN"),
        (CitizenAct.URGE, "OPEN"),
        (CitizenAct.VERDICT, "OPEN"),
        (CitizenAct.WITHDRAW, "CANCELLED"),
        (CitizenAct.REDO, "REOPEN"),
    ],
)
def test_each_act_has_its_status_word(act: CitizenAct, status: str) -> None:
    with backend(lambda call: TAKEN) as office:
        office.client().add_update(amendment(act))
        fields = office.calls[0].fields
    assert (fields["status"], fields["attribute[citizen_act]"]) == (status, act.value)


def test_a_verdict_carries_what_was_answered_and_no_more() -> None:
    verdict = {"contacted": "false", "solved": "partly", "degree": "3"}
    with backend(lambda call: TAKEN) as office:
        office.client().add_update(amendment(CitizenAct.VERDICT, verdict=verdict))
        pairs = office.calls[0].pairs
    attributes = {name: value for name, value in pairs if name.startswith("attribute[")}
    assert attributes == {
        "attribute[citizen_act]": "verdict",
        "attribute[contacted]": "false",
        "attribute[solved]": "partly",
        "attribute[degree]": "3",
    }


def test_one_that_is_there_already_counts_as_done() -> None:
    refusal = as_json([{"code": 400, "description": "duplicate update_id"}], 400)
    with backend(lambda call: refusal) as office:
        office.client().add_update(amendment())
        assert len(office.calls) == 1


@pytest.mark.parametrize("status", [400, 404])
def test_a_refusal_is_permanent(status: int) -> None:
    said = as_json([{"code": status, "description": "已经办结，不能撤回"}], status)
    with backend(lambda call: said) as office, pytest.raises(Permanent) as refused:
        office.client().add_update(amendment(CitizenAct.WITHDRAW))
    assert refused.value.code == str(status)


def test_a_lost_answer_leaves_the_outcome_unknown() -> None:
    def script(call: object) -> Any:
        raise HangUp

    with backend(script) as office, pytest.raises(RetryLater) as failed:
        office.client().add_update(amendment())
    assert failed.value.outcome_unknown


ROW = {
    "service_request_id": "P-1",
    "update_id": "u1",
    "status": "IN_PROGRESS",
    "updated_datetime": "2026-11-23T15:20:07+08:00",
    "description": "已转办",
    "external_status_code": "Dispatched",
    "expected_datetime": "2026-11-30T18:00:00+08:00",
    "agency_responsible": "上城区城管局",
}


def test_the_feed_tells_code_unit_and_due_date() -> None:
    with backend(lambda call: as_json([ROW])) as office:
        (found,) = office.client().updates(AT - timedelta(days=1), AT)
    assert (found.code, found.agency_responsible) == ("dispatched", "上城区城管局")
    assert found.expected_datetime == datetime(2026, 11, 30, 10, tzinfo=timezone.utc)


@pytest.mark.parametrize("odd", ["", None, "soon", [], {"a": 1}])
def test_what_is_not_told_or_odd_is_nothing(odd: object) -> None:
    row = ROW | {"expected_datetime": odd, "external_status_code": None, "agency_responsible": ""}
    with backend(lambda call: as_json([row])) as office:
        (found,) = office.client().updates(AT - timedelta(days=1), AT)
    assert (found.code, found.expected_datetime, found.agency_responsible) == ("", None, "")


def test_a_push_tells_it_too() -> None:
    form = (
        "service_request_id=P-1&update_id=u1&status=OPEN&updated_datetime=2026-11-23T15:20:07Z"
        "&external_status_code=replied&agency_responsible=X&expected_datetime=2026-11-30"
    )
    (found,) = parse(form.encode(), "application/x-www-form-urlencoded", now=AT)
    assert (found.code, found.agency_responsible) == ("replied", "X")
    assert found.expected_datetime is not None


def test_the_desk_takes_every_act_and_answers_in_codes(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:
        session = requests.Session()
        session.trust_env = False
        client = Open311Client(office.url, api_key=KEY, session=session)
        complaint = Filing(service_code=NOISE, description="太吵", address_string="人民广场")
        number = client.file(complaint).service_request_id or ""
        back = client.file(complaint).service_request_id or ""
        now = datetime.now(timezone.utc)

        def send(act: CitizenAct, update_id: str, to: str = number, **values: Any) -> None:
            client.add_update(
                Amendment(
                    update_id, to, act, now, values.pop("description", "昨晚又来了"), **values
                )
            )

        send(CitizenAct.WITHDRAW, "w0", back)
        send(CitizenAct.MATERIAL, "w1")
        send(CitizenAct.URGE, "w2", description="市民催办。")
        send(CitizenAct.URGE, "w2", description="市民催办。")
        office.carry(number, "accept", "dispatch", "sign", "start", "reply")
        verdict = {"contacted": "true", "solved": "no"}
        send(CitizenAct.VERDICT, "w3", description="市民评价。", verdict=verdict)
        send(CitizenAct.REDO, "w4")
        around = timedelta(minutes=5)
        told = client.updates(now - around, now + around)
    codes = [u.code for u in told if u.service_request_id == number]
    assert [
        code for code in codes if code in ("accepted", "dispatched", "signed", "replied", "redo")
    ] == [
        "accepted",
        "dispatched",
        "signed",
        "replied",
        "redo",
    ]
    assert [u.code for u in told if u.service_request_id == back] == ["withdrawn"]
    dispatched = next(u for u in told if u.code == "dispatched")
    assert dispatched.agency_responsible
    assert dispatched.expected_datetime
