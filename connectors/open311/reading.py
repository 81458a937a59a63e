"""From a backend's records to the values of `bot.model.backend`, forgiving about form.

Backends differ in small ways: numbers for ids, empty texts for nothing, words in any case, times with
or without a zone. Unknown fields are passed over. Nothing here raises on a strange value.
"""

from __future__ import annotations

import hashlib
import logging
import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from bot.model.backend import Attribute, Filed, Request, Service, ServiceType, Update
from connectors.open311.wire import Record

log = logging.getLogger(__name__)

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d)?(?:[.,]\d+)?\s*([Zz]|[+-]\d\d:?\d\d|[+-]\d\d)?\Z"
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_YEARS = range(2, 9999)
"""At the edges of the calendar a time cannot be told in another zone."""
_TRUE = {"true", "1", "yes"}
_LONGEST_ID = 100  # part of a delivery's key


def text(record: Record, name: str) -> str:
    """Return a field as text; nothing, null and empty are ""."""
    value = record.get(name)
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, (str, int, float))), None)
    if value is None or isinstance(value, Mapping):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    # Neither a NUL nor half a surrogate pair can be stored, and JSON can carry both.
    return str(value).replace("\0", "").encode("utf-8", "replace").decode().strip()


def time(record: Record, name: str, zone: tzinfo) -> datetime | None:
    """Return a field as an aware time, None for none that can be told; without a zone it is the office's."""
    raw = text(record, name)
    match = _TIME.match(raw)
    if match:
        day, minutes, seconds, offset = match.groups()
        raw = f"{day}T{minutes}{seconds or ':00'}{_offset(offset)}"
    elif not _DAY.match(raw):
        return None
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def service(record: Record) -> Service | None:
    """Read one of GET services."""
    code = text(record, "service_code")
    if not code:
        return None
    words = (word.strip() for word in text(record, "keywords").split(","))
    kind = text(record, "type").lower()
    return Service(
        code=code,
        name=text(record, "service_name") or code,
        group=text(record, "group") or text(record, "groups"),
        description=text(record, "description"),
        keywords=tuple(word for word in words if word),
        has_attributes=_flag(record, "metadata", default=False),
        type=ServiceType(kind) if kind in {t.value for t in ServiceType} else ServiceType.REALTIME,
    )


def attributes(records: Iterable[Record]) -> list[Attribute]:
    """Read the questions of a service definition, in the order they are to be asked."""
    found: list[Attribute] = []
    for record in records:
        listed = record.get("attributes")
        rows = listed if isinstance(listed, list) else []
        found += [_attribute(row) for row in rows if isinstance(row, Mapping) and text(row, "code")]
    return sorted(found, key=lambda attribute: attribute.order)


def filed(records: list[Record]) -> Filed:
    """Read the answer to a filing; a number outranks a token."""
    record = records[0] if records else {}
    number = text(record, "service_request_id") or None
    return Filed(
        service_request_id=number,
        token=None if number else text(record, "token") or None,
        service_notice=text(record, "service_notice"),
    )


def request(record: Record, zone: tzinfo) -> Request | None:
    """Read one of GET requests."""
    number = text(record, "service_request_id")
    if not number:
        return None
    return Request(
        id=number,
        status=text(record, "status").lower(),
        service_code=text(record, "service_code"),
        service_name=text(record, "service_name"),
        description=text(record, "description"),
        status_notes=text(record, "status_notes"),
        address=text(record, "address"),
        agency_responsible=text(record, "agency_responsible"),
        service_notice=text(record, "service_notice"),
        requested_datetime=time(record, "requested_datetime", zone),
        updated_datetime=time(record, "updated_datetime", zone),
        expected_datetime=time(record, "expected_datetime", zone),
        lat=_number(record, "lat"),
        long=_number(record, "long"),
        media_url=text(record, "media_url"),
    )


def update(record: Record, zone: tzinfo, *, undated: datetime) -> Update | None:
    """Read one of the updates feed; one without a readable time is dated `undated`.

    One without an id gets one made of what it says, so that it is still told only once.
    """
    number = text(record, "service_request_id")
    if not number:
        log.warning("an update without service_request_id was passed over")
        return None
    return Update(
        update_id=_own_id(record) or _made_id(record),
        service_request_id=number,
        status=text(record, "status").lower(),
        updated_datetime=time(record, "updated_datetime", zone) or undated,
        description=text(record, "description"),
        media_url=text(record, "media_url"),
        code=text(record, "external_status_code").lower(),
        expected_datetime=time(record, "expected_datetime", zone),
        agency_responsible=text(record, "agency_responsible"),
    )


def _own_id(record: Record) -> str:
    """Return the update's id; one too long for an index gives way to one made of what it says."""
    own = text(record, "update_id")
    return own if len(own) <= _LONGEST_ID else ""


def _attribute(record: Record) -> Attribute:
    order = text(record, "order")
    return Attribute(
        code=text(record, "code"),
        description=text(record, "description"),
        datatype=text(record, "datatype").lower() or "string",
        variable=_flag(record, "variable", default=True),
        required=_flag(record, "required", default=False),
        datatype_description=text(record, "datatype_description"),
        order=int(order) if order.isascii() and order.isdigit() and len(order) < 10 else 0,
        values=_values(record.get("values")),
        automated=bool(text(record, "automated")),
    )


def _values(listed: Any) -> tuple[tuple[str, str], ...]:
    rows = [row for row in listed if isinstance(row, Mapping)] if isinstance(listed, list) else []
    pairs = ((text(row, "key"), text(row, "name")) for row in rows)
    return tuple((key, name or key) for key, name in pairs if key)


def _flag(record: Record, name: str, *, default: bool) -> bool:
    value = text(record, name).lower()
    return value in _TRUE if value else default


def _number(record: Record, name: str) -> float | None:
    try:
        number = float(text(record, name))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _offset(raw: str | None) -> str:
    if not raw:
        return ""
    if raw in "Zz":
        return "+00:00"
    digits = raw[1:].replace(":", "").ljust(4, "0")
    return f"{raw[0]}{digits[:2]}:{digits[2:]}"


def _made_id(record: Record) -> str:
    names = ("service_request_id", "status", "updated_datetime", "description")
    said = "\x1f".join(text(record, name) for name in names)
    return "made-" + hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]
