"""What every page of the console shares: its parts, links that know the mount, forms that prove where they came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.model.nature import NatureTable
from bot.model.office import Office
from bot.model.status import StatusTable
from bot.ports import Clock
from bot.record import Record
from console.backend import UpdatesBackend
from console.config import ConsoleConfig
from console.lockout import Tries
from console.sessions import Session, Sessions

FOLDER = Path(__file__).parent


def environment() -> Environment:
    """Return the templates' environment: everything is escaped, a missing value is an error."""
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True)
class Site:
    """The console's parts."""

    config: ConsoleConfig
    record: Record
    office: Office
    statuses: StatusTable
    natures: NatureTable
    backend: UpdatesBackend | None
    clock: Clock
    sessions: Sessions
    tries: Tries
    templates: Environment

    def page(
        self, request: Request, name: str, values: dict[str, Any], *, status: int = 200
    ) -> Response:
        """Render a page."""
        session: Session | None = getattr(request.state, "session", None)
        shared = {
            "link": linker(request),
            "office": self.office,
            "session": session,
            "csrf": self.sessions.form_token(session.nonce) if session else "",
        }
        return HTMLResponse(self.templates.get_template(name).render(shared | values), status)

    async def form(self, request: Request) -> FormData:
        """Return a posted form; one without this browser's token is refused (403), and nothing is done."""
        form = await request.form(max_files=0, max_fields=20)
        if not self.sessions.is_form_token(session_of(request).nonce, text(form, "csrf")):
            raise HTTPException(403)
        return form


def linker(request: Request) -> Callable[..., str]:
    """Return what makes links: a route's name and its parameters become a path below the mount."""
    root = request.scope.get("root_path", "")

    def link(name: str, **params: Any) -> str:
        return root + str(request.app.url_path_for(name, **params))

    return link


def see(request: Request, name: str, *, note: str = "", **params: Any) -> Response:
    """Send the browser to a page after a form was taken; `note` names what it is told there."""
    return RedirectResponse(
        linker(request)(name, **params) + (f"?note={note}" if note else ""), 303
    )


def session_of(request: Request) -> Session:
    """Return who is signed in; the gate let nobody else through."""
    session = getattr(request.state, "session", None)
    if not isinstance(session, Session):
        raise HTTPException(403)
    return session


def text(form: FormData, name: str) -> str:
    """Return a field of a form as text, "" if it is missing."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
