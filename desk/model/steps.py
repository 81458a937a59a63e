"""One step of a case's life, and who took it. Steps are only ever added: they are the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any


class Who(str, Enum):
    """On whose side the actor of a step stands."""

    CITIZEN = "citizen"
    STAFF = "staff"
    SYSTEM = "system"  # the desk itself: clocks, housekeeping
    OUTSIDE = "outside"  # another system, by Open311


@dataclass(frozen=True)
class Actor:
    """Who took a step.

    Attributes:
        name: as the office knows them: a work number with name, the name of a system; "" for citizen and desk.
        unit: code of the unit a member of staff belongs to (catalog/units.yml).
    """

    who: Who
    name: str = ""
    unit: str = ""


CITIZEN = Actor(Who.CITIZEN)
SYSTEM = Actor(Who.SYSTEM)


@dataclass(frozen=True)
class Step:
    """What was done to a case.

    Attributes:
        number: 1, 2, 3 … within the case.
        name: one of catalog/flow.yml.
        note: why, or what was said, in words; for the office's eyes.
        data: what the step carries besides: unit, clocks, outcome, verdict (see `desk.model.case`).
        told: what the citizen was told of it; if "", `untold` says why nothing.
    """

    number: int
    name: str
    at: datetime
    actor: Actor
    note: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    told: str = ""
    untold: str = ""
