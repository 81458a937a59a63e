"""Filing a confirmed complaint with the backend, exactly once, however often it is tried.

Open311 has no idempotency field: our receipt number is the last line of the description. After an unknown outcome
the earlier filing is looked for, and posted again only after two empty look-ups, the second later than the
backend's own time-out (design: the way out).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta

from bot.model.backend import Filing
from bot.model.complaint import Complaint, Medium
from bot.model.delivery import Delivery, DeliveryState
from bot.model.draft import Ranked
from bot.model.errors import RemoteError, RetryLater
from bot.ports import Backend, Clock, Sealer
from bot.record import Record, Unit
from bot.services.deliver import Postponed
from bot.services.directory import Directory
from bot.services.masking import restore

log = logging.getLogger(__name__)

MOST_CHARACTERS = 4000  # GeoReport v2: description
MEDIA_PATIENCE = timedelta(seconds=15)
_LOOK_UP_AFTER_S = 15.0
_NEVER = (DeliveryState.FAILED, DeliveryState.WITHHELD)
_DIRECTORY_AGAIN_S = 2.0
_NO_PLACE = "（市民未提供地点）"  # Open311 wants a location; what is only asked may have none
#: What the office is told of the citizen's wish; no wish, no line.
_WISHES = {
    "confidential": "\n（请为市民保密，勿向被反映方透露其身份）",
    "public": "\n（市民同意公开此事，姓名电话除外）",
}


class FilingHandler:
    """Hands a complaint to the backend and keeps the number it gets."""

    is_told = False

    def __init__(
        self,
        record: Record,
        backend: Backend,
        *,
        clock: Clock,
        sealer: Sealer,
        directory: Callable[[], Directory | None],
        media_url: Callable[[str], str],
    ) -> None:
        self._record = record
        self._backend = backend
        self._clock = clock
        self._sealer = sealer
        self._directory = directory
        self._media_url = media_url

    def carry_out(self, delivery: Delivery) -> None:
        """File it, or find out that it was filed; raises what the backend raises."""
        directory = self._directory()  # may read the record: not inside the unit below
        if directory is None:
            raise Postponed(_DIRECTORY_AGAIN_S)
        with self._record.unit() as unit:
            complaint = unit.complaints.get(delivery.complaint_id or "", lock=True)
            if complaint is None or _is_filed(complaint):
                return
            _settle_service(unit, complaint, directory)
            filing = self._filing(unit, complaint, delivery, directory)
        if delivery.trail and self._filed_before(complaint, delivery):
            return
        filed = self._post(filing, delivery)
        self._keep(complaint.id, filed[0], filed[1])

    def _post(self, filing: Filing, delivery: Delivery) -> tuple[str, str]:
        try:
            filed = self._backend.file(filing)
        except RetryLater as error:
            if error.outcome_unknown:
                # The engine notes "unknown"; the look-up must come later than the backend's time-out.
                delivery.payload = {**delivery.payload, "empty_lookups": 0}
            raise
        return filed.service_request_id or "", filed.token or ""

    def _filed_before(self, complaint: Complaint, delivery: Delivery) -> bool:
        """Look an earlier filing up; True if it is there. Postpones until a second look-up is worth trusting."""
        if not {"unknown", "orphaned"} & set(delivery.trail):
            return False
        found = self._look_up(complaint)
        if found:
            self._keep(complaint.id, found, "")
            return True
        empty = int(delivery.payload.get("empty_lookups", 0)) + 1
        delivery.payload = {**delivery.payload, "empty_lookups": empty}
        if empty < 2:
            raise Postponed(_LOOK_UP_AFTER_S)
        delivery.trail = [t for t in delivery.trail if t not in ("unknown", "orphaned")] + [
            "looked up"
        ]
        delivery.payload = {**delivery.payload, "empty_lookups": 0}
        return False

    def _look_up(self, complaint: Complaint) -> str:
        start = complaint.confirmed_at - timedelta(hours=1)
        requests = self._backend.find(
            service_code=complaint.service_code,
            start=start,
            end=self._clock.now() + timedelta(hours=1),
        )
        last_line = re.compile(rf"(?<![\w-]){re.escape(complaint.receipt)}\s*$")
        return next((r.id for r in requests if last_line.search(r.description)), "")

    def _keep(self, complaint_id: str, backend_id: str, token: str) -> None:
        with self._record.unit() as unit:
            complaint = unit.complaints.get(complaint_id, lock=True)
            if complaint is None:
                return
            complaint.backend_id = backend_id
            complaint.backend_token = token
            if complaint.stage == "confirmed":
                complaint.stage = "filed"
            unit.complaints.save(complaint)

    def _filing(
        self, unit: Unit, complaint: Complaint, delivery: Delivery, directory: Directory
    ) -> Filing:
        media = [m for m in unit.media.of_complaint(complaint.id) if not is_lost(unit, m)]
        missing = [m for m in media if not m.stored]
        waited = self._clock.now() - (delivery.created_at or self._clock.now())
        if missing and waited < MEDIA_PATIENCE:
            raise Postponed(1.0)
        originals = opened(self._sealer, complaint)
        phone = unsealed(self._sealer, complaint.contact_phone)
        return Filing(
            service_code=complaint.service_code,
            description=_description(complaint, restore(complaint.description, originals)),
            address_string=_address(complaint, originals),
            lat=complaint.latitude,
            long=complaint.longitude,
            attributes=_attributes(complaint, directory, originals),
            media_urls=tuple(self._media_url(m.id) for m in media),
            first_name=complaint.contact_name,
            phone=phone,
        )


def opened(sealer: Sealer, complaint: Complaint) -> dict[str, str]:
    """Return mask → original of a complaint's numbers; raises as `unsealed` does."""
    return {short: unsealed(sealer, sealed) for short, sealed in complaint.sealed.items()}


