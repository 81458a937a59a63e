"""The complaint form: each message is taken into the draft, and the draft says what is asked next."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import afterwards
from actions.context import counter
from actions.read_back import read_back
from actions.reading import Event, draft, intent, metadata, said, slots
from bot.model.conversation import WaitReason
from bot.model.draft import Division, Draft, Said
from bot.services import intake, resuming, wanting

_MISUNDERSTOOD_MOST = 3
_GO_ON = frozenset({"resume", "second_matter", "start_complaint"})
#: How the first question is put, by what is wanted (catalog/natures.yml).
_DETAILS_OF = {
    "inquiry": "utter_ask_details_inquiry",
    "suggestion": "utter_ask_details_suggestion",
    "praise": "utter_ask_details_praise",
}


class ValidateComplaintForm(Action):
    """Takes the latest message into the draft.

    Returning no slot makes the form step aside, so that the rule for a question or a command applies. It runs again
    after such an interruption with the same message; the draft knows which messages it has taken.
    """

    def name(self) -> str:
        """Return the name Rasa's form calls after each message."""
        return "validate_complaint_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Take the message; set the slots and which of them to ask for."""
        current, heard = draft(tracker), said(tracker)
        is_new = tracker.get_slot("requested_slot") is None
        if intent(tracker) == "event_media" and is_new and afterwards.took_picture(tracker):
            return [SlotSet("requested_slot", None)]
        if intent(tracker).startswith("event_") or heard.key in current.merged:
            return self._go_on(current) if tracker.active_loop else []
        if metadata(tracker).get("after_silence") and resuming.offer(current, heard):
            return self._ask(current)
        found = afterwards.served(dispatcher, tracker)
        if found is None:
            passed = afterwards.passed(tracker)
            return [*passed, *self._take(dispatcher, tracker, current, heard)]
        if found.begins is None:
            return [*afterwards.kept(found), SlotSet("requested_slot", None)]
        current.media = list(found.begins)
        if heard.option or heard.intent != "report":
            return [*afterwards.kept(found), *self._ask(current)]
        return [*afterwards.kept(found), *self._take(dispatcher, tracker, current, heard)]

    def _take(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, current: Draft, heard: Said
    ) -> list[Event]:
        """Take the message into the draft, and ask what is open then."""
        answered = resuming.answer(current, heard)
        if answered is not None:
            current, heard = answered
        taken = intake.take(current, heard, counter().directory)
        if not taken.counts and answered is None:
            return self._step_aside(dispatcher, tracker, current)
        taken.draft.later += metadata(tracker).get("later") or []
        for name, values in taken.notes:
            dispatcher.utter_message(response=name, **values)
        if taken.draft.misunderstood >= _MISUNDERSTOOD_MOST:
            counter().call_person(WaitReason.MISUNDERSTOOD)
            taken.draft.misunderstood = 0
            dispatcher.utter_message(response="utter_person_offered")
        if taken.confirmed:
            return [*slots(taken.draft, confirmed=True), SlotSet("requested_slot", None)]
        return self._ask(taken.draft)

    def _step_aside(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, current: Draft
    ) -> list[Event]:
        """Leave the message to the rules; a wish to tell on, or something else, is this form's own business."""
        if not tracker.active_loop or intent(tracker) not in _GO_ON:
            return []
        if intent(tracker) == "second_matter" and tracker.get_slot("requested_slot"):
            dispatcher.utter_message(response="utter_this_first")
        return self._ask(current)

    @staticmethod
    def _ask(current: Draft) -> list[Event]:
        asked = intake.next_slot(current, counter().directory)
        return [*slots(current), SlotSet("requested_slot", asked)]

    @staticmethod
    def _go_on(current: Draft) -> list[Event]:
        """Ask again what was open; only the requested slot, so that an interruption still counts as one."""
        asked = intake.next_slot(current, counter().directory)
        return [SlotSet("requested_slot", asked)]


