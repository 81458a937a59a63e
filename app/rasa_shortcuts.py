"""What Rasa does in every turn and a turn in one process does not need; the rest of Rasa stays as it is.

Figures are shares of a turn by cProfile, of 60 turns of four played complaints, each before its shortcut.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from graphlib import TopologicalSorter
from typing import Any

import rasa
from rasa.core.actions.action import RemoteAction
from rasa.engine.graph import GraphNode, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker


def shorten() -> None:
    """Put the shortcuts in their places, for this process."""
    RemoteAction._validate_action_result = _trust
    RemoteAction._action_call_format = _call
    Event.resolve_by_type = staticmethod(lru_cache(maxsize=None)(Event.resolve_by_type))


class StraightRunner:
    """Runs a loaded model's graph one node after the other, in an order worked out once.

    Rasa's own runner lets dask plan each single run anew (a tenth of a turn, which runs three or four).
    """

    def __init__(self, loaded: DaskGraphRunner) -> None:
        self._schema: GraphSchema = loaded._graph_schema
        self._nodes: dict[str, GraphNode] = loaded._instantiated_nodes
        self._plans: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}

    def run(
        self, inputs: dict[str, Any] | None = None, targets: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Run what the targets need; returns target → output, as `rasa.engine.runner.interface.GraphRunner` does."""
        wanted = tuple(targets or self._schema.target_names)
        if wanted not in self._plans:
            self._plans[wanted] = self._plan(wanted)
        outputs: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needs in self._plans[wanted]:
            outputs[name] = self._nodes[name](*(outputs.get(need, need) for need in needs))
        return {name: outputs[name][1] for name in wanted}

    def _plan(self, wanted: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
        nodes = self._schema.minimal_graph_schema(list(wanted)).nodes
        needs = {name: tuple(node.needs.values()) for name, node in nodes.items()}
        order = TopologicalSorter(needs).static_order()
        return [(name, needs[name]) for name in order if name in needs]


def _trust(_action: RemoteAction, _result: dict[str, Any]) -> bool:
    """Take an action's result as it is: our own executor built it, in this process.

    Rasa checks it against a JSON schema, and the schema against its meta-schema, at every call (85 %).
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
