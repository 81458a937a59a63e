"""Filing a complaint for a citizen: a member of staff fills the form in, the citizen is told the receipt number.

The citizen's own words stay the description; what staff know better (place, service) is theirs to set right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from bot.model.complaint import Complaint
from bot.model.conversation import Conversation
from bot.model.draft import Draft
from bot.model.office import Office
from bot.model.staff import StaffMember
from bot.model.status import StatusTable
from bot.ports import CHANGED, Clock, LiveEvents, Phrases, Sealer
from bot.record import Record, Stale, Unit
from bot.services import asked, open_form, speaking, wanting
from bot.services.counter import Counter
from bot.services.directory import Directory
from bot.services.handoff import Unknown
from bot.services.masking import mask, phones_among
from bot.services.speaking import Words

MOST_WORDS = 4000  # GeoReport v2: description has at most 4,000 characters
_MOST_PLACE, _MOST_NAME = 200, 50
_VISIBILITIES = ("", "public", "confidential")
_TRIES = 5


class Incomplete(Exception):
    """The form cannot be filed so; `problems` maps a field to what is wrong with it (a word, not a sentence)."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(f"{k}: {v}" for k, v in problems.items()))
        self.problems = problems


@dataclass(frozen=True)
class Form:
    """A complaint as a member of staff fills it in.

    Attributes:
        key: made with the page; the same again is the same complaint.
        said: what happened, in the citizen's words, one message a line.
        phone: a number typed in, or the mask of one the citizen said in this conversation; "" for none.
        nature, division: as in `Draft`.
        media: ids of pictures and voices of this conversation that belong to it.
    """

    key: str
    service_code: str
    said: str
    place: str
    phone: str = ""
    name: str = ""
    nature: str = ""
    visibility: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    media: tuple[str, ...] = ()


class OnBehalf:
    """Files for citizens."""

    def __init__(
        self,
        record: Record,
        *,
        directory: Callable[[], Directory],
        office: Office,
        clock: Clock,
        sealer: Sealer,
        statuses: StatusTable,
        phrases: Phrases,
        live: LiveEvents,
    ) -> None:
        self._record = record
        self._directory = directory
        self._office = office
        self._clock = clock
        self._sealer = sealer
        self._statuses = statuses
        self._phrases = phrases
        self._live = live

    def file(self, conversation_id: str, by: StaffMember, form: Form) -> Complaint:
        """File the form, tell the citizen, and close the form the bot had open.

        Raises:
            Incomplete: a field is missing or cannot be; nothing was done.
            NotHeld, Unknown, Stale, Unavailable: as `Handoffs` does.
        """
        directory = self._directory()  # may read the record: not inside the unit
        _check(form, directory)
        for left in reversed(range(_TRIES)):
            try:
                complaint = self._file(conversation_id, by, form, directory)
            except Stale:  # the citizen spoke meanwhile
                if not left:
                    raise
            else:
                self._live.publish(CHANGED, {"conversation": conversation_id})
                return complaint
        raise AssertionError

    def _file(
        self, conversation_id: str, by: StaffMember, form: Form, directory: Directory
    ) -> Complaint:
        with self._record.unit() as unit:
            conversation = unit.conversations.get(conversation_id)
            if conversation is None:
                raise Unknown
            conversation.must_be_held_by(by.number)
            told = f"filed:{form.key}"
            delivery = unit.deliveries.by_key(told)
            if delivery is not None:
                filed = unit.complaints.get(str(delivery.complaint_id))
                assert filed is not None
                return filed
            counter = self._counter(unit, conversation, directory)
            draft = self._draft(unit, conversation, form, directory)
            complaint = counter.file(draft, filed_by=by.number)
            self._tell(unit, conversation, complaint, by, told)
            conversation.snapshot = open_form.closed(conversation.snapshot)
            conversation.answered(self._clock.now())
            unit.conversations.save(conversation)
        return complaint

    def _counter(self, unit: Unit, conversation: Conversation, directory: Directory) -> Counter:
        return Counter(
            unit=unit,
            conversation=conversation,
            directory=directory,
            office=self._office,
            clock=self._clock,
            sealer=self._sealer,
            statuses=self._statuses,
            phrases=self._phrases,
        )

    def _draft(
        self, unit: Unit, conversation: Conversation, form: Form, directory: Directory
    ) -> Draft:
        """Return the form as a draft: numbers masked again, originals sealed or taken from what the citizen said."""
        told = open_form.draft_of(conversation.snapshot)
        known = {**told.sealed, **_sealed_in(unit, conversation)}
        said, found = mask(form.said)
        place, in_place = mask(form.place)
        phone, typed = mask(form.phone)
        fresh = {
            short: self._sealer.seal(full) for short, full in {**found, **in_place, **typed}.items()
        }
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        sealed = {**known, **fresh}
        if phone and phone not in sealed:
            raise Incomplete({"phone": "unknown"})
        same_place = place == told.place
        return replace(
            Draft(),
            said=lines,
            details=lines,
            place=place,
            point=told.point if same_place else None,
            division=told.division if same_place else None,
            category=form.service_code,
            phone=phone,
            name=form.name,
            nature=form.nature,
            visibility=form.visibility,
            answers=asked.fitting(directory, form.service_code, form.answers),
            media=_own(unit, conversation, form.media),
            sealed={
                short: original
                for short, original in sealed.items()
                if _is_used(short, said, place, phone)
            },
            wish=told.wish,
            repeated=told.repeated,
        )

    def _tell(
        self,
        unit: Unit,
        conversation: Conversation,
        complaint: Complaint,
        by: StaffMember,
        key: str,
    ) -> None:
        names = (complaint.service_group, complaint.service_name)
        text = self._phrases.say(
            "utter_filed_for_you",
            number=by.number,
            receipt=complaint.receipt,
            place=complaint.place or "—",
            category=" · ".join(n for n in names if n),
            summary=complaint.summary,
        )
        words = Words(key, text, complaint_id=complaint.id)
        speaking.say(unit, conversation, words, self._clock)


