"""The complaint form: each message is taken into the draft, and the draft says what is asked next."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.context import counter
from actions.reading import Event, draft, intent, metadata, said, slots
from bot.model.conversation import WaitReason
from bot.model.draft import Draft, Said
from bot.services import intake, phrasing, resuming

_MISUNDERSTOOD_MOST = 3
_GO_ON = frozenset({"resume", "second_matter", "start_complaint"})
_SHOWN_MOST = (
    120  # characters of the matter in the read-back; the line that asks for 确认 must stay in sight
)


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
        directory = counter().directory
        if intent(tracker).startswith("event_") or heard.key in current.merged:
            return self._go_on(current) if tracker.active_loop else []
        if metadata(tracker).get("after_silence") and resuming.offer(current, heard):
            return self._ask(current)
        is_new = tracker.get_slot("requested_slot") is None
        if is_new and _adds_to_filed(dispatcher, current, heard):
            return [SlotSet("requested_slot", None)]
        answered = resuming.answer(current, heard)
        if answered is not None:
            current, heard = answered
        taken = intake.take(current, heard, directory)
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
        if intent(tracker) == "second_matter":
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
            dispatcher.utter_message(response="utter_ask_details")
        return []


class AskPlace(Action):
    """Asks where it is."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_ask_complaint_form_place"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Ask; the second time say why it matters."""
        current = draft(tracker)
        if _asked_otherwise(dispatcher, current):
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
        for name, values in _read_back(current):
            dispatcher.utter_message(response=name, **values)
        return []


def _adds_to_filed(dispatcher: CollectingDispatcher, current: Draft, heard: Said) -> bool:
    """Take words that belong to the case just filed: it cannot be changed here, a person is asked to add them."""
    case = counter().filed_lately() if current.is_empty else None
    if case is None or not phrasing.supplements(heard):
        return False
    counter().call_person()
    dispatcher.utter_message(response="utter_supplement", receipt=case.receipt)
    return True


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


def _read_back(current: Draft) -> list[tuple[str, dict[str, Any]]]:
    directory = counter().directory
    lines: list[tuple[str, dict[str, Any]]] = [
        (
            "utter_read_back",
            {
                "place": current.place,
                "category": directory.label(current.category),
                "details": _shown(current.summary()),
            },
        )
    ]
    if current.since and current.since not in current.summary():
        lines.append(("utter_read_back_since", {"since": current.since}))
    for code, value in current.answers.items():
        attribute = directory.attribute(current.category, code)
        if attribute is not None:
            shown = dict(attribute.values).get(str(value), value)
            lines.append(
                ("utter_read_back_answer", {"question": attribute.description, "value": shown})
            )
    lines += _personal(current)
    hint = directory.attribute(current.category, current.attribute)
    if hint is not None and hint.code not in current.answers:
        lines.append(("utter_read_back_hint", {"question": hint.description}))
    elif not (current.phone or current.media or current.visibility):
        lines.append(("utter_read_back_optional", {}))
    return [*lines, ("utter_read_back_consent", {})]


def _shown(summary: str) -> str:
    return summary if len(summary) <= _SHOWN_MOST else f"{summary[: _SHOWN_MOST - 1]}…"


def _personal(current: Draft) -> list[tuple[str, dict[str, Any]]]:
    lines: list[tuple[str, dict[str, Any]]] = []
    if current.phone:
        lines.append(("utter_read_back_phone", {"phone": current.phone}))
    if current.name:
        lines.append(("utter_read_back_name", {"name": current.name}))
    if current.media:
        lines.append(("utter_read_back_media", {"count": len(current.media)}))
    if current.visibility:
        lines.append((f"utter_read_back_{current.visibility}", {}))
    told = " ".join([*current.said, current.place])
    private = [m for m in current.sealed if m != current.phone and m in told]
    if private:
        lines.append(("utter_read_back_private", {"masks": "、".join(private)}))
    return lines
