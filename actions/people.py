"""Calling a person."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.context import counter
from actions.reading import Event, draft


class CallPerson(Action):
    """Puts the conversation among the waiting and says honestly what happens next."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_call_person"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Tell how many are ahead, or when staff are back."""
        waiting = counter().call_person()
        if waiting.on_duty:
            queue = f"前面还有 {waiting.ahead} 位。" if waiting.ahead else ""
            dispatcher.utter_message(response="utter_person_called", queue=queue)
        else:
            dispatcher.utter_message(response="utter_person_off_duty", hours=waiting.hours)
        current = draft(tracker)
        if current.is_empty:
            return []
        current.asking = ""  # a yes to this answer is no yes to a read-back further up
        return [SlotSet("draft", current.to_dict())]
