"""The services the desk publishes: `catalog/services.yml`, checked when it is read.

The rules are in the file's own header; a file that breaks one is refused with every fault named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TYPES = ("realtime", "batch", "blackbox")
DATATYPES = ("string", "number", "datetime", "text", "singlevaluelist", "multivaluelist")
LIST_TYPES = ("singlevaluelist", "multivaluelist")
#: Attributes of every service, filled in by the bot: see desk/hidden.py.
RESERVED = ("nature", "division", "division_code", "wish", "repeated")
_CODE = re.compile(r"\d{4}\Z")
_ATTRIBUTE_CODE = re.compile(r"[a-z][a-z0-9_]*\Z")
_SERVICE_FIELDS = {"code", "group", "name", "description", "words", "type", "attributes"}
_ATTRIBUTE_FIELDS = {
    "code",
    "datatype",
    "required",
    "description",
    "datatype_description",
    "variable",
    "values",
}


class CatalogError(ValueError):
    """The catalogue breaks its own rules; the message names every place."""


@dataclass(frozen=True)
class Attribute:
    """One question of a service (GeoReport v2, service definition).

    `automated` is "" for a question to the citizen, else who fills it in (mySociety's extension: `server_set`).
    """

    code: str
    datatype: str
    description: str
    order: int
    required: bool = False
    variable: bool = True
    datatype_description: str = ""
    values: tuple[tuple[str, str], ...] = ()
    automated: str = ""


@dataclass(frozen=True)
class Service:
    """One kind of matter the office takes."""

    code: str
    group: str
    name: str
    description: str
    words: tuple[str, ...]
    type: str = "realtime"
    attributes: tuple[Attribute, ...] = ()


def load(path: Path) -> dict[str, Service]:
    """Read the catalogue; the result keeps the file's order.

    Raises:
        CatalogError: the file is not a catalogue.
    """
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    rows = data.get("services") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not rows:
        raise CatalogError(f"{path.name}: no list of services")
    faults = list(_faults(rows))
    if faults:
        raise CatalogError(f"{path.name}: " + "; ".join(faults))
    return {row["code"]: _service(row) for row in rows}


def _service(row: Mapping[str, Any]) -> Service:
    attributes = tuple(
        Attribute(
            code=a["code"],
            datatype=a["datatype"],
            description=a["description"],
            order=number,
            required=a.get("required", False),
            variable=a.get("variable", True),
            datatype_description=a.get("datatype_description", ""),
            values=tuple((v["key"], v["name"]) for v in a.get("values", ())),
        )
        for number, a in enumerate(row.get("attributes", ()), start=1)
    )
    return Service(
        code=row["code"],
        group=row["group"],
        name=row["name"],
        description=row["description"],
        words=tuple(row["words"]),
        type=row.get("type", "realtime"),
        attributes=attributes,
    )


def _faults(rows: list[Any]) -> Iterator[str]:
    codes: set[str] = set()
    names: set[tuple[str, str]] = set()
    for place, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            yield f"entry {place} is not a mapping"
            continue
        code = row.get("code")
        where = f"service {code!r} (entry {place})"
        yield from (f"{where}: {fault}" for fault in _row_faults(row))
        if code in codes:
            yield f"{where}: code is used twice"
        name = (str(row.get("group")), str(row.get("name")))
        if name in names:
            yield f"{where}: name is used twice in its group"
        codes.add(str(code))
        names.add(name)


def _row_faults(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"unknown field {name!r}" for name in sorted(set(row) - _SERVICE_FIELDS))
    if not (isinstance(row.get("code"), str) and _CODE.match(row["code"])):
        yield "code must be four digits in quotes"
    for name in ("group", "name", "description"):
        if not _is_text(row.get(name)):
            yield f"{name} is missing"
    yield from _word_faults(row.get("words"))
    if row.get("type", "realtime") not in TYPES:
        yield f"type must be one of {', '.join(TYPES)}"
    attributes = row.get("attributes", [])
    if not isinstance(attributes, list):
        yield "attributes must be a list"
        return
    seen = set(RESERVED)
    for attribute in attributes:
        yield from _attribute_faults(attribute, seen)


def _word_faults(words: Any) -> Iterator[str]:
    if not isinstance(words, list) or not all(_is_text(w) for w in words):
        yield "words must be a list of texts"
        return
    if len(words) < 6 or len(set(words)) != len(words):
        yield "words must be six or more, none twice"
    if any("," in word for word in words):
        yield "a word must not hold a comma"


def _attribute_faults(row: Any, seen: set[str]) -> Iterator[str]:
    if not isinstance(row, dict):
        yield "an attribute is not a mapping"
        return
    code = row.get("code")
    yield from (
        f"attribute {code!r}: unknown field {name!r}"
        for name in sorted(set(row) - _ATTRIBUTE_FIELDS)
    )
    if not (isinstance(code, str) and _ATTRIBUTE_CODE.match(code)) or code in seen:
        yield f"attribute {code!r}: code must be lower-case, once only, and none that the desk itself uses"
    seen.add(str(code))
    if not _is_text(row.get("description")):
        yield f"attribute {code!r}: description is missing"
    if row.get("datatype") not in DATATYPES:
        yield f"attribute {code!r}: datatype must be one of {', '.join(DATATYPES)}"
    if not _values_fit(row):
        yield f"attribute {code!r}: values are for list types, each {{key, name}}, no key twice"


def _values_fit(row: Mapping[str, Any]) -> bool:
    values = row.get("values", [])
    if not isinstance(values, list) or bool(values) != (row.get("datatype") in LIST_TYPES):
        return False
    pairs = [v for v in values if isinstance(v, dict) and set(v) == {"key", "name"}]
    keys = [v["key"] for v in pairs]
    texts = all(_is_text(v["key"]) and _is_text(v["name"]) for v in pairs)
    return len(pairs) == len(values) and texts and len(set(keys)) == len(keys)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
