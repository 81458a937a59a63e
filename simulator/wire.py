"""XML as it stands on the wire: strings in CDATA, numbers bare (contract 3.4)."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from typing import Any, Union

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring


class Bare(str):
    """A decimal number that is written without CDATA."""


Value = Union[str, int, "Fields"]
Field = tuple[str, Any]
Fields = Sequence[Field]


class MalformedXml(Exception):
    """The text is not one well-formed `<xml>` element."""


def cdata(text: str) -> str:
    """Wrap text in CDATA, splitting `]]>` so that it can never end the section."""
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def render(fields: Fields) -> str:
    """Return the `<xml>` document for the fields, in their order."""
    return f"<xml>{_inner(fields)}</xml>"


def _inner(fields: Fields) -> str:
    return "\n".join(f"<{name}>{_value(value)}</{name}>" for name, value in fields)


def _value(value: Value) -> str:
    if isinstance(value, (Bare, int)):
        return str(value)
    if isinstance(value, str):
        return cdata(value)
    return "\n" + _inner(value) + "\n"


def parse(body: bytes | str) -> dict[str, Any]:
    """Return the children of `<xml>` as a dictionary; repeated names become a list.

    Raises:
        MalformedXml: not well-formed, another root, or an entity or DTD in it.
    """
    try:
        root = fromstring(body)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise MalformedXml(str(error)) from error
    if root.tag != "xml":
        raise MalformedXml(f"root element is {root.tag}")
    children = _children(root)
    return children if isinstance(children, dict) else {}


def _children(element: ElementTree.Element) -> dict[str, Any] | str:
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        value = _children(child)
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    return found
