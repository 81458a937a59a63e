"""The updates feed and its inlet: mySociety's extension of GeoReport v2, `servicerequestupdates`."""

from __future__ import annotations

import re
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from desk.api import citizens
from desk.api.desk import Desk, desk_of
from desk.faults import BadRequest, NotFound
from desk.filing import CODE_LIMIT, DESCRIPTION_LIMIT
from desk.model.steps import CITIZEN
from desk.office.casework import Refused, Repeated, UnknownCase
from desk.params import Params, body_params, parse_time, query_params
from desk.records import Update
from desk.statuses import known
from desk.wire import Answer, respond


def list_updates(request: Request) -> Response:
    """List updates that happened or arrived in the window; without the api_key without their texts."""
    desk, params = desk_of(request), query_params(request)
    trusted = desk.is_trusted(params)
    desk.check_jurisdiction(params)
    start, end = params.window(desk.zone, desk.now())
    found = desk.store.updates(start, end, params.page())
    rows = [_shown(desk, update, trusted) for update in found]
    return respond(request, Answer("service_requests_updates", rows))


async def add_update(request: Request) -> Response:
    """Take an update; a repeated one is refused with 400 as the extension says, and changes nothing."""
    desk = desk_of(request)
    params = await body_params(request)
    desk.check_key(params)
    desk.check_jurisdiction(params)
    update = _read(desk, params)
    act = citizens.read(params, update)
    try:
        if act is None:
            await run_in_threadpool(desk.casework.hear, update)
        else:
            name, wanted = act
            await run_in_threadpool(desk.casework.act, update.request_id, name, CITIZEN, wanted)
    except UnknownCase:
        raise NotFound(f"没有编号为 {update.request_id} 的诉求。") from None
    except Repeated:
        raise BadRequest(
            f"重复的 update_id：{update.update_id} 已经收到过（duplicate），没有再次处理。"
        ) from None
    except Refused as refused:
        raise BadRequest(str(refused)) from None
    body = [{"update_id": update.update_id}]
    return respond(request, Answer("service_requests_updates", body))


def _read(desk: Desk, params: Params) -> Update:
    word = params.needed("status", 60)
    state = known(word)
    if state is None:
        raise BadRequest(f"不认识的状态：{word}")
    moment = params.needed("updated_datetime", 64)
    number, update_id = params.needed("service_request_id", 200), params.needed("update_id", 200)
    if re.fullmatch(rf"{re.escape(number)}-[0-9]+", update_id):  # Casework numbers its own so
        raise BadRequest(f"update_id 不能是“{number}-数字”，这样的编号由本系统自己给出。")
    return Update(
        update_id=update_id,
        request_id=number,
        state=state,
        description=params.needed("description", DESCRIPTION_LIMIT),
        updated_at=parse_time("updated_datetime", moment, desk.zone),
        received_at=desk.now(),
        media_urls=params.many("media_url"),
        code=params.text("external_status_code", CODE_LIMIT),
        agency=params.text("agency_responsible", 200),
        expected_at=params.time("expected_datetime", desk.zone),
    )


def _shown(desk: Desk, update: Update, trusted: bool) -> dict[str, Any]:
    media = update.media_urls[0] if update.media_urls else None
    return {
        "update_id": update.update_id,
        "service_request_id": update.request_id,
        "status": update.state,
        "updated_datetime": desk.shown(update.updated_at),
        "description": update.description if trusted else None,
        "media_url": media if trusted else None,
        "external_status_code": update.code or None,
        "agency_responsible": update.agency or None,
        "expected_datetime": desk.shown(update.expected_at) if update.expected_at else None,
    }
