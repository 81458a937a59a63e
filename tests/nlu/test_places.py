"""How far a place phrase reaches, whole addresses, and names that several divisions bear."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from nlu.components.gazetteer import Gazetteer
from nlu.components.place_spread import bounds
from nlu.components.reading import Reader

WORDS = Path(__file__).parents[2] / "nlu" / "gazetteer" / "place_words.yml"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Gazetteer.load("杭州市"))


def _places(reader: Reader, text: str) -> list[str]:
    return [item.value for item in reader.read(text).entities if item.entity == "place"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("人民路星河都汇有人半夜唱歌", "人民路星河都汇"),
        ("解放路时家花苑业主反映停水", "解放路时家花苑"),
        ("在万福大都会侧面停车场里有人打架", "万福大都会侧面停车场里"),
        ("省气象局大门口有人摆摊", "省气象局大门口"),
        ("建设路金桥技校门口有许多电动车乱停", "建设路金桥技校门口"),
        ("华联公交站到中医院公交车站的线路", "华联公交站到中医院公交车站"),
        ("湖滨路往城西方向的路段每天堵车", "湖滨路往城西方向的路段"),
        ("住在西湖区文三路26号颐景园3幢的业主", "西湖区文三路26号颐景园3幢"),
        ("文三路与学院路交叉口往东50米处有井盖翘起", "文三路与学院路交叉口往东50米处"),
        ("和平路白鹤菜市场经常有人占道", "和平路白鹤菜市场"),
        ("市民中心地铁站电梯停了一个礼拜", "市民中心地铁站"),
        ("萧山区城北车管所电话多少", "萧山区城北车管所"),
        ("建设路天主教堂新开的铺面放高音喇叭", "建设路天主教堂新开的铺面"),
        ("中山路红绿灯路口一侧的绿化带被踩坏了", "中山路红绿灯路口一侧的绿化带"),
        ("近江家园门口夜宵摊吵到两点", "近江家园门口"),
        ("江陵路地铁站门口共享单车挡住盲道", "江陵路地铁站门口"),
        ("新华路天桥旁边的工地每天半夜施工", "新华路天桥旁边的工地"),
    ],
)
def test_a_phrase_reaches_to_the_next_word_that_is_no_place(
    reader: Reader, text: str, place: str
) -> None:
    assert _places(reader, text)[:1] == [place]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("人民路路灯不亮", "人民路"),
        ("中山路堵车堵了一个小时", "中山路"),
        ("文二路油烟很大", "文二路"),
        ("幸福花园电梯经常坏", "幸福花园"),
        ("李家村水管爆裂了", "李家村"),
        ("江南大道588号播放高音喇叭", "江南大道588号"),
    ],
)
def test_the_complaint_itself_is_no_part_of_the_place(
    reader: Reader, text: str, place: str
) -> None:
    assert _places(reader, text)[:1] == [place]


@pytest.mark.parametrize(
    "text",
    [
        "化肥厂晚上排黑烟",
        "燃气公司约了三次都没人上门",
        "牙科诊所废物混在生活垃圾里",
    ],
)
def test_a_kind_of_firm_does_not_grow_into_its_verb(reader: Reader, text: str) -> None:
    assert all(len(place) <= 5 for place in _places(reader, text))


@pytest.mark.parametrize(
    "text",
    [
        "三号楼门口那盏灯不亮好几天",
        "我家对面太吵",
        "学校门口天天堵",
        "小区附近有人烧垃圾",
        "公司旁边在施工",
        "楼下",
        "单位",
    ],
)
def test_a_side_of_something_nameless_is_no_place(reader: Reader, text: str) -> None:
    assert _places(reader, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "浙江省杭州市西湖区文三路477号华星科技大厦九层",
        "杭州市余杭区仓前街道海创园18幢北楼",
        "萧山区金城路333号银泰百货",
        "翠苑二区15-3-402",
        "义乌市下骆宅紫金一区16栋12号",
    ],
)
def test_an_address_typed_alone_is_taken_whole(reader: Reader, text: str) -> None:
    assert _places(reader, text) == [text]


def test_what_is_said_again_and_who_handles_it_are_no_further_places(reader: Reader) -> None:
    text = "西湖区文三路8号望湖花园漏水，找过西湖区住建局，望湖花园物业不管"
    assert _places(reader, text) == ["西湖区文三路8号望湖花园"]


def test_a_second_place_is_kept_behind_the_first(reader: Reader) -> None:
    text = "文三路18号金色家园3幢漏水，凤起路也堵车"
    assert _places(reader, text) == ["文三路18号金色家园3幢", "凤起路"]


def test_the_words_are_lists_of_patterns_that_match_no_empty_text() -> None:
    words = yaml.safe_load(WORDS.read_text("utf-8"))
    assert set(words) == {"before", "people", "things", "times", "doings", "hard", "inside"}
    for kind, value in words.items():
        for word in [] if kind == "hard" else value.split():
            assert not re.compile(word).match(""), word


def test_a_hard_character_inside_a_known_word_is_no_bound() -> None:
    assert bounds("有人") == {0, 1}
    assert bounds("网吧") == set()


class TestDivisions:
    def test_a_street_of_two_districts_of_the_home_city_is_asked_about(self) -> None:
        reading = Reader(Gazetteer.load("北京市")).read("八里庄街道路灯不亮")
        assert [d.full for d in reading.choices] == [
            "北京市朝阳区八里庄街道",
            "北京市海淀区八里庄街道",
        ]

    def test_a_named_district_decides_between_streets(self) -> None:
        reading = Reader(Gazetteer.load("北京市")).read("海淀区八里庄街道路灯不亮")
        assert reading.choices == ()
        assert reading.divisions[0].full == "北京市海淀区八里庄街道"

    def test_a_district_of_several_other_cities_is_asked_about(self, reader: Reader) -> None:
        choices = reader.read("鼓楼区中山路").choices
        assert {d.city for d in choices} >= {"南京市", "福州市", "徐州市", "开封市"}
        assert len({d.code for d in choices}) == len(choices)

    def test_the_home_city_decides_for_its_own_district(self) -> None:
        reading = Reader(Gazetteer.load("南京市")).read("鼓楼区中山路")
        assert reading.choices == ()
        assert [d.full for d in reading.divisions] == ["江苏省南京市鼓楼区"]

    def test_two_plain_districts_in_one_message_are_no_question(self, reader: Reader) -> None:
        assert reader.read("从西湖区搬到拱墅区").choices == ()

    @pytest.mark.parametrize(
        ("home", "text", "full"),
        [
            ("济源市", "沁园街道", "河南省济源市沁园街道"),
            ("琼海市", "嘉积镇", "海南省琼海市嘉积镇"),
            ("东莞市", "南城街道", "广东省东莞市南城街道"),
            ("杭州市", "济源市", "河南省济源市"),
            ("杭州市", "义乌市", "浙江省金华市义乌市"),
        ],
    )
    def test_a_city_without_districts_resolves(self, home: str, text: str, full: str) -> None:
        assert [d.full for d in Gazetteer.load(home).resolve(text)] == [full]

    def test_a_city_without_districts_offers_itself(self) -> None:
        assert Gazetteer.load("济源市").districts() == ["济源市"]
