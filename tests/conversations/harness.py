"""A city on one desk: the real turn, Rasa dialogue, record and filing, with citizens who type into it.

Only four things are stood in for: the clock (so that half an hour passes at once), WeChat's wire (messages
arrive parsed), the complaint office (which takes every filing and keeps it to be looked at) and who of the staff is
at their desk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.catalog import Catalog
from app.phrases import DomainPhrases
from app.sealing import KeySealer
from bot.model.backend import Amendment, Attribute, Filed, Filing, Request, Service, Update
from bot.model.complaint import Complaint, Medium
from bot.model.conversation import Conversation
from bot.model.delivery import DeliveryState
from bot.model.message import Inbound, Kind, MediaRef, Option, Point, Reply
from bot.ports import NOBODY_LISTENS
from bot.services.amending import AmendmentHandler
from bot.services.deliver import Deliverer
from bot.services.dialogue import Dialogue
from bot.services.directory import Directory
from bot.services.filing import FilingHandler
from bot.services.handoff import Handoffs
from bot.services.turn import TurnTaker
from bot.services.updates import UpdateTaker
from bot.services.watch import HandoffWatch
from bot.storage.record import SqlRecord
from connectors.wechat.rendering import divide
from desk import hidden as desk_hidden
from desk import services as desk_services
from tests.services.fakes import KeptHolders, SetPresences

ROOT = Path(__file__).resolve().parents[2]
CATALOG = ROOT / "catalog"
#: What the desk takes from the bot without asking the citizen (desk/hidden.py).
HIDDEN = tuple(Attribute(a.code, a.description, automated=True) for a in desk_hidden.ATTRIBUTES)
MONDAY_MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=timezone.utc)  # 10:00 in Hangzhou, on duty


class SettableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime = MONDAY_MORNING) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the set time."""
        return self._now

    def set(self, moment: datetime) -> None:
        """Move the hands."""
        self._now = moment

    def forward(self, step: timedelta) -> None:
        """Let time pass."""
        self._now += step


class PaperOffice:
    """A complaint office that takes every filing and never asks back."""

    def __init__(self) -> None:
        self.filings: list[Filing] = []
        self.amendments: list[Amendment] = []

    def services(self) -> list[Service]:
        """Publish nothing: the directory is read from the catalogue."""
        return []

    def definition(self, code: str) -> list[Attribute]:  # noqa: ARG002
        """Ask nothing by itself."""
        return []

    def file(self, filing: Filing) -> Filed:
        """Keep the filing and number it."""
        self.filings.append(filing)
        return Filed(service_request_id=f"P{len(self.filings)}")

    def resolve_token(self, token: str) -> str | None:  # noqa: ARG002
        """Owe no number."""
        return None

    def find(self, *, service_code: str, start: datetime, end: datetime) -> Sequence[Request]:  # noqa: ARG002
        """Know of nothing filed earlier."""
        return []

    def updates(self, start: datetime, end: datetime) -> Sequence[Update]:  # noqa: ARG002
        """Have no news."""
        return []

    def add_update(self, amendment: Amendment) -> None:
        """Keep a citizen's word."""
        self.amendments.append(amendment)


def catalogue_directory() -> Directory:
    """Return the directory a bot has that pulled the desk's own catalogue."""
    rows = desk_services.load(CATALOG / "services.yml").values()
    services = tuple(
        Service(
            code=row.code,
            name=row.name,
            group=row.group,
            description=row.description,
            keywords=row.words,
            has_attributes=bool(row.attributes),
        )
        for row in rows
    )
    asked = {row.code: (*map(_attribute, row.attributes), *HIDDEN) for row in rows}
    return Directory(services, asked, Catalog.load(CATALOG).natures)


def _attribute(row: desk_services.Attribute) -> Attribute:
    return Attribute(
        code=row.code,
        description=row.description,
        datatype=row.datatype,
        variable=row.variable,
        required=row.required,
        datatype_description=row.datatype_description,
        order=row.order,
        values=row.values,
    )


