"""From what the classifier thinks to what the backend takes, whether it has our codes or its own."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.backend import Attribute, Service, ServiceType
from bot.model.draft import Ranked
from bot.model.errors import RetryLater
from bot.record import Record
from bot.services.catalogue import Catalogue
from bot.services.directory import Directory
from tests.services.fakes import RecordingBackend

LAMP = Ranked("0712", "城建", "路灯", 0.9)
SMOKE = Ranked("1305", "环保", "饭店超市油烟", 0.8)
WAGES = Ranked("1112", "就业", "欠薪", 0.7)
OURS = Directory(
    (
        Service("0712", "路灯", "城建"),
        Service("1305", "饭店超市油烟", "环保"),
        Service("1600", "其他", "其他"),
    ),
    {},
)
#: A backend with a list of its own: other codes, other words, fewer kinds.
THEIRS = Directory(
    (
        Service("A1", "照明设施", "城建", keywords=("路灯", "灯不亮")),
        Service("A2", "道路", "城建", keywords=("坑洼", "井盖")),
        Service("B1", "餐饮油烟", "环保", keywords=("油烟", "烧烤")),
        Service("0712", "水费", "民生"),  # our code for something else
        Service("Z9", "其他事项", "综合"),
    ),
    {},
)


class TestTranslating:
    def test_shared_codes_are_taken_as_they_are(self) -> None:
        assert OURS.rank([SMOKE, LAMP], "油烟大") == ["1305", "0712"]

    def test_a_code_that_means_something_else_there_is_not_taken(self) -> None:
        assert THEIRS.rank([LAMP], "路灯不亮") == ["A1"]

    def test_names_groups_and_keywords_find_the_nearest(self) -> None:
        assert THEIRS.rank([SMOKE, LAMP], "楼下烧烤油烟呛人") == ["B1", "A1"]

    def test_what_the_backend_does_not_take_is_left_out(self) -> None:
        assert THEIRS.rank([WAGES], "老板不发工资") == []

    def test_none_is_offered_twice(self) -> None:
        twin = Ranked("0713", "城建", "路灯照明", 0.5)
        assert THEIRS.rank([LAMP, twin], "路灯") == ["A1"]

    def test_an_empty_directory_offers_nothing(self) -> None:
        assert Directory((), {}).rank([LAMP], "路灯") == []


class TestNaming:
    @pytest.mark.parametrize(
        ("words", "codes"),
        [
            ("道路", ["A2"]),
            ("油烟", ["B1"]),
            ("井盖", ["A2"]),
            ("照明", ["A1"]),
            ("", []),
            ("鲸鱼", []),
        ],
    )
    def test_a_citizen_may_name_a_category(self, words: str, codes: list[str]) -> None:
        assert THEIRS.named(words) == codes

    @pytest.mark.parametrize(
        ("code", "label"),
        [("A1", "城建 · 照明设施"), ("Z9", "综合 · 其他事项"), ("gone", "其他"), ("", "其他")],
    )
    def test_a_label_says_group_and_name(self, code: str, label: str) -> None:
        assert THEIRS.label(code) == label

    def test_a_group_of_the_same_name_is_not_said_twice(self) -> None:
        assert OURS.label("1600") == "其他"

    def test_what_fits_nowhere_goes_to_other_else_to_the_last(self) -> None:
        assert (OURS.other(), THEIRS.other()) == ("1600", "Z9")
        assert Directory((Service("X", "杂项"),), {}).other() == "X"
        assert Directory((), {}).other() == ""


class TestQuestions:
    directory = Directory(
        (Service("A1", "照明设施", has_attributes=True),),
        {
            "A1": (
                Attribute("pole", "灯杆号？", order=3),
                Attribute("dark", "全不亮吗？", required=True, order=2),
                Attribute("since", "多久了？", required=True, order=1),
                Attribute("note", "说明", variable=False, required=True),
                Attribute("external_id", "", required=True, automated=True),
            )
        },
    )

    def test_only_what_a_citizen_can_answer_is_asked_in_order(self) -> None:
        assert [a.code for a in self.directory.required_questions("A1")] == ["since", "dark"]
        assert [a.code for a in self.directory.optional_questions("A1")] == ["pole"]
        assert self.directory.required_questions("B9") == []

    def test_what_is_never_asked_may_still_be_defined(self) -> None:
        assert self.directory.has_attribute("A1", "external_id")
        assert not self.directory.has_attribute("A1", "other")
        assert self.directory.attribute("A1", "external_id") is None
        assert self.directory.attribute("A1", "pole").description == "灯杆号？"  # type: ignore[union-attr]


class TestCatalogue:
    def published(self, backend: RecordingBackend) -> None:
        backend.published = [
            Service("A1", "照明设施", "城建", keywords=("路灯",), has_attributes=True),
            Service("B1", "油烟", type=ServiceType.BATCH),
        ]
        question = Attribute("scope", "几盏？", "singlevaluelist", values=(("1", "一盏"),))
        backend.questions = {"A1": [question]}

    def test_what_was_pulled_is_there_for_every_process(
        self, record: Record, backend: RecordingBackend
    ) -> None:
        self.published(backend)
        assert Catalogue(record, backend).pull() == 2
        seen = Catalogue(record, RecordingBackend()).directory()
        assert seen.services == tuple(backend.published)
        assert seen.attributes == {"A1": tuple(backend.questions["A1"])}

    @pytest.mark.parametrize("trouble", ["down", "empty"])
    def test_a_backend_in_trouble_leaves_the_earlier_list(
        self, record: Record, backend: RecordingBackend, trouble: str
    ) -> None:
        self.published(backend)
        catalogue = Catalogue(record, backend)
        catalogue.pull()
        backend.published = []
        if trouble == "down":
            backend.fails = RetryLater("backend", "503", "down")
            with pytest.raises(RetryLater):
                catalogue.pull()
        else:
            assert catalogue.pull() == 0
        assert len(catalogue.directory().services) == 2

    def test_before_the_first_pull_it_is_empty_and_looks_again(
        self, record: Record, backend: RecordingBackend
    ) -> None:
        waiting: Any = Catalogue(record, RecordingBackend())
        assert waiting.directory().services == ()
        self.published(backend)
        Catalogue(record, backend).pull()
        assert len(waiting.directory().services) == 2
