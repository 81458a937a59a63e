"""The desk's cases: whose turn it is, one case with all that may be done to it, what is due, units, finding."""

from __future__ import annotations

from starlette.routing import BaseRoute

from console.pages.office.acting import ActingPages
from console.pages.office.case import OfficeCasePages
from console.pages.office.due import DuePages
from console.pages.office.queue import QueuePages
from console.pages.office.search import SearchPages
from console.pages.office.units import UnitPages
from console.site import Site
from desk.office.office import DeskOffice


def office_routes(site: Site, desk: DeskOffice) -> list[BaseRoute]:
    """Return the routes of all pages on the desk's cases."""
    return [
        *QueuePages(site, desk).routes(),
        *DuePages(site, desk).routes(),
        *UnitPages(site, desk).routes(),
        *SearchPages(site, desk).routes(),
        *OfficeCasePages(site, desk).routes(),
        *ActingPages(site, desk).routes(),
    ]
