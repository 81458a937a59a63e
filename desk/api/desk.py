"""What every call needs: settings, catalogue, record, time, and the two gate checks."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from starlette.requests import Request

from desk.faults import BadRequest, Forbidden, NotFound
from desk.office.casework import Casework
from desk.office.office import DeskOffice
from desk.office.rules import Rules
from desk.params import Params
from desk.services import Service
from desk.storage import DeskStore


@dataclass(frozen=True)
class Desk:
    """An office as the Open311 calls see it.

    Attributes:
        changed_at: when what can be filed last changed; what clients may keep until then (Service Discovery, changeset).
    """

    office: DeskOffice
    changed_at: datetime

    @classmethod
    def of(cls, office: DeskOffice) -> Desk:
        """Return the desk of an office that read its catalogue just now."""
        written = office.config.services_path.stat().st_mtime
        return cls(office, datetime.fromtimestamp(written, office.zone))

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

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """Whom the desk serves (the setting is a comma list); none = whoever is asked for."""
        parts = self.office.config.jurisdiction.split(",")
        return tuple(part.strip() for part in parts if part.strip())

    def check_jurisdiction(self, params: Params) -> None:
        """Refuse another jurisdiction, and none where there are several to choose from."""
        served, asked = self.jurisdictions, params.text("jurisdiction_id")
        if len(served) > 1 and not asked:
            raise BadRequest("缺少参数 jurisdiction_id。")
        if served and asked and asked not in served:
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
