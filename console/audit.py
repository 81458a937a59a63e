"""The trail of who looked at or changed what. Never holds a citizen's data: ids only."""

from __future__ import annotations

import structlog


def note(event: str, *, who: str, **ids: str) -> None:
    """Write one audit line."""
    structlog.get_logger("console.audit").info(event, who=who, **ids)
