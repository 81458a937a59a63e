"""What GeoReport v2 says an answer looks like, written down apart from the desk's code, and the check of both formats."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import requests

from tests.desk.office import Office

SERVICE = ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"]
ATTRIBUTE = [
    "variable",
    "code",
    "datatype",
    "required",
    "datatype_description",
    "order",
    "description",
    "values",
]
REQUEST = [
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
]
UPDATE = [
    "update_id",
    "service_request_id",
    "status",
    "updated_datetime",
    "description",
    "media_url",
    "external_status_code",
    "agency_responsible",
    "expected_datetime",
]
ITEMS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_requests_updates": "request_update",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
    "notes": "note",
}
"""The lists (⇊) of the specification and what their items (↴) are called in XML."""


def both(office: Office, path: str, /, **params: Any) -> Any:
    """GET in both formats; return the JSON, which must be what the Spark Convention makes of the XML."""
    in_json = office.get(path + ".json", **params)
    in_xml = office.get(path + ".xml", **params)
    assert in_json.status_code == in_xml.status_code == 200, in_json.text
    return agreed(in_json, in_xml)


def refused(office: Office, path: str, status: int, /, **params: Any) -> str:
    """GET what must be refused in both formats; return the reason."""
    return reason(office.get(path + ".json", **params), office.get(path + ".xml", **params), status)


def reason(in_json: requests.Response, in_xml: requests.Response, status: int) -> str:
    """Return the only error of a refusal: `code` and, for the user, `description`."""
    assert in_json.status_code == in_xml.status_code == status, in_json.text
    (error,) = agreed(in_json, in_xml, root="errors")
    assert list(error) == ["code", "description"]
    assert error["code"] == status
    return str(error["description"])


def agreed(in_json: requests.Response, in_xml: requests.Response, *, root: str = "") -> Any:
    """Return the JSON of an answer that was given in both formats."""
    assert in_json.headers["Content-Type"] == "application/json; charset=utf-8"
    assert in_xml.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert in_xml.content.lower().startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    tree = ElementTree.fromstring(in_xml.content)
    assert tree.tag == root or not root
    body = in_json.json()
    assert _spark(tree) == _plain(body)
    return body


def _spark(element: ElementTree.Element) -> Any:
    if element.tag in ITEMS:
        assert {child.tag for child in element} <= {ITEMS[element.tag]}
        return [_spark(child) for child in element]
    if len(element):
        return {child.tag: _spark(child) for child in element}
    return element.text or ""


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()} or ""
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
