"""What is overdue or soon will be: by unit, and how far up the tree the alert has climbed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.pages.office.queue import Parts
from console.pages.office.rows import OrderRow, Rows
from console.pages.office.viewing import Viewer, viewer_of
from console.site import Site, linker
from desk.office.lists import DUE, CaseQuery, CaseRow
from desk.office.office import DeskOffice

#: So many of the cases longest due are looked at; so many of them are shown.
LOOKED_AT = 1000
SHOWN = 100


@dataclass(frozen=True)
class Alert:
    """A case whose deadline is near (level 0) or over, and whom the desk has told of it so far."""

    row: OrderRow
    level: int
    told: tuple[str, ...]


@dataclass(frozen=True)
class UnitDue:
    """A unit with overdue cases."""

    name: str
    url: str
    open: int
    overdue: int


class DuePages:
    """Deadlines."""

    def __init__(self, site: Site, desk: DeskOffice) -> None:
        self._site = site
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [Route("/desk/due", self.show, methods=["GET"], name="office_due")]

    def show(self, request: Request) -> Response:
        """All levels, or the one asked for."""
        viewer, link = viewer_of(self._desk, request), linker(request)
        levels = range(self._desk.rules.clocks.levels + 1)
        asked = request.query_params.get("level", "")
        level = int(asked) if asked in {str(one) for one in levels} else None
        found = self._levels(viewer)
        wanted = [pair for pair in found if level is None or pair[1] == level]
        rows = Rows(self._site, viewer, link)
        values = {
            "alerts": [self._alert(rows, row, at) for row, at in wanted[:SHOWN]],
            "level": level,
            "levels": [(one, sum(at == one for _, at in found)) for one in levels],
            "all": len(found),
            "is_cut": len(wanted) > SHOWN,
            "is_all_looked_at": len(found) < LOOKED_AT,
            "units": self._units(viewer, link("office_queue")),
            "shown": SHOWN,
        }
        return self._site.page(request, "office_due.html", values)

    def _levels(self, viewer: Viewer) -> list[tuple[CaseRow, int]]:
        now = self._desk.now()
        query = CaseQuery(
            units=viewer.scope,
            open=True,
            due_before=Parts(self._desk, viewer.unit).soon,
            order=DUE,
            limit=LOOKED_AT,
        )
        return [(row, self._level(row, now)) for row in self._desk.lists.rows(query)]

    def _level(self, row: CaseRow, now: datetime) -> int:
        """Return how many units were told that a deadline of this case is over, as the desk's clocks climb."""
        due = min(moment for moment in (row.sign_due, row.answer_due) if moment is not None)
        if due > now:
            return 0
        rules, level = self._desk.rules, 1
        rule = rules.clock_rule(service=row.service, urgency=row.urgency, topic="")
        while level < rules.clocks.levels:
            due = rules.clocks.start(rule.climb, rule, due).due
            if due > now:
                break
            level += 1
        return level

    def _alert(self, rows: Rows, row: CaseRow, level: int) -> Alert:
        units = self._desk.rules.units
        climbed = [row.unit, *units.above(row.unit)]
        return Alert(rows.row(row), level, tuple(units.name(code) for code in climbed[:level]))

    def _units(self, viewer: Viewer, address: str) -> list[UnitDue]:
        units = self._desk.rules.units
        found = [
            UnitDue(
                units.name(code), f"{address}?unit={code}&tab=late", row["open"], row["overdue"]
            )
            for code, row in self._desk.lists.by_unit(self._desk.now()).items()
            if code in viewer.subtree and row["overdue"]
        ]
        return sorted(found, key=lambda one: -one.overdue)
