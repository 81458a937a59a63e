"""The table of status words is complete and says only what the model knows."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from desk.statuses import CLOSED, OPEN, STATUSES

PATH = Path(__file__).resolve().parents[2] / "catalog" / "statuses.yml"
TABLE = yaml.safe_load(PATH.read_text(encoding="utf-8"))
STAGES = {"received", "assigned", "in_progress", "planned", "answered"}
KINDS = {"solved", "explained", "not_ours", "duplicate", "cancelled", "closed"}


def test_every_word_that_the_desk_takes_has_a_meaning() -> None:
    assert len(STATUSES) == 14
    assert set(TABLE["statuses"]) == set(STATUSES)


@pytest.mark.parametrize("word", sorted(TABLE["statuses"]))
def test_an_entry_has_a_stage_a_name_and_a_kind_when_it_ends(word: str) -> None:
    entry = TABLE["statuses"][word]
    assert set(entry) <= {"stage", "kind", "name"}
    assert entry["stage"] in STAGES
    assert ("kind" in entry) == (entry["stage"] == "answered")
    assert entry.get("kind", "closed") in KINDS
    assert 0 < len(entry["name"]) <= 6


def test_stages_agree_with_what_the_desk_calls_closed() -> None:
    referred = {"internal_referral"}  # closed at that office, alive elsewhere
    for word, shown in STATUSES.items():
        stage = TABLE["statuses"][word]["stage"]
        expected = OPEN if stage != "answered" else CLOSED
        assert shown == expected or word in referred


def test_an_unknown_word_has_a_defined_answer() -> None:
    assert TABLE["unknown"] == {"stage": "unchanged", "name": "有新进展"}


def test_names_are_told_apart() -> None:
    names = [entry["name"] for entry in TABLE["statuses"].values()]
    assert len(set(names)) == len(names)