class City:
    """One installation of the bot, and the citizens who write to it."""

    def __init__(self, engine: sa.engine.Engine, dialogue: Dialogue) -> None:
        self.clock = SettableClock()
        self.catalog = Catalog.load(CATALOG)
        self.directory = catalogue_directory()
        self.sealer = KeySealer.of("a secret of these tests only")
        self.record = SqlRecord(engine, self.clock)
        self.office = PaperOffice()
        self.phrases = DomainPhrases.load(ROOT / "nlu" / "domain" / "responses")
        self.presences = SetPresences()
        people: dict[str, Any] = {
            "phrases": self.phrases,
            "clock": self.clock,
            "live": NOBODY_LISTENS,
            "holders": KeptHolders(),
            "presences": self.presences,
        }
        self.handoffs = Handoffs(self.record, **people)
        self.watch = HandoffWatch(self.record, office=self.catalog.office, **people)
        self._dialogue = dialogue
        self._keys = count(1)
        self._citizens: dict[str, Citizen] = {}

    def citizen(self, name: str = "甲") -> Citizen:
        """Return the citizen of this name; the same one each time."""
        return self._citizens.setdefault(name, Citizen(self, f"open-id-of-{name}"))

    def require(self, service: str, question: Attribute) -> None:
        """Let the office ask one more question for the service of this name."""
        code = next(s.code for s in self.directory.services if s.name == service)
        asked = (*self.directory.attributes.get(code, ()), question)
        attributes = {**self.directory.attributes, code: asked}
        self.directory = replace(self.directory, attributes=attributes)

    def take(self, message: Inbound) -> Reply | None:
        """Process one message as a worker does."""
        return self._turns().take(message)

    def next_key(self) -> str:
        """Return a message key that was not used before."""
        return f"message-{next(self._keys)}"

    def file_due(self) -> list[Filing]:
        """Carry out the filings that are due; returns all the office has by now."""
        handler = FilingHandler(
            self.record,
            self.office,
            clock=self.clock,
            sealer=self.sealer,
            directory=lambda: self.directory,
            media_url=lambda medium_id: f"https://example.org/media/{medium_id}",
        )
        self.clock.forward(timedelta(minutes=1))  # patience with pictures that never arrive here
        with self.record.unit() as unit:
            found = [
                unit.deliveries.claim(number)
                for number in unit.deliveries.due(kinds=("filing",), limit=500)
            ]
        for delivery in found:
            if delivery is not None:
                handler.carry_out(delivery)
        return self.office.filings

    def amended(self) -> list[Amendment]:
        """Carry out what citizens said of filed cases; returns all the office has by now."""
        handler = AmendmentHandler(
            self.record,
            self.office,
            clock=self.clock,
            sealer=self.sealer,
            media_url=lambda medium_id: f"https://example.org/media/{medium_id}",
        )
        self.file_due()
        self.clock.forward(timedelta(hours=1))
        deliverer = Deliverer(self.record, {"amendment": handler}, self.clock)
        while deliverer.run_once():
            self.clock.forward(timedelta(seconds=5))
        return self.office.amendments

    def news(self, case: Complaint, status: str, **values: Any) -> str:
        """Let the office say something of a case that is filed; returns the notice."""
        if not case.backend_id:
            self.file_due()
            with self.record.unit() as unit:
                case = unit.complaints.get(case.id) or case
        update_id = f"u-{self.next_key()}"
        update = Update(update_id, case.backend_id, status, self.clock.now(), **values)
        taker = UpdateTaker(
            self.record, self.catalog.statuses, self.catalog.office, self.phrases, self.clock
        )
        assert taker.take(update)
        with self.record.unit() as unit:
            notice = unit.deliveries.by_key(f"notice:{case.id}:{update_id}")
            assert notice is not None
            notice.state = DeliveryState.SENT
            unit.deliveries.save(notice)
        return str(notice.payload["text"])

    def _turns(self) -> TurnTaker:
        return TurnTaker(
            self.record,
            self._dialogue,
            emergencies=self.catalog.emergencies,
            directory=lambda: self.directory,
            office=self.catalog.office,
            clock=self.clock,
            sealer=self.sealer,
            statuses=self.catalog.statuses,
            phrases=self.phrases,
            divide=divide,
            signs=self.catalog.signs,
            presences=self.presences,
        )


@dataclass
class Answer:
    """What stands on the citizen's screen after one message."""

    text: str = ""
    options: tuple[Option, ...] = ()

    def __str__(self) -> str:
        numbered = [f"{n}. {option.label}" for n, option in enumerate(self.options, 1)]
        return "\n".join([self.text, *numbered]).strip()


