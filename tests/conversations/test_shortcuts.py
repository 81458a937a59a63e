"""What is left out of Rasa's work changes nothing of what comes out of it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from itertools import product
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.core.processor import MessageProcessor
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity

from app.rasa_dialogue import RasaDialogue
from app.rasa_shortcuts import StraightRunner, spare_extraction, twin_of
from app.train import newest_model
from bot.model.message import Inbound, Kind
from nlu.components.rules import PromptRulePolicy

FORM = "complaint_form"
WORDS = ("文二路的路灯不亮", "查进度", "确认", "转人工", "你好", "/event_media")
INTENTS = ("report", "affirm", "ask_progress", "greet", "cancel", "no_such_intent")


@pytest.fixture(scope="module")
def processor(dialogue: RasaDialogue) -> MessageProcessor:
    """The newest model as Rasa loads it, with Rasa's own runner."""
    assert dialogue is not None  # trains a model if there is none
    loaded = Agent.load(model_path=str(newest_model())).processor
    assert loaded is not None
    return loaded


@pytest.fixture(scope="module")
def policy(processor: MessageProcessor) -> PromptRulePolicy:
    nodes = processor.graph_runner._instantiated_nodes.values()
    (found,) = [n._component for n in nodes if isinstance(n._component, PromptRulePolicy)]
    return found


def _trackers(processor: MessageProcessor) -> list[DialogueStateTracker]:
    """Return conversations before and within the form, just asked and just answered."""
    found = []
    for text, intent, in_form, acted in product(WORDS, INTENTS, (False, True), (False, True)):
        events: list[Any] = [ActionExecuted("action_listen")]
        if in_form:
            events = [ActionExecuted(FORM), ActiveLoop(FORM), SlotSet("requested_slot", "place")]
            events.append(ActionExecuted("action_listen"))
        events.append(UserUttered(text, {"name": intent, "confidence": 0.9}))
        if acted:
            events.append(ActionExecuted(FORM if in_form else "action_default_fallback"))
        found.append(DialogueStateTracker.from_events("c", events, slots=processor.domain.slots))
    return found


@pytest.mark.parametrize("text", WORDS)
def test_the_straight_runner_returns_what_rasas_own_does(
    processor: MessageProcessor, text: str
) -> None:
    target = processor.model_metadata.nlu_target
    tracker = DialogueStateTracker.from_events("c", [])
    inputs = {"__message__": [UserMessage(text)], "__tracker__": tracker}
    theirs = processor.graph_runner.run(inputs=inputs, targets=[target])
    ours = StraightRunner(processor.graph_runner).run(inputs=inputs, targets=[target])
    assert theirs.keys() == ours.keys() == {target}
    assert theirs[target][0].as_dict() == ours[target][0].as_dict()
    assert theirs[target][0].get("intent")


def test_what_many_say_alike_is_understood_once_and_stays_as_it_is(dialogue: RasaDialogue) -> None:
    def heard(text: str) -> dict[str, Any]:
        at = datetime(2026, 11, 28, tzinfo=timezone.utc)
        (found,) = dialogue.listen(Inbound("m", "o", Kind.TEXT, at, text=text))
        return found

    first = heard("确认")
    assert first == dialogue._read("确认")
    first["intent"]["name"] = "spoilt"
    assert heard("确认")["intent"]["name"] == "affirm"
    long = "文二路的路灯已经一个星期都不亮了"
    assert heard(long) == dialogue._read(long)


def test_remembered_rules_are_those_that_fit(
    processor: MessageProcessor, policy: PromptRulePolicy
) -> None:
    fits = 0
    for tracker in [*_trackers(processor), *_trackers(processor)]:  # once more, from memory
        states = policy._prediction_states(tracker, processor.domain)
        for name in (RULES, RULES_FOR_LOOP_UNHAPPY_PATH):
            lookup = policy.lookup[name]
            found = policy._get_possible_keys(lookup, states)
            assert found == RulePolicy._get_possible_keys(policy, lookup, states)
            fits += len(found)
    assert fits > 0


def test_it_predicts_what_rasas_own_policy_does(
    processor: MessageProcessor, policy: PromptRulePolicy
) -> None:
    plain = RulePolicy(
        dict(policy.config),
        policy._model_storage,
        policy._resource,
        processor.graph_runner._execution_context,
        featurizer=policy.featurizer,
        lookup=policy.lookup,
    )
    predicted = set()
    for tracker in _trackers(processor):
        ours = policy.predict_action_probabilities(tracker, processor.domain)
        theirs = plain.predict_action_probabilities(tracker, processor.domain)
        assert ours.probabilities == theirs.probabilities
        assert ours.events == theirs.events
        predicted.add(ours.probabilities.index(max(ours.probabilities)))
    assert len(predicted) > 3


def test_a_twin_is_in_the_same_state_and_changes_by_itself(processor: MessageProcessor) -> None:
    for tracker in _trackers(processor):
        replayed = tracker.travel_back_in_time(float("inf"))
        twin = twin_of(tracker)
        assert twin.current_state(EventVerbosity.ALL) == replayed.current_state(EventVerbosity.ALL)
        before = tracker.current_state(EventVerbosity.ALL)
        twin.update_with_events([SlotSet("place", "别处"), ActiveLoop(None)], processor.domain)
        twin.interrupt_loop(is_interrupted=True)
        assert tracker.current_state(EventVerbosity.ALL) == before
        assert tracker.get_slot("place") is None


def test_nothing_is_lost_by_not_looking_for_slots_in_messages(
    processor: MessageProcessor,
) -> None:
    channel = CollectingOutputChannel()
    for tracker in _trackers(processor):
        before = len(tracker.events)
        looked = asyncio.run(MessageProcessor.run_action_extract_slots(processor, channel, tracker))
        assert len(looked.events) == before


def test_slots_are_looked_for_where_a_domain_fills_one_from_messages() -> None:
    class Loaded:
        domain = Domain.from_yaml("{slots: {city: {type: text, mappings: [{type: from_text}]}}}")

    loaded: Any = Loaded()
    spare_extraction(loaded)
    assert "run_action_extract_slots" not in vars(loaded)