def _check(form: Form, directory: Directory) -> None:
    faults = {
        "service_code": "" if directory.service(form.service_code) else "unknown",
        "said": _fault(form.said, MOST_WORDS, needed=True),
        "place": _fault(form.place, _MOST_PLACE, needed=_needs_place(form, directory)),
        "name": _fault(form.name, _MOST_NAME),
        "nature": "unknown" if form.nature and not directory.natures.find(form.nature) else "",
        "visibility": "" if form.visibility in _VISIBILITIES else "unknown",
        "phone": "" if _may_be_phone(form.phone) else "unknown",
    }
    problems = {name: fault for name, fault in faults.items() if fault}
    problems |= asked.problems(directory, form.service_code, form.answers)
    if problems:
        raise Incomplete(problems)


def _fault(text: str, most: int, *, needed: bool = False) -> str:
    if needed and not text.strip():
        return "missing"
    return "long" if len(text) > most else ""


def _needs_place(form: Form, directory: Directory) -> bool:
    return not wanting.place_is_optional(Draft(nature=form.nature), directory)


def _may_be_phone(phone: str) -> bool:
    """True for none, for a number, and for what may be the mask of one that the citizen said."""
    return not phone or "*" in phone or bool(phones_among(mask(phone)[1]))


def _sealed_in(unit: Unit, conversation: Conversation) -> dict[str, str]:
    """Return mask → sealed original of every number the citizen said in this conversation."""
    found: dict[str, str] = {}
    for line in unit.conversations.transcript(conversation.id):
        found |= line.data.get("sealed") or {}
    return found


def _own(unit: Unit, conversation: Conversation, media: tuple[str, ...]) -> list[str]:
    """Return those of these media that came in this conversation and belong to no complaint yet."""
    found = unit.media.several(media)
    loose = {m.id for m in found.values() if m.complaint_id is None}
    return [m for m in media if m in loose and found[m].conversation_id == conversation.id]


def _is_used(short: str, *texts: str) -> bool:
    return any(short in text for text in texts)
