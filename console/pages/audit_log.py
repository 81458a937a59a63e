"""The audit log, for the administrator: read, filtered, taken along; nobody can change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.model.staff import AuditEntry
from console.audit import ACTIONS, COMMAND_LINE, SUBJECTS
from console.site import Site, linker, text
from console.spreadsheet import csv_file, download

PAGE = 100
#: Most lines of one file; who needs more asks day by day.
MOST_LINES = 10_000
_LONGEST = 120
_HEADS = ("时间", "工号", "姓名", "动作", "对象", "说明", "来自")


@dataclass(frozen=True)
class Wanted:
    """What of the log is asked for; "" is no wish."""

    number: str = ""
    action: str = ""
    subject: str = ""
    day: date | None = None

    def query(self) -> dict[str, str]:
        """Return it as an address carries it."""
        day = self.day.isoformat() if self.day else ""
        values = {
            "number": self.number,
            "action": self.action,
            "subject": self.subject,
            "day": day,
        }
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True)
class Row:
    """One entry in words."""

    id: int
    at: str
    number: str
    name: str
    action: str
    subject: str
    detail: str
    address: str


class AuditPages:
    """The page and the file."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [
            Route("/audit", self.show, methods=["GET"], name="audit_log"),
            Route("/audit.csv", self.export, methods=["POST"], name="audit_export"),
        ]

    def show(self, request: Request) -> Response:
        """A page of the newest entries that fit, older ones behind a link."""
        wanted = _wanted(request.query_params)
        before = request.query_params.get("before", "")
        before_id = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else 0
        rows = self._rows(wanted, before_id=before_id, limit=PAGE + 1)
        older = (
            urlencode({**wanted.query(), "before": str(rows[PAGE - 1].id)})
            if len(rows) > PAGE
            else ""
        )
        with self._site.record.reading() as unit:
            members = [(m.number, m.name) for m in unit.staff.all()]
        link = linker(request)("audit_log")
        values = {
            "rows": rows[:PAGE],
            "wanted": wanted,
            "members": [*members, (COMMAND_LINE, "命令行")],
            "actions": list(ACTIONS.items()),
            "older": f"{link}?{older}" if older else "",
            "newest": f"{link}?{urlencode(wanted.query())}" if before_id else "",
            "most": MOST_LINES,
        }
        return self._site.page(request, "audit_log.html", values)

    async def export(self, request: Request) -> Response:
        """Hand out what fits as a file, and write down that it was taken."""
        form = await self._site.form(request)
        return await run_in_threadpool(self._export, request, _wanted(form))

    def _export(self, request: Request, wanted: Wanted) -> Response:
        rows = self._rows(wanted, limit=MOST_LINES)
        detail = urlencode({**wanted.query(), "lines": str(len(rows))})
        self._site.noted(request, "audit exported", detail=detail)
        at = self._site.clock.now().astimezone(self._site.office.time_zone)
        return download(f"audit-{at:%Y%m%d-%H%M}.csv", _file(rows))

    def _rows(self, wanted: Wanted, *, before_id: int = 0, limit: int) -> list[Row]:
        zone = self._site.office.time_zone
        start = datetime.combine(wanted.day, time(), zone) if wanted.day else None
        end = start + timedelta(days=1) if start else None
        with self._site.record.reading() as unit:
            entries = unit.audit.entries(
                number=wanted.number,
                action=wanted.action,
                subject=_as_kept(wanted.subject),
                start=start and start.astimezone(timezone.utc),
                end=end and end.astimezone(timezone.utc),
                before_id=before_id,
                limit=limit,
            )
            names = {m.number: m.name for m in unit.staff.all()}
        return [self._row(entry, names.get(entry.number, "")) for entry in entries]

    def _row(self, entry: AuditEntry, name: str) -> Row:
        at = entry.at.astimezone(self._site.office.time_zone)
        return Row(
            id=entry.id,
            at=f"{at:%Y-%m-%d %H:%M:%S}",
            number=entry.number,
            name=name,
            action=ACTIONS.get(entry.action, entry.action),
            subject=_in_words(entry.subject),
            detail=entry.detail,
            address=entry.address,
        )


def _in_words(subject: str) -> str:
    """Return a subject with its kind in Chinese."""
    kind, space, thing = subject.partition(" ")
    return f"{SUBJECTS.get(kind, kind)}{space}{thing}"


def _as_kept(words: str) -> str:
    """Return a subject as the record keeps it, whichever way it was typed."""
    kinds = {name: kind for kind, name in SUBJECTS.items()}
    kind, space, thing = words.partition(" ")
    return f"{kinds.get(kind, kind)}{space}{thing.strip()}"


def _wanted(given: Mapping[str, Any]) -> Wanted:
    """Return what an address or a form asks for; what makes no sense is no wish."""
    number, action, subject = (
        text(given, name).strip()[:_LONGEST] for name in ("number", "action", "subject")
    )
    try:
        day = date.fromisoformat(text(given, "day"))
    except ValueError:
        day = None
    return Wanted(number, action, subject, day if day and 2000 <= day.year <= 9000 else None)


def _file(rows: list[Row]) -> bytes:
    """Return the lines for a spreadsheet."""
    return csv_file(
        _HEADS,
        [
            (row.at, row.number, row.name, row.action, row.subject, row.detail, row.address)
            for row in rows
        ],
    )
