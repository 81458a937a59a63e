"""The desk as an ASGI application, to be mounted at `/open311/v2`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from desk.api import requests, services, updates
from desk.api.desk import Desk
from desk.faults import ApiFault
from desk.office.office import DeskOffice
from desk.wire import Answer, respond

log = logging.getLogger(__name__)

_SUFFIXES = (".json", ".xml", "")
_REASONS = {404: "没有这个地址。", 405: "这个地址不支持这种请求方式。"}


def create_app(office: DeskOffice) -> Starlette:
    """Build the desk's Open311 side on an office (`desk.office.office.open_office`)."""
    app = Starlette(
        routes=_routes(),
        exception_handlers={
            ApiFault: _refused,
            HTTPException: _http_error,
            DBAPIError: _database_down,
            Exception: _broken,
        },
    )
    app.state.desk = Desk.of(office)
    return app


def _routes() -> list[Route]:
    table: list[tuple[str, str, Callable[..., Any]]] = [
        ("GET", "/discovery", services.discovery),
        ("GET", "/services", services.services),
        ("GET", "/services/{code}", services.definition),
        ("POST", "/requests", requests.file_request),
        ("GET", "/requests", requests.find_requests),
        ("GET", "/requests/{id}", requests.one_request),
        ("GET", "/tokens/{token}", requests.token),
        ("POST", "/servicerequestupdates", updates.add_update),
        ("GET", "/servicerequestupdates", updates.list_updates),
    ]
    return [
        Route(path + suffix, endpoint, methods=[method])
        for suffix in _SUFFIXES
        for method, path, endpoint in table
    ]


def _refused(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, ApiFault)
    return _errors(request, fault.status, fault.code, fault.description)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    reason = _REASONS.get(error.status_code, "请求不正确。")
    response = _errors(request, error.status_code, error.status_code, reason)
    response.headers.update(error.headers or {})
    return response


def _database_down(request: Request, error: Exception) -> Response:
    log.error("desk database cannot be used: %s", type(error).__name__)
    response = _errors(request, 503, 503, "系统暂时不可用，请稍后再试。")
    response.headers["Retry-After"] = "5"
    return response


def _broken(request: Request, _error: Exception) -> Response:
    """Answer for a fault of ours; the server logs it."""
    return _errors(request, 500, 500, "系统出了故障，请稍后再试。")


def _errors(request: Request, status: int, code: int, description: str) -> Response:
    body = [{"code": code, "description": description}]
    return respond(request, Answer("errors", body, status))
