"""The bot's client of a complaint office's backend: Open311 GeoReport v2 and mySociety's updates feed.

Nothing here decides anything about complaints; it says to the backend what it is told to say, reads
what comes back, and classifies what went wrong.
"""

from __future__ import annotations

from connectors.open311.client import Open311Client

__all__ = ["Open311Client"]
