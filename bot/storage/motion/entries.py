"""What stands in a stream: one accepted message, as Redis holds it and as a worker gets it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from bot.model.message import Inbound

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One accepted message on its way through a worker.

    Attributes:
        failures: how often its turn was begun before and failed or ended its worker, counted over all workers.
    """

    stream: int
    id: str
    message: Inbound
    failures: int = 0


@dataclass(frozen=True)
class Raw:
    """The same as it was read from Redis."""

    stream: int
    id: str
    body: str

    def read(self, failures: int) -> Entry | None:
        """Return the entry, None if its body makes no sense."""
        try:
            message = Inbound.from_json(self.body)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            logger.error("streams: entry %s cannot be read (%s)", self.id, type(error).__name__)
            return None
        return Entry(self.stream, self.id, message, failures)
