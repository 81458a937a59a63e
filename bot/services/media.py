"""Fetching pictures and voices from the platform before it throws them away (three days at WeChat)."""

from __future__ import annotations

from bot.model.delivery import Delivery
from bot.model.errors import Permanent
from bot.ports import Messenger
from bot.record import Record

MOST_BYTES = 10 * 1024 * 1024  # wechat-contract section 8: a picture has at most 10 MB
_KINDS = ("image/", "audio/", "video/")


class MediaHandler:
    """Downloads one medium into the record."""

    is_told = False

    def __init__(self, record: Record, messenger: Messenger) -> None:
        self._record = record
        self._messenger = messenger

    def carry_out(self, delivery: Delivery) -> None:
        """Fetch and keep the bytes; what is no medium or too large is refused for good."""
        medium_id = str(delivery.payload["medium_id"])
        with self._record.unit() as unit:
            medium = unit.media.get(medium_id)
        if medium is None or medium.stored:
            return
        content, content_type = self._messenger.media(medium.platform_id)
        if not content_type.startswith(_KINDS):
            raise Permanent("wechat", "type", f"not a medium: {content_type[:40]}")
        if not content or len(content) > MOST_BYTES:
            raise Permanent("wechat", "size", f"{len(content)} bytes")
        with self._record.unit() as unit:
            unit.media.store_bytes(medium_id, content, content_type)
