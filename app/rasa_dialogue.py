"""The dialogue by Rasa: the one module of `app` that imports it.

The agent runs in the worker's own process and calls our actions in process too: no second server. Rasa swallows
exceptions of actions (core/processor.py logs them and saves the tracker), so the endpoint records the first one
and `respond` raises it: the turn is thrown away. Between turns only what the next one needs is kept: slots and the
active loop. A turn therefore costs the same after a thousand earlier ones.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, replace
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor

from actions.context import serving
from actions.reading import slots as as_slots
from actions.reading import understood
from app.rasa_shortcuts import StraightRunner, shorten, spare_extraction, twin_of
from bot.model.conversation import WaitReason
from bot.model.draft import Draft
from bot.model.message import Inbound, Kind, Option, Reply
from bot.services import intake
from bot.services.counter import Counter
from bot.services.dialogue import Heard, Spoken
from bot.services.directory import Directory

log = logging.getLogger(__name__)

_SENDER = "citizen"  # never the open id: Rasa logs it
_SHORT = 8
"""Characters of a text that many say alike ("确认", "跳过", "2"): it is understood once."""
_MOST_MATTERS = 3
_MOST_SERVICES = 3
_WARNED = "warned"  # key of a snapshot: the number named in front of an answer
_EVENTS = {
    Kind.IMAGE: "/event_media",
    Kind.VOICE: "/event_media",
    Kind.VIDEO: "/event_media",
    Kind.LOCATION: "/event_location",
    Kind.LINK: "/event_link",
    Kind.STICKER: "/event_sticker",
    Kind.FOLLOW: "/event_follow",
    Kind.SCAN: "/event_scan",
}


class ActionFailed(Exception):
    """An action raised; what it did must not be committed."""


class InProcessActions(EndpointConfig):
    """The action endpoint without HTTP; remembers the first exception, which Rasa would only log."""

    def __init__(self, executor: ActionExecutor) -> None:
        super().__init__(url="in-process", enable_selective_domain=True)
        self._executor = executor
        self.failure: Exception | None = None

    async def request(
        self,
        method: str = "post",  # noqa: ARG002 (the base class's signature)
        subpath: str | None = None,  # noqa: ARG002
        content_type: str | None = "application/json",  # noqa: ARG002
        compress: bool = False,  # noqa: ARG002
        **kwargs: Any,
    ) -> Any:
        """Run the action that the call names."""
        try:
            return await self._executor.run(kwargs["json"])
        except Exception as error:  # recorded for `respond`, which throws the turn away
            self.failure = self.failure or error
            raise


class SnapshotStore(TrackerStore):
    """Keeps one conversation for the length of one turn, built from a snapshot."""

    def __init__(self, domain: Domain) -> None:
        super().__init__(domain)
        self._blank = DialogueStateTracker(_SENDER, domain.slots)
        self.tracker: DialogueStateTracker | None = None

    def load(self, snapshot: Mapping[str, Any] | None) -> None:
        """Make the tracker of the coming turn."""
        snapshot = snapshot or {}
        loop = snapshot.get("loop")
        events: list[Any] = [ActionExecuted("action_session_start")]
        events += [SlotSet(k, v) for k, v in snapshot.get("slots", {}).items()]
        if loop:
            requested = SlotSet(REQUESTED_SLOT, snapshot.get("requested"))
            events += [ActionExecuted(loop), ActiveLoop(loop), requested]
        events.append(ActionExecuted(ACTION_LISTEN_NAME))
        self.tracker = twin_of(self._blank)
        for event in events:
            self.tracker.update(event)

    def snapshot(self) -> dict[str, Any]:
        """Return what the next turn needs."""
        assert self.tracker is not None
        kept = {
            name: slot.value
            for name, slot in self.tracker.slots.items()
            if slot.value is not None and name not in (REQUESTED_SLOT, "session_started_metadata")
        }
        return {
            "slots": kept,
            "loop": self.tracker.active_loop_name,
            "requested": self.tracker.get_slot(REQUESTED_SLOT),
        }

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the tracker until the turn's end."""
        self.tracker = tracker

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:  # noqa: ARG002
        """Return the turn's tracker."""
        return self.tracker

    async def keys(self) -> list[str]:
        """Return the one conversation there is."""
        return [_SENDER]