class AskDetails(Action):
    """Asks what happened."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_ask_complaint_form_details"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Ask, naming what is known already."""
        current = draft(tracker)
        if _asked_otherwise(dispatcher, current):
            return []
        if current.place:
            dispatcher.utter_message(response="utter_ask_details_with_place", place=current.place)
        elif current.media:
            dispatcher.utter_message(response="utter_ask_details_with_media")
        else:
            fitting = _DETAILS_OF.get(current.nature, "utter_ask_details")
            dispatcher.utter_message(response=fitting)
        return []


class AskPlace(Action):
    """Asks where it is."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_ask_complaint_form_place"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Ask; the second time say why it matters. What is only asked or praised may have no place."""
        current = draft(tracker)
        if _asked_otherwise(dispatcher, current) or _asked_division(dispatcher, current):
            return []
        if wanting.place_is_optional(current, counter().directory):
            dispatcher.utter_message(response="utter_ask_place_if_any")
            return []
        again = current.misunderstood > 0
        dispatcher.utter_message(response="utter_ask_place_again" if again else "utter_ask_place")
        return []


class AskCategory(Action):
    """Offers the likeliest services."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_ask_complaint_form_category"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Ask with at most four likely ones and 其他, never with all of them."""
        current = draft(tracker)
        if _asked_otherwise(dispatcher, current):
            return []
        directory = counter().directory
        buttons = [{"title": directory.label(c), "payload": c} for c in current.offered]
        dispatcher.utter_message(response="utter_ask_category", buttons=buttons)
        return []


class AskAnswer(Action):
    """Asks one of the backend's own questions."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_ask_complaint_form_answer"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Ask in the backend's words, with its choices as options."""
        current = draft(tracker)
        attribute = counter().directory.attribute(current.category, current.attribute)
        if attribute is None or _asked_otherwise(dispatcher, current):
            return []
        hint = attribute.datatype_description
        buttons = [{"title": name, "payload": key} for key, name in attribute.values]
        dispatcher.utter_message(
            response="utter_ask_answer",
            question=attribute.description,
            hint=f"（{hint}）" if hint else "",
            buttons=buttons,
        )
        return []


class AskConfirmed(Action):
    """Reads the complaint back and asks for 确认."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_ask_complaint_form_confirmed"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Read back what will be filed, personal data named, then how to confirm or correct."""
        current = draft(tracker)
        if _asked_otherwise(dispatcher, current):
            return []
        for name, values in read_back(current):
            dispatcher.utter_message(response=name, **values)
        return []


def _asked_division(dispatcher: CollectingDispatcher, current: Draft) -> bool:
    """Ask which of several divisions is meant, if that is open."""
    if current.asking != intake.DIVISION:
        return False
    labels = [Division(**choice).label for choice in current.choices]
    buttons = [
        {"title": label, "payload": choice["code"]}
        for label, choice in zip(labels, current.choices, strict=True)
    ]
    dispatcher.utter_message(
        response="utter_ask_division",
        name=_shared_ending(labels),
        count=len(labels),
        buttons=buttons,
    )
    return True


def _shared_ending(labels: list[str]) -> str:
    """Return the name that all of them end with: 文新街道 of 西湖区文新街道 and 余杭区文新街道."""
    first = labels[0]
    endings = (first[at:] for at in range(len(first)))
    return next((e for e in endings if all(label.endswith(e) for label in labels)), first)


def _asked_otherwise(dispatcher: CollectingDispatcher, current: Draft) -> bool:
    """Ask for what is due before the next slot: going on or not, which field, its new value."""
    if current.asking == intake.RESUME:
        summary = current.summary() or current.place
        say = counter().phrases.say
        buttons = [{"title": say(f"utter_choice_{o}"), "payload": o} for o in resuming.OPTIONS]
        dispatcher.utter_message(response="utter_resume_offer", summary=summary, buttons=buttons)
        return True
    if current.asking != "correct":
        return False
    if current.correcting:
        field = intake.FIELD_NAMES[current.correcting]
        dispatcher.utter_message(response="utter_ask_new_value", field=field)
    else:
        buttons = [{"title": intake.FIELD_NAMES[f], "payload": f} for f in current.offered]
        dispatcher.utter_message(response="utter_ask_which_field", buttons=buttons)
    return True
