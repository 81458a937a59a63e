"""A city's own tickets: what is read, what is refused, and that learning from them changes the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nlu.components.category import CategoryModel, Service
from nlu.components.crosswalk import Crosswalk
from nlu.components.history import STUDY, BadHistory, History

Write = Callable[..., Path]
WATER = [
    "水管爆了没人修",
    "家里停水两天了",
    "自来水发黄有味道",
    "水压太低洗不了澡",
    "二次供水水箱不洗",
]
BUS = [
    "公交车等半小时不来",
    "司机到站不停车",
    "末班车太早下班赶不上",
    "公交线路改了没通知",
    "公交卡刷不了",
]
SERVICES = [Service("0702", "城建", "供水"), Service("0601", "交通", "公交车管理")]


@pytest.fixture(scope="module")
def crosswalk() -> Crosswalk:
    return Crosswalk.load()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(
        rows: list[tuple[str, str]], header: str = "text,label", encoding: str = "utf-8"
    ) -> Path:
        path = tmp_path / "tickets.csv"
        lines = [header, *(f'"{text}",{label}' for text, label in rows)]
        path.write_bytes("\n".join(lines).encode(encoding))
        return path

    return make


def _rows(count: int = 30) -> list[tuple[str, str]]:
    water = [(f"{WATER[i % 5]}，第{i}户", "供水") for i in range(count)]
    return water + [(f"{BUS[i % 5]}，{i}路", "公交车管理") for i in range(count)]


def test_tickets_with_names_of_services_are_read(write: Write, crosswalk: Crosswalk) -> None:
    history = History.read(write(_rows()), crosswalk)
    assert len(history.tickets) == 60
    assert history.codes == {"供水": ("0702",), "公交车管理": ("0601",)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_encodings_of_spreadsheets_are_read(
    write: Write, crosswalk: Crosswalk, encoding: str
) -> None:
    history = History.read(write(_rows(), encoding=encoding), crosswalk)
    assert history.tickets[0] == ("水管爆了没人修，第0户", "供水")


def test_rows_without_text_or_label_are_left_out_and_counted(
    write: Write, crosswalk: Crosswalk
) -> None:
    history = History.read(write([*_rows(), ("", "供水"), ("没有类别", "")]), crosswalk)
    assert (len(history.tickets), history.skipped) == (60, 2)


def test_a_service_that_two_labels_claim_belongs_to_where_it_is_counted(
    write: Write, crosswalk: Crosswalk
) -> None:
    rows = [
        (text, {"供水": "城乡建设", "公交车管理": "交通运输"}[label]) for text, label in _rows()
    ]
    codes = History.read(write(rows), crosswalk).codes
    assert "0601" in codes["城乡建设"]
    assert "0905" in codes["交通运输"]
    assert not set(codes["城乡建设"]) & set(codes["交通运输"])


@pytest.mark.parametrize(
    ("header", "rows", "said"),
    [
        ("内容,类别", _rows(), "text and label"),
        ("text,label", [*_rows(), ("飞船坏了", "宇宙航行")], "宇宙航行"),
        ("text,label", _rows(5), "too few"),
        ("text,label", [(text, "供水") for text, _ in _rows()], "too few"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_with_the_reason(
    write: Write, crosswalk: Crosswalk, header: str, rows: list[tuple[str, str]], said: str
) -> None:
    with pytest.raises(BadHistory, match=said):
        History.read(write(rows, header=header), crosswalk)


def test_a_missing_file_is_said(tmp_path: Path, crosswalk: Crosswalk) -> None:
    with pytest.raises(BadHistory, match=r"nothing\.csv"):
        History.read(tmp_path / "nothing.csv", crosswalk)


def test_a_file_in_no_known_encoding_is_said(tmp_path: Path, crosswalk: Crosswalk) -> None:
    path = tmp_path / "tickets.csv"
    path.write_bytes(b"text,label\n\xff\xff\xff\xff,x\n")
    with pytest.raises(BadHistory, match="neither"):
        History.read(path, crosswalk)


class TestLearning:
    @pytest.fixture
    def model(self, write: Write, crosswalk: Crosswalk) -> CategoryModel:
        """Our examples say that a 铛铛车 is about water; the city's tickets know that it is a bus."""
        own = [(text, "0702") for text in [*WATER * 4, "铛铛车来了", "铛铛车坏了", "坐铛铛车"]]
        own += [(text, "0601") for text in BUS * 4]
        model = CategoryModel.train(own, SERVICES)
        assert model.classify("铛铛车好久才来一趟").ranking[0].code == "0702"
        rows = [*_rows(40), *((f"铛铛车{i}分钟才来一趟，又晚点", "公交车管理") for i in range(40))]
        model.learn_history(History.read(write(rows), crosswalk), own)
        return model

    def test_the_citys_own_words_are_learned(self, model: CategoryModel) -> None:
        assert model.classify("铛铛车好久才来一趟").ranking[0].code == "0601"
        assert model.classify("家里停水了").ranking[0].code == "0702"

    def test_it_is_told_what_they_are_worth(self, model: CategoryModel) -> None:
        counts = [count for count, _ in model.study.curve]
        assert counts[0] == 0
        assert counts == sorted(counts)
        assert model.study.curve[-1][1] > model.study.curve[0][1]
        assert {name for name, *_ in model.study.labels} == {"供水", "公交车管理"}

    def test_a_saved_model_answers_alike(self, model: CategoryModel, tmp_path: Path) -> None:
        model.save(tmp_path)
        again = CategoryModel.load(tmp_path)
        text = "铛铛车好久才来一趟"
        assert again.classify(text) == model.classify(text)
        told = json.loads((tmp_path / STUDY).read_text("utf-8"))
        assert told["tickets"] == 120