class Citizen:
    """Somebody with WeChat on their phone."""

    def __init__(self, city: City, open_id: str) -> None:
        self._city = city
        self.open_id = open_id
        self.last = Answer()
        self.turns = 0
        self._sent: Inbound | None = None

    def say(self, text: str) -> str:
        """Type a message; an emergency is answered by the gateway, as in production, and still recorded."""
        emergency = self._city.catalog.emergencies.match(text)
        if emergency is None:
            return self._send(Kind.TEXT, text=text)
        told = self._send(Kind.TEXT, text=text)
        assert told == "", "the gateway answers an emergency, the turn stays silent"
        self.last = Answer(emergency.text(True))
        return str(self.last)

    def repeat_last(self) -> str:
        """Let the platform send the last message once more, as it does when an answer got lost."""
        assert self._sent is not None, "nothing was sent"
        return self._hear(self._city.take(self._sent))

    def tap(self, label: str) -> str:
        """Tap the option whose label contains these words."""
        option = next((o for o in self.last.options if label in o.label), None)
        assert option is not None, f"no option {label!r} under:\n{self.last}"
        return self._send(Kind.TEXT, text=option.label, option=option.id)

    def send_image(self) -> str:
        """Send a photo."""
        medium = MediaRef(f"picture-{self._city.next_key()}", "image")
        return self._send(Kind.IMAGE, media=medium)

    def send_voice(self, recognised: str = "") -> str:
        """Send a voice message, with the platform's recognition if it has one."""
        medium = MediaRef(f"voice-{self._city.next_key()}", "voice", format="amr")
        return self._send(Kind.VOICE, media=medium, text=recognised)

    def send_location(self, latitude: float, longitude: float, label: str = "") -> str:
        """Share a pin (GCJ-02, as WeChat has it)."""
        return self._send(Kind.LOCATION, point=Point(latitude, longitude, label=label))

    def send_sticker(self) -> str:
        """Send a sticker the platform does not pass on."""
        return self._send(Kind.STICKER)

    def send_link(self) -> str:
        """Share an article."""
        return self._send(Kind.LINK)

    def scan(self, scene: str) -> str:
        """Scan a sign's code."""
        return self._send(Kind.SCAN, scene=scene)

    def follow(self, scene: str = "") -> str:
        """Follow the account, perhaps by a sign's code."""
        return self._send(Kind.FOLLOW, scene=scene)

    def unfollow(self) -> str:
        """Stop following."""
        return self._send(Kind.UNFOLLOW)

    def menu(self, key: str) -> str:
        """Press a button of the account's menu."""
        return self._send(Kind.MENU, menu=key)

    def wait(self, *, minutes: float) -> None:
        """Do something else for a while."""
        self._city.clock.forward(timedelta(minutes=minutes))

    def cases(self) -> list[Complaint]:
        """Return this citizen's complaints, oldest first."""
        with self._city.record.unit() as unit:
            return unit.complaints.of_conversation(self._id)[::-1]

    def media_of(self, complaint: Complaint) -> list[Medium]:
        """Return what was sent along with a complaint."""
        with self._city.record.unit() as unit:
            return list(unit.media.of_complaint(complaint.id))

    def conversation(self) -> Conversation:
        """Return what the record keeps of this citizen's conversation."""
        with self._city.record.unit() as unit:
            found = unit.conversations.get(self._id)
        assert found is not None
        return found

    def read(self) -> list[str]:
        """Return all that stands on the citizen's screen by others, in order: the bot, the house, staff."""
        return [r.text for r in self.transcript() if r.direction in ("bot", "system", "staff")]

    def transcript(self) -> list[Any]:
        """Return the lines said so far."""
        with self._city.record.unit() as unit:
            return unit.conversations.transcript(self._id)

    @property
    def id(self) -> str:
        """Return the id of this citizen's conversation."""
        return self._id

    @property
    def _id(self) -> str:
        return self._city.sealer.pseudonym(self.open_id)

    def _send(self, kind: Kind, **fields: Any) -> str:
        self._city.clock.forward(timedelta(seconds=20))
        self.turns += 1
        message = Inbound(
            key=self._city.next_key(),
            citizen=self.open_id,
            kind=kind,
            sent_at=self._city.clock.now(),
            **fields,
        )
        self._sent = message
        return self._hear(self._city.take(message))

    def _hear(self, reply: Reply | None) -> str:
        self.last = Answer() if reply is None else Answer(reply.text, reply.options)
        return str(self.last)