class RasaDialogue:
    """Answers messages with a trained Rasa model; one turn at a time, from one thread."""

    def __init__(self, model: Path, *, menu: Mapping[str, str]) -> None:
        """Load a model; `menu` maps keys of the account's menu to intents."""
        shorten()
        executor = ActionExecutor()
        executor.register_package("actions")
        self._endpoint = InProcessActions(executor)
        self._agent = Agent.load(model_path=str(model), action_endpoint=self._endpoint)
        if self._agent.processor is None or self._agent.domain is None:
            raise RuntimeError(f"{model} holds no dialogue model: run `minsheng train`")
        self._store = SnapshotStore(self._agent.domain)
        processor = self._agent.processor
        processor.graph_runner = StraightRunner(processor.graph_runner)
        spare_extraction(processor)
        self._agent.tracker_store = self._agent.processor.tracker_store = self._store
        self._menu = dict(menu)
        self._loop = asyncio.new_event_loop()
        self._short = lru_cache(maxsize=1000)(self._read)

    def listen(self, message: Inbound) -> list[dict[str, Any]]:
        """Return what the model makes of each text that Rasa is to hear."""
        return [
            deepcopy(self._short(text)) if len(text) <= _SHORT else self._read(text)
            for text in self._texts(message)
        ]

    def respond(self, heard: Heard, snapshot: dict[str, Any] | None, counter: Counter) -> Spoken:
        """Answer one message; raises `ActionFailed` if any action did."""
        self._endpoint.failure = None
        with serving(counter):
            return self._loop.run_until_complete(self._respond(heard, snapshot, counter))

    def keep(
        self, heard: Heard, snapshot: dict[str, Any] | None, directory: Directory
    ) -> dict[str, Any]:
        """Make words said in an emergency a draft, if none is open: "我帮您接着反映" must be true afterwards."""
        parsed = [*(heard.parsed or self.listen(heard.message))][-1]
        said = replace(understood(parsed, _metadata(heard)), intent="report", matters=())
        kept = dict(snapshot or {})
        slots = dict(kept.get("slots", {}))
        draft = Draft.from_dict(slots.get("draft"))
        if not draft.is_empty:
            return kept  # a complaint being told stays as it was
        draft = intake.take(draft, said, directory).draft
        if said.text not in draft.said:
            draft.said.append(said.text)
        if not draft.details:
            draft.details.append(said.text)
        stored = {event["name"]: event["value"] for event in as_slots(draft)}
        kept["slots"] = {**slots, **{k: v for k, v in stored.items() if v is not None}}
        return kept

    def _read(self, text: str) -> dict[str, Any]:
        """Return what the model makes of a text: the same for the same text."""
        return dict(self._loop.run_until_complete(self._agent.parse_message(text)))

    async def _respond(
        self, heard: Heard, snapshot: dict[str, Any] | None, counter: Counter
    ) -> Spoken:
        self._store.load(snapshot)
        metadata = _metadata(heard)
        said: list[dict[str, Any]] = []
        for text, parsed in zip_longest(self._texts(heard.message), heard.parsed):
            said += await self._hear(text, metadata, parsed)
        heard_as = self._understood(heard.message)
        warned = _warned(snapshot)
        danger = self._danger()
        if danger and said:
            counter.call_person(WaitReason.EMERGENCY)
            if danger["number"] != warned:
                said = [_warning(danger, counter), *said]
                warned = str(danger["number"])
        said += await self._further_matters(metadata)
        if heard.first_contact and heard.message.kind is not Kind.FOLLOW and said:
            said = [await self._first_contact(counter), *said]
        snapshot = {**self._store.snapshot(), _WARNED: warned}
        return Spoken(_reply(said), snapshot, heard_as)

    def _understood(self, message: Inbound) -> dict[str, Any]:
        """Return what was taken from the message's words, for staff to see; nothing for what had none."""
        latest = self._parsed() if message.text else {}
        intent = latest.get("intent") or {}
        if not intent.get("name"):
            return {}
        ranking = (latest.get("category") or {}).get("ranking", ())
        services = [
            {"name": r["name"], "group": r["group"], "confidence": round(float(r["confidence"]), 2)}
            for r in ranking[:_MOST_SERVICES]
        ]
        confidence = round(float(intent.get("confidence") or 0.0), 2)
        return {"intent": intent["name"], "confidence": confidence, "services": services}

    def _parsed(self) -> dict[str, Any]:
        """Return the latest message as the model parsed it."""
        assert self._store.tracker is not None
        latest = self._store.tracker.latest_message
        return dict((latest.parse_data if latest else None) or {})

    def _danger(self) -> dict[str, Any] | None:
        """Return the danger that the latest message probably tells of."""
        return self._parsed().get("danger") or None

    async def _hear(
        self, text: str, metadata: dict[str, Any], parsed: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        channel = CollectingOutputChannel()
        message = UserMessage(
            text,
            channel,
            _SENDER,
            parse_data=parsed,
            input_channel="minsheng",
            metadata=metadata,
        )
        await self._agent.handle_message(message)
        if self._endpoint.failure is not None:
            raise ActionFailed(str(self._endpoint.failure)) from self._endpoint.failure
        return list(channel.messages)

    async def _further_matters(self, metadata: dict[str, Any]) -> list[dict[str, Any]]:
        """Take up the next matter of an earlier message once the one before it is filed."""
        assert self._store.tracker is not None
        later = self._store.tracker.get_slot("next_text")
        if not later:
            return []
        self._store.tracker.update(SlotSet("next_text", None), self._store.domain)
        self._store.load(self._store.snapshot())
        further = {"key": f"{metadata['key']}+", "later": later[1:_MOST_MATTERS]}
        return await self._hear(str(later[0]), further)

    async def _first_contact(self, counter: Counter) -> dict[str, Any]:
        text = counter.phrases.say("utter_first_contact", office=counter.office.name)
        return {"text": text}

    def _texts(self, message: Inbound) -> list[str]:
        """Return what Rasa is to hear: words, or the trigger of what is no text."""
        if message.kind is Kind.MENU:
            return [f"/{self._menu.get(message.menu, 'ask_help')}"]
        if message.kind is Kind.TEXT:
            return [_harmless(message.text)]
        texts = [_EVENTS[message.kind]]
        if message.kind is Kind.FOLLOW and message.scene:
            texts.append("/event_scan")
        if message.kind is Kind.VOICE and message.text:
            texts.append(_harmless(message.text))
        return texts


def _harmless(text: str) -> str:
    """Keep a citizen's text from being read as a trigger: Rasa strips it and takes a leading "/" for an intent."""
    text = text.strip()
    return f"／{text[1:]}" if text.startswith("/") else text


def _metadata(heard: Heard) -> dict[str, Any]:
    message = heard.message
    point = message.point
    return {
        "key": message.key,
        "option": message.option,
        "scene": message.scene,
        "sealed": heard.sealed,
        "phone": _phone_mask(heard.phones),
        "after_silence": heard.after_silence,
        "media": asdict(message.media) if message.media else None,
        "has_words": bool(message.text),
        "point": asdict(replace(point)) | {"datum": point.datum.value} if point else None,
    }


def _warned(snapshot: Mapping[str, Any] | None) -> str:
    """Return the number already named in front of an answer while the draft now open was told."""
    snapshot = snapshot or {}
    draft = Draft.from_dict(snapshot.get("slots", {}).get("draft"))
    return "" if draft.is_empty else str(snapshot.get(_WARNED, ""))


def _warning(danger: Mapping[str, Any], counter: Counter) -> dict[str, Any]:
    """Return the line that stands in front: what to dial if somebody is in danger now."""
    name = "utter_danger_despair" if danger["kind"] == "despair" else "utter_danger"
    return {"text": counter.phrases.say(name, number=danger["number"])}


def _phone_mask(phones: tuple[str, ...]) -> str:
    return phones[-1] if phones else ""


def _reply(said: list[dict[str, Any]]) -> Reply | None:
    texts = [str(m["text"]).strip() for m in said if m.get("text")]
    buttons = [b for m in said for b in m.get("buttons", ())]
    if not texts:
        return None
    return Reply(
        "\n".join(texts), tuple(Option(str(b["payload"]), str(b["title"])) for b in buttons)
    )
