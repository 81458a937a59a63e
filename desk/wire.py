"""Answers as bytes: JSON and XML of GeoReport v2 from the same plain structure.

An answer is built once as dicts, lists and scalars. JSON is that structure as it is. XML names the
items of a list after the table below, and an absent value is an empty element.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import Response

# name of a list -> name of its items in XML
_ITEMS = {
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
# What XML 1.0 cannot carry, section 2.2.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Format(str, Enum):
    """How the caller wants the answer: the suffix of the path; none means JSON."""

    JSON = "json"
    XML = "xml"

    @classmethod
    def of(cls, request: Request) -> Format:
        """Read the format from the path."""
        return cls.XML if request.url.path.endswith(".xml") else cls.JSON


_MEDIA_TYPES = {
    Format.JSON: "application/json; charset=utf-8",
    Format.XML: "text/xml; charset=utf-8",
}


@dataclass(frozen=True)
class Answer:
    """A document: `root` is XML's outermost name, `body` its content."""

    root: str
    body: Any
    status: int = 200


def clean(text: str) -> str:
    """Return the text without characters that no answer of ours could carry."""
    return _NOT_XML.sub("", text)


def respond(request: Request, answer: Answer, headers: dict[str, str] | None = None) -> Response:
    """Write the answer in the caller's format."""
    form = Format.of(request)
    encode = to_xml if form is Format.XML else to_json
    return Response(
        encode(answer),
        status_code=answer.status,
        headers=headers,
        media_type=_MEDIA_TYPES[form],
    )


def to_json(answer: Answer) -> bytes:
    """JSON has no outermost name: the body is the document."""
    return json.dumps(answer.body, ensure_ascii=False).encode("utf-8", "replace")


def to_xml(answer: Answer) -> bytes:
    """Build the tree with the library, so that escaping is never ours."""
    root = ElementTree.Element(answer.root)
    _fill(root, answer.body)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _fill(element: ElementTree.Element, value: Any) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            _fill(ElementTree.SubElement(element, name), inner)
    elif isinstance(value, list):
        for inner in value:
            _fill(ElementTree.SubElement(element, _ITEMS[element.tag]), inner)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = clean(str(value))
