"""The desk's own record: its tables, its migrations, its file or schema."""

from __future__ import annotations

from desk.storage.migrate import upgrade
from desk.storage.store import DeskStore, RepeatedUpdate, UnknownRequest

__all__ = ["DeskStore", "RepeatedUpdate", "UnknownRequest", "upgrade"]
