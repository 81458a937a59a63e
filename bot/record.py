"""The record as the services see it: ports to what is stored, proven by the contract tests in tests/storage.

A unit is one transaction: everything done through it is written together on leaving, or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from bot.model.backend import Update
from bot.model.complaint import Complaint, Medium, Step
from bot.model.conversation import Conversation, Direction, Line
from bot.model.delivery import Delivery
from bot.staff_record import Audit, CannedAnswers, Handoffs, Shifts, Staff


class Stale(Exception):
    """Another writer changed the conversation since it was read: this turn must be thrown away."""


class Conversations(Protocol):
    """Conversations, their transcript and the citizens' words on notices."""

    def get(self, conversation_id: str) -> Conversation | None:
        """Return the conversation with this id."""

    def open(self, conversation_id: str, citizen: str) -> Conversation:
        """Return the citizen's conversation, made if there is none, with the open id they have now.

        Must raise `Stale` if another writer makes it at the same moment.
        """

    def save(self, conversation: Conversation) -> None:
        """Write it back if nobody else did since it was read; must raise `Stale` otherwise (the fence)."""

    def waiting(self) -> list[Conversation]:
        """Return conversations that wait for a person, longest wait first."""

    def staffed(self) -> list[Conversation]:
        """Return conversations whose holder is not the bot, those held longest first."""

    def live(self, since: datetime, *, limit: int = 1000) -> list[Conversation]:
        """Return conversations that spoke since then, wait or are held; who spoke last first."""

    def tally(self, since: datetime, agent: str) -> Mapping[str, int]:
        """Return how many wait (`waiting`), wait in danger (`urgent`), are held by this agent (`mine`), live (`all`)."""

    def quiet(self, before: datetime, *, limit: int = 100) -> list[Conversation]:
        """Return conversations that neither spoke since then nor wait nor are held; who spoke last first."""

    def several(self, conversation_ids: Collection[str]) -> list[Conversation]:
        """Return those of these conversations that exist, in no order."""

    def last_lines(
        self, conversation_ids: Collection[str], *, by: Direction | None = None
    ) -> Mapping[str, Any]:
        """Return conversation → its newest line that is something said (fields of `Line`, and `id`), `by` anybody."""

    def lines_after(self, conversation_id: str, line_id: int, *, limit: int = 200) -> list[Any]:
        """Return the lines with a greater id, oldest first."""

    def lines_before(self, conversation_id: str, line_id: int, *, limit: int = 100) -> list[Any]:
        """Return the last lines with a smaller id, oldest first."""

    def line(self, line_id: int) -> Any:
        """Return one line (fields of `Line`, and `id`), None if there is none."""

    def holding(self, words: str, *, limit: int = 50) -> list[str]:
        """Return ids of conversations in which these words were said, newest first."""

    def has_line(self, key: str) -> bool:
        """True if a message or answer with this key is in the transcript."""

    def add_line(self, line: Line) -> None:
        """Append to the transcript; must raise `Stale` for a key that is there already."""

    def transcript(self, conversation_id: str, *, limit: int = 200) -> list[Any]:
        """Return the last lines (fields of `Line`), oldest first."""

    def last_line(self, conversation_id: str, *, by: Collection[Direction]) -> Any:
        """Return the newest line of one of these directions, None if there is none."""

    def forget_lines(self, conversation_id: str) -> None:
        """Remove what was said, keeping that and when something was."""

    def set_consent(self, conversation_id: str, template_id: str, *, accepted: bool) -> None:
        """Remember whether the citizen allows notices with this template."""

    def consent(self, conversation_id: str, template_id: str) -> bool | None:
        """Return the citizen's last word on notices with this template, None if there was none."""

    def forget_consents(self, conversation_id: str) -> None:
        """Remove the citizen's words on notices."""


