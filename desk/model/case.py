"""A case as its steps made it: nothing is known of it that the log of steps does not say.

`replay` is the one reading of the log. The columns beside it in the database (who has the case, when it is due)
are a copy for finding cases; a test recomputes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum
from typing import Any

from desk.model.clocks import SIGN, Clock, given
from desk.model.steps import Step, Who


class State(str, Enum):
    """Where a case stands; the names staff read are in catalog/flow.yml."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    SIGNED = "signed"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RETURNED = "returned"
    REPLIED = "replied"
    FOLLOWED_UP = "followed_up"
    CLOSED = "closed"
    ARCHIVED = "archived"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


AT_A_UNIT = (State.DISPATCHED, State.SIGNED, State.IN_PROGRESS, State.WAITING)
OPEN = (State.RECEIVED, State.ACCEPTED, State.RETURNED, *AT_A_UNIT)
"""What somebody still has to work on."""


@dataclass(frozen=True)
class Outcome:
    """How a unit's answer ends a case, said in its own field: an explanation is never a solution.

    Attributes:
        kind: one of catalog/outcomes.yml.
        cause: why it cannot be done (law, means, ...), for the kinds that need one.
        until: the day that is promised, for the kinds that need one.
        body: whose duty it is, for the kinds that need it.
    """

    kind: str
    text: str
    unit: str
    cause: str = ""
    until: date | None = None
    body: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it as it stands in a step's data."""
        until = self.until.isoformat() if self.until else ""
        return {**vars(self), "until": until}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Outcome:
        """Read what `as_dict` returned."""
        until = date.fromisoformat(data["until"]) if data["until"] else None
        return cls(**{**data, "until": until})


@dataclass(frozen=True)
class Verdict:
    """What the citizen says of the answer; None and "" where they did not say: no answer is not "satisfied".

    Attributes:
        contacted: somebody of the unit spoke with them.
        solved: yes, partly or no.
        degree, attitude, speed: 解决程度, 办理态度, 办理速度, 1 to 5.
    """

    contacted: bool | None = None
    solved: str = ""
    degree: int | None = None
    attitude: int | None = None
    speed: int | None = None
    reason: str = ""

    @property
    def scores(self) -> tuple[int, ...]:
        """The marks that were given."""
        return tuple(s for s in (self.degree, self.attitude, self.speed) if s is not None)

    @property
    def total(self) -> float | None:
        """Their mean, None without any."""
        return sum(self.scores) / len(self.scores) if self.scores else None


@dataclass(frozen=True)
class Case:
    """Where a case stands after its steps so far.

    Attributes:
        path: the units it went through, the one that has it last; the first stays answerable (首接负责).
        ruled: a ruling sent it there: it may not be returned (不得退回).
        paused_at: since when its clocks stand still; they wait for the citizen.
        clocks: name (sign, answer) → clock, as long as it runs.
        redone: how often the citizen's reopening sent it back.
        urged: when the citizen urged.
        version: number of the last step.
    """

    id: str
    filed_at: datetime
    service: str = ""
    division: str = ""
    urgency: str = ""
    topic: str = ""
    state: State = State.RECEIVED
    path: tuple[str, ...] = ()
    ruled: bool = False
    paused_at: datetime | None = None
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    outcome: Outcome | None = None
    verdict: Verdict | None = None
    redone: int = 0
    urged: tuple[datetime, ...] = ()
    merged_into: str = ""
    changed_at: datetime | None = None
    version: int = 0

    @property
    def unit(self) -> str:
        """The unit that has it; "" while it lies at the dispatch desk."""
        return self.path[-1] if self.path else ""

    @property
    def lead(self) -> str:
        """The unit that first received it and stays answerable."""
        return self.path[0] if self.path else ""

    @property
    def is_open(self) -> bool:
        """True while somebody still has to work on it."""
        return self.state in OPEN

    @property
    def running(self) -> Mapping[str, Clock]:
        """The clocks that go now: none of a case that waits for the citizen or is answered."""
        if self.paused_at is not None or self.state not in AT_A_UNIT:
            return {}
        is_sent = self.state is State.DISPATCHED
        return {name: clock for name, clock in self.clocks.items() if is_sent or name != SIGN}

    @property
    def next_alert(self) -> datetime | None:
        """When somebody must next hear of a deadline."""
        moments = [clock.next_alert for clock in self.running.values()]
        return min((moment for moment in moments if moment is not None), default=None)


def replay(case_id: str, steps: Iterable[Step]) -> Case | None:
    """Read the log from its beginning; None of an empty one."""
    case: Case | None = None
    for step in steps:
        case = apply(case_id, case, step)
    return case


def apply(case_id: str, case: Case | None, step: Step) -> Case:
    """Return the case after one more step.

    What a step carries in `data`: `state` (always), `path`, `ruled`, `service`, `division`, `urgency`, `topic`,
    `clocks`, `outcome`, `verdict`, `into`; what it does not carry stays.
    """
    before = case or Case(case_id, step.at)
    state = State(step.data["state"])
    changes = {name: read(step.data[name]) for name, read in _READ.items() if name in step.data}
    if "into" in step.data:
        changes["merged_into"] = step.data["into"]
    if "alert" in step.data:
        name = step.data["alert"]["clock"]
        changes["clocks"] = {**before.clocks, name: given(before.clocks[name])}
    if step.actor.who is Who.CITIZEN and step.name == "redo":
        changes["redone"] = before.redone + 1
    if step.name == "urge":
        changes["urged"] = (*before.urged, step.at)
    return replace(
        before,
        state=state,
        paused_at=(before.paused_at or step.at) if state is State.WAITING else None,
        changed_at=step.at if case is None or state is not case.state else case.changed_at,
        version=step.number,
        **changes,
    )


def _clocks(data: Mapping[str, Any]) -> dict[str, Clock]:
    return {name: Clock.from_dict(clock) for name, clock in data.items()}


_READ: dict[str, Callable[[Any], Any]] = {
    "service": str,
    "division": str,
    "urgency": str,
    "topic": str,
    "ruled": bool,
    "path": tuple,
    "clocks": _clocks,
    "outcome": Outcome.from_dict,
    "verdict": lambda data: Verdict(**data),
}
"""What a step may carry, and how it is read."""
