"""The staff's pages as an ASGI application, to be mounted at `/console`."""

from __future__ import annotations

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
from console import access, problems
from console.audit import Trail
from console.backend import UpdatesBackend
from console.config import ConsoleConfig
from console.gate import Gate
from console.lockout import Tries
from console.pages.accounts import AccountPages
from console.pages.audit_log import AuditPages
from console.pages.case import OneCasePages
from console.pages.cases import CasePages
from console.pages.conversation import ConversationPages
from console.pages.password import PasswordPages
from console.pages.sign_in import SignInPages
from console.pages.waiting import WaitingPages
from console.pages.watermark import WatermarkPages
from console.parts import ServingParts
from console.sessions import Sessions
from console.site import FOLDER, Site, environment


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
) -> Starlette:
    """Build the console; nothing is opened until a page is asked for.

    `backend` takes the updates that staff write; None when the office's own system is the place for that, and the
    form is then not there. `serving`: what staff serve citizens with.

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
    )
    routes = _routes(site)
    access.check(routes)
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Gate, site=site)],
        exception_handlers={HTTPException: _refused, Unavailable: _record_down},
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
        *WaitingPages(site).routes(),
        *ConversationPages(site).routes(),
        *CasePages(site).routes(),
        *OneCasePages(site).routes(),
        Mount("/static", StaticFiles(directory=FOLDER / "static"), name="static"),
    ]


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problems.problem(request, error.status_code)


def _record_down(request: Request, error: Exception) -> Response:  # noqa: ARG001
    return problems.record_down(request)
