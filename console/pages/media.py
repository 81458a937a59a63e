"""Pictures and voices of the transcript: a picture is shown, everything else is a file to keep."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.pages.acting import subject
from console.site import Site

_SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
#: Type → what the file is called; a browser plays no AMR.
_FILE_NAMES = {
    "audio/amr": "voice.amr",
    "audio/mpeg": "voice.mp3",
    "audio/ogg": "voice.ogg",
    "video/mp4": "video.mp4",
}


class MediumPages:
    """The bytes of one medium."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        return [Route("/media/{id:str}", self.show, methods=["GET"], name="medium")]

    def show(self, request: Request) -> Response:
        """The bytes, if they are here already; what a citizen sent is never run as a page."""
        wanted = request.path_params["id"]
        with self._site.record.reading() as unit:
            medium = unit.media.get(wanted)
            content = unit.media.bytes_of(wanted) if medium is not None else None
        if medium is None or content is None:
            raise HTTPException(404)
        self._site.looked(request, "conversation viewed", subject=subject(medium.conversation_id))
        if medium.kind == "image" and medium.content_type in _SHOWN:
            return Response(content, media_type=medium.content_type)
        name = _FILE_NAMES.get(medium.content_type, "file")
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type="application/octet-stream", headers=headers)
