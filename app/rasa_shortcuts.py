"""What Rasa does in every turn and a turn in one process does not need; the rest of Rasa stays as it is.

Figures are shares of a turn by cProfile, of 60 turns of four played complaints, each before its shortcut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from graphlib import TopologicalSorter
from typing import Any

import rasa
from rasa.core import processor
from rasa.core.actions import forms
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.core.policies import rule_policy
from rasa.engine.graph import GraphNode, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.constants import (
    ACTION_VALIDATE_SLOT_MAPPINGS,
    DEFAULT_SLOT_NAMES,
    REQUESTED_SLOT,
    SlotMappingType,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker


def shorten() -> None:
    """Put the shortcuts in their places, for this process."""
    RemoteAction._validate_action_result = _trust
    RemoteAction._action_call_format = _call
    for module in (processor, forms, rule_policy):
        module.copy = _Uncopied
    processor.MessageProcessor._check_for_unseen_features = _trust
    TemplatedNaturalLanguageGenerator._random_response_for = _wording
    DialogueStateTracker.copy = twin_of
    forms.FormAction._temporary_tracker = _asking
    Event.resolve_by_type = staticmethod(lru_cache(maxsize=None)(Event.resolve_by_type))


def spare_extraction(of: processor.MessageProcessor) -> None:
    """Let slots be looked for in messages only if the domain has one that is filled from them.

    Ours are set by the form's validation. Rasa asks each of them after each message all the same (3 %).
    """
    domain = of.domain
    mappings = [
        m for slot in domain.slots if slot.name not in DEFAULT_SLOT_NAMES for m in slot.mappings
    ]
    are_custom = all(
        m["type"] == str(SlotMappingType.CUSTOM) and "action" not in m for m in mappings
    )
    if are_custom and ACTION_VALIDATE_SLOT_MAPPINGS not in domain.user_actions:
        of.run_action_extract_slots = _extract_nothing


async def _extract_nothing(
    _channel: OutputChannel, tracker: DialogueStateTracker
) -> DialogueStateTracker:
    return tracker


class _Uncopied:
    """Stands for the module `copy` where Rasa copies nothing but what it hands to its log of debugging (13 %)."""

    @staticmethod
    def deepcopy(what: Any) -> Any:
        """Return it as it is."""
        return what


_choose = TemplatedNaturalLanguageGenerator._random_response_for


def _wording(
    generator: TemplatedNaturalLanguageGenerator, name: str, channel: str, slots: dict[str, Any]
) -> dict[str, Any] | None:
    """Return the one wording that a sentence has, as ours do; else let Rasa throw dice (2 %)."""
    wordings = generator.responses.get(name, ())
    if len(wordings) == 1 and not {"channel", "condition"} & set(wordings[0]):
        return dict(wordings[0])
    return _choose(generator, name, channel, slots)  # type: ignore[no-any-return]


class StraightRunner:
    """Runs a loaded model's graph one node after the other, in an order worked out once.

    Rasa's own runner lets dask plan each single run anew (a tenth of a turn, which runs three or four).
    """

    def __init__(self, loaded: DaskGraphRunner) -> None:
        self._schema: GraphSchema = loaded._graph_schema
        self._nodes: dict[str, GraphNode] = loaded._instantiated_nodes
        self._plans: dict[tuple[str, ...], list[_Step]] = {}

    def run(
        self, inputs: dict[str, Any] | None = None, targets: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Run what the targets need; returns target → output, as `rasa.engine.runner.interface.GraphRunner` does."""
        wanted = tuple(targets or self._schema.target_names)
        if wanted not in self._plans:
            self._plans[wanted] = self._plan(wanted)
        outputs: dict[str, Any] = dict(inputs or {})
        for name, run, needs in self._plans[wanted]:
            outputs[name] = run(**{as_: outputs[need] for as_, need in needs})
        return {name: outputs[name] for name in wanted}

    def _plan(self, wanted: tuple[str, ...]) -> list[_Step]:
        nodes = self._schema.minimal_graph_schema(list(wanted)).nodes
        order = TopologicalSorter({name: node.needs.values() for name, node in nodes.items()})
        return [
            (name, self._component_of(name), tuple(nodes[name].needs.items()))
            for name in order.static_order()
            if name in nodes
        ]

    def _component_of(self, name: str) -> Callable[..., Any]:
        """Return what a node runs; a loaded model's are made when it is loaded (`eager`), and nothing listens in."""
        node = self._nodes[name]
        if not node._eager or node._hooks:
            return lambda **needs: node(
                *((node._inputs[as_], what) for as_, what in needs.items())
            )[1]
        return partial(node._fn, node._component)


_Step = tuple[str, Callable[..., Any], tuple[tuple[str, str], ...]]


def twin_of(tracker: DialogueStateTracker) -> DialogueStateTracker:
    """Return a tracker in the same state that changes by itself.

    Rasa has a new one live through all events again, before each action (7 %).
    """
    twin: DialogueStateTracker = _alike(tracker)
    twin.events = tracker._create_events(tracker.events)
    twin.slots = {name: _alike(slot) for name, slot in tracker.slots.items()}
    twin.active_loop = tracker.active_loop and _alike(tracker.active_loop)
    return twin


def _alike(what: Any) -> Any:
    """Return a flat copy, by the shortest way."""
    twin = object.__new__(type(what))
    twin.__dict__.update(what.__dict__)
    return twin


def _asking(
    form: forms.FormAction,
    current_tracker: DialogueStateTracker,
    additional_events: list[Event],
    domain: Domain,  # noqa: ARG001 (the method's signature)
) -> DialogueStateTracker:
    """Return the tracker that a form's validation gets, as Rasa does, but from a twin (3 %)."""
    twin = twin_of(current_tracker)
    twin.update(SlotSet(REQUESTED_SLOT, form.get_slot_to_fill(current_tracker)))
    twin.update(ActionExecuted(form.name()))
    twin.update_with_events(additional_events, None)
    return twin


def _trust(_who: object, _what: dict[str, Any]) -> bool:
    """Take it as it is.

    An action's result: our own executor built it, in this process; Rasa checks it against a JSON schema, and the
    schema against its meta-schema, at every call (85 %). What was understood: intents and entities are those that the
    domain was trained with; Rasa makes an empty domain anew to compare with, before it looks (3 %).
    """
    return True


def _call(action: RemoteAction, tracker: DialogueStateTracker, _domain: Domain) -> dict[str, Any]:
    """Return what an action gets, as Rasa does, without copying all of it: it stays in this process (4 %).

    Events are read by the SDK's form validation, which asks what was set since the last action.
    """
    loop = tracker.active_loop
    state = {
        "sender_id": tracker.sender_id,
        "slots": tracker.current_slot_values(),
        "latest_message": tracker._latest_message_data(),
        "followup_action": tracker.followup_action,
        "paused": tracker.is_paused(),
        "events": [event.as_dict() for event in tracker.events],
        "latest_input_channel": tracker.get_latest_input_channel(),
        "active_loop": dict(vars(loop)) if loop else {},
        "latest_action_name": tracker.latest_action_name,
    }
    return {
        "next_action": action.name(),
        "sender_id": tracker.sender_id,
        "tracker": state,
        "version": rasa.__version__,
    }
