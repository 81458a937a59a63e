"""What staff write: words and pictures for the citizen, notes for each other, and trying again what did not go out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.model.complaint import Medium
from bot.model.errors import Permanent
from bot.services.handoff import Unknown
from console.pages.acting import Posted, conversation_of, done, key_of, words_of
from console.pages.sending import may_retry
from console.refusals import NotNow, Unfit
from console.site import Site, member_of, text

MOST_PICTURE_BYTES = 10 * 1024 * 1024  # WeChat's own limit of a picture (wechat-contract section 8)
#: How a picture that WeChat takes begins → its type. What the browser calls it is not believed.
_TYPES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


class AnsweringPages:
    """The writing box."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._handoffs = site.serving.handoffs

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        path = "/conversations/{id:str}"
        return [
            Route(path + "/answer", self.answer, methods=["POST"], name="answer"),
            Route(path + "/picture", self.picture, methods=["POST"], name="picture"),
            Route(path + "/note", self.note, methods=["POST"], name="note"),
            Route(path + "/again", self.again, methods=["POST"], name="send_again"),
        ]

    async def answer(self, request: Request) -> Response:
        """Say something to the citizen."""

        def act(posted: Posted) -> None:
            self._handoffs.answer(
                conversation_of(request),
                member_of(request),
                words_of(posted),
                key=key_of(posted),
            )

        return await done(self._site, request, act)

    async def picture(self, request: Request) -> Response:
        """Send the citizen a picture."""

        def act(posted: Posted) -> None:
            key, content = key_of(posted), _content(posted)
            medium_id = self._keep(request, key, *self._cleaned(content))
            self._handoffs.answer(
                conversation_of(request), member_of(request), "", key=key, picture=medium_id
            )

        return await done(self._site, request, act, files=1)

    async def note(self, request: Request) -> Response:
        """Write a note that only staff see."""

        def act(posted: Posted) -> None:
            self._handoffs.note(
                conversation_of(request),
                member_of(request),
                words_of(posted),
                key=key_of(posted),
            )

        return await done(self._site, request, act)

    async def again(self, request: Request) -> Response:
        """Try an answer again that failed or is held."""

        def act(posted: Posted) -> Mapping[str, Any] | None:
            wanted, key = conversation_of(request), text(posted, "key")
            with self._site.record.reading() as unit:
                if unit.conversations.get(wanted) is None:
                    raise Unknown
                delivery = unit.deliveries.by_key(key)
            is_ours = delivery is not None and may_retry(delivery)
            if not is_ours or not self._handoffs.send_again(wanted, member_of(request), key):
                raise NotNow("这一条已经送出或正在送，不用重发")
            return None

        return await done(self._site, request, act)

    def _cleaned(self, content: bytes) -> tuple[bytes, str]:
        try:
            return self._site.serving.clean(content)
        except Permanent as error:
            raise Unfit(picture="图片打不开或尺寸太大，请换一张。") from error

    def _keep(self, request: Request, key: str, content: bytes, kind: str) -> str:
        """Store a picture of who holds the conversation; pressed twice, it is one picture."""
        wanted, site = conversation_of(request), self._site
        medium_id = hashlib.sha256(f"picture\n{wanted}\n{key}".encode()).hexdigest()[:32]
        with site.record.unit() as unit:
            conversation = unit.conversations.get(wanted)
            if conversation is None:
                raise Unknown
            conversation.must_be_held_by(member_of(request).number)
            if unit.media.get(medium_id) is None:
                medium = Medium(
                    id=medium_id,
                    conversation_id=wanted,
                    kind="image",
                    platform_id="",  # it never lay at the platform
                    received_at=site.clock.now(),
                )
                unit.media.add(medium)
                unit.media.store_bytes(medium_id, content, kind)
        return medium_id


def type_of(content: bytes) -> str:
    """Return the type of a picture that WeChat takes, "" for anything else."""
    return next((name for head, name in _TYPES if content.startswith(head)), "")


def _content(posted: Posted) -> bytes:
    file = posted.get("picture")
    if not isinstance(file, UploadFile):
        raise Unfit(picture="请选择一张图片。")
    content = file.file.read(MOST_PICTURE_BYTES + 1)
    if len(content) > MOST_PICTURE_BYTES:
        raise Unfit(picture="图片超过 10 MB，请缩小后再发。")
    if not type_of(content):
        raise Unfit(picture="只能发 JPG、PNG 或 GIF 图片。")
    return content
