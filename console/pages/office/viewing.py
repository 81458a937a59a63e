"""Who looks at the desk's cases, and which of them they may see: those their unit or one below it has or answers for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from starlette.requests import Request

from bot.model.staff import StaffMember
from console.access import Permission, may
from console.pages.naming import who
from console.site import member_of
from desk.model.steps import Actor
from desk.model.units import Unit
from desk.office.office import DeskOffice


@dataclass(frozen=True)
class Viewer:
    """A member of staff in front of the desk's pages; `actor` is what the desk knows them as."""

    desk: DeskOffice
    member: StaffMember
    actor: Actor

    @property
    def unit(self) -> str:
        """Code of their unit; the hotline's own for who belongs to none."""
        return self.actor.unit

    @property
    def is_hotline(self) -> bool:
        """True for who belongs to the dispatch desk and sees everything."""
        return self.unit == self.desk.rules.units.root.code

    @property
    def may_act(self) -> bool:
        """True if their role lets them carry cases on."""
        return may(self.member, Permission.CASEWORK)

    @cached_property
    def subtree(self) -> frozenset[str]:
        """Their unit and all below it."""
        return self.desk.rules.units.subtree(self.unit)

    @property
    def scope(self) -> frozenset[str] | None:
        """What `CaseQuery.sees` is for them: None is everything."""
        return None if self.is_hotline else self.subtree

    def sees(self, *units: str) -> bool:
        """True if they may look at a case that one of these units has or answers for."""
        return self.is_hotline or any(unit in self.subtree for unit in units)

    def units(self) -> Iterable[Unit]:
        """Return the units they may look into, a parent before its children."""
        return (unit for unit in self.desk.rules.units if unit.code in self.subtree)


def viewer_of(desk: DeskOffice, request: Request) -> Viewer:
    """Return who asks."""
    member = member_of(request)
    name = who(member.number, {member.number: member.name})
    return Viewer(desk, member, desk.staff(name, member.unit))
