"""One complaint with all its fields, and telling the backend what was done about it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.model.complaint import Complaint, Medium
from bot.model.delivery import Delivery
from bot.model.errors import RemoteError, RetryLater
from bot.record import Unit
from console.backend import UpdatesBackend
from console.pages.presenting import case_row
from console.sessions import new_nonce
from console.site import Site, linker, see, text
from console.wording import DELIVERY_STATES, KINDS, moment, status_choices

MOST_CHARACTERS = 1000
_BUSY = "后台暂时没有回应。您写的内容还在下面，请稍等片刻再按一次；重复提交不会登记两次。"
_NONCE = re.compile(r"[0-9a-f]{32}")
_FIRST_CHOICE = "in_progress"
#: The citizen's word on publicity, as staff read it.
_VISIBILITY = {
    "confidential": "保密，勿透露市民身份",
    "public": "市民同意公开",
    "": "不公开（市民没有特别要求）",
}


@dataclass(frozen=True)
class UpdateForm:
    """What staff wrote, kept when it could not be taken.

    Attributes:
        nonce: made with the page; with the content it makes the update's id, so that a second press of the
            button is the same update and a changed text is another one.
    """

    nonce: str
    status: str = _FIRST_CHOICE
    words: str = ""
    problem: str = ""

    @property
    def update_id(self) -> str:
        """Return the id under which the backend knows this update."""
        content = f"{self.nonce}\n{self.status}\n{self.words}"
        return "console-" + hashlib.sha256(content.encode()).hexdigest()[:32]


class OneCasePages:
    """A complaint's page and its update form."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths; without a backend of the console there is no form to post to."""
        routes = [Route("/cases/{id:str}", self.show, methods=["GET"], name="case")]
        if self._site.backend is not None:
            path = "/cases/{id:str}/updates"
            routes.append(Route(path, self.tell, methods=["POST"], name="tell"))
        return routes

    def show(self, request: Request) -> Response:
        """The complaint."""
        return self._page(request, UpdateForm(new_nonce()))

    async def tell(self, request: Request) -> Response:
        """Hand what staff wrote to the backend; the citizen is told when the backend's update comes back."""
        form = await self._site.form(request)
        written = UpdateForm(
            nonce=text(form, "nonce"),
            status=text(form, "status"),
            words=text(form, "words").replace("\r\n", "\n").strip(),
        )
        return await run_in_threadpool(self._tell, request, written)

    def _tell(self, request: Request, written: UpdateForm) -> Response:
        backend = self._site.backend
        complaint = self._complaint(request)
        if backend is None or not complaint.backend_id:
            raise HTTPException(409)
        problem = self._problem(written)
        status = 422
        if not problem:
            status, problem = self._post(backend, complaint, written)
        if problem:
            kept = UpdateForm(_nonce(written.nonce), written.status, written.words, problem)
            return self._page(request, kept, status=status)
        self._site.noted(
            request, "update posted", subject=f"case {complaint.id}", detail=written.update_id
        )
        return see(request, "case", id=complaint.id, note="told")

    def _post(
        self, backend: UpdatesBackend, complaint: Complaint, written: UpdateForm
    ) -> tuple[int, str]:
        try:
            backend.post_update(
                complaint.backend_id,
                update_id=written.update_id,
                status=written.status,
                description=written.words,
                at=self._site.clock.now(),
            )
        except RetryLater:
            return 503, _BUSY
        except RemoteError as error:
            return 502, f"后台没有接受：{error.message}"
        return 200, ""

    def _problem(self, written: UpdateForm) -> str:
        words = {word for _, group in status_choices(self._site.statuses) for word, _ in group}
        if written.status not in words:
            return "请选择一个状态。"
        if not written.words:
            return "请写几句办理情况，市民会原样收到。"
        if len(written.words) > MOST_CHARACTERS:
            return f"内容太长，请控制在 {MOST_CHARACTERS} 字以内。"
        return "" if _NONCE.fullmatch(written.nonce) else "页面过期了，请检查内容后再按一次。"

    def _complaint(self, request: Request) -> Complaint:
        with self._site.record.unit() as unit:
            return _get(unit, request.path_params["id"])

    def _page(self, request: Request, form: UpdateForm, *, status: int = 200) -> Response:
        site, link = self._site, linker(request)
        with site.record.unit() as unit:
            complaint = _get(unit, request.path_params["id"])
            media = unit.media.of_complaint(complaint.id)
            filing = unit.deliveries.by_key(f"file:{complaint.id}")
            held = unit.deliveries.held(complaint.conversation_id)
        self._note_look(request, complaint)
        values = {
            "case": case_row(site, link, complaint),
            "description": complaint.description,
            "facts": self._facts(complaint, media),
            "filing": self._filing(filing),
            "held": sum(delivery.complaint_id == complaint.id for delivery in held),
            "status_at": moment(site.office, complaint.status_at),
            "status_text": complaint.status_text,
            "conversation": link("conversation", id=complaint.conversation_id),
            "can_tell": site.backend is not None,
            "choices": status_choices(site.statuses),
            "form": form,
            "most": MOST_CHARACTERS,
            "tell": link("tell", id=complaint.id) if site.backend else "",
            "note": request.query_params.get("note", ""),
        }
        return site.page(request, "case.html", values, status=status)

    def _note_look(self, request: Request, complaint: Complaint) -> None:
        """Write the look down: at a confidential case each time."""
        secret = complaint.is_confidential
        action = "confidential case viewed" if secret else "case viewed"
        self._site.looked(request, action, subject=f"case {complaint.id}", always=secret)

    def _facts(self, complaint: Complaint, media: list[Medium]) -> list[tuple[str, str]]:
        facts = [
            ("性质", self._site.natures.name(complaint.nature)),
            ("诉求", complaint.wish),
            ("地点", complaint.place or "未说明"),
            ("行政区划", complaint.division),
            ("坐标", _coordinates(complaint)),
            ("图片和语音", _media(media)),
            ("联系电话", "已留电话（加密保存）" if complaint.contact_phone else "未留"),
            ("称呼", _name(complaint)),
            ("是否公开", _VISIBILITY[complaint.visibility]),
            ("后台编号", complaint.backend_id or _owed(complaint)),
            ("确认时间", moment(self._site.office, complaint.confirmed_at)),
            ("告知书版本", complaint.consent or "—"),
        ]
        facts += [(f"问答 {code}", _answer(value)) for code, value in complaint.answers.items()]
        return [(name, value) for name, value in facts if value]

    def _filing(self, filing: Delivery | None) -> dict[str, Any] | None:
        if filing is None:
            return None
        is_over = filing.state.value in ("sent", "failed", "withheld")
        return {
            "state": DELIVERY_STATES[filing.state],
            "is_failed": filing.state.value == "failed",
            "attempts": filing.attempts,
            "error": filing.error,
            "due": "" if is_over else moment(self._site.office, filing.due_at),
        }


