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
    "utter_first_contact": {"office"},
    "utter_danger": {"number"},
    "utter_danger_despair": {"number"},
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
    """Literal names handed to `say`, and every stage for the one that is put together."""
    literal: set[str] = set()
    calls = 0
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "app").glob("*.py")]:
        for call in _says(path):
            calls += 1
            first = call.args[0]
            if isinstance(first, ast.Constant):
                literal.add(str(first.value))
    assert calls >= 4
    assert literal <= set(SAID)


def _says(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "say"
        and node.args
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
