"""Loading `catalog/`: every file is read and checked at start; what is wrong is said with the file's name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.model.emergency import EmergencyMatcher, rules_from
from bot.model.office import Office
from bot.model.status import StatusTable
from bot.services.counter import Sign


class BadCatalog(Exception):
    """A catalog file is missing or breaks its own rules."""


@dataclass(frozen=True)
class MenuButton:
    """One button of the account's menu: pressing it is taken as saying `intent`."""

    name: str
    key: str
    intent: str


@dataclass(frozen=True)
class Catalog:
    """What the office's data files say."""

    office: Office
    statuses: StatusTable
    emergencies: EmergencyMatcher
    signs: tuple[Sign, ...]
    menu: tuple[MenuButton, ...]

    @classmethod
    def load(cls, folder: Path) -> Catalog:
        """Read and check all files; raises `BadCatalog`."""
        try:
            return cls(
                office=Office.parse(_read(folder / "office.yml")),
                statuses=StatusTable.parse(_read(folder / "statuses.yml")),
                emergencies=EmergencyMatcher(rules_from(_read(folder / "emergency.yml"))),
                signs=tuple(_sign(s) for s in _read(folder / "signs.yml")["signs"]),
                menu=tuple(MenuButton(**b) for b in _read(folder / "menu.yml")["buttons"]),
            )
        except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
            raise BadCatalog(f"{folder}: {error}") from error


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _sign(entry: dict[str, Any]) -> Sign:
    return Sign(str(entry["scene"]), str(entry["place"]), str(entry.get("service_code", "")))