def _get(unit: Unit, complaint_id: str) -> Complaint:
    complaint = unit.complaints.get(complaint_id)
    if complaint is None:
        raise HTTPException(404)
    return complaint


def _nonce(given: str) -> str:
    return given if _NONCE.fullmatch(given) else new_nonce()


def _coordinates(complaint: Complaint) -> str:
    if complaint.latitude is None or complaint.longitude is None:
        return ""
    return f"{complaint.latitude:.6f}, {complaint.longitude:.6f}（WGS84）"


def _media(media: list[Medium]) -> str:
    if not media:
        return "无"
    kinds = {kind.value: name for kind, name in KINDS.items()}
    counts: dict[str, int] = {}
    for medium in media:
        name = kinds.get(medium.kind, medium.kind)
        counts[name] = counts.get(name, 0) + 1
    missing = sum(not medium.stored for medium in media)
    late = f"（{missing} 件还在下载）" if missing else ""
    return "，".join(f"{name} {count} 件" for name, count in counts.items()) + late


def _name(complaint: Complaint) -> str:
    if complaint.contact_name and complaint.is_confidential:
        return "已留（要求保密，不在此显示）"
    return complaint.contact_name or "未留"


def _owed(complaint: Complaint) -> str:
    return "等待后台给号" if complaint.backend_token else "还没有"


def _answer(value: Any) -> str:
    return "、".join(str(part) for part in value) if isinstance(value, list) else str(value)
