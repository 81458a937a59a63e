"""Bytes to plain dicts and lists, whether the backend speaks JSON or XML.

Both forms of a document end as the same structure. Lists may come bare, under a name
(`{"service_requests": [...]}`), or with each item under its own (`[{"request": {...}}]`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from connectors.bounded_xml import BoundedTree

Record = Mapping[str, Any]

# Names under which backends put the list a call asked for.
_ROOTS = (
    "services",
    "service_requests",
    "requests",
    "service_requests_updates",
    "service_request_updates",
    "request_updates",
    "updates",
    "service_definition",
    "errors",
)
# XML elements whose children are items of a list.
_XML_LISTS = {*_ROOTS, "attributes", "values", "groups"} - {"service_definition"}


_MOST_DEPTH = 20
_MOST_ELEMENTS = 500_000
"""A thousand requests of twenty fields are 21,000: a page of the specification, many times over."""


class Unreadable(ValueError):
    """The bytes are neither JSON nor XML."""


def parse(content: bytes) -> Any:
    """Return the document as dicts, lists and scalars.

    Raises:
        Unreadable: it is no document of ours.
    """
    stripped = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if stripped.startswith(b"<"):
        return _parse_xml(stripped)
    try:
        data = json.loads(stripped)
    except (ValueError, RecursionError):
        raise Unreadable from None
    if not isinstance(data, (dict, list)):
        raise Unreadable
    return data


def records(data: Any) -> list[Record]:
    """Return the items of a list document, however it is wrapped."""
    if isinstance(data, list):
        return [record for item in data for record in records(item)]
    if not isinstance(data, Mapping):
        return []
    for name in _ROOTS:
        if isinstance(data.get(name), (list, Mapping)):
            return records(data[name])
        if name in data and len(data) == 1:
            return []
    if len(data) == 1:
        (only,) = data.values()
        if isinstance(only, Mapping):
            return records(only)
    return [data] if data else []


def error_text(data: Any) -> str:
    """Return the descriptions of an Open311 error document, or "" if it is none."""
    texts = [
        str(record.get("description") or record.get("code") or "")
        for record in records(data)
        if is_error(record)
    ]
    return "; ".join(text for text in texts if text)[:500]


def is_error(record: Record) -> bool:
    """True for an item of an Open311 error list: a code and a description and nothing of a result."""
    return "code" in record and "description" in record and set(record) <= {"code", "description"}


def _parse_xml(content: bytes) -> Any:
    try:
        parser = ElementTree.DefusedXMLParser(
            target=BoundedTree(depth=_MOST_DEPTH, elements=_MOST_ELEMENTS)
        )
        parser.feed(content)
        root = parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Unreadable from None
    if root.tag.lower() in ("html", "{http://www.w3.org/1999/xhtml}html"):
        raise Unreadable
    children = list(root)
    if _name(root) not in _ROOTS and children and all(len(child) for child in children):
        return [_plain(child) for child in children]
    return {_name(root): _plain(root)}


def _plain(element: Element) -> Any:
    children = list(element)
    if _name(element) in _XML_LISTS:
        return [_plain(child) for child in children]
    if not children:
        return element.text or ""
    return {_name(child): _plain(child) for child in children}


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
