"""The units that handle cases: a tree in three levels (市, 区县, 镇街) under the hotline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

HOTLINE = "hotline"
CITY, DISTRICT, STREET = "city", "district", "street"
LEVELS = (HOTLINE, CITY, DISTRICT, STREET)


@dataclass(frozen=True)
class Unit:
    """One unit.

    Attributes:
        division: national code of the place it is there for, "" for the whole city.
        handles: groups and codes of catalog/services.yml that are its duty.
        direct: it receives cases without the dispatch desk (直派).
    """

    code: str
    name: str
    level: str
    parent: str = ""
    division: str = ""
    handles: tuple[str, ...] = ()
    direct: bool = False


class UnitTree:
    """All units, and who is above and below whom.

    Args:
        local: groups and service codes → the level whose unit of the place handles them.
    """

    def __init__(self, units: tuple[Unit, ...], local: Mapping[str, str]) -> None:
        self._units = {unit.code: unit for unit in units}
        self._local = dict(local)

    def __iter__(self) -> Any:
        """Iterate over the units in the file's order."""
        return iter(self._units.values())

    def __contains__(self, code: object) -> bool:
        """True for a code that is a unit's."""
        return code in self._units

    def __getitem__(self, code: str) -> Unit:
        """Return the unit; KeyError if there is none."""
        return self._units[code]

    @cached_property
    def root(self) -> Unit:
        """The hotline: where cases come in and are sent from."""
        return next(unit for unit in self if not unit.parent)

    def name(self, code: str) -> str:
        """Return a unit's name; the code itself of one that is gone from the file."""
        return self._units[code].name if code in self._units else code

    def above(self, code: str) -> list[str]:
        """Return the units above this one, the nearest first, the hotline last."""
        found: list[str] = []
        unit = self._units.get(code)
        while unit is not None and unit.parent:
            found.append(unit.parent)
            unit = self._units[unit.parent]
        return found

    def children(self, code: str) -> list[Unit]:
        """Return the units right below."""
        return [unit for unit in self if unit.parent == code]

    def subtree(self, code: str) -> frozenset[str]:
        """Return this unit and all below it: what it may see."""
        found = {code}
        for unit in self:  # a parent stands before its children (checked when the file is read)
            if unit.parent in found:
                found.add(unit.code)
        return frozenset(found)

    def sees(self, viewer: str, unit: str) -> bool:
        """True if a unit may look at cases of another: its own, and those below it."""
        return viewer == unit or viewer in self.above(unit)

    def suggest(self, *, service: str, group: str, division: str) -> list[Unit]:
        """Return who should get a case, the likeliest first (北京市接诉即办工作条例 art 12).

        Whose duty it clearly is; else the unit of the place for what is handled there; else the district; else nobody.
        """
        found: list[Unit] = []
        for key in (service, group):
            found += [unit for unit in self if key in unit.handles and _covers(unit, division)]
            found += self._of_place(self._local[key], division) if key in self._local else []
        found += self._of_place(DISTRICT, division)
        return list(dict.fromkeys(found))

    def _of_place(self, level: str, division: str) -> list[Unit]:
        """Return the unit of the place; where only the district is known, a street's matter is the district's."""
        there = [unit for unit in self if unit.division and division.startswith(unit.division)]
        at_level = [unit for unit in there if unit.level == level]
        return at_level or [unit for unit in there if unit.level == DISTRICT]


def _covers(unit: Unit, division: str) -> bool:
    return not unit.division or not division or division.startswith(unit.division)


def parse_units(data: Mapping[str, Any]) -> UnitTree:
    """Read the loaded catalog/units.yml; raises ValueError naming every fault."""
    units = tuple(
        Unit(
            code=str(row["code"]),
            name=row["name"],
            level=row["level"],
            parent=str(row.get("parent", "")),
            division=str(row.get("division", "")),
            handles=tuple(str(key) for key in row.get("handles", ())),
            direct=bool(row.get("direct", False)),
        )
        for row in data["units"]
    )
    faults = _faults(units)
    if faults:
        raise ValueError("units.yml: " + "; ".join(faults))
    return UnitTree(units, {str(k): v for k, v in data["local"].items()})


def _faults(units: tuple[Unit, ...]) -> list[str]:
    faults: list[str] = []
    levels: dict[str, str] = {}
    for unit in units:
        if unit.code in levels:
            faults.append(f"{unit.code}: twice")
        if unit.level not in LEVELS:
            faults.append(f"{unit.code}: level {unit.level!r}")
        elif unit.parent and unit.parent not in levels:
            faults.append(f"{unit.code}: its parent must stand before it")
        elif unit.parent and LEVELS.index(levels[unit.parent]) >= LEVELS.index(unit.level):
            faults.append(f"{unit.code}: not below its parent")
        levels[unit.code] = unit.level
    if sum(not unit.parent for unit in units) != 1:
        faults.append("one unit, the hotline, has no parent")
    return faults