class Complaints(Protocol):
    """Confirmed complaints and what the backend said about them."""

    def next_number(self, day: str) -> int:
        """Return the day's next number, starting at 1; never the same twice."""

    def add(self, complaint: Complaint) -> None:
        """Store a confirmed complaint."""

    def save(self, complaint: Complaint) -> None:
        """Write a complaint back."""

    def get(self, complaint_id: str, *, lock: bool = False) -> Complaint | None:
        """Return the complaint with our own id; with `lock` nobody else changes it until the unit ends.

        `save` writes all of it: who reads in order to save must lock, or what others wrote meanwhile is undone.
        """

    def by_receipt(self, receipt: str) -> Complaint | None:
        """Return the complaint with this receipt number."""

    def by_backend_id(self, backend_id: str, *, lock: bool = False) -> Complaint | None:
        """Return the complaint with this number of the backend; `lock` as above."""

    def owing_number(self) -> list[Complaint]:
        """Return complaints for which the backend gave a token and still owes the number."""

    def of_conversation(self, conversation_id: str, *, limit: int = 20) -> list[Complaint]:
        """Return a citizen's own complaints, newest first."""

    def standing_at(self, conversation_id: str, status_code: str) -> list[Complaint]:
        """Return those of a citizen's newest 20 whose last status of the backend was this one, newest first."""

    def in_callback(self, conversation_id: str) -> list[Complaint]:
        """Return those of a citizen's newest 20 about whose answer something was asked, in no order."""

    def recent(self, *, limit: int = 100) -> list[Complaint]:
        """Return the newest complaints of all citizens."""

    def has_update(self, complaint_id: str, update_id: str) -> bool:
        """True if this update was taken before."""

    def add_update(self, complaint_id: str, update: Update, received_at: datetime) -> None:
        """Store an update; must refuse one that is there already."""

    def steps(self, complaint_id: str) -> list[Step]:
        """Return what the office did and said about a case, oldest first."""

    def forget_contact(self, conversation_id: str) -> None:
        """Remove phone and name from a citizen's complaints; the cases themselves stay."""


class Deliveries(Protocol):
    """What must leave the house."""

    def add(self, delivery: Delivery) -> bool:
        """Store it; False (and nothing done) if its key is there already."""

    def by_key(self, key: str) -> Delivery | None:
        """Return the delivery with this idempotency key."""

    def by_remote_id(self, remote_id: str) -> Delivery | None:
        """Return the delivery the platform answered with this message id."""

    def latest_by_rung(self, conversation_id: str, rung: str) -> Delivery | None:
        """Return the newest delivery to this citizen that took this rung."""

    def end_claims(self) -> None:
        """End all claims: their senders are known to be dead, others may take over at once."""

    def is_telling(self, conversation_id: str) -> bool:
        """Return True while a notice to this citizen is in a sender's hands."""

    def due(self, *, kinds: Collection[str] | None = None, limit: int = 50) -> list[int]:
        """Return ids of deliveries that are due, and of those whose sender died, oldest due first.

        Only of these kinds, if any are given.
        """

    def kinds_due(self) -> set[str]:
        """Return the kinds of which something is due."""

    def offered(self, *, limit: int) -> list[Delivery]:
        """Return answers offered to callbacks at which it is time to look, oldest first."""

    def settle(
        self, *, told: Collection[int], untaken: Collection[int], later: Mapping[int, datetime]
    ) -> None:
        """Write down what became of offered answers: a callback told them, none will, or it is not known till then.

        Must leave alone one that is no longer on offer.
        """

    def claim(self, delivery_id: int) -> Delivery | None:
        """Take one for sending, None if another sender has it; must never give it to two."""

    def save(self, delivery: Delivery) -> None:
        """Write a delivery back."""

    def give_back(self, delivery: Delivery) -> bool:
        """Write back one that was claimed; False (and nothing done) if its citizen left while it was sent.

        What was withheld then must stay so, without the words.
        """

    def held(self, conversation_id: str) -> list[Delivery]:
        """Return what waits for the citizen's next message, oldest first."""

    def untold(self, conversation_id: str) -> list[Delivery]:
        """Return everything that the citizen is still to be told and nobody is telling now, oldest first."""

    def requeue_held(self, conversation_id: str, kind: str) -> int:
        """Let deliveries of this kind that are held, or wait for a later try, be tried again now, in their order.

        Returns how many.
        """

    def latest_of_kind(self, conversation_id: str, kind: str) -> Delivery | None:
        """Return the newest delivery of this kind to this citizen."""

    def of_complaint(self, complaint_id: str, kind: str) -> list[Delivery]:
        """Return the deliveries of this kind that belong to a case, in the order they were stored."""

    def states(self, keys: Collection[str]) -> Mapping[str, Delivery]:
        """Return key → delivery for those of these keys that are deliveries."""

    def withhold(self, conversation_id: str) -> None:
        """Stop what is still to be told to a citizen who left, and forget what was said to them."""

    def forget_told(self, before: datetime, *, limit: int) -> int:
        """Remove the words of what went out to citizens before then, the rest stays; returns of how many, at most so many."""

    def count_by_state(self) -> dict[str, int]:
        """Return how many deliveries are in each state."""


