"""Which step may be taken when, by whom, and what the citizen hears of it: catalog/flow.yml, checked when it is read."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desk.model.case import AT_A_UNIT, Case, State
from desk.model.steps import Actor, Step, Who
from desk.model.units import UnitTree
from desk.statuses import STATUSES

SAME, BACK = "same", "back"
DISPATCHER, HOLDER, ABOVE = "dispatcher", "holder", "above"
_BY = {DISPATCHER, HOLDER, ABOVE, Who.CITIZEN.value, Who.SYSTEM.value, Who.OUTSIDE.value}
_NEEDS = {"note", "unit", "outcome", "verdict", "day", "into"}
_VALUES = {"unit", "lead", "due", "note", "into", "text", "outcome", "words"}


@dataclass(frozen=True)
class StepRule:
    """One entry of `steps`; the fields are explained in the file."""

    code: str
    name: str
    states: tuple[State, ...]
    to: str
    by: frozenset[str]
    needs: tuple[str, ...] = ()
    tell: str = ""
    silent: str = ""
    says: str = ""

    def may(self, actor: Actor, case: Case, units: UnitTree) -> bool:
        """True if this actor may take the step now, as far as state and post decide."""
        return case.state in self.states and bool(self.by & posts(actor, case, units))


@dataclass(frozen=True)
class Flow:
    """All states and steps."""

    names: Mapping[State, str]
    words: Mapping[State, str]
    steps: Mapping[str, StepRule]
    outside: Mapping[str, str]

    def after_word(self, case: Case, word: str) -> State:
        """Return where a case stands after another system's update with this status word.

        What is worked on elsewhere, and here at no unit, stays at the dispatch desk.
        """
        to = self.outside[word]
        state = case.state if to == SAME else State(to)
        return State.ACCEPTED if state in AT_A_UNIT and not case.path else state

    def open_to(self, actor: Actor, case: Case, units: UnitTree) -> list[StepRule]:
        """Return the steps that this actor may take now, in the file's order."""
        return [rule for rule in self.steps.values() if rule.may(actor, case, units)]

    def says(self, step: Step) -> str:
        """Return a step's external_status_code."""
        rule = self.steps.get(step.name)
        return (rule.says if rule else "") or str(step.data["state"])


def posts(actor: Actor, case: Case, units: UnitTree) -> frozenset[str]:
    """Return in which roles of `by` an actor stands towards a case."""
    if actor.who is not Who.STAFF:
        return frozenset({actor.who.value})
    found = set()
    if actor.unit == units.root.code:
        found.add(DISPATCHER)
    if case.unit and actor.unit == case.unit:
        found.add(HOLDER)
    if case.unit and actor.unit in units.above(case.unit):
        found.add(ABOVE)
    return frozenset(found)


def parse_flow(data: Mapping[str, Any]) -> Flow:
    """Read the loaded catalog/flow.yml; raises ValueError naming every fault."""
    steps = {code: _rule(code, row) for code, row in data["steps"].items()}
    faults = [f"{code}: {fault}" for code, row in steps.items() for fault in _faults(row)]
    missing = {state.value for state in State} ^ set(data["states"])
    faults += [f"state {name}" for name in sorted(missing)]
    words = {State(code): row["word"] for code, row in data["states"].items() if not missing}
    faults += [f"word {word}" for word in words.values() if word not in STATUSES]
    outside = data["outside"]
    faults += [f"outside {word}" for word in sorted(set(outside) ^ set(STATUSES))]
    targets = {SAME, *(state.value for state in State)}
    faults += [f"outside: {to}" for to in outside.values() if to not in targets]
    if faults:
        raise ValueError("flow.yml: " + "; ".join(faults))
    names = {State(code): row["name"] for code, row in data["states"].items()}
    return Flow(names, words, steps, outside)


def _rule(code: str, row: Mapping[str, Any]) -> StepRule:
    return StepRule(
        code=code,
        name=row["name"],
        states=tuple(State(name) for name in row["from"]),
        to=row["to"],
        by=frozenset(row["by"]),
        needs=tuple(row.get("needs", ())),
        tell=row.get("tell", ""),
        silent=row.get("silent", ""),
        says=row.get("code", ""),
    )


def _faults(rule: StepRule) -> list[str]:
    found = []
    if rule.to not in (SAME, BACK, *(state.value for state in State)):
        found.append(f"leads to {rule.to}")
    if not rule.by or rule.by - _BY:
        found.append("by")
    if set(rule.needs) - _NEEDS:
        found.append("needs")
    if bool(rule.tell) == bool(rule.silent):
        found.append("either tell or silent")
    fields = {name for _, name, _, _ in string.Formatter().parse(rule.tell) if name}
    if fields - _VALUES:
        found.append(f"tells {', '.join(sorted(fields - _VALUES))}")
    return found
