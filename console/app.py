"""The staff's pages as an ASGI application, to be mounted at `/console`."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from bot.model.nature import NatureTable
from bot.model.office import Office
from bot.model.status import StatusTable
from bot.ports import Clock, Unavailable
from bot.record import Record
from console import access, problems, refusals
from console.audit import Trail
from console.backend import UpdatesBackend
from console.config import ConsoleConfig
from console.gate import Gate
from console.lockout import Tries
from console.pages.accounts import AccountPages
from console.pages.acts import ActPages
from console.pages.answering import AnsweringPages
from console.pages.audit_log import AuditPages
from console.pages.board import BoardPages
from console.pages.canned import CannedPages
from console.pages.canned_for import CannedForPages
from console.pages.case import OneCasePages
from console.pages.cases import CasePages
from console.pages.colleagues import ColleaguePages
from console.pages.conversation_news import ConversationNewsPages
from console.pages.desk import DeskPages
from console.pages.events import EventsSocket
from console.pages.form import FormPages
from console.pages.live_rows import LiveRowPages
from console.pages.media import MediumPages
from console.pages.office import office_routes
from console.pages.password import PasswordPages
from console.pages.revealing import RevealPages
from console.pages.shifts import ShiftPages
from console.pages.sign_in import SignInPages
from console.pages.telling import TellingPages
from console.pages.watermark import WatermarkPages
from console.parts import ServingParts
from console.sessions import Sessions
from console.site import FOLDER, Site, environment
from desk.office.office import DeskOffice


def create_app(
    config: ConsoleConfig,
    *,
    record: Record,
    office: Office,
    statuses: StatusTable,
    natures: NatureTable,
    backend: UpdatesBackend | None,
    clock: Clock,
    serving: ServingParts,
    desk: DeskOffice | None = None,
) -> Starlette:
    """Build the console; nothing is opened until a page is asked for.

    `backend` takes the updates that staff write; None when the office's own system is the place for that, and the
    form is then not there. `serving`: what staff serve citizens with. `desk`: the embedded office, whose cases then have
    pages of their own.

    Raises:
        ValueError: a route has no entry of its own in `console.access`.
    """
    site = Site(
        config=config,
        record=record,
        office=office,
        statuses=statuses,
        natures=natures,
        backend=backend,
        clock=clock,
        sessions=Sessions(config.secret, clock),
        tries=Tries(clock),
        trail=Trail(record, clock),
        templates=environment(),
        serving=serving,
        desk=desk,
    )
    routes = _routes(site)
    access.check(routes)
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Gate, site=site)],
        exception_handlers={
            HTTPException: _refused,
            Unavailable: _record_down,
            DBAPIError: _record_down,  # the desk's, which shows its errors as they are
            **dict.fromkeys(refusals.REFUSED, refusals.refused),
        },
    )
    app.state.site = site
    return app


def _routes(site: Site) -> list[BaseRoute]:
    return [
        *SignInPages(site).routes(),
        *PasswordPages(site).routes(),
        *AccountPages(site).routes(),
        *AuditPages(site).routes(),
        *WatermarkPages(site).routes(),
        # Before the page, whose path would take "<id>.json" too.
        *ConversationNewsPages(site).routes(),
        *DeskPages(site).routes(),
        *LiveRowPages(site).routes(),
        *MediumPages(site).routes(),
        *ColleaguePages(site).routes(),
        *ActPages(site).routes(),
        *AnsweringPages(site).routes(),
        *RevealPages(site).routes(),
        *CannedForPages(site).routes(),
        *CannedPages(site).routes(),
        *FormPages(site).routes(),
        *BoardPages(site).routes(),
        *ShiftPages(site).routes(),
        *EventsSocket(site, beat_s=site.config.beat_s).routes(),
        *CasePages(site).routes(),
        *OneCasePages(site).routes(),
        *TellingPages(site).routes(),
        *(office_routes(site, site.desk) if site.desk is not None else ()),
        Mount("/static", StaticFiles(directory=FOLDER / "static"), name="static"),
    ]


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problems.problem(request, error.status_code)


def _record_down(request: Request, error: Exception) -> Response:  # noqa: ARG001
    return problems.record_down(request)
