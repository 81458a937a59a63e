"""From the catalogue's services to the three-level list, and from labels of other lists to services."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from nlu.components.files import load_yaml

CROSSWALK = "catalog/crosswalk.yml"
LEVELS = "catalog/three_levels.yml"


class Crosswalk:
    """Says where another list counts a service, and which services another list's label means."""

    def __init__(
        self, paths: Mapping[str, Sequence[str]], services: Sequence[Mapping[str, Any]]
    ) -> None:
        self._paths = paths
        self._labels: dict[str, list[str]] = {}
        for row in services:
            code = str(row["code"])
            for name in (code, row["group"], row["name"], f"{row['group']}/{row['name']}"):
                self._labels.setdefault(name, []).append(code)
        for code, found in paths.items():
            for name in dict.fromkeys(part for path in found for part in _prefixes(path)):
                if code not in self._labels.setdefault(name, []):
                    self._labels[name].append(code)

    @classmethod
    def load(cls, services: str = "catalog/services.yml", path: str = CROSSWALK) -> Crosswalk:
        """Read and check the crosswalk against the catalogue and the three-level list.

        Raises:
            ValueError: naming the codes without a path and the paths that the list has not.
        """
        rows = load_yaml(services)["services"]
        paths = {str(k): list(v) for k, v in load_yaml(path)["services"].items()}
        levels = load_yaml(LEVELS)["levels"]
        missing = sorted({str(r["code"]) for r in rows} ^ paths.keys())
        if missing:
            raise ValueError(f"{path}: not in both lists: {', '.join(missing)}")
        strange = sorted({p for found in paths.values() for p in found if not _exists(p, levels)})
        if strange:
            raise ValueError(f"{path}: not in {LEVELS}: {', '.join(strange)}")
        return cls(paths, rows)

    def path(self, code: str) -> str:
        """Give the path where the three-level list counts a service."""
        return self._paths[code][0]

    def label(self, code: str, among: Collection[str]) -> str:
        """Give the level 1 of a service if only the levels in `among` exist; empty if none fits."""
        firsts = (path.split("/")[0] for path in self._paths[code])
        return next((first for first in firsts if first in among), "")

    def codes(self, label: str) -> list[str]:
        """Give the services that a label means: a code, a name of the catalogue, or any level's path.

        Empty for a label that neither list has.
        """
        return self._labels.get(label.strip(), [])


def _prefixes(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]


def _exists(path: str, levels: Mapping[str, Any]) -> bool:
    first, second, *third = path.split("/")
    return second in levels.get(first, {}) and all(t in levels[first][second] for t in third)
