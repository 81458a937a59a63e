"""Loading `catalog/`: every file is read and checked at start; what is wrong is said with the file's name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from app.settings import ROOT
from bot.model.backend import Attribute, Service
from bot.model.emergency import EmergencyMatcher, rules_from
from bot.model.limits import Limits
from bot.model.nature import NatureTable
from bot.model.office import Office
from bot.model.staff import CannedAnswer
from bot.model.status import StatusTable
from bot.services.counter import Sign
from bot.services.directory import Directory
from console.canned import parse as canned_answer

T = TypeVar("T")
# libyaml where PyYAML was built with it: ten times as fast, and every process reads the files at its start.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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
    natures: NatureTable
    emergencies: EmergencyMatcher
    signs: tuple[Sign, ...]
    menu: tuple[MenuButton, ...]
    notice_fields: dict[str, dict[str, str]]
    canned: tuple[CannedAnswer, ...]
    limits: Limits

    @classmethod
    def load(cls, folder: Path) -> Catalog:
        """Read and check all files; raises `BadCatalog`."""
        return cls(
            office=_load(folder / "office.yml", Office.parse),
            statuses=_load(folder / "statuses.yml", StatusTable.parse),
            natures=_load(folder / "natures.yml", NatureTable.parse),
            emergencies=_load(folder / "emergency.yml", lambda d: EmergencyMatcher(rules_from(d))),
            signs=_load(folder / "signs.yml", lambda d: tuple(_sign(s) for s in d["signs"])),
            menu=_load(folder / "menu.yml", lambda d: tuple(MenuButton(**b) for b in d["buttons"])),
            notice_fields=_load(folder / "notices.yml", _notice_fields),
            canned=_load(folder / "canned.yml", _canned),
            limits=_load(folder / "limits.yml", Limits.parse),
        )

    def buttons(self) -> list[dict[str, str]]:
        """Return the menu as WeChat takes it (wechat-contract 9.1)."""
        return [{"type": "click", "name": b.name, "key": b.key} for b in self.menu]


def _load(path: Path, parse: Callable[[Any], T]) -> T:
    try:
        return parse(_read(path))
    except KeyError as error:
        raise BadCatalog(f"{path}: {error} is missing") from error
    except (OSError, ValueError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise BadCatalog(f"{path}: {error}") from error


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)


def _notice_fields(data: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    for rung in ("subscription", "template"):
        unknown = set(data[rung].values()) - {"number", "status", "time", "remark"}
        if unknown:
            raise ValueError(f"{rung}: unknown {', '.join(sorted(unknown))}")
    return data


def _canned(data: dict[str, Any]) -> tuple[CannedAnswer, ...]:
    answers = tuple(canned_answer(entry) for entry in data["answers"])
    if len({answer.code for answer in answers}) < len(answers):
        raise ValueError("a code stands there twice")
    return answers


def _sign(entry: dict[str, Any]) -> Sign:
    return Sign(str(entry["scene"]), str(entry["place"]), str(entry.get("service_code", "")))


def services_of(folder: Path = ROOT / "catalog") -> Directory:
    """Return the catalogue's services and natures, for as long as no backend has been reached."""
    entries = _read(folder / "services.yml")["services"]
    services = tuple(
        Service(
            code=e["code"],
            name=e["name"],
            group=e["group"],
            description=e["description"],
            keywords=tuple(e["words"]),
            has_attributes="attributes" in e,
        )
        for e in entries
    )
    attributes = {e["code"]: _attributes(e) for e in entries if "attributes" in e}
    return Directory(services, attributes, _load(folder / "natures.yml", NatureTable.parse))


def _attributes(entry: dict[str, Any]) -> tuple[Attribute, ...]:
    return tuple(
        Attribute(
            code=a["code"],
            description=a["description"],
            datatype=a["datatype"],
            variable=a.get("variable", True),
            required=a.get("required", False),
            datatype_description=a.get("datatype_description", ""),
            order=number,
            values=tuple((v["key"], v["name"]) for v in a.get("values", ())),
        )
        for number, a in enumerate(entry["attributes"], start=1)
    )
