"""Progress: one's own cases and where each stands."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import afterwards
from actions.context import counter
from actions.reading import Event, entity
from bot.model.complaint import Complaint
from bot.services import case_acts

_SHOWN_MOST = 5


class Progress(Action):
    """Lists the citizen's cases, or shows the one whose number was given."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_progress"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Answer; another citizen's number is answered exactly like an unknown one.

        What sounds like it may be an answer to the callback: "没人联系过我".
        """
        found = afterwards.served(dispatcher, tracker)
        if found is not None:
            return afterwards.settled(dispatcher, tracker, found)
        number = entity(tracker, "case_number")
        if number:
            self._one(dispatcher, number)
        else:
            self._all(dispatcher)
        return afterwards.passed(tracker)

    @staticmethod
    def _one(dispatcher: CollectingDispatcher, number: str) -> None:
        case = counter().case(number)
        if case is None:
            dispatcher.utter_message(response="utter_case_unknown", number=number)
            return
        _say(
            dispatcher,
            "utter_case",
            case,
            place=case.place or counter().phrases.say("utter_no_place"),
        )
        if case.agency:
            dispatcher.utter_message(response="utter_case_agency", agency=case.agency)
        for name, values in case_acts.due(counter(), case):
            dispatcher.utter_message(response=name, **values)
        if case.status_text:
            dispatcher.utter_message(response="utter_case_text", answer=case.status_text)

    @staticmethod
    def _all(dispatcher: CollectingDispatcher) -> None:
        cases = counter().cases()
        if not cases:
            dispatcher.utter_message(response="utter_no_cases")
            return
        if len(cases) == 1:
            Progress._one(dispatcher, cases[0].receipt)
            return
        dispatcher.utter_message(response="utter_cases")
        for case in cases[:_SHOWN_MOST]:
            _say(dispatcher, "utter_case_line", case)


def _say(dispatcher: CollectingDispatcher, name: str, case: Complaint, **values: str) -> None:
    served = counter()
    moment = case.status_at or case.confirmed_at
    dispatcher.utter_message(
        response=name,
        receipt=case.receipt,
        summary=case.summary,
        status=served.status_name(case),
        when=f"（{served.office.stamp(moment)}）",
        **values,
    )
