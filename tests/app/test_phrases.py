"""Every sentence loads, and those said outside a turn have the places that their callers fill."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from app.phrases import DomainPhrases
from app.settings import ROOT

FOLDER = ROOT / "nlu" / "domain" / "responses"
#: What is said outside a turn, by `say`: name → the values its caller gives.
SAID = {
    "utter_unwell": set(),
    "utter_update": {"summary", "receipt", "stamp", "status", "text"},
    "utter_update_without_text": {"summary", "receipt", "stamp", "status", "text"},
    "utter_update_short": set(),
    "utter_status_confirmed": set(),
    "utter_status_filed": set(),
    "utter_too_fast": set(),
    "utter_too_many": set(),
    "utter_first_contact": {"office"},
    "utter_danger": {"number"},
    "utter_danger_despair": {"number"},
    "utter_filed_for_you": {"number", "receipt", "place", "category", "summary"},
    "utter_no_place": set(),
    "utter_person_queue": {"ahead"},
    "utter_person_soon": {"minutes"},
    "utter_person_noted": set(),
    "utter_person_not_waiting": {"summary"},
    "utter_person_not_waiting_form": {"summary"},
    "utter_person_joined": {"number"},
    "utter_person_changed": {"number"},
    "utter_person_ended": {"number"},
    "utter_person_ended_form": {"number", "summary"},
    "utter_person_lost": {"number"},  # without the hours: an agent's own act does not know them
    "utter_person_lost_nobody": {"number"},
    "utter_person_nobody_came": {"number", "hours"},
    "utter_person_gone_home": {"number", "hours"},
    "utter_person_idle": {"number", "hours"},
    "utter_person_message": {"number", "text"},
}


@pytest.fixture(scope="module")
def phrases() -> DomainPhrases:
    return DomainPhrases.load(FOLDER)


def texts() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.yml")):
        for name, variants in yaml.safe_load(path.read_text(encoding="utf-8"))["responses"].items():
            assert name not in found, f"{name} stands in two files"
            found[name] = variants[0]["text"]
    return found


def test_every_sentence_loads_and_says_something(phrases: DomainPhrases) -> None:
    found = texts()
    assert len(found) >= 80
    for name, text in found.items():
        places = dict.fromkeys(re.findall(r"\{(\w+)\}", text), "〇")
        said = phrases.say(name, **places)
        assert said == re.sub(r"\{\w+\}", "〇", text)
        assert "{" not in said


@pytest.mark.parametrize(("name", "values"), SAID.items())
def test_what_services_say_has_only_places_they_fill(name: str, values: set[str]) -> None:
    assert set(re.findall(r"\{(\w+)\}", texts()[name])) <= values


def test_the_table_above_names_everything_that_is_said() -> None:
    """Literal names handed to `say`, wherever that is."""
    literal: set[str] = set()
    calls = 0
    for folder in ("bot", "app", "actions"):
        for path in (ROOT / folder).rglob("*.py"):
            for call in _says(path):
                calls += 1
                first = call.args[0]
                if isinstance(first, ast.Constant):
                    literal.add(str(first.value))
    assert calls >= 14
    assert literal <= set(SAID)


def test_names_that_reach_say_by_a_variable_stand_in_the_table_too() -> None:
    """Every name of a sentence in the services that speak by themselves, and nothing in the table is unsaid."""
    named: set[str] = set()
    for module in ("handoff", "watch", "turn", "updates", "on_behalf"):
        named |= _names(ROOT / "bot" / "services" / f"{module}.py")
    assert len(named) >= 18
    assert named <= set(SAID)
    persons = {name for name in SAID if name.startswith("utter_person_")}
    assert persons - {"utter_person_queue", "utter_person_soon"} <= named


def _names(path: Path) -> set[str]:
    return {
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"utter_\w*[a-z]", node.value)
    }


def _says(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    return [
        call for call in calls if getattr(call.func, "attr", getattr(call.func, "id", "")) == "say"
    ]


def test_values_are_filled_as_they_are(phrases: DomainPhrases) -> None:
    """A value's own braces are no places: what an office writes reaches the citizen verbatim."""
    filled = dict.fromkeys(SAID["utter_update"], "x") | {"text": "{summary} {0} {"}
    assert phrases.say("utter_update", **filled).endswith("{summary} {0} {")


@pytest.mark.parametrize("call", [("utter_nothing", {}), ("utter_update", {"summary": "x"})])
def test_an_unknown_name_or_a_missing_value_is_an_error(
    phrases: DomainPhrases, call: tuple[str, dict[str, str]]
) -> None:
    with pytest.raises(KeyError):
        phrases.say(call[0], **call[1])


def test_a_folder_without_sentences_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no sentences"):
        DomainPhrases.load(tmp_path)
