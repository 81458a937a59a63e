"""What every call needs: settings, catalogue, record, time, and the two gate checks."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from starlette.requests import Request

from desk.faults import Forbidden, NotFound
from desk.office.casework import Casework
from desk.office.office import DeskOffice
from desk.office.rules import Rules
from desk.params import Params
from desk.services import Service
from desk.storage import DeskStore


@dataclass(frozen=True)
class Desk:
    """An office as the Open311 calls see it."""

    office: DeskOffice

    @property
    def rules(self) -> Rules:
        """What belongs to the office and not to the code."""
        return self.office.rules

    @property
    def store(self) -> DeskStore:
        """What is on file."""
        return self.office.store

    @property
    def casework(self) -> Casework:
        """The work on cases."""
        return self.office.casework

    @property
    def services(self) -> Mapping[str, Service]:
        """What can be filed."""
        return self.rules.services

    @property
    def zone(self) -> tzinfo:
        """The office's time zone."""
        return self.office.zone

    def now(self) -> datetime:
        """The current time, to the second as GeoReport v2 shows it."""
        return self.office.now()

    def shown(self, moment: datetime) -> str:
        """A time as it is written into answers: ISO 8601 with the office's offset."""
        return moment.astimezone(self.zone).isoformat(timespec="seconds")

    def check_jurisdiction(self, params: Params) -> None:
        """Refuse another jurisdiction; none named means ours, because we serve only one."""
        asked = params.text("jurisdiction_id")
        if self.office.config.jurisdiction and asked and asked != self.office.config.jurisdiction:
            raise NotFound("没有这个 jurisdiction_id。")

    def is_trusted(self, params: Params) -> bool:
        """True with our api_key, False with none; a wrong one is refused."""
        given = params.text("api_key")
        if not given:
            return False
        if not hmac.compare_digest(given.encode(), self.office.config.api_key.encode()):
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
