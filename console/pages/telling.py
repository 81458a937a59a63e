"""Telling the backend what was done about a case; the citizen hears of it when the backend's update comes back."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.model.complaint import Complaint
from bot.model.errors import RemoteError, RetryLater
from console.backend import UpdatesBackend
from console.pages.case import case_of, case_page
from console.site import Site, see, text
from console.update_form import UpdateForm
from console.wording import status_choices

_BUSY = "后台暂时没有回应。您写的内容还在下面，请稍等片刻再按一次；重复提交不会登记两次。"


class TellingPages:
    """The update form of a complaint's page."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the route with its path; without a backend of the console there is no form to post to."""
        if self._site.backend is None:
            return []
        return [Route("/cases/{id:str}/updates", self.tell, methods=["POST"], name="tell")]

    async def tell(self, request: Request) -> Response:
        """Hand what staff wrote to the backend."""
        form = await self._site.form(request)
        written = UpdateForm(
            nonce=text(form, "nonce"),
            status=text(form, "status"),
            words=text(form, "words").replace("\r\n", "\n").strip(),
        )
        return await run_in_threadpool(self._tell, request, written)

    def _tell(self, request: Request, written: UpdateForm) -> Response:
        backend = self._site.backend
        with self._site.record.reading() as unit:
            complaint = case_of(unit, request)
        if backend is None or not complaint.backend_id:
            raise HTTPException(409)
        words = {word for _, group in status_choices(self._site.statuses) for word, _ in group}
        status, problem = 422, written.check(words)
        if not problem:
            status, problem = self._post(backend, complaint, written)
        if problem:
            return case_page(self._site, request, written.refused(problem), status=status)
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
