"""The desk's own record: its tables, its migrations, its file or schema."""

from __future__ import annotations

from desk.storage.migrate import upgrade
from desk.storage.store import DeskStore

__all__ = ["DeskStore", "upgrade"]
