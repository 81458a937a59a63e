"""What the desk keeps: requests and their updates, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Place:
    """Where it is; WGS84, and what the citizen calls it."""

    address: str = ""
    address_id: str = ""
    lat: float | None = None
    long: float | None = None


@dataclass(frozen=True)
class Person:
    """Who filed it. Never shown through Open311."""

    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    email: str = ""
    device_id: str = ""
    account_id: str = ""


@dataclass(frozen=True)
class NewRequest:
    """A request that passed the checks of POST requests."""

    service_code: str
    description: str
    place: Place
    person: Person = Person()
    attributes: Mapping[str, list[str]] = field(default_factory=dict)
    media_urls: tuple[str, ...] = ()
    nature: str = ""
    division_code: str = ""


@dataclass(frozen=True)
class StoredRequest:
    """A request on file. `state` is the last applied word of `desk.statuses`."""

    id: str
    service_code: str
    description: str
    place: Place
    person: Person
    attributes: Mapping[str, list[str]]
    media_urls: tuple[str, ...]
    state: str
    status_notes: str
    requested_at: datetime
    updated_at: datetime
    unit: str = ""
    lead: str = ""
    stage: str = ""
    answer_due: datetime | None = None
    token: str = ""


@dataclass(frozen=True)
class Update:
    """What the office says about a request.

    Attributes:
        updated_at: when it happened, by the sender's word.
        received_at: when the desk learned of it.
        code: the step that it tells of (mySociety's external_status_code), "" from another system.
        agency: who has the case; expected_at: when it is to be answered.
    """

    update_id: str
    request_id: str
    state: str
    description: str
    updated_at: datetime
    received_at: datetime
    media_urls: tuple[str, ...] = ()
    code: str = ""
    agency: str = ""
    expected_at: datetime | None = None

    @property
    def counts_from(self) -> datetime:
        """The time by which updates are ordered: a clock that runs ahead does not outrank later news."""
        return min(self.updated_at, self.received_at)


@dataclass(frozen=True)
class Page:
    """Which part of a list is wanted."""

    limit: int
    offset: int = 0


@dataclass(frozen=True)
class RequestQuery:
    """A search over requests: by ids alone, or by everything else.

    A division's code stands for all that lies in it: 330106 for the streets of that district.
    """

    ids: tuple[str, ...] = ()
    service_codes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    natures: tuple[str, ...] = ()
    division_code: str = ""
    start: datetime | None = None
    end: datetime | None = None
