"""What is read off a message: places, times, numbers, corrections; spans are the citizen's own."""

from __future__ import annotations

import pytest

from nlu.components.contacts import valid_identity_number
from nlu.components.corrections import find_correction
from nlu.components.gazetteer import Gazetteer
from nlu.components.reading import Reader
from nlu.components.text import fold, squeeze


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load("杭州市")


@pytest.fixture(scope="module")
def reader(gazetteer: Gazetteer) -> Reader:
    return Reader(gazetteer)


def _values(reader: Reader, text: str, entity: str) -> list[str]:
    return [item.value for item in reader.read(text).entities if item.entity == entity]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("人民路18号", "人民路18号"),
        ("在文三路和学院路交叉口", "文三路和学院路交叉口"),
        (
            "滨江区江南大道288号康恩贝大厦门口那个公交站,每天三轮车占着",
            "滨江区江南大道288号康恩贝大厦门口",
        ),
        ("我住在翠苑一区18幢2单元，楼上漏水", "翠苑一区18幢2单元"),
        ("文二路 老王烧烤", "文二路 老王烧烤"),
        ("西湖区文二路老王烧烤店油烟很大", "西湖区文二路老王烧烤店"),
        ("和平大道路灯不亮", "和平大道"),
        ("李家村的路坏了", "李家村"),
        ("从庆春路到凤起路一路堵车", "庆春路到凤起路"),
        ("建国中学门口天天堵", "建国中学门口"),
        ("金色家园小区里面没有路灯", "金色家园小区里面"),
        ("地铁1号线太挤", "地铁1号线"),
        ("他在28路公交车上被夹了", "28路公交车"),
        ("中山公园对面有人摆摊", "中山公园对面"),
        ("投诉幸福花园3号楼下的麻将馆", "幸福花园3号楼下的麻将馆"),
        ("汽车东站北广场的台阶断了绊倒人", "汽车东站北广场"),
        ("中山路66号水果店喇叭喊到半夜", "中山路66号水果店"),
        ("文一街小学云谷校区门口太堵", "文一街小学云谷校区门口"),
        ("在体育场路中河路站，司机不停", "体育场路中河路站"),
        ("景芳颐和苑地库漏水", "景芳颐和苑地库"),
        ("四季青庆和苑没有路灯", "四季青庆和苑"),
        ("有一家叫向阳的培训中心，就在长河路520号，关门了", "长河路520号"),
        ("解放路肯德基", "解放路肯德基"),
    ],
)
def test_the_longest_place_comes_first(reader: Reader, text: str, place: str) -> None:
    assert _values(reader, text, "place")[:1] == [place]


@pytest.mark.parametrize(
    "text",
    [
        "小区路灯坏了三个",
        "楼下烧烤店油烟大死了",
        "学校乱收费",
        "路灯不亮",
        "垃圾没人收",
        "医院态度差",
        "一路上都是坑",
        "物业不管",
        "货车堵着路",
        "从早到晚有人唱歌、甩鞭子、跳广场舞",
    ],
)
def test_a_generic_word_is_no_place(reader: Reader, text: str) -> None:
    assert _values(reader, text, "place") == []


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("昨晚十点开始吵", "昨晚十点开始"),
        ("每天晚上六点到半夜都在放", "每天晚上六点到半夜"),
        ("近三个月没发工资", "近三个月"),
        ("都一个多月了没人修", "都一个多月了"),
        ("从去年10月开始漏水", "从去年10月开始"),
        ("2023年5月1日发生的", "2023年5月1日"),
        ("早上7:30堵", "早上7:30"),
        ("上周三停的电", "上周三"),
    ],
)
def test_a_time_is_read_whole(reader: Reader, text: str, time: str) -> None:
    assert time in _values(reader, text, "time")


@pytest.mark.parametrize("text", ["人民路18号", "有一点吵", "小学三年级", "能不能快一点"])
def test_what_looks_like_a_time_is_none(reader: Reader, text: str) -> None:
    assert _values(reader, text, "time") == []


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("我的电话是13912345678", "phone", "13912345678"),
        ("１３９１２３４５６７８", "phone", "13912345678"),
        ("139 1234 5678 打这个", "phone", "13912345678"),
        ("+86-13912345678", "phone", "13912345678"),
        ("座机0571-88881234", "phone", "0571-88881234"),
        ("身份证11010519491231002X", "id_number", "11010519491231002X"),
        ("我叫王小明，住三楼", "person_name", "王小明"),
        ("我姓王", "person_name", "王"),
        ("HZ-261123-0417", "case_number", "HZ-261123-0417"),
        ("hz2611230417到哪了", "case_number", "HZ-261123-0417"),
        ("ＨＺ－２６１１２３－０４１７", "case_number", "HZ-261123-0417"),
        ("编号202611230001", "case_number", "202611230001"),
        ("余杭区的路", "district", "余杭区"),
        ("萧山那边", "district", "萧山区"),
        ("1", "option", "1"),
        ("第二个吧", "option", "2"),
        ("选3", "option", "3"),
        ("①", "option", "1"),
        ("就第一个", "option", "1"),
        ("２．", "option", "2"),
    ],
)
def test_a_value_is_canonical(reader: Reader, text: str, entity: str, value: str) -> None:
    assert _values(reader, text, entity) == [value]


