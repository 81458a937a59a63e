"""Calling a person."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import afterwards
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
        """Tell how many are ahead and how long it took lately, that nobody is at their desk, or when staff are back."""
        waiting = counter().call_person()
        if waiting.is_staffed:
            say = counter().phrases.say
            ahead, minutes = waiting.ahead, waiting.minutes
            queue = say("utter_person_queue", ahead=ahead) if ahead else ""
            soon = say("utter_person_soon", minutes=minutes) if minutes else ""
            dispatcher.utter_message(response="utter_person_called", queue=queue, soon=soon)
        elif waiting.on_duty:
            dispatcher.utter_message(response="utter_person_nobody", hours=waiting.hours)
        else:
            dispatcher.utter_message(response="utter_person_off_duty", hours=waiting.hours)
        current = draft(tracker)
        if current.is_empty:
            return afterwards.passed(tracker)
        current.asking = ""  # a yes to this answer is no yes to a read-back further up
        return [SlotSet("draft", current.to_dict())]
