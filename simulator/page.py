"""The phone page and the pictures in its chats."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from simulator.errors import ApiError
from simulator.media import SAMPLES
from simulator.platform import Platform

_HERE = Path(__file__).parent
#: Everything the phone needs is served here; what a message brings in is text and links.
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


class PageRoutes:
    """The page, its static files and the media behind picture links."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._templates = Jinja2Templates(directory=_HERE / "templates")

    def routes(self) -> list[Route | Mount]:
        """Return the routes with their paths."""
        return [
            Route("/", self.page, methods=["GET"]),
            Route("/media/{media_id}", self.media, methods=["GET"]),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
            Mount("/samples", StaticFiles(directory=SAMPLES)),
        ]

    async def page(self, request: Request) -> Response:
        """The phone."""
        shown = {"account": self._platform.config.account_name}
        headers = {"Content-Security-Policy": _CSP, "X-Content-Type-Options": "nosniff"}
        return self._templates.TemplateResponse(request, "phone.html", shown, headers=headers)

    async def media(self, request: Request) -> Response:
        """A picture as `PicUrl` gives it: no token needed, gone with the media."""
        try:
            media = self._platform.media.get(request.path_params["media_id"])
        except ApiError:
            return Response(status_code=404)
        return Response(media.data, media_type=media.content_type)
