"""The staff's pages as an ASGI application, to be mounted at `/console`."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from bot.model.nature import NatureTable
from bot.model.office import Office
from bot.model.status import StatusTable
from bot.ports import Clock, Unavailable
from bot.record import Record
from console.backend import UpdatesBackend
from console.config import ConsoleConfig
from console.gate import Gate, inner_path
from console.lockout import Tries
from console.pages.case import OneCasePages
from console.pages.cases import CasePages
from console.pages.conversation import ConversationPages
from console.pages.sign_in import SignInPages
from console.pages.waiting import WaitingPages
from console.sessions import Sessions
from console.site import FOLDER, Site, environment

_WORDS = {
    403: ("没有提交成功", "页面可能开得太久了。请返回刷新后再试一次。"),
    404: ("没有找到", "这里没有您要找的内容，可能链接不完整。"),
    405: ("不能这样打开", "请从上方的菜单进入。"),
    409: ("暂时还不能登记", "这件事项还没有后台编号，转交成功后再来登记进展。"),
}
_ANY = ("出了点问题", "请返回再试一次；如果一直这样，请告诉运维人员。")
_DOWN = ("暂时读不到记录", "数据库暂时没有回应，市民的消息不会丢。请过几秒再刷新。")


def create_app(
    config: ConsoleConfig,
    *,
    record: Record,
    office: Office,
    statuses: StatusTable,
    natures: NatureTable,
    backend: UpdatesBackend | None,
    clock: Clock,
) -> Starlette:
    """Build the console; nothing is opened until a page is asked for.

    `backend` takes the updates that staff write; None when the office's own system is the place for that, and the
    form is then not there.
    """
    sessions = Sessions(config, clock)
    site = Site(
        config=config,
        record=record,
        office=office,
        statuses=statuses,
        natures=natures,
        backend=backend,
        clock=clock,
        sessions=sessions,
        tries=Tries(clock),
        templates=environment(),
    )
    app = Starlette(
        routes=_routes(site),
        middleware=[Middleware(Gate, sessions=sessions)],
        exception_handlers={HTTPException: _refused, Unavailable: _record_down},
    )
    app.state.site = site
    return app


def _routes(site: Site) -> list[BaseRoute]:
    return [
        *SignInPages(site).routes(),
        *WaitingPages(site).routes(),
        *ConversationPages(site).routes(),
        *CasePages(site).routes(),
        *OneCasePages(site).routes(),
        Mount("/static", StaticFiles(directory=FOLDER / "static"), name="static"),
    ]


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _answer(request, error.status_code, _WORDS.get(error.status_code, _ANY))


def _record_down(request: Request, error: Exception) -> Response:  # noqa: ARG001
    answer = _answer(request, 503, _DOWN)
    answer.headers["Retry-After"] = "5"
    return answer


def _answer(request: Request, status: int, words: tuple[str, str]) -> Response:
    if inner_path(request).endswith(".json"):
        return JSONResponse({"error": words[0]}, status)
    site: Site = request.app.state.site
    return site.page(
        request, "error.html", {"headline": words[0], "advice": words[1]}, status=status
    )
