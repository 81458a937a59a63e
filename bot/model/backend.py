"""What the bot and a complaint office's backend say to each other, in our words.

The shapes follow Open311 GeoReport v2; how they travel is the connector's business
(`connectors/open311`). Text is "" and a tuple is () where the backend said nothing; `None` stands
only where "unknown" and "empty" differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class ServiceType(str, Enum):
    """How a backend answers a filing (GeoReport v2, GET services)."""

    REALTIME = "realtime"  # the number comes at once
    BATCH = "batch"  # a token comes, the number later
    BLACKBOX = "blackbox"  # no number ever: ours is the only one


@dataclass(frozen=True)
class Service:
    """One kind of matter that the backend takes."""

    code: str
    name: str
    group: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    has_attributes: bool = False
    type: ServiceType = ServiceType.REALTIME


@dataclass(frozen=True)
class Attribute:
    """One question that the backend asks for a service.

    Attributes:
        variable: False = `description` is only shown; nothing is asked.
        datatype: string, number, datetime, text, singlevaluelist or multivaluelist.
        automated: filled by a system and never asked (mySociety's hidden attributes).
        values: the choices of a list, as (key, name): the key is sent, the name is shown.
    """

    code: str
    description: str
    datatype: str = "string"
    variable: bool = True
    required: bool = False
    datatype_description: str = ""
    order: int = 0
    values: tuple[tuple[str, str], ...] = ()
    automated: bool = False


@dataclass(frozen=True)
class Filing:
    """A complaint as it is handed to the backend.

    `lat` and `long` are WGS84. A location is needed: both of them, or `address_string`.
    """

    service_code: str
    description: str
    address_string: str = ""
    lat: float | None = None
    long: float | None = None
    attributes: Mapping[str, str | list[str]] = field(default_factory=dict)
    media_urls: tuple[str, ...] = ()
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    email: str = ""
    device_id: str = ""
    account_id: str = ""


@dataclass(frozen=True)
class Filed:
    """The backend took it: with a number, with a token for one, or (blackbox) with neither."""

    service_request_id: str | None = None
    token: str | None = None
    service_notice: str = ""


@dataclass(frozen=True)
class Request:
    """A complaint as the backend shows it. `status` is lower-cased, times are aware."""

    id: str
    status: str = ""
    service_code: str = ""
    service_name: str = ""
    description: str = ""
    status_notes: str = ""
    address: str = ""
    agency_responsible: str = ""
    service_notice: str = ""
    requested_datetime: datetime | None = None
    updated_datetime: datetime | None = None
    expected_datetime: datetime | None = None
    lat: float | None = None
    long: float | None = None
    media_url: str = ""


@dataclass(frozen=True)
class Update:
    """What the office did or says about one complaint; known by request and `update_id` together.

    Attributes:
        status: the backend's word, lower-cased; `catalog/statuses.yml` says what it means to us.
        code: its finer word (mySociety's external_status_code), lower-cased; "" from a backend that has none.
        expected_datetime: when the reply is due.
        agency_responsible: name of the unit that has the case now.
    """

    update_id: str
    service_request_id: str
    status: str
    updated_datetime: datetime
    description: str = ""
    media_url: str = ""
    code: str = ""
    expected_datetime: datetime | None = None
    agency_responsible: str = ""


class CitizenAct(str, Enum):
    """What a citizen does about a case that is filed."""

    MATERIAL = "material"
    URGE = "urge"
    WITHDRAW = "withdraw"
    VERDICT = "verdict"
    REDO = "redo"


@dataclass(frozen=True)
class Amendment:
    """A citizen's word on a filed case, as it is handed to the backend.

    Attributes:
        update_id: our own key: a second one with the same key is the first one again.
        verdict: what was said of the office's work, only with `VERDICT`: contacted, solved, degree, attitude, speed.
    """

    update_id: str
    service_request_id: str
    act: CitizenAct
    at: datetime
    description: str
    media_urls: tuple[str, ...] = ()
    verdict: Mapping[str, str] = field(default_factory=dict)
