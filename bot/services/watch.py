"""Nobody is left alone: an agent who went away or says nothing, a wait that nobody ends, a talk that fell silent.

Run every few seconds under one lease. What it does is told to the citizen in one line, and the conversation goes to
the bot or back among those that wait.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.model.conversation import Conversation, Holder
from bot.model.office import Office
from bot.model.staff import Presence
from bot.ports import Clock, Holders, LiveEvents, Phrases, Presences
from bot.record import Record, Stale, Unit
from bot.services import duty, handoff, speaking
from bot.services.speaking import Words

log = logging.getLogger(__name__)

GONE_FOR = timedelta(seconds=15)
"""How long somebody must be away without a break before their citizens are given to others: a page that is loaded
again, a network that changes and a server that restarts look the same for some seconds."""
_EVERYBODY = ""


class HandoffWatch:
    """Looks after conversations that are not the bot's."""

    def __init__(
        self,
        record: Record,
        *,
        office: Office,
        phrases: Phrases,
        clock: Clock,
        live: LiveEvents,
        holders: Holders,
        presences: Presences,
    ) -> None:
        self._record = record
        self._office = office
        self._phrases = phrases
        self._clock = clock
        self._live = live
        self._holders = holders
        self._presences = presences
        self._missing_since: dict[str, datetime] = {}
        self._looked_at: datetime | None = None

    def run_once(self) -> int:
        """Look once; returns how many conversations changed hands.

        Raises:
            Unavailable: who is there cannot be known now; nothing was done.
        """
        present = self._presences.present()
        with self._record.reading() as unit:
            staffed = unit.conversations.staffed()
            office = duty.office_now(unit, self._office)
            closed = {member.number for member in unit.staff.all() if not member.active}
        held = [c for c in staffed if c.holder is Holder.STAFF]
        ready = {n for n, presence in present.items() if presence is Presence.READY} - closed
        missing = {c.agent for c in held} - set(present)
        gone = self._gone(missing if ready else missing | {_EVERYBODY})
        nobody = _EVERYBODY in gone
        gone |= closed  # whose account was turned off does not come back
        self._holders.keep_only([c.citizen for c in held if c.citizen])
        return sum(self._look(c, office, gone=gone, ready=ready, nobody=nobody) for c in staffed)

    def _gone(self, missing: set[str]) -> set[str]:
        """Return those who have been missing for long enough, seen so without a break."""
        now = self._clock.now()
        if self._looked_at is None or now - self._looked_at >= GONE_FOR:
            self._missing_since = {}  # others watched meanwhile: what was seen before says nothing
        self._looked_at = now
        self._missing_since = {n: self._missing_since.get(n, now) for n in missing}
        return {n for n, since in self._missing_since.items() if now - since >= GONE_FOR}

    def _look(
        self,
        seen: Conversation,
        office: Office,
        *,
        gone: set[str],
        ready: set[str],
        nobody: bool,
    ) -> int:
        name = self._due(seen, office, gone=gone, ready=ready, nobody=nobody)
        if not name:
            return 0
        try:
            with self._record.unit() as unit:
                conversation = unit.conversations.get(seen.id)
                if conversation is None or conversation.version != seen.version:
                    return 0  # something happened meanwhile: look again next time
                self._act(unit, conversation, name, office)
                unit.conversations.save(conversation)
        except Stale:
            return 0
        log.info("handoff %s: %s", conversation.id[:8], name)
        handoff.announce(conversation, self._holders, self._live)
        return 1

    def _due(
        self,
        conversation: Conversation,
        office: Office,
        *,
        gone: set[str],
        ready: set[str],
        nobody: bool,
    ) -> str:
        """Return the sentence that is due, "" while all is well."""
        now = self._clock.now()
        if conversation.holder is Holder.WAITING:
            if not office.is_open(now):
                return "utter_person_gone_home"
            since = conversation.held_since or conversation.waiting_since or now
            return "utter_person_nobody_came" if nobody or now - since >= office.comes else ""
        silent = conversation.unanswered_since
        if conversation.agent in gone or (silent is not None and now - silent >= office.answers):
            others = office.is_open(now) and ready - {conversation.agent}
            return "utter_person_lost" if others else "utter_person_lost_nobody"
        moments = (conversation.last_said_at, conversation.staff_said_at, conversation.held_since)
        last = max((m for m in moments if m is not None), default=now)
        return "utter_person_idle" if silent is None and now - last >= office.idle else ""

    def _act(self, unit: Unit, conversation: Conversation, name: str, office: Office) -> None:
        number, key = conversation.agent, f"watch:{conversation.id}:{conversation.version}"
        if name in ("utter_person_lost", "utter_person_lost_nobody"):
            handoff.lose(unit, conversation, self._clock)
        if name == "utter_person_idle":
            handoff.end(unit, conversation, "lapsed", self._clock)
        if name != "utter_person_lost":
            conversation.give_back()
        text = self._phrases.say(name, number=number, hours=office.hours())
        speaking.say(unit, conversation, Words(key, text), self._clock)
