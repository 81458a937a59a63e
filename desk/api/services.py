"""GET discovery, services and one service's questions (GeoReport v2)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from desk.api.desk import desk_of
from desk.faults import NotFound
from desk.hidden import all_of
from desk.params import query_params
from desk.services import Attribute, Service
from desk.wire import Answer, respond

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"


def discovery(request: Request) -> Response:
    """Say where the calls are and who answers for them."""
    desk = desk_of(request)
    changeset = desk.shown(desk.changed_at)
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}",
        "changeset": changeset,
        "type": "production",
        "formats": ["application/json", "text/xml"],
    }
    body = {
        "changeset": changeset,
        "contact": "本系统的运行单位",
        "key_service": "向本系统的运行单位申请 api_key",
        "endpoints": [endpoint],
    }
    return respond(request, Answer("discovery", body))


def services(request: Request) -> Response:
    """List what can be filed."""
    desk = desk_of(request)
    desk.check_jurisdiction(query_params(request))
    return respond(request, Answer("services", [_service(s) for s in desk.services.values()]))


def definition(request: Request) -> Response:
    """Give the questions of one service, and the attributes that are never asked (`automated`)."""
    desk = desk_of(request)
    desk.check_jurisdiction(query_params(request))
    service = desk.services.get(request.path_params["code"])
    if service is None:
        raise NotFound("没有这个服务代码。")
    body = {
        "service_code": service.code,
        "attributes": [_attribute(attribute) for attribute in all_of(service)],
    }
    return respond(request, Answer("service_definition", body))


def _service(service: Service) -> dict[str, Any]:
    return {
        "service_code": service.code,
        "service_name": service.name,
        "description": service.description,
        "metadata": True,  # at least the hidden ones
        "type": service.type,
        "keywords": ",".join(service.words),
        "group": service.group,
    }


def _attribute(attribute: Attribute) -> dict[str, Any]:
    row = {
        "variable": attribute.variable,
        "code": attribute.code,
        "datatype": attribute.datatype,
        "required": attribute.required,
        "datatype_description": attribute.datatype_description or None,
        "order": attribute.order,
        "description": attribute.description,
        "values": [{"key": key, "name": name} for key, name in attribute.values],
    }
    return row | {"automated": attribute.automated} if attribute.automated else row
