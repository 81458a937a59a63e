"""A complaint as rows and pages show it. No phone number passes here, sealed or clear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.model.complaint import Complaint
from console.site import Site
from console.wording import moment, status_name

#: What stands in a list for a matter that must not be told there.
CONFIDENTIAL = "保密事项"
_TONES = {"confirmed": "new", "filed": "new", "answered": "done"}


@dataclass(frozen=True)
class CaseRow:
    """One complaint in a list.

    Attributes:
        tone: new, going or done; the look of its state.
    """

    url: str
    receipt: str
    summary: str
    category: str
    place: str
    state: str
    tone: str
    backend_id: str
    confirmed_at: str
    is_confidential: bool
    is_repeated: bool


def case_row(site: Site, link: Callable[..., str], complaint: Complaint) -> CaseRow:
    """Return the row of one complaint."""
    return CaseRow(
        url=link("case", id=complaint.id),
        receipt=complaint.receipt,
        summary=complaint.summary or complaint.description,
        category=category(site, complaint),
        place=complaint.place,
        state=status_name(complaint, site.statuses),
        tone=_TONES.get(complaint.stage, "going"),
        backend_id=complaint.backend_id,
        confirmed_at=moment(site.office, complaint.confirmed_at),
        is_confidential=complaint.is_confidential,
        is_repeated=complaint.repeated,
    )


def listed(site: Site, link: Callable[..., str], complaint: Complaint) -> CaseRow:
    """Return the row of one complaint among others: what is confidential is told on its own page only."""
    row = case_row(site, link, complaint)
    return replace(row, summary=CONFIDENTIAL, place="") if row.is_confidential else row


def category(site: Site, complaint: Complaint) -> str:
    """Return nature, group and service in one line."""
    nature = site.natures.name(complaint.nature)
    names = (nature, complaint.service_group, complaint.service_name or complaint.service_code)
    return " · ".join(name for name in names if name)