def unsealed(sealer: Sealer, sealed: str) -> str:
    """Return the original, "" of nothing.

    Raises:
        RetryLater: no key opens it. The office must not get the citizen's words with holes in them because a key was
            forgotten at a start.
    """
    original = sealer.unseal(sealed) if sealed else ""
    if sealed and not original:
        raise RetryLater(
            "minsheng", "sealed", "a sealed number cannot be opened: is a key missing?"
        )
    return original


def is_lost(unit: Unit, medium: Medium) -> bool:
    """True for a medium that can never be fetched: nothing to wait for, no link to give."""
    fetching = unit.deliveries.by_key(f"media:{medium.id}")
    return not medium.stored and fetching is not None and fetching.state in _NEVER


def _is_filed(complaint: Complaint) -> bool:
    """True once the backend took it; a blackbox backend gives neither number nor token, only the stage tells."""
    return bool(complaint.backend_id or complaint.backend_token) or complaint.stage != "confirmed"


def _settle_service(unit: Unit, complaint: Complaint, directory: Directory) -> None:
    """Put the backend's own service in place; the complaint may have been taken before its list was known."""
    chosen = Ranked(complaint.service_code, complaint.service_group, complaint.service_name, 1.0)
    code = directory.equivalent(chosen, complaint.description)
    service = directory.service(code)
    if service is None or code == complaint.service_code:
        return
    complaint.service_code, complaint.service_name = code, service.name
    complaint.service_group = service.group
    unit.complaints.save(complaint)


def _address(complaint: Complaint, originals: dict[str, str]) -> str:
    address = restore(complaint.place, originals)
    return address if address or complaint.latitude is not None else _NO_PLACE


def _attributes(
    complaint: Complaint, directory: Directory, originals: dict[str, str]
) -> dict[str, str | list[str]]:
    """Return the answers, and where the service defines a place for it what we know besides and our number."""
    known = {
        "nature": complaint.nature,
        "division": complaint.division,
        "division_code": complaint.division_code,
        "wish": restore(complaint.wish, originals),
        "repeated": "true" if complaint.repeated else "",
    }
    attributes: dict[str, str | list[str]] = {
        code: value
        for code, value in known.items()
        if value and directory.takes(complaint.service_code, code, value)
    }
    attributes.update(complaint.answers)
    for code in ("reference", "external_id", "minsheng_receipt"):
        if directory.has_attribute(complaint.service_code, code):
            attributes[code] = complaint.receipt
    return attributes


def _description(complaint: Complaint, words: str) -> str:
    """Return the citizen's words, their wish for secrecy or publicity, and the receipt number as the last line."""
    tail = _WISHES.get(complaint.visibility, "")
    tail += f"\n民声受理编号：{complaint.receipt}"
    room = MOST_CHARACTERS - len(tail)
    if len(words) > room:
        words = words[: room - 12] + "…（原文过长，有删节）"
    return words + tail


def number_owed(record: Record, backend: Backend) -> int:
    """Ask for the numbers the backend still owes for its tokens; returns how many came.

    A token that the backend refuses is passed over: it must not keep news about other cases from coming in.
    """
    with record.unit() as unit:
        owed = unit.complaints.owing_number()
    came = 0
    for complaint in owed:
        try:
            number = backend.resolve_token(complaint.backend_token)
        except RemoteError as error:
            log.warning("the number of complaint %s is still owed: %s", complaint.id, error)
            continue
        if number:
            with record.unit() as unit:
                fresh = unit.complaints.get(complaint.id, lock=True)
                if fresh is not None:
                    fresh.backend_id = number
                    unit.complaints.save(fresh)
                    came += 1
    return came
