"""Fetching pictures and voices from the platform before it throws them away (three days at WeChat)."""

from __future__ import annotations

from bot.model.delivery import Delivery
from bot.ports import Cleaner, Messenger
from bot.record import Record


class MediaHandler:
    """Downloads one medium into the record."""

    is_told = False

    def __init__(self, record: Record, messenger: Messenger, clean: Cleaner) -> None:
        self._record = record
        self._messenger = messenger
        self._clean = clean

    def carry_out(self, delivery: Delivery) -> None:
        """Fetch and keep the bytes, cleaned; what is not taken is refused for good, whatever the platform calls it."""
        medium_id = str(delivery.payload["medium_id"])
        with self._record.unit() as unit:
            medium = unit.media.get(medium_id)
        if medium is None or medium.stored:
            return
        sent, _ = self._messenger.media(medium.platform_id)
        content, content_type = self._clean(sent)
        with self._record.unit() as unit:
            unit.media.store_bytes(medium_id, content, content_type)
