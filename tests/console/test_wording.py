"""The tables of words are complete, waiting times are readable, and the pages bring nothing from outside."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum

import pytest
import yaml

from bot.model.conversation import Direction, Holder, WaitReason
from bot.model.delivery import DeliveryState
from bot.model.message import Kind
from console.site import FOLDER
from console.wording import (
    DELIVERY_STATES,
    ENDINGS,
    HOLDERS,
    INTENTS,
    KINDS,
    REASONS,
    SPEAKERS,
    UPDATE_WORDS,
    status_choices,
    waited,
)
from tests.console.desk_side import ROOT, catalog, statuses


@pytest.mark.parametrize(
    ("kinds", "table"),
    [
        (WaitReason, REASONS),
        (Holder, HOLDERS),
        (Direction, SPEAKERS),
        (Kind, KINDS),
        (DeliveryState, DELIVERY_STATES),
    ],
)
def test_every_state_has_its_word(kinds: type[Enum], table: dict[Enum, str]) -> None:
    assert set(table) == set(kinds)


def test_what_a_message_was_taken_for_has_its_name() -> None:
    domain = yaml.safe_load((ROOT / "nlu/domain/intents.yml").read_text(encoding="utf-8"))
    named = {name for entry in domain["intents"] for name in entry}
    assert len(named) >= 25
    assert named <= set(INTENTS)


def test_how_a_handoff_ends_has_its_name() -> None:
    assert set(ENDINGS) == {"", "returned", "lapsed", "cleared", "withdrawn", "left"}


def test_every_status_of_the_catalog_can_be_chosen_once() -> None:
    assert sorted(UPDATE_WORDS) == sorted(catalog("statuses.yml")["statuses"])
    (going, during), (ended, after) = status_choices(statuses())
    assert (going, ended) == ("办理中", "办结")
    assert dict(during)["in_progress"] == "办理中"
    assert dict(after)["closed"] == "已办结"
    assert len(during) + len(after) == len(UPDATE_WORDS)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=-5), "刚刚"),
        (timedelta(seconds=59), "刚刚"),
        (timedelta(minutes=1), "1 分钟"),
        (timedelta(minutes=59, seconds=59), "59 分钟"),
        (timedelta(hours=1), "1 小时"),
        (timedelta(hours=3, minutes=5), "3 小时 5 分"),
        (timedelta(days=1), "1 天"),
        (timedelta(days=2, hours=4), "2 天 4 小时"),
    ],
)
def test_a_wait_is_told_in_units_that_matter(span: timedelta, words: str) -> None:
    assert waited(span) == words


def test_pages_carry_no_inline_script_or_style_and_call_no_other_host() -> None:
    static = [path for path in FOLDER.glob("static/**/*") if path.is_file()]
    files = [*FOLDER.glob("templates/*.html"), *static]
    assert len(files) >= 11
    for path in files:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "//" not in re.sub(r"(^|\s)//\s.*$", "", text, flags=re.MULTILINE), path
        assert "innerHTML" not in text, path
        assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|\|\s*safe", text), path
