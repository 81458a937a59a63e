"""The checks of POST requests: from parameters to a request that may be kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timezone

from desk.faults import BadRequest, NotFound
from desk.hidden import all_of
from desk.params import Params, parse_time
from desk.records import NewRequest, Person, Place
from desk.services import Attribute, Service

DESCRIPTION_LIMIT = 4000  # GeoReport v2, POST requests
VALUE_LIMIT = 2000
#: Kept in columns of their own, so that requests are found by them.
INDEXED = ("nature", "division_code")
CODE_LIMIT = 40


def read_request(params: Params, services: Mapping[str, Service]) -> NewRequest:
    """Return the request that the parameters describe.

    Raises:
        BadRequest: something is missing or wrong.
        NotFound: the service does not exist.
    """
    code = params.needed("service_code")
    service = services.get(code)
    if service is None:
        raise NotFound(f"没有代码为 {code} 的服务。")
    attributes = _attributes(params, service)
    return NewRequest(
        service_code=code,
        description=params.text("description", DESCRIPTION_LIMIT),
        place=_place(params),
        person=_person(params),
        attributes=attributes,
        nature=_first(attributes, "nature"),
        division_code=_first(attributes, "division_code"),
        media_urls=params.many("media_url"),
    )


def _place(params: Params) -> Place:
    place = Place(
        address=params.text("address_string"),
        address_id=params.text("address_id"),
        lat=params.number("lat", 90),
        long=params.number("long", 180),
    )
    if (place.lat is None) != (place.long is None):
        raise BadRequest("lat 和 long 要一起给出。")
    if place.lat is None and not place.address and not place.address_id:
        raise BadRequest("缺少地点：请给出 lat 和 long，或 address_string，或 address_id。")
    return place


def _person(params: Params) -> Person:
    return Person(
        first_name=params.text("first_name", 200),
        last_name=params.text("last_name", 200),
        phone=params.text("phone", 200),
        email=params.text("email", 320),
        device_id=params.text("device_id", 200),
        account_id=params.text("account_id", 200),
    )


def _attributes(params: Params, service: Service) -> dict[str, list[str]]:
    given = params.prefixed("attribute")
    kept: dict[str, list[str]] = {}
    for attribute in all_of(service):
        values = given.get(attribute.code, [])
        if attribute.required and attribute.variable and not values:
            raise BadRequest(f"请回答：{attribute.description}")
        if values:
            _check_answer(attribute, values)
            kept[attribute.code] = values
    return kept


def _first(attributes: dict[str, list[str]], code: str) -> str:
    return attributes.get(code, [""])[0]


def _check_answer(attribute: Attribute, values: list[str]) -> None:
    limit = CODE_LIMIT if attribute.code in INDEXED else VALUE_LIMIT
    if any(len(value) > limit for value in values):
        raise BadRequest(f"回答太长：{attribute.description}")
    if attribute.datatype != "multivaluelist" and len(values) > 1:
        raise BadRequest(f"只能有一个回答：{attribute.description}")
    if attribute.datatype == "number" and not _is_number(values[0]):
        raise BadRequest(f"请填数字：{attribute.description}")
    if attribute.datatype == "datetime":
        parse_time(attribute.description, values[0], timezone.utc)
    keys = {key for key, _ in attribute.values}
    if keys and not keys.issuperset(values):
        raise BadRequest(f"不在选项之内：{attribute.description}")


def _is_number(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False
