"""Who is there: the colleagues a citizen can be handed to, and saying of oneself that one takes citizens or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.model.conversation import Holder
from bot.model.staff import Presence
from bot.ports import PRESENCE, Unavailable
from console.access import ROLE_NAMES, Permission, may
from console.pages.acting import Posted, done
from console.refusals import Unfit
from console.site import Site, member_of, text

_PRESENCES = {presence.value: presence for presence in Presence}


class ColleaguePages:
    """The list of colleagues and the switch."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [
            Route("/colleagues.json", self.show, methods=["GET"], name="colleagues"),
            Route("/presence", self.switch, methods=["POST"], name="presence"),
        ]

    def show(self, request: Request) -> Response:  # noqa: ARG002
        """Everybody who may serve citizens, whether they are there, and how many they have."""
        present = self._present()
        with self._site.record.reading() as unit:
            members = unit.staff.all()
            staffed = unit.conversations.staffed()
        holds = Counter(c.agent for c in staffed if c.holder is Holder.STAFF)
        shown = [
            {
                "number": member.number,
                "name": member.name,
                "role": member.role.value,
                "role_name": ROLE_NAMES[member.role],
                "presence": present[member.number].value if member.number in present else "gone",
                "holds": holds[member.number],
            }
            for member in members
            if may(member, Permission.SERVE)
        ]
        return JSONResponse({"colleagues": shown})

    async def switch(self, request: Request) -> Response:
        """Take citizens, or take none for a while."""

        def act(posted: Posted) -> Mapping[str, str]:
            presence = _PRESENCES.get(text(posted, "presence"))
            if presence is None:
                raise Unfit(presence="请选择在岗或暂离。")
            serving = self._site.serving
            serving.presences.beat(member_of(request).number, presence)
            serving.live.publish(PRESENCE, {})
            return {"presence": presence.value}

        return await done(self._site, request, act)

    def _present(self) -> Mapping[str, Presence]:
        try:
            return self._site.serving.presences.present()
        except Unavailable:
            return {}
