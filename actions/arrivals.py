"""What is not text: pictures, voices, pins, signs, following. Each may come before the first word."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import afterwards
from actions.context import counter
from actions.reading import Event, draft, metadata, slots
from bot.model.draft import Draft
from bot.services import intake
from bot.services.counter import MOST_PHOTOS


def _settled(current: Draft) -> list[Event]:
    """Return the slots with the next question already chosen: the form that follows only says it."""
    intake.next_slot(current, counter().directory)
    return slots(current)


class TakeMedium(Action):
    """Keeps a picture, video or voice as evidence."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_take_medium"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Keep it with the draft, or with a filed case; for a voice ask for words, which we cannot hear."""
        taken = afterwards.picture(dispatcher, tracker)
        if taken is not None:
            return taken
        current = draft(tracker)
        medium = metadata(tracker)["media"]
        if len(current.media) >= MOST_PHOTOS:
            dispatcher.utter_message(response="utter_too_many_media")
            return []
        current.media.append(counter().medium_id)
        unheard = medium["kind"] == "voice" and not metadata(tracker).get("has_words")
        dispatcher.utter_message(response="utter_noted_voice" if unheard else "utter_noted_medium")
        return _settled(current)


class TakeLocation(Action):
    """Takes a shared location as the place."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_take_location"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Keep the point with its datum; a place said before stays in front of the pin's label."""
        current = draft(tracker)
        point = metadata(tracker)["point"]
        label = point["label"] or f"定位 {point['latitude']:.5f},{point['longitude']:.5f}"
        current.point = point
        current.place = label if not current.place or current.place in label else current.place
        dispatcher.utter_message(response="utter_noted_location", place=label)
        return _settled(current)


class Scan(Action):
    """Takes the sign that was scanned: its place, perhaps its service."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_scan"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Start a complaint about the sign's place, or say that the sign is unknown."""
        sign = counter().sign(str(metadata(tracker).get("scene") or ""))
        if sign is None:
            dispatcher.utter_message(response="utter_scan_unknown")
            return []
        current = Draft(place=sign.place, district_known=True)  # the office wrote it
        if sign.service_code and counter().directory.service(sign.service_code):
            current.category, current.category_chosen = sign.service_code, True
        dispatcher.utter_message(response="utter_scan", place=sign.place)
        return _settled(current)


class Welcome(Action):
    """Greets a new follower: what this is, that it is automatic, what happens to the data."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_welcome"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Say the welcome and the privacy notice."""
        dispatcher.utter_message(response="utter_welcome", office=counter().office.name)
        dispatcher.utter_message(response="utter_privacy_notice")
        return []
