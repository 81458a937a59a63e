"""XML as it is on WeChat's wire: read without trust, written without holes.

wechatpy reads with xmltodict and writes CDATA without escaping (contract 12.5, 12.6); both pass
through here first.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from connectors.bounded_xml import BoundedTree, TooMuch

MOST_DEPTH = 10  # a push nests four deep (contract 3.3)
MOST_ELEMENTS = 1000
# What XML 1.0 does not allow; citizens' keyboards and pastes bring them all the same.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class BadXml(ValueError):
    """The body is not an `<xml>` document we are willing to read."""


def clean(text: str) -> str:
    """Drop the characters no XML document may hold."""
    return _ILLEGAL.sub("", text)


def decode(body: bytes) -> str:
    """Return the body as text that an XML parser takes; broken UTF-8 becomes U+FFFD."""
    return clean(body.decode("utf-8-sig", "replace"))


def read_xml(text: str) -> Element:
    """Parse one `<xml>` document; document types, entities, deep and crowded ones are refused.

    Raises:
        BadXml: for anything else, JSON and an empty body included.
    """
    try:
        tree = BoundedTree(depth=MOST_DEPTH, elements=MOST_ELEMENTS)
        parser = DefusedXMLParser(target=tree, forbid_dtd=True)
        parser.feed(text)
        root = parser.close()
    except TooMuch as error:
        raise BadXml(str(error)) from error
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise BadXml(type(error).__name__) from error
    if root is None or root.tag != "xml":
        raise BadXml("the root element is not <xml>")
    return root


def cdata(text: str) -> str:
    """Wrap text in CDATA; a `]]>` inside is split over two sections."""
    return f"<![CDATA[{split_cdata(text)}]]>"


def split_cdata(text: str) -> str:
    """Make text safe for somebody else's CDATA section."""
    return clean(text).replace("]]>", "]]]]><![CDATA[>")
