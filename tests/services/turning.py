"""Turns of one citizen: how one is taken, and what stands in the record afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.catalog import Catalog
from app.phrases import DomainPhrases
from bot.model.conversation import Conversation
from bot.model.delivery import Delivery
from bot.model.message import Reply
from bot.record import Record
from bot.services.dialogue import Dialogue
from bot.services.directory import Directory
from bot.services.turn import TurnTaker
from tests.builders import CITIZEN, SetClock
from tests.services.fakes import PlainSealer

ME = f"p-{CITIZEN}"
Taker = Callable[..., TurnTaker]


def taker_on(record: Record, catalog: Catalog, phrases: DomainPhrases, clock: SetClock) -> Taker:
    """Return what makes a turn taker of a dialogue; further parts may be given by name."""

    def make(dialogue: Dialogue, **parts: Any) -> TurnTaker:
        return TurnTaker(
            record,
            dialogue,
            emergencies=catalog.emergencies,
            directory=lambda: Directory((), {}),
            office=catalog.office,
            clock=clock,
            sealer=PlainSealer(),
            statuses=catalog.statuses,
            phrases=phrases,
            divide=lambda reply: [Reply(t) for t in reply.text.split("|")],
            **parts,
        )

    return make


def conversation(record: Record) -> Conversation:
    with record.unit() as unit:
        found = unit.conversations.get(ME)
    assert found is not None
    return found


def change(record: Record, **values: Any) -> None:
    with record.unit() as unit:
        found = unit.conversations.open(ME, CITIZEN)
        unit.conversations.save(replace(found, **values))


def transcript(record: Record) -> list[tuple[str, str]]:
    with record.unit() as unit:
        return [(row.direction, row.text) for row in unit.conversations.transcript(ME)]


def delivery(record: Record, key: str) -> Delivery:
    with record.unit() as unit:
        found = unit.deliveries.by_key(key)
    assert found is not None
    return found
