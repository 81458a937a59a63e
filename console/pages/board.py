"""The supervisor's board: who is there and holds what, who waits, how today goes; and handoffs to take along."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.model.conversation import WaitReason
from bot.model.office import Office
from bot.model.staff import Handoff
from console.pages.board_data import Board
from console.pages.naming import label, staff_names
from console.shift_form import read_day
from console.site import Site, linker, text
from console.spreadsheet import csv_file, download
from console.wording import ENDINGS, REASONS, moment

#: Most days of one file.
MOST_DAYS = 366
_HEADS = (
    "市民", "原因", "提出时间", "接入时间", "工号", "姓名", "等待接入（秒）", "首次回复时间", "等待首次回复（秒）",
    "结束时间", "结束方式",
)  # fmt: skip
_UNASKED = "工作人员主动接入"
_BAD_PERIOD = f"请选开始和结束两个日期，结束不早于开始，最多 {MOST_DAYS} 天。"


class BoardPages:
    """The page, the same as data for its script, and the file."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [
            Route("/board", self.show, methods=["GET"], name="board"),
            Route("/board.json", self.rows, methods=["GET"], name="board_rows"),
            Route("/board/handoffs.csv", self.export, methods=["POST"], name="handoffs_export"),
        ]

    def show(self, request: Request) -> Response:
        """The board."""
        return self._page(request)

    def rows(self, request: Request) -> Response:
        """The board as data, asked for every few seconds by every open page."""
        return JSONResponse(Board(self._site, linker(request)).read())

    async def export(self, request: Request) -> Response:
        """Hand out the handoffs of a period as a file, and write down that they were taken."""
        form = await self._site.form(request)
        return await run_in_threadpool(self._export, request, form)

    def _page(self, request: Request, problem: str = "", form: FormData | None = None) -> Response:
        today = self._site.clock.now().astimezone(self._site.office.time_zone).date().isoformat()
        values = {
            "board": Board(self._site, linker(request)).read(),
            "first": text(form or {}, "first") or today,
            "last": text(form or {}, "last") or today,
            "problem": problem,
        }
        return self._site.page(request, "board.html", values, status=422 if problem else 200)

    def _export(self, request: Request, form: FormData) -> Response:
        first, last = read_day(text(form, "first")), read_day(text(form, "last"))
        if first is None or last is None or not 0 <= (last - first).days < MOST_DAYS:
            return self._page(request, _BAD_PERIOD, form)
        office = self._site.office
        with self._site.record.reading() as unit:
            found = unit.handoffs.between(
                _start(office, first), _start(office, last + timedelta(1))
            )
            names = staff_names(unit)
        rows = [_row(office, handoff, names) for handoff in found]
        detail = f"{first} .. {last}, {len(rows)} lines"
        self._site.noted(request, "handoffs exported", detail=detail)
        return download(f"handoffs-{first:%Y%m%d}-{last:%Y%m%d}.csv", csv_file(_HEADS, rows))


def _start(office: Office, day: date) -> datetime:
    return datetime.combine(day, time(), office.time_zone).astimezone(timezone.utc)


def _row(office: Office, handoff: Handoff, names: dict[str, str]) -> tuple[str, ...]:
    return (
        label(handoff.conversation_id),
        REASONS[WaitReason(handoff.reason)] if handoff.reason else _UNASKED,
        moment(office, handoff.asked_at),
        moment(office, handoff.claimed_at),
        handoff.agent,
        names.get(handoff.agent, ""),
        _seconds(handoff.waited),
        moment(office, handoff.first_answer_at),
        _seconds(handoff.waited_for_answer),
        moment(office, handoff.ended_at),
        ENDINGS.get(handoff.ending, handoff.ending),
    )


def _seconds(span: timedelta | None) -> str:
    return "" if span is None else str(round(span.total_seconds()))