@pytest.mark.parametrize("text", ["12345678901234567890", "139123456789", "单号SF1234567890123"])
def test_other_numbers_are_no_phone(reader: Reader, text: str) -> None:
    assert _values(reader, text, "phone") == []


def test_a_number_with_a_wrong_check_digit_is_no_identity() -> None:
    assert valid_identity_number("11010519491231002X")
    assert not valid_identity_number("110105194912310021")
    assert not valid_identity_number("11010519491331002X")


@pytest.mark.parametrize(
    "text",
    ["我在人民路😀18号/:rose昨晚十点", "地點在幸福花園３號樓", "ＨＺ－２６１１２３－０４１７ 進度"],
)
def test_spans_point_into_the_original_text(reader: Reader, text: str) -> None:
    entities = reader.read(text).entities
    assert entities
    for item in entities:
        assert 0 <= item.start < item.end <= len(text)
        if item.entity in ("place", "time"):
            assert text[item.start : item.end] == item.value


@pytest.mark.parametrize(
    ("text", "field", "new", "old"),
    [
        ("地点不对，是人民路18号", "place", "人民路18号", ""),
        ("类别换成噪音", "category", "噪音", ""),
        ("不是老王是老汪", "", "老汪", "老王"),
        ("每天晚上六点到半夜,不是老王是老汪烧烤", "place", "老汪烧烤", "老王"),
        ("电话写错了", "phone", "", ""),
        ("电话错了，是13912345678", "phone", "13912345678", ""),
        ("应该是13912345678", "phone", "13912345678", ""),
        ("情况再加一句晚上更严重", "details", "晚上更严重", ""),
        ("不是我家是隔壁", "", "隔壁", "我家"),
        ("时间改成昨天晚上", "time", "昨天晚上", ""),
        ("名字错了叫王刚", "name", "王刚", ""),
        ("改成保密", "visibility", "保密", ""),
        ("不对，地点是文三路", "place", "文三路", ""),
    ],
)
def test_a_correction_names_field_and_values(
    reader: Reader, text: str, field: str, new: str, old: str
) -> None:
    change = reader.read(text).correction
    assert change is not None
    assert (change.field, text[change.start : change.end], change.old) == (field, new, old)


@pytest.mark.parametrize(
    "text",
    [
        "不是",
        "不对",
        "怎么改地点",
        "问题是没人管",
        "情况是这样的，楼上漏水",
        "地点是人民路",
        "我不是说过了吗",
        "是我",
    ],
)
def test_what_is_no_correction(text: str) -> None:
    assert find_correction(fold(text)) is None


def test_a_street_of_a_named_district_is_resolved(gazetteer: Gazetteer) -> None:
    assert [d.full for d in gazetteer.resolve("余杭区仓前街道")] == ["浙江省杭州市余杭区仓前街道"]


def test_a_name_of_many_cities_stays_ambiguous_without_a_home() -> None:
    assert len(Gazetteer.load().resolve("鼓楼区")) > 3


def test_a_named_city_decides_for_its_district(gazetteer: Gazetteer) -> None:
    assert [d.full for d in gazetteer.resolve("南京鼓楼区")] == ["江苏省南京市鼓楼区"]


def test_a_road_named_like_a_district_is_none(gazetteer: Gazetteer) -> None:
    assert gazetteer.mentions("萧山路18号") == []


def test_a_municipality_is_named_once() -> None:
    assert [d.full for d in Gazetteer.load("北京市").find("东华门街道")] == [
        "北京市东城区东华门街道"
    ]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("１２３ＡＢ", "123AB"),
        ("垃圾/:rose", "垃圾      "),
        ("好[微笑]", "好    "),
        ("①號樓", "1号楼"),
    ],
)
def test_folding_keeps_the_length(text: str, plain: str) -> None:
    assert fold(text) == plain
    assert len(fold(text)) == len(text)


def test_squeezing_drops_what_does_not_matter() -> None:
    assert squeeze(" 確認，提交！😀") == "确认提交"
