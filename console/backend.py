"""What the console needs from the complaint office's system: a port, filled by `app`."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class UpdatesBackend(Protocol):
    """Takes what staff write about a case.

    Raises one of `bot.model.errors`. Must be safe to repeat with the same `update_id`: one that is there
    already counts as done.
    """

    def post_update(
        self,
        service_request_id: str,
        *,
        update_id: str,
        status: str,
        description: str,
        at: datetime,
    ) -> None:
        """Tell the backend what was done; it returns once the backend has it."""
