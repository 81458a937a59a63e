"""A catalogue that has every type of service and every type of question; the shipped one has neither."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.desk.office import SERVICES

BATCH, BLACKBOX, QUESTIONS = "0712", "0713", "0755"
_CHOICES = [{"key": "a", "name": "甲"}, {"key": "b", "name": "乙"}]
ATTRIBUTES: list[dict[str, Any]] = [
    {
        "code": "hint",
        "datatype": "string",
        "variable": False,
        "description": "施工期间请绕行，不用回答。",
    },
    {"code": "plate", "datatype": "string", "required": True, "description": "车牌号是多少？"},
    {"code": "count", "datatype": "number", "description": "一共几处？"},
    {
        "code": "seen",
        "datatype": "datetime",
        "description": "什么时候看到的？",
        "datatype_description": "如 2026-11-23T08:00:00+08:00",
    },
    {"code": "story", "datatype": "text", "description": "经过是怎样的？"},
    {
        "code": "one",
        "datatype": "singlevaluelist",
        "description": "是哪一种？",
        "values": _CHOICES,
    },
    {
        "code": "some",
        "datatype": "multivaluelist",
        "description": "有哪几种？",
        "values": _CHOICES,
    },
]


def write_catalog(folder: Path) -> Path:
    """Copy the shipped catalogue with some rows changed; return its services.yml."""
    for name in ("flow.yml", "units.yml", "clocks.yml", "outcomes.yml"):
        shutil.copy(SERVICES.parent / name, folder / name)
    data = yaml.safe_load(SERVICES.read_text(encoding="utf-8"))
    changes: dict[str, dict[str, Any]] = {
        BATCH: {"type": "batch"},
        BLACKBOX: {"type": "blackbox"},
        QUESTIONS: {"attributes": ATTRIBUTES},
    }
    rows = [row | changes.get(row["code"], {}) for row in data["services"]]
    path = folder / "services.yml"
    path.write_text(yaml.safe_dump({"services": rows}, allow_unicode=True), encoding="utf-8")
    return path
