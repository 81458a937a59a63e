"""What the parse data say of where a place lies: divisions, those to ask between, and whether the district is open."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message

from nlu.components.graph import CitizenReader


class Readers:
    """Readers by home city, each made once."""

    def __init__(self, storage: LocalModelStorage) -> None:
        self._storage = storage
        self._made: dict[str, CitizenReader] = {}

    def read(self, home: str, text: str) -> dict[str, Any]:
        if home not in self._made:
            config = CitizenReader.get_default_config() | {"home_city": home}
            context = ExecutionContext(GraphSchema({}))
            self._made[home] = CitizenReader.create(
                config, self._storage, Resource("reader"), context
            )
        (message,) = self._made[home].process([Message.build(text)])
        found: dict[str, Any] = message.as_dict(only_output_properties=True)
        return found


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Readers:
    return Readers(LocalModelStorage.create(tmp_path_factory.mktemp("reader")))


def test_a_street_of_two_districts_gives_both_to_choose_from(readers: Readers) -> None:
    found = readers.read("北京市", "八里庄街道有人半夜放音响")
    assert [(c["district"], c["full"]) for c in found["division_choices"]] == [
        ("朝阳区", "北京市朝阳区八里庄街道"),
        ("海淀区", "北京市海淀区八里庄街道"),
    ]
    assert all(c["code"].startswith("110") for c in found["division_choices"])


@pytest.mark.parametrize(
    ("home", "text"),
    [
        ("北京市", "海淀区八里庄街道有人半夜放音响"),
        ("杭州市", "鼓楼区中山路有人半夜放音响"),
        ("杭州市", "西湖区文二路"),
        ("杭州市", "文二路老王烧烤"),
        ("杭州市", ""),
    ],
)
def test_what_is_decided_or_lies_elsewhere_gives_no_choice(
    readers: Readers, home: str, text: str
) -> None:
    assert readers.read(home, text)["division_choices"] == []


@pytest.mark.parametrize(
    ("home", "text", "is_open"),
    [
        ("杭州市", "文二路老王烧烤", True),
        ("杭州市", "杭州市文二路", True),
        ("杭州市", "浙江省杭州市文二路", True),
        ("杭州市", "西湖区文二路", False),
        ("杭州市", "文新街道", False),
        ("杭州市", "苏州市观前街", False),
        ("杭州市", "江苏省的事", False),
        ("东莞市", "人民路18号", False),
    ],
)
def test_the_district_is_open_where_home_has_some_and_none_is_named(
    readers: Readers, home: str, text: str, is_open: bool
) -> None:
    assert readers.read(home, text)["district_open"] is is_open
