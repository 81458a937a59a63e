"""The office's own rules, read from the catalogue together and checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any

import yaml

from desk.model.clocks import ClockRule, Clocks, parse_clocks
from desk.model.flow import Flow, parse_flow
from desk.model.outcomes import OutcomeKind, parse_outcomes
from desk.model.units import Unit, UnitTree, parse_units
from desk.services import CatalogError, Service, load
from desk.statuses import STATUSES

NORMAL, URGENT = "normal", "urgent"
URGENCIES = {NORMAL: "普通", URGENT: "紧急"}


@dataclass(frozen=True)
class Rules:
    """Everything that belongs to one office and not to the code."""

    services: Mapping[str, Service]
    flow: Flow
    units: UnitTree
    clocks: Clocks
    outcomes: Mapping[str, OutcomeKind]

    def clock_rule(self, *, service: str, urgency: str, topic: str) -> ClockRule:
        """Return how long a case of this kind may take."""
        return self.clocks.rule(
            urgency=urgency, topic=topic, group=self.group(service), service=service
        )

    def suggest(self, *, service: str, division: str) -> list[Unit]:
        """Return who should get a case, the likeliest first."""
        return self.units.suggest(service=service, group=self.group(service), division=division)

    def group(self, service: str) -> str:
        """Return the group of a service; "" of one that is gone from the catalogue."""
        found = self.services.get(service)
        return found.group if found else ""


def load_rules(services_path: Path, zone: tzinfo) -> Rules:
    """Read services.yml and the files beside it.

    Raises:
        CatalogError: a file breaks its own rules, or names what another does not know.
    """
    folder = services_path.parent
    services = load(services_path)
    try:
        rules = Rules(
            services=services,
            flow=parse_flow(_read(folder / "flow.yml")),
            units=parse_units(_read(folder / "units.yml")),
            clocks=parse_clocks(_read(folder / "clocks.yml"), zone),
            outcomes=parse_outcomes(_read(folder / "outcomes.yml")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CatalogError(str(error)) from error
    faults = _faults(rules)
    if faults:
        raise CatalogError("; ".join(faults))
    return rules


def _read(path: Path) -> Mapping[str, Any]:
    data: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data


def _faults(rules: Rules) -> list[str]:
    known = {*rules.services, *(service.group for service in rules.services.values())}
    faults = [
        f"units.yml: {unit.code} handles the unknown {key}"
        for unit in rules.units
        for key in unit.handles
        if key not in known
    ]
    faults += [
        f"clocks.yml: unknown {key}"
        for rule in rules.clocks.rules
        for key in (*rule.groups, *rule.services)
        if key not in known
    ]
    faults += [
        f"outcomes.yml: {kind.code}: unknown word {kind.word}"
        for kind in rules.outcomes.values()
        if kind.word not in STATUSES
    ]
    return faults
