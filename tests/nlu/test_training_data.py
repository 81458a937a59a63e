"""The examples and the catalogue fit each other, and are broad enough to learn from."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.shared.nlu.training_data.training_data import TrainingData

ROOT = Path(__file__).parents[2]
INTENTS = yaml.safe_load(
    "[report, start_complaint, affirm, deny, skip, cancel, start_over, resume, correct, ask_progress,"
    " ask_duration, ask_privacy, ask_help, ask_hours, ask_photo, human, go_public, go_confidential,"
    " second_matter, my_data, greet, thanks, bye, chitchat, abuse, out_of_scope,"
    " add_material, urge, withdraw, history, dissatisfied]"
)


def _category(message: Any) -> str | None:
    code: str | None = ((message.get("metadata") or {}).get("intent") or {}).get("category")
    return code


def test_the_intents_are_exactly_those_of_the_contract(training_data: TrainingData) -> None:
    assert set(training_data.intents) == set(INTENTS)


@pytest.mark.parametrize("intent", INTENTS)
def test_every_intent_has_twenty_examples(training_data: TrainingData, intent: str) -> None:
    examples = {m.get("text") for m in training_data.intent_examples if m.get("intent") == intent}
    assert len(examples) >= 20


def test_every_service_has_examples_of_our_own(
    training_data: TrainingData, services: list[dict[str, Any]]
) -> None:
    counts = Counter(_category(m) for m in training_data.intent_examples)
    few = {row["name"]: counts[row["code"]] for row in services if counts[row["code"]] < 5}
    assert not few


def test_examples_name_only_services_of_the_catalogue(
    training_data: TrainingData, services: list[dict[str, Any]]
) -> None:
    codes = {row["code"] for row in services}
    named = {code for m in training_data.intent_examples if (code := _category(m))}
    assert named <= codes
    assert len(named) > 150


def test_no_text_stands_under_two_intents(training_data: TrainingData) -> None:
    intents = defaultdict(set)
    for message in training_data.intent_examples:
        intents[message.get("text")].add(message.get("intent"))
    assert not {text: found for text, found in intents.items() if len(found) > 1}


def test_no_text_stands_under_two_services(training_data: TrainingData) -> None:
    codes = defaultdict(set)
    for message in training_data.intent_examples:
        if code := _category(message):
            codes[message.get("text")].add(code)
    assert not {text: found for text, found in codes.items() if len(found) > 1}


def test_every_data_file_says_where_its_text_is_from() -> None:
    files = sorted((ROOT / "nlu" / "data").rglob("*.yml"))
    assert len(files) > 15
    for path in files:
        assert "Written for this project" in path.read_text("utf-8").split("version:")[0], path.name


def test_the_pipeline_has_no_neural_component() -> None:
    config = yaml.safe_load((ROOT / "config.yml").read_text("utf-8"))
    assert all(step["name"].startswith("nlu.components.") for step in config["pipeline"])
    assert [policy["name"] for policy in config["policies"]] == [
        "nlu.components.rules.PromptRulePolicy"
    ]
