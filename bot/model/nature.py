"""What a citizen wants with a matter: to ask, to complain, to tip off ... (catalog/natures.yml)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_CODE = re.compile(r"[a-z][a-z_]*\Z")
_FIELDS = frozenset(
    {"code", "name", "family", "description", "confidential", "silent", "place", "no_place_in"}
)
_PLACES = ("required", "optional")


@dataclass(frozen=True)
class Nature:
    """One kind of wish.

    Attributes:
        confidential: who told it is kept from the other side, unless the citizen says otherwise.
        silent: the read-back does not name it: it is what one expects here.
        place_optional: the place is asked for once, and may be left out.
        no_place_in: domains of ours in which the place is not even asked for.
    """

    code: str
    name: str
    description: str
    confidential: bool = False
    silent: bool = False
    place_optional: bool = False
    no_place_in: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> Nature:
        """Check and read one entry; raises ValueError naming the fault, KeyError a field that is missing."""
        unknown = sorted(set(entry) - _FIELDS)
        if unknown:
            raise ValueError(f"unknown field {', '.join(unknown)}")
        code, name = entry["code"], entry["name"]
        if not isinstance(code, str) or not _CODE.match(code):
            raise ValueError(f"code {code!r}: lower-case letters and _")
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"{code}: name is missing")
        place = entry.get("place", "required")
        if place not in _PLACES:
            raise ValueError(f"{code}: place is one of {', '.join(_PLACES)}")
        return cls(
            code=code,
            name=name,
            description=str(entry["description"]),
            confidential=_flag(entry, "confidential"),
            silent=_flag(entry, "silent"),
            place_optional=place == "optional",
            no_place_in=frozenset(map(str, entry.get("no_place_in", ()))),
        )


@dataclass(frozen=True)
class NatureTable:
    """All natures, in the catalogue's order."""

    natures: tuple[Nature, ...] = ()

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> NatureTable:
        """Check and read the loaded YAML; raises ValueError or KeyError naming the fault."""
        natures = tuple(Nature.parse(entry) for entry in data["natures"])
        if not natures:
            raise ValueError("no natures")
        for values in ([n.code for n in natures], [n.name for n in natures]):
            twice = sorted({v for v in values if values.count(v) > 1})
            if twice:
                raise ValueError(f"{', '.join(twice)} is there twice")
        return cls(natures)

    def find(self, code: str) -> Nature | None:
        """Return the nature with this code, None if there is none."""
        return next((n for n in self.natures if n.code == code), None)

    def name(self, code: str) -> str:
        """Return what people read for a code; an unknown one is shown as it is, none as nothing."""
        found = self.find(code)
        return found.name if found else code

    def shown(self, code: str) -> str:
        """Return the name to read back, "" if it goes without saying."""
        found = self.find(code)
        return found.name if found and not found.silent else ""

    def is_confidential(self, code: str) -> bool:
        """True if who told such a matter is kept secret unasked."""
        found = self.find(code)
        return found is not None and found.confidential


def _flag(entry: Mapping[str, Any], name: str) -> bool:
    value = entry.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"{entry.get('code')}: {name} is true or false")
    return value
