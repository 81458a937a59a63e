"""A complaint as the citizen confirmed it, and where the backend says it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Complaint:
    """A confirmed complaint.

    Attributes:
        receipt: the number the citizen was given at confirmation, e.g. HZ-261123-0417.
        description: the citizen's own words, one message a line, personal numbers masked; `sealed` maps each
            mask to its encrypted original, opened only for filing.
        place: the place as said; `latitude`/`longitude` are WGS84 if a pin was shared.
        answers: the backend's questions → the citizen's answers, by attribute code.
        contact_phone: sealed (encrypted) phone number, "" if none was given.
        nature: what is wanted (catalog/natures.yml), "" if nobody could tell.
        division: full name of the division the place lies in, with its national code; "" if unknown.
        filed_by: work number of the member of staff who filed it for the citizen, "" when they did so themselves.
        wish: what the citizen asks to be done, masked like the description; repeated: they told it before.
        visibility: "public" or "confidential" if the citizen said so or the nature asks for it, else "": nothing is made
            public unasked.
        consent: version of the privacy notice in force when the citizen confirmed.
        backend_id: the backend's number; `backend_token` while it still owes one.
        status: the backend's last status word that counted; `stage` is its meaning in catalog/statuses.yml.
        status_code: its finer word, "" from a backend that has none.
        status_at: time of that status on the backend's clock; an earlier one never replaces it.
        agency, due_at: the unit that has it and when its reply is due, as far as the backend told.
        callback: the questions after the office's reply, as far as they were answered (bot/services/callback.py).
    """

    id: str
    receipt: str
    conversation_id: str
    service_code: str
    service_name: str
    service_group: str
    description: str
    summary: str
    place: str
    confirmed_at: datetime
    latitude: float | None = None
    longitude: float | None = None
    datum: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    contact_phone: str = ""
    contact_name: str = ""
    visibility: str = ""
    consent: str = ""
    backend_id: str = ""
    backend_token: str = ""
    status: str = ""
    stage: str = "confirmed"
    status_at: datetime | None = None
    status_text: str = ""
    sealed: dict[str, str] = field(default_factory=dict)
    nature: str = ""
    division: str = ""
    division_code: str = ""
    wish: str = ""
    repeated: bool = False
    filed_by: str = ""
    status_code: str = ""
    agency: str = ""
    due_at: datetime | None = None
    callback: dict[str, Any] = field(default_factory=dict)

    @property
    def is_confidential(self) -> bool:
        """True if the citizen or the nature asked for it; staff then see no name."""
        return self.visibility == "confidential"


@dataclass(frozen=True)
class Step:
    """One stored update of a case: what the office did or said, and when."""

    status: str
    code: str
    text: str
    agency: str
    at: datetime


@dataclass(frozen=True)
class Medium:
    """A picture or voice a citizen sent: first a reference at the platform, then bytes in the record."""

    id: str
    conversation_id: str
    kind: str
    platform_id: str
    received_at: datetime
    complaint_id: str | None = None
    content_type: str = ""
    stored: bool = False
