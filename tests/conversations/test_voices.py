"""The main path in twenty voices: each message is read back with its place, and filed by one word under its domain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conversations.harness import City
from tests.conversations.script import settle_kind, weak

VOICES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "voices.yml").read_text(encoding="utf-8")
)
MOST_FURTHER_TURNS = 2


@pytest.mark.parametrize(
    "voice", weak(VOICES, lambda v: str(v.get("weak", ""))), ids=lambda v: str(v["place"])
)
def test_one_message_is_filed_within_two_further_turns(city: City, voice: dict[str, Any]) -> None:
    """The domain may be asked for once, with the right one among the options; agreement files."""
    citizen = city.citizen()
    answer, faults = settle_kind(citizen, citizen.say(voice["say"]), f"/^(?:{voice['group']}) /")
    assert not faults, f"{faults}\n{answer}"
    assert "确认" in answer
    assert voice["place"] in answer.split("【类别】")[0]
    assert citizen.cases() == []

    answer = citizen.say(voice["agree"])

    assert "已提交" in answer
    assert citizen.turns - 1 <= MOST_FURTHER_TURNS
    (case,) = citizen.cases()
    assert case.receipt in answer
    assert case.service_group in voice["group"].split("|")
    assert case.description.startswith(voice["say"].strip())


def test_there_are_twenty_voices() -> None:
    """Twenty different messages, none agreed to with the same words more than twice."""
    assert len({v["say"] for v in VOICES}) == 20
    agreements = [v["agree"] for v in VOICES]
    assert all(agreements.count(a) <= 2 for a in agreements)
