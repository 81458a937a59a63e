"""What every call needs: settings, catalogue, record, time, and the two gate checks."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timezone, tzinfo
from zoneinfo import ZoneInfo

from starlette.requests import Request

from desk.config import DeskConfig
from desk.faults import Forbidden, NotFound
from desk.params import Params
from desk.services import Service
from desk.storage import DeskStore


@dataclass(frozen=True)
class Desk:
    """The parts of one desk, built by `desk.app`."""

    config: DeskConfig
    services: dict[str, Service]
    store: DeskStore

    @property
    def zone(self) -> tzinfo:
        """The office's time zone."""
        return ZoneInfo(self.config.time_zone)

    def now(self) -> datetime:
        """The current time, to the second as GeoReport v2 shows it."""
        return datetime.now(timezone.utc).replace(microsecond=0)

    def shown(self, moment: datetime) -> str:
        """A time as it is written into answers: ISO 8601 with the office's offset."""
        return moment.astimezone(self.zone).isoformat(timespec="seconds")

    def check_jurisdiction(self, params: Params) -> None:
        """Refuse another jurisdiction; none named means ours, because we serve only one."""
        asked = params.text("jurisdiction_id")
        if self.config.jurisdiction and asked and asked != self.config.jurisdiction:
            raise NotFound("没有这个 jurisdiction_id。")

    def is_trusted(self, params: Params) -> bool:
        """True with our api_key, False with none; a wrong one is refused."""
        given = params.text("api_key")
        if not given:
            return False
        if not hmac.compare_digest(given.encode(), self.config.api_key.encode()):
            raise Forbidden
        return True

    def check_key(self, params: Params) -> None:
        """Refuse a caller without our api_key."""
        if not self.is_trusted(params):
            raise Forbidden


def desk_of(request: Request) -> Desk:
    """Return the desk that serves this request."""
    desk: Desk = request.app.state.desk
    return desk
