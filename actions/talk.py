"""Questions and talk: the answer of an intent is the response named after it."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import afterwards
from actions.context import counter
from actions.reading import Event, draft, intent, metadata
from bot.model.conversation import WaitReason


class Answer(Action):
    """Says `utter_<intent>`."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_answer"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Answer with the office's own data, unless it belongs to a filed case; remind of a complaint left open long ago.

        A wish for secrecy before the first word of the matter is kept for the complaint that follows.
        """
        found = afterwards.served(dispatcher, tracker)
        if found is not None:
            return afterwards.settled(dispatcher, tracker, found)
        if afterwards.in_between(dispatcher, tracker):
            return []
        office = counter().office_now()
        if intent(tracker) == "abuse" and counter().is_abusive_again():
            counter().call_person(WaitReason.ABUSE)
            dispatcher.utter_message(response="utter_abuse_again")
            return []
        dispatcher.utter_message(
            response=f"utter_{intent(tracker)}",
            office=office.name,
            hours=office.hours(),
            reply_days=office.reply_days,
        )
        current = draft(tracker)
        if intent(tracker) in ("go_public", "go_confidential"):
            current.visibility = intent(tracker).removeprefix("go_")
            return [SlotSet("draft", current.to_dict())]
        if metadata(tracker).get("after_silence") and not current.is_empty:
            summary = current.summary() or current.place
            dispatcher.utter_message(response="utter_left_open", summary=summary)
        return afterwards.passed(tracker)


class DefaultFallback(Action):
    """Answers what no rule foresees."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_default_fallback"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Say so, and what can be done instead."""
        found = afterwards.served(dispatcher, tracker)
        if found is not None:
            return afterwards.settled(dispatcher, tracker, found)
        dispatcher.utter_message(response="utter_not_understood")
        return []
