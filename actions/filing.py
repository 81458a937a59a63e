"""Filing, cancelling and starting again."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import afterwards
from actions.context import counter
from actions.reading import Event, cleared, draft


class FileComplaint(Action):
    """Files the confirmed complaint and gives the receipt number."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_file_complaint"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """File; a further matter of the same message is taken up next."""
        if not tracker.get_slot("confirmed"):
            return []  # the form ended without a yes: nothing is ever filed then
        current = draft(tracker)
        complaint = counter().file(current)
        dispatcher.utter_message(response="utter_filed", receipt=complaint.receipt)
        if not current.phone:
            dispatcher.utter_message(response="utter_filed_no_phone")
        events = cleared()
        if current.later:
            dispatcher.utter_message(response="utter_next_matter", matter=current.later[0])
            events.append(SlotSet("next_text", list(current.later)))
        return events


class CancelComplaint(Action):
    """Drops the complaint being told, in words."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_cancel_complaint"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Say that nothing was submitted; with none being told it may be a filed case that is meant."""
        found = afterwards.served(dispatcher, tracker)
        if found is not None:
            return afterwards.settled(dispatcher, tracker, found)
        active = bool(tracker.active_loop) and tracker.active_loop.get("name") == "complaint_form"
        name = "utter_cancelled" if active else "utter_nothing_to_cancel"
        dispatcher.utter_message(response=name)
        return cleared()


class RestartComplaint(Action):
    """Drops what was told and asks anew."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_restart_complaint"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Say so; the form's first question follows."""
        dispatcher.utter_message(response="utter_restarted")
        return cleared()
