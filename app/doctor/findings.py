"""What checks find, and the words for it: catalog/doctor.yml, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from app.catalog import BadCatalog

LANGUAGES = ("zh", "en")


class Level(str, Enum):
    """How bad a finding is: FAIL, something will not work; WARN, it will, but not as well or not for long."""

    FAIL = "fail"
    WARN = "warn"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be: its name in catalog/doctor.yml, and what to put into its words."""

    code: str
    values: Mapping[str, str]


class NotChecked(Exception):
    """A check cannot be made before another one passes."""

    def __init__(self, waits_for: str) -> None:
        super().__init__(waits_for)
        self.waits_for = waits_for


def found(code: str, /, **values: object) -> Finding:
    """Return a finding."""
    return Finding(code, {name: str(value) for name, value in values.items()})


@dataclass(frozen=True)
class Words:
    """How one finding is told."""

    level: Level
    says: Mapping[str, str]
    remedy: Mapping[str, str]


class Wording:
    """The words of catalog/doctor.yml."""

    def __init__(
        self,
        titles: Mapping[str, Mapping[str, str]],
        phrases: Mapping[str, Mapping[str, str]],
        words: Mapping[str, Words],
    ) -> None:
        self.titles = titles
        self.phrases = phrases
        self.words = words

    @classmethod
    def load(cls, path: Path) -> Wording:
        """Read the file; raises `BadCatalog` when it breaks its rules."""
        try:
            return cls.parse(yaml.safe_load(path.read_text(encoding="utf-8")))
        except KeyError as error:
            raise BadCatalog(f"{path}: {error} is missing") from error
        except (OSError, ValueError, TypeError, AttributeError, yaml.YAMLError) as error:
            raise BadCatalog(f"{path}: {error}") from error

    @classmethod
    def parse(cls, data: Any) -> Wording:
        """Check what was read."""
        words = {
            str(code): Words(
                Level(entry["level"]),
                {language: str(entry[language]) for language in LANGUAGES},
                {language: str(entry[f"{language}_do"]) for language in LANGUAGES},
            )
            for code, entry in data["findings"].items()
        }
        return cls(_in_languages(data["checks"]), _in_languages(data["phrases"]), words)

    def level(self, finding: Finding) -> Level:
        """Return how bad it is."""
        return self.words[finding.code].level

    def says(self, finding: Finding, language: str) -> str:
        """Return what is wrong."""
        return self.words[finding.code].says[language].format_map(finding.values)

    def remedy(self, finding: Finding, language: str) -> str:
        """Return what mends it."""
        return self.words[finding.code].remedy[language].format_map(finding.values)


def _in_languages(entries: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {
        str(name): {language: str(entry[language]) for language in LANGUAGES}
        for name, entry in entries.items()
    }
