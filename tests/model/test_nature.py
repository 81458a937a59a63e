"""Natures: what the catalogue says of each, and what an unknown one is."""

from __future__ import annotations

from bot.model.nature import NatureTable

ASK = {"code": "inquiry", "name": "咨询", "description": "问", "place": "optional"}
TELL = {"code": "tip_off", "name": "举报", "description": "揭发", "confidential": True}
PLAIN = {"code": "help", "name": "求助", "description": "帮忙", "silent": True}
TABLE = NatureTable.parse({"natures": [ASK | {"no_place_in": ["就业"]}, TELL, PLAIN]})


def test_each_field_is_read() -> None:
    inquiry, tip_off, help_ = TABLE.natures
    assert inquiry.place_optional
    assert inquiry.no_place_in == {"就业"}
    assert not tip_off.place_optional
    assert tip_off.confidential
    assert help_.silent


def test_what_goes_without_saying_is_not_shown() -> None:
    assert [TABLE.shown(code) for code in ("inquiry", "help", "", "riddle")] == ["咨询", "", "", ""]


def test_an_unknown_code_is_named_by_itself_and_never_secret() -> None:
    assert TABLE.name("riddle") == "riddle"
    assert TABLE.name("") == ""
    assert not TABLE.is_confidential("riddle")
    assert TABLE.is_confidential("tip_off")
