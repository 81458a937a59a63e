"""The pale pattern over every page: a photograph of a screen tells whose screen it was, and when."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.site import Site, member_of

_WIDTH, _HEIGHT = 340, 220
#: Mid grey at eight per cent: seen on white, and no text under it loses more than a trace of its contrast.
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
    '<g fill="#555" fill-opacity="0.08" font-family="sans-serif" font-size="16" text-anchor="middle">'
    '<text transform="translate({x1} {y1}) rotate(-24)">{words}</text>'
    '<text transform="translate({x2} {y2}) rotate(-24)">{words}</text>'
    "</g></svg>"
)


class WatermarkPages:
    """The pattern as a picture of the viewer's own."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [Route("/watermark.svg", self.show, methods=["GET"], name="watermark")]

    def show(self, request: Request) -> Response:
        """Return one tile: work number and minute, which hold no sign that XML would read."""
        at = self._site.clock.now().astimezone(self._site.office.time_zone)
        words = f"{member_of(request).number} {at:%Y-%m-%d %H:%M}"
        tile = _SVG.format(
            width=_WIDTH,
            height=_HEIGHT,
            words=words,
            x1=_WIDTH // 4,
            y1=_HEIGHT // 4 + 10,
            x2=_WIDTH * 3 // 4,
            y2=_HEIGHT * 3 // 4 + 10,
        )
        return Response(tile, media_type="image/svg+xml")
