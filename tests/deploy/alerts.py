"""The alert rules and the dashboard as this repository ships them, and Prometheus' own tool to check them with."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
ALERTS = FOLDER / "alerts.yml"
_SELECTOR = re.compile(r"\b(minsheng_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)(=~|!=|=)"([^"]*)"')


@dataclass(frozen=True)
class Selector:
    """Which series an expression reads: a name, and conditions on labels (label, operator, value)."""

    name: str
    matchers: tuple[tuple[str, str, str], ...]

    def takes(self, name: str, labels: dict[str, str]) -> bool:
        """True if a series of this name with these labels is one of them."""
        return name == self.name and all(self._holds(labels, *m) for m in self.matchers)

    @staticmethod
    def _holds(labels: dict[str, str], label: str, operator: str, value: str) -> bool:
        if label not in labels:
            return False
        if operator == "=~":
            return re.fullmatch(value, labels[label]) is not None
        return (labels[label] == value) is (operator == "=")


def rules() -> dict[str, dict[str, Any]]:
    """Return alert → rule."""
    (group,) = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def panels() -> dict[str, list[str]]:
    """Return title → expressions of the dashboard's panels."""
    board = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
    return {
        panel["title"]: [target["expr"] for target in panel["targets"]] for panel in board["panels"]
    }


def selectors(expression: str) -> set[Selector]:
    """Return what of our own metrics an expression reads."""
    return {
        Selector(name, tuple(_MATCHER.findall(matchers)))
        for name, matchers in _SELECTOR.findall(expression)
    }


def promtool(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run Prometheus' checker; fail, never skip, without one."""
    own = ROOT / ".tools" / "promtool"
    tool = str(own) if own.exists() else shutil.which("promtool")
    if tool is None:
        pytest.fail("no promtool on this machine: tests/install_system.sh gets it", pytrace=False)
    return subprocess.run(
        [tool, *arguments], input=text, capture_output=True, text=True, timeout=60, check=False
    )