class MediaStore(Protocol):
    """Pictures and voices, bytes included."""

    def add(self, medium: Medium) -> None:
        """Store the reference; the bytes follow by a job."""

    def get(self, medium_id: str) -> Medium | None:
        """Return one medium."""

    def several(self, medium_ids: Collection[str]) -> Mapping[str, Medium]:
        """Return id → medium for those that exist."""

    def of_complaint(self, complaint_id: str) -> list[Medium]:
        """Return a complaint's media in the order they came."""

    def attach(self, medium_ids: list[str], complaint_id: str) -> None:
        """Say that these media belong to this complaint."""

    def store_bytes(self, medium_id: str, content: bytes, content_type: str) -> None:
        """Keep the bytes; a second time is ignored."""

    def bytes_of(self, medium_id: str) -> bytes | None:
        """Return the bytes, None while they are not here yet."""

    def forget_loose(self, conversation_id: str) -> None:
        """Remove a citizen's media that belong to no complaint."""

    def forget_old_loose(self, before: datetime, *, limit: int) -> int:
        """Remove the bytes of media that came before then and belong to no complaint; returns of how many."""


class Documents(Protocol):
    """Small named JSON documents."""

    def get(self, name: str, *, lock: bool = False) -> Any:
        """Return the document's body, None if there is none; with `lock` nobody else changes it until the unit ends."""

    def put_new(self, name: str, body: Any) -> bool:
        """Store the document unless there is one of that name; returns whether it did."""

    def put(self, name: str, body: Any) -> None:
        """Store or replace the document."""


class Unit(Protocol):
    """The record inside one transaction."""

    @property
    def conversations(self) -> Conversations:
        """The citizens' conversations."""

    @property
    def complaints(self) -> Complaints:
        """The confirmed complaints."""

    @property
    def deliveries(self) -> Deliveries:
        """What must leave the house."""

    @property
    def media(self) -> MediaStore:
        """Pictures and voices."""

    @property
    def documents(self) -> Documents:
        """Small named documents."""

    @property
    def handoffs(self) -> Handoffs:
        """The times a person was wanted."""

    @property
    def staff(self) -> Staff:
        """Accounts of the console."""

    @property
    def audit(self) -> Audit:
        """What was looked at and changed."""

    @property
    def canned(self) -> CannedAnswers:
        """Answers that are often given."""

    @property
    def shifts(self) -> Shifts:
        """Who is to be there when."""


class Record(Protocol):
    """Opens units."""

    def unit(self) -> AbstractContextManager[Unit]:
        """Open a unit; it commits on leaving, rolls back on any error, raises `ports.Unavailable` if it cannot."""

    def reading(self) -> AbstractContextManager[Unit]:
        """Open a unit for reading only: it waits for no writer and keeps none waiting; nothing is committed."""
