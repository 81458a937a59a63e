"""Menu, signs, notices and emergencies keep the platform's limits and know what they name."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from app.catalog import Catalog, services_of
from app.phrases import DomainPhrases
from app.settings import ROOT

CATALOG = ROOT / "catalog"


def data(name: str) -> Any:
    return yaml.safe_load((CATALOG / f"{name}.yml").read_text(encoding="utf-8"))


class TestMenu:
    buttons = data("menu")["buttons"]

    def test_it_keeps_wechats_limits(self) -> None:
        """Wechat-contract 9.1: 1 to 3 buttons, names of 16 bytes, keys of 128."""
        assert 1 <= len(self.buttons) <= 3
        for button in self.buttons:
            assert 0 < len(button["name"].encode()) <= 16
            assert 0 < len(button["key"].encode()) <= 128
        assert len({button["key"] for button in self.buttons}) == len(self.buttons)

    def test_pressing_means_an_intent_of_the_domain(self) -> None:
        domain = yaml.safe_load((ROOT / "nlu" / "domain" / "intents.yml").read_text("utf-8"))
        known = {
            entry if isinstance(entry, str) else next(iter(entry)) for entry in domain["intents"]
        }
        assert {button["intent"] for button in self.buttons} <= known


class TestSigns:
    signs = data("signs")["signs"]

    def test_a_scene_fits_a_parametric_code_and_stands_once(self) -> None:
        """Wechat-contract 9.2: 1 to 64 characters."""
        scenes = [sign["scene"] for sign in self.signs]
        assert all(1 <= len(scene) <= 64 for scene in scenes)
        assert len(set(scenes)) == len(scenes)

    def test_a_sign_names_a_place_and_at_most_a_service_we_have(self) -> None:
        services = services_of()
        for sign in self.signs:
            assert len(sign["place"]) >= 4
            code = sign.get("service_code")
            assert code is None or services.service(code) is not None, sign["scene"]


class TestNotices:
    @pytest.mark.parametrize("rung", ["subscription", "template"])
    def test_fields_are_of_a_type_that_holds_what_they_carry(self, rung: str) -> None:
        """Wechat-contract 7: a phrase is Chinese up to 5 characters; thing 20; character_string 32, no Chinese."""
        kinds = {what: re.sub(r"\d+$", "", name) for name, what in data("notices")[rung].items()}
        assert kinds["number"] == "character_string"
        assert kinds["time"] in ("time", "date")
        assert kinds["remark"] == "thing"

    def test_what_they_carry_fits(self) -> None:
        catalog = Catalog.load(CATALOG)
        phrases = DomainPhrases.load(ROOT / "nlu" / "domain" / "responses")
        table = data("statuses")
        names = [entry["name"] for entry in [*table["statuses"].values(), table["unknown"]]]
        assert [name for name in names if len(name) > _longest("phrase")] == []
        assert len(phrases.say("utter_update_short")) <= _longest("thing")
        assert len(f"{catalog.office.receipt_prefix}-261123-0001") <= _longest("character_string")


def _longest(kind: str) -> int:
    return {"phrase": 5, "thing": 20, "character_string": 32}[kind]


class TestEmergencies:
    kinds = data("emergency")["kinds"]
    matcher = Catalog.load(CATALOG).emergencies

    def test_the_number_stands_in_the_first_line_and_few_lines_follow(self) -> None:
        for kind in self.kinds:
            assert kind["number"] in kind["first"]
            assert 1 <= len(kind.get("advice", [])) <= 2, kind["kind"]

    @pytest.mark.parametrize(
        ("said", "number"),
        [
            ("着火了！！快来人", "119"),
            ("有人落水了", "119"),
            ("我爸突然昏迷了没有呼吸", "120"),
            ("有人拿刀砍人", "110"),
            ("我不想活了", "12356"),
        ],
    )
    def test_a_cry_for_help_gets_the_number_to_call(self, said: str, number: str) -> None:
        found = self.matcher.match(said)
        assert found is not None
        assert number in found.text(False).splitlines()[0]

    @pytest.mark.parametrize(
        "said",
        [
            "路灯不亮三个月了",
            "消防通道被占，万一着火怎么办",
            "去年楼上着火后一直没修",
            "担心电动车充电起火",
            "120救护车收费太贵",
            "热死了，公交车没空调",
        ],
    )
    def test_an_ordinary_grievance_is_none(self, said: str) -> None:
        assert self.matcher.match(said) is None

    def test_that_somebody_saw_it_is_said_only_if_so(self) -> None:
        found = self.matcher.match("着火了")
        assert found is not None
        told, untold = found.text(True), found.text(False)
        assert told.splitlines()[:-1] == untold.splitlines()[:-1]
        assert "值班人员" in told
        assert "没有人" in untold
