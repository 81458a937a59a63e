"""POST and GET requests, and tokens (GeoReport v2).

Citizens' texts are not public: without the api_key an answer holds no description, no place, no
pictures and no notes, only what kind of matter it is and how far it got. With it, what the filing system
told in hidden attributes stands under `extended_attributes` (an extension that several cities use).
"""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from desk.api.desk import Desk, desk_of
from desk.faults import BadRequest, NotFound
from desk.filing import read_request
from desk.hidden import ATTRIBUTES
from desk.model.case import State
from desk.params import MAX_ROWS, Params, body_params, query_params
from desk.records import Page, RequestQuery, StoredRequest
from desk.services import Service
from desk.statuses import CLOSED, OPEN, STATUSES, known
from desk.wire import Answer, respond

NOTICE = "您反映的问题已收到，工作人员会尽快处理。"


async def file_request(request: Request) -> Response:
    """Keep a new request: its number at once, or a token, as its service's `type` says."""
    desk = desk_of(request)
    params = await body_params(request)
    desk.check_key(params)
    desk.check_jurisdiction(params)
    new = read_request(params, desk.services)
    number, token = await run_in_threadpool(desk.casework.file, new)
    body = {
        **_known_by(desk.services[new.service_code], number, token),
        "service_notice": NOTICE,
        "account_id": new.person.account_id or None,
    }
    return respond(request, Answer("service_requests", [body]))


def find_requests(request: Request) -> Response:
    """List requests: by ids alone, or by service, state and time."""
    desk, params, trusted = _reader(request)
    query, page = _asked(desk, params)
    found = desk.store.find(query, page)
    return respond(
        request, Answer("service_requests", [_shown(desk, row, trusted) for row in found])
    )


def one_request(request: Request) -> Response:
    """Give one request; with `extensions=true` its history too (Extensions, Update History)."""
    desk, params, trusted = _reader(request)
    row = _row(desk, request.path_params["id"])
    shown = _shown(desk, row, trusted)
    if params.text("extensions").lower() == "true":
        shown["notes"] = _notes(desk, row.id, trusted)
    return respond(request, Answer("service_requests", [shown]))


def token(request: Request) -> Response:
    """Tell a token's request, once the office has accepted it. A number given at once is its own token."""
    desk, _, _ = _reader(request)
    asked = request.path_params["token"]
    row = desk.store.by_token(asked) if "\x00" not in asked else None
    if row is None:
        row = _row(desk, asked)
    is_known = row.stage != State.RECEIVED.value or not row.token
    body = {"service_request_id": row.id if is_known else None, "token": asked}
    return respond(request, Answer("service_requests", [body]))


def _known_by(service: Service, number: str, token: str) -> dict[str, str]:
    """Return what a service's `type` gives at once (GeoReport v2): a number, a token for one, or neither."""
    if service.type == "batch":
        return {"token": token}
    return {"service_request_id": number} if service.type == "realtime" else {}


def _reader(request: Request) -> tuple[Desk, Params, bool]:
    desk, params = desk_of(request), query_params(request)
    trusted = desk.is_trusted(params)
    desk.check_jurisdiction(params)
    return desk, params, trusted


def _row(desk: Desk, request_id: str) -> StoredRequest:
    row = desk.store.request(request_id) if "\x00" not in request_id else None
    if row is None:
        raise NotFound("没有这个编号。")
    return row


def _asked(desk: Desk, params: Params) -> tuple[RequestQuery, Page]:
    """Ids override all other arguments (GeoReport v2), unreadable ones and pages too."""
    ids = params.listed("service_request_id")
    if ids:
        return RequestQuery(ids=ids), Page(MAX_ROWS)
    start, end = params.window(desk.zone, desk.now())
    query = RequestQuery(
        service_codes=params.listed("service_code"),
        states=_states(params.listed("status")),
        natures=params.listed("nature"),
        division_code=params.text("division_code", 40),
        start=start,
        end=end,
    )
    return query, params.page()


def _states(words: tuple[str, ...]) -> tuple[str, ...]:
    """`open` and `closed` stand for all states that count as such; a finer word for itself."""
    states: list[str] = []
    for word in words:
        state = known(word)
        if state is None:
            raise BadRequest(f"不认识的状态：{word}")
        group = state in (OPEN, CLOSED)
        states += [s for s, shown in STATUSES.items() if shown == state] if group else [state]
    return tuple(states)


def _shown(desk: Desk, row: StoredRequest, trusted: bool) -> dict[str, Any]:
    service = desk.services.get(row.service_code)
    shown: dict[str, Any] = {
        "service_request_id": row.id,
        "status": STATUSES[row.state],
        "status_notes": None,
        "service_name": service.name if service else None,
        "service_code": row.service_code,
        "description": None,
        "agency_responsible": desk.rules.units.name(row.unit) if row.unit else None,
        "service_notice": None,
        "requested_datetime": desk.shown(row.requested_at),
        "updated_datetime": desk.shown(row.updated_at),
        "expected_datetime": desk.shown(row.answer_due) if row.answer_due else None,
        "address": None,
        "address_id": None,
        "zipcode": None,
        "lat": None,
        "long": None,
        "media_url": None,
    }
    return shown | _private(row) if trusted else shown


def _notes(desk: Desk, request_id: str, trusted: bool) -> list[dict[str, Any]]:
    """Return what the citizen was told, step by step."""
    return [
        {
            "datetime": desk.shown(step.at),
            "description": step.told if trusted else None,
            "type": desk.rules.flow.says(step),
        }
        for step in desk.store.steps(request_id)
        if step.told
    ]


def _private(row: StoredRequest) -> dict[str, Any]:
    return {
        "status_notes": row.status_notes or None,
        "description": row.description or None,
        "address": row.place.address or None,
        "address_id": row.place.address_id or None,
        "lat": row.place.lat,
        "long": row.place.long,
        "media_url": row.media_urls[0] if row.media_urls else None,
        "extended_attributes": {
            a.code: row.attributes[a.code][0] for a in ATTRIBUTES if row.attributes.get(a.code)
        },
    }
