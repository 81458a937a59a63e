"""What a citizen wants: told apart in words that stand in no example."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.nature import NatureModel
from tests.nlu.conftest import Parse

ROOT = Path(__file__).parents[2]
ROWS = yaml.safe_load((ROOT / "catalog/natures.yml").read_text("utf-8"))["natures"]


def _natures(training_data: TrainingData) -> list[str]:
    abouts = [(m.get("metadata") or {}).get("intent") or {} for m in training_data.intent_examples]
    return [about["nature"] for about in abouts if "nature" in about]


def test_every_nature_has_hundreds_of_examples(training_data: TrainingData) -> None:
    natures = _natures(training_data)
    assert {row["code"] for row in ROWS} == set(natures)
    assert min(natures.count(row["code"]) for row in ROWS) >= 300


@pytest.mark.parametrize(
    ("text", "nature"),
    [
        ("请问异地的医保卡在杭州住院能直接结算吗", "inquiry"),
        ("想了解一下二手房过户要带哪些证件", "inquiry"),
        ("街道办事处周六上午上班吗", "inquiry"),
        ("楼下大排档每晚吵到两点，投诉了几回都没用", "complaint"),
        ("物业收了钱不干活，电梯坏了半个月", "complaint"),
        ("建议在三号路口加一个左转信号灯", "suggestion"),
        ("能不能考虑把早班车提前一刻钟，方便上学的孩子", "suggestion"),
        ("感谢城管队员小刘，下雨天帮我把车推出来，太暖心了", "praise"),
        ("举报城西有家作坊没有执照，偷偷加工病死猪肉", "tip_off"),
    ],
)
def test_an_unseen_phrase_is_told_apart(parse: Parse, text: str, nature: str) -> None:
    assert parse(text)["nature"]["name"] == nature


def test_a_cry_of_anger_with_a_question_mark_is_a_complaint(parse: Parse) -> None:
    assert parse("停水三天了到底有没有人管啊？")["nature"]["name"] in ("complaint", "help")


def test_examples_of_no_known_nature_are_refused() -> None:
    with pytest.raises(ValueError, match="curse"):
        NatureModel.train([("哼", "curse")], {"complaint": "demand"})


def test_a_saved_model_answers_alike(tmp_path: Path) -> None:
    told = [
        (f"请问{word}怎么办理", "inquiry")
        for word in ["医保", "户口", "驾照", "护照", "社保", "婚姻"]
    ]
    told += [
        (f"{word}太吵了没人管", "complaint")
        for word in ["工地", "酒吧", "广场", "邻居", "装修", "喇叭"]
    ]
    model = NatureModel.train(told * 3, {"inquiry": "ask", "complaint": "demand", "help": "demand"})
    model.save(tmp_path)
    for text in ("请问居住证怎么办理", "楼上太吵了没人管"):
        assert NatureModel.load(tmp_path).classify(text) == model.classify(text)
