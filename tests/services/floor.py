"""The floor where staff sit: a real record with one citizen, who is there, and what everybody was told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from app.phrases import DomainPhrases
from bot.model.conversation import Conversation, Holder, WaitReason
from bot.model.delivery import Delivery
from bot.model.draft import Draft
from bot.model.office import Office
from bot.model.staff import Handoff, Role, StaffMember
from bot.record import Record
from bot.services import handoff
from bot.services.handoff import Handoffs
from bot.services.watch import HandoffWatch
from tests.builders import CITIZEN, NOON, SetClock
from tests.services.fakes import KeptEvents, KeptHolders, SetPresences

ME = f"p-{CITIZEN}"


def member(number: str = "301", **values: Any) -> StaffMember:
    return StaffMember(number, f"n-{number}", Role.AGENT, NOON, NOON, **values)


ANNA, BEN, EVE = member("301"), member("302"), member("309")


@dataclass
class Floor:
    """What a test of handoffs needs; `handoffs` and `watch` stand on the same record."""

    record: Record
    office: Office
    phrases: DomainPhrases
    clock: SetClock
    presences: SetPresences = field(default_factory=SetPresences)
    holders: KeptHolders = field(default_factory=KeptHolders)
    live: KeptEvents = field(default_factory=KeptEvents)

    def __post_init__(self) -> None:
        self.presences.come(ANNA.number, BEN.number)
        self.change(last_said_at=NOON)
        self.handoffs = self.handoffs_of(self.record)
        self.watch = self.new_watch()

    def handoffs_of(self, record: Record) -> Handoffs:
        return Handoffs(
            record,
            phrases=self.phrases,
            clock=self.clock,
            live=self.live,
            holders=self.holders,
            presences=self.presences,
        )

    def new_watch(self) -> HandoffWatch:
        return HandoffWatch(
            self.record,
            office=self.office,
            phrases=self.phrases,
            clock=self.clock,
            live=self.live,
            holders=self.holders,
            presences=self.presences,
        )

    def change(self, **values: Any) -> None:
        with self.record.unit() as unit:
            found = unit.conversations.open(ME, CITIZEN)
            unit.conversations.save(replace(found, **values))

    def ask(self, reason: WaitReason = WaitReason.ASKED, *, queue: bool = True) -> None:
        """Let the citizen ask for a person, and wait for them with the bot silent if `queue`."""
        with self.record.unit() as unit:
            found = unit.conversations.open(ME, CITIZEN)
            handoff.want(unit, found, reason, self.clock)
            if queue:
                found.queue(self.clock.now())
            unit.conversations.save(found)

    def speak(self) -> None:
        """Let the citizen say something that a person must answer."""
        with self.record.unit() as unit:
            found = unit.conversations.open(ME, CITIZEN)
            found.heard(self.clock.now())
            unit.conversations.save(found)

    def tell_half(self) -> None:
        """Leave a complaint half told with the bot."""
        draft = Draft(said=["路灯不亮"], details=["路灯不亮"], asking="place")
        snapshot = {"slots": {"draft": draft.to_dict()}, "loop": "complaint_form"}
        self.change(snapshot={**snapshot, "requested": "place"})

    def now(self) -> Conversation:
        with self.record.reading() as unit:
            found = unit.conversations.get(ME)
        assert found is not None
        return found

    def stands(self) -> tuple[Holder, str]:
        found = self.now()
        return found.holder, found.agent

    def lines(self) -> list[tuple[str, str]]:
        with self.record.reading() as unit:
            return [(row.direction, row.text) for row in unit.conversations.transcript(ME)]

    def told(self) -> list[str]:
        """Return what the citizen is to be told, in order: every line that is not theirs or a note has a delivery."""
        with self.record.reading() as unit:
            rows = unit.conversations.transcript(ME)
            said = [r for r in rows if r.direction in ("system", "staff")]
            sent = unit.deliveries.states([r.key for r in said])
        assert [r.text for r in said] == [sent[r.key].payload["said"] for r in said]
        return [r.text for r in said]

    def say(self, name: str, **values: Any) -> str:
        return self.phrases.say(name, **values)

    def delivery(self, key: str) -> Delivery:
        with self.record.reading() as unit:
            found = unit.deliveries.by_key(key)
        assert found is not None
        return found

    def times(self) -> list[Handoff]:
        """Return the times a person was wanted, oldest first."""
        with self.record.reading() as unit:
            return unit.handoffs.of_conversation(ME)[::-1]
