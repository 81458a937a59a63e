"""What the desk has to be told before it can open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from desk.sealing import Sealing


@dataclass(frozen=True)
class DeskConfig:
    """Settings of one desk.

    Attributes:
        database_url: SQLAlchemy URL, sqlite or postgresql; `desk.storage.upgrade` must have run on it.
        api_key: what a caller must show to file, to add an update, and to read citizens' texts.
        services_path: the catalogue, `catalog/services.yml`.
        jurisdiction: if set, any other `jurisdiction_id` is an unknown resource (404); several, with commas between, share
            one record, and a call must name one of them.
        time_zone: the office's own: it dates the numbers given out and the times shown.
        sealing: encrypts people and numbers in the record; None keeps them in clear, for rehearsals.
        now: another clock than the machine's, for rehearsals.
    """

    database_url: str
    api_key: str
    services_path: Path
    jurisdiction: str = ""
    time_zone: str = "Asia/Shanghai"
    sealing: Sealing | None = None
    now: Callable[[], datetime] | None = None

    def __post_init__(self) -> None:
        if not self.api_key:
            raise ValueError("the desk needs an api_key")
        ZoneInfo(self.time_zone)
