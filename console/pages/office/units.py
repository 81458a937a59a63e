"""The units below the viewer's as a tree, each with what it has in hand and how much of that is overdue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.pages.office.viewing import Viewer, viewer_of
from console.site import Site, linker
from desk.model.units import Unit
from desk.office.office import DeskOffice

Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Branch:
    """A unit: what it has itself, what it and all below it have, and the units right below."""

    name: str
    url: str
    open: int
    overdue: int
    all_open: int
    all_overdue: int
    direct: bool
    below: tuple[Branch, ...]


class UnitPages:
    """The tree."""

    def __init__(self, site: Site, desk: DeskOffice) -> None:
        self._site = site
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [Route("/desk/units", self.show, methods=["GET"], name="office_units")]

    def show(self, request: Request) -> Response:
        """The viewer's own part of the tree."""
        viewer = viewer_of(self._desk, request)
        counts = self._desk.lists.by_unit(self._desk.now())
        address = linker(request)("office_queue")
        values = {"tree": self._tree(viewer, counts, address), "is_hotline": viewer.is_hotline}
        return self._site.page(request, "office_units.html", values)

    def _tree(self, viewer: Viewer, counts: Counts, address: str) -> Branch | None:
        units = self._desk.rules.units
        if viewer.unit not in units:
            return None

        def branch(unit: Unit) -> Branch:
            own = counts.get("" if not unit.parent else unit.code, {"open": 0, "overdue": 0})
            below = tuple(branch(child) for child in units.children(unit.code))
            return Branch(
                name=unit.name,
                url=f"{address}?unit={unit.code}",
                open=own["open"],
                overdue=own["overdue"],
                all_open=own["open"] + sum(one.all_open for one in below),
                all_overdue=own["overdue"] + sum(one.all_overdue for one in below),
                direct=unit.direct,
                below=below,
            )

        return branch(units[viewer.unit])
