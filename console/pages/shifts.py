"""Who is to be there, a week at a time, and the hours that citizens are told."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.model.hours import overlap, span_name
from bot.model.staff import Shift, StaffMember
from bot.record import Unit
from bot.services import duty
from console.access import Permission, may
from console.hours_form import HoursForm
from console.shift_form import ShiftForm, read_day
from console.site import Site, linker, text

DAY_NAMES = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
NOTES = {
    "added": "已排班。",
    "removed": "已删除这个班。",
    "hours": "值班时间已修改，几秒内所有机器生效。",
}


class ShiftPages:
    """The week and its forms."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [
            Route("/shifts", self.show, methods=["GET"], name="shifts"),
            Route("/shifts", self.add, methods=["POST"], name="add_shift"),
            Route("/shifts/{id:int}/remove", self.remove, methods=["POST"], name="remove_shift"),
            Route("/hours", self.set_hours, methods=["POST"], name="set_hours"),
        ]

    def show(self, request: Request) -> Response:
        """A week with who is there when."""
        return self._page(request, self._monday(request.query_params.get("week", "")))

    async def add(self, request: Request) -> Response:
        """Add a shift, on one or several days."""
        form = await self._site.form(request)
        return await run_in_threadpool(self._add, request, form)

    async def remove(self, request: Request) -> Response:
        """Remove one shift."""
        form = await self._site.form(request)
        day = read_day(text(form, "day"))
        if day is None:
            raise HTTPException(400)
        return await run_in_threadpool(self._remove, request, day)

    async def set_hours(self, request: Request) -> Response:
        """Set the duty hours for all machines."""
        form = await self._site.form(request)
        return await run_in_threadpool(self._set_hours, request, form)

    def _add(self, request: Request, form: FormData) -> Response:
        written, monday = ShiftForm.posted(form), self._monday(text(form, "week"))
        with self._site.record.unit() as unit:
            shifts, problems = written.read(_on_shifts(unit))
            taken = next((shift for shift in shifts if _is_taken(unit, shift)), None)
            if taken is not None:
                problems = {"days": f"{_day_name(taken.day)}这段时间已经给这位同事排了班。"}
            if not problems:
                for shift in shifts:
                    unit.shifts.add(shift)
                    self._note(request, unit, "shift added", shift)
        if problems:
            return self._page(request, monday, shift=written, problems=problems)
        return self._back(request, monday, "added")

    def _remove(self, request: Request, day: date) -> Response:
        wanted = request.path_params["id"]
        with self._site.record.unit() as unit:
            for shift in unit.shifts.between(day, day):
                if shift.id == wanted:
                    unit.shifts.remove(wanted)
                    self._note(request, unit, "shift removed", shift)
        return self._back(request, self._monday(day.isoformat()), "removed")

    def _set_hours(self, request: Request, form: FormData) -> Response:
        written, monday = HoursForm.posted(form), self._monday(text(form, "week"))
        hours, problems = written.read()
        if hours is None:
            return self._page(request, monday, hours=written, problems=problems)
        with self._site.record.unit() as unit:
            before = duty.hours_of(duty.office_now(unit, self._site.office))
            if hours != before:
                duty.set_hours(unit, hours)
                detail = json.dumps(hours.to_dict(), ensure_ascii=False)
                self._site.noted(request, "hours changed", detail=detail, unit=unit)
        return self._back(request, monday, "hours")

    def _note(self, request: Request, unit: Unit, action: str, shift: Shift) -> None:
        detail = f"{shift.number} {shift.day} {span_name(shift.begins, shift.ends)}"
        self._site.noted(request, action, subject=f"shift {shift.id}", detail=detail, unit=unit)

    def _back(self, request: Request, monday: date, note: str) -> Response:
        return RedirectResponse(f"{linker(request)('shifts')}?week={monday}&note={note}", 303)

    def _monday(self, words: str) -> date:
        """Return the first day of the week of a date, of this week's for what is none."""
        today = self._site.clock.now().astimezone(self._site.office.time_zone).date()
        day = read_day(words) or today
        return day - timedelta(days=day.weekday())

    def _page(
        self,
        request: Request,
        monday: date,
        *,
        shift: ShiftForm | None = None,
        hours: HoursForm | None = None,
        problems: dict[str, str] | None = None,
    ) -> Response:
        site = self._site
        sunday = monday + timedelta(days=6)
        with site.record.reading() as unit:
            shifts = unit.shifts.between(monday, sunday)
            names = {member.number: member.name for member in unit.staff.all()}
            members = _on_shifts(unit)
            office = duty.office_now(unit, site.office)
        now = site.clock.now()
        today = now.astimezone(office.time_zone).date()
        values: dict[str, Any] = {
            "days": [_day(monday + timedelta(days=n), today, shifts, names) for n in range(7)],
            "monday": monday,
            "sunday": sunday,
            "before": monday - timedelta(days=7),
            "after": monday + timedelta(days=7),
            "is_this_week": monday <= today <= sunday,
            "members": members,
            "shift": shift or ShiftForm(),
            "hours": hours or HoursForm.of(duty.hours_of(office)),
            "is_hours": hours is not None,
            "day_names": DAY_NAMES,
            "duty": office.hours(),
            "is_open": office.is_open(now),
            "told": site.serving.phrases.say("utter_person_off_duty", hours=office.hours()),
            "problems": problems or {},
            "note": NOTES.get(request.query_params.get("note", ""), ""),
        }
        return site.page(request, "shifts.html", values, status=422 if problems else 200)


def _on_shifts(unit: Unit) -> list[StaffMember]:
    """Return those who may serve citizens."""
    return [member for member in unit.staff.all() if may(member, Permission.SERVE)]


def _is_taken(unit: Unit, wanted: Shift) -> bool:
    return any(
        shift.number == wanted.number
        and overlap((shift.begins, shift.ends), (wanted.begins, wanted.ends))
        for shift in unit.shifts.between(wanted.day, wanted.day)
    )


def _day(day: date, today: date, shifts: list[Shift], names: dict[str, str]) -> dict[str, Any]:
    """Return a day of the week as the page shows it."""
    return {
        "day": day,
        "name": _day_name(day),
        "is_today": day == today,
        "shifts": [_row(shift, names) for shift in shifts if shift.day == day],
    }


def _row(shift: Shift, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": shift.id,
        "number": shift.number,
        "name": names.get(shift.number, ""),
        "span": span_name(shift.begins, shift.ends),
    }


def _day_name(day: date) -> str:
    return f"{DAY_NAMES[day.weekday()]} {day.month} 月 {day.day} 日"
