"""After filing: what is said of a filed case, before anything else is made of it."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.context import counter
from actions.reading import Event, draft, metadata, said, slots
from bot.services import afterwards, intake
from bot.services.afterwards import Served, Talk
from bot.services.case_words import act_of

_SLOT = "case_talk"


def talk(tracker: Tracker) -> Talk:
    """Return what was asked last of a filed case."""
    return Talk.from_dict(tracker.get_slot(_SLOT))


def is_telling(tracker: Tracker) -> bool:
    """True while a complaint is being told; a form that is only just beginning has asked for nothing yet."""
    return tracker.get_slot("requested_slot") is not None or not draft(tracker).is_empty


def served(dispatcher: CollectingDispatcher, tracker: Tracker) -> Served | None:
    """Answer the message if it belongs to a filed case and no complaint is being told."""
    if is_telling(tracker):
        return None
    found = afterwards.serve(counter(), talk(tracker), said(tracker))
    if found is not None:
        say(dispatcher, found)
    return found


def passed(tracker: Tracker) -> list[Event]:
    """Return the events after a message that was no answer: a yes later on takes nothing back any more."""
    current = talk(tracker)
    return [SlotSet(_SLOT, None)] if current.asking == afterwards.SURE else []


def say(dispatcher: CollectingDispatcher, found: Served) -> None:
    """Say the lines, the choices under the last one."""
    for name, values in found.lines[:-1]:
        dispatcher.utter_message(response=name, **values)
    for name, values in found.lines[-1:]:
        buttons = [{"title": label, "payload": option} for option, label in found.options]
        dispatcher.utter_message(response=name, buttons=buttons, **values)


def kept(found: Served) -> list[Event]:
    """Return the event that keeps what was asked."""
    return [SlotSet(_SLOT, found.talk.to_dict() or None)]


def settled(dispatcher: CollectingDispatcher, tracker: Tracker, found: Served) -> list[Event]:
    """Return the events of what was served outside the form."""
    return kept(found) if found.begins is None else begun(dispatcher, tracker, found)


def begun(dispatcher: CollectingDispatcher, tracker: Tracker, found: Served) -> list[Event]:
    """Begin a complaint with the pictures that turned out to be of a new matter."""
    current = draft(tracker)
    current.media = list(found.begins or ())
    intake.next_slot(current, counter().directory)
    dispatcher.utter_message(response="utter_ask_details_with_media")
    return [*kept(found), *slots(current)]


def picture(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event] | None:
    """Take a picture or voice that comes after filing; None if a complaint is to begin with it."""
    if is_telling(tracker):
        return None
    sent = metadata(tracker)
    has_words = bool(sent.get("has_words"))
    found = afterwards.picture(counter(), talk(tracker), counter().medium_id, has_words=has_words)
    if found is None:
        return None
    say(dispatcher, found)
    found.talk.heard = sent["key"]
    return kept(found)


def took_picture(tracker: Tracker) -> bool:
    """True if the picture that is the latest message was taken for a filed case."""
    return bool(talk(tracker).heard) and talk(tracker).heard == metadata(tracker).get("key")


def in_between(dispatcher: CollectingDispatcher, tracker: Tracker) -> bool:
    """Urge a filed case or tell its steps while another complaint is being told, if nothing has to be asked for that."""
    act = act_of(said(tracker))
    if not is_telling(tracker) or act not in afterwards.IN_BETWEEN:
        return False
    found = afterwards.wish(counter(), act, said(tracker))
    if found.options:
        return False
    say(dispatcher, found)
    return True


class AboutCase(Action):
    """Does what is wanted of a filed case."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_about_case"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Serve it; a complaint being told is not left for a verdict on another case."""
        if is_telling(tracker):
            if not in_between(dispatcher, tracker):
                dispatcher.utter_message(response="utter_this_first")
            return []
        found = served(dispatcher, tracker)
        if found is None:
            dispatcher.utter_message(response="utter_not_understood")
            return []
        return settled(dispatcher, tracker, found)
