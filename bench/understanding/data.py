"""The texts to measure on, read from a folder that is not part of the project."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

SEVEN = ("城乡建设", "劳动和社会保障", "教育文体", "商贸旅游", "环境保护", "卫生计生", "交通运输")
KINDS = {"咨询类": "咨询", "投诉类": "投诉", "紧急类": "投诉", "建议类": "建议"}


class NoData(Exception):
    """The folder lacks a file; the message says which."""


@dataclass(frozen=True)
class Letter:
    """A message of a web form with the one of seven domains it belongs to."""

    title: str
    text: str
    label: str


@dataclass(frozen=True)
class Ticket:
    """A hotline ticket: kind, place phrase and district where the data have them, else empty."""

    text: str
    kind: str
    place: str
    district: str


@dataclass(frozen=True)
class Stranger:
    """A message that is nothing for a government hotline, and where it comes from."""

    text: str
    source: str


@dataclass(frozen=True)
class Data:
    """All texts, and the file of a city's own labelled history."""

    letters: tuple[Letter, ...]
    tickets: tuple[Ticket, ...]
    strangers: tuple[Stranger, ...]
    history: Path


def read(folder: Path) -> Data:
    """Read `category_*.csv`, `intake_*.csv`, `out_of_scope_*.csv`; `city_history.csv` by its path.

    Raises:
        NoData: a file is missing.
    """
    letters = [Letter(r["title"], r["text"], r["label"]) for r in _rows(folder, "category")]
    tickets = [
        Ticket(r["text"], r["kind"], r["place_phrase"], r["district"])
        for r in _rows(folder, "intake")
    ]
    strangers = [Stranger(r["text"], r["source"]) for r in _rows(folder, "out_of_scope")]
    history = _one(folder, "city_history*.csv")
    return Data(tuple(letters), tuple(tickets), tuple(strangers), history)


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with _one(folder, f"{name}_*.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise NoData(f"there is no {pattern} in {folder}")
    return found[0]
