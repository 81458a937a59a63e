"""Categories of unseen complaints, their certainty, and messages with two matters."""

from __future__ import annotations

import pytest

from nlu.components.category import CategoryModel, Service
from tests.nlu.conftest import Parse

SURE = [
    ("楼下烧烤店油烟大死了", "1302"),
    ("小区路灯坏了三个", "0712"),
    ("广场舞吵死了", "1351"),
    ("老板拖欠工资三个月", "1112"),
    ("我家暖气片冰凉的", "0701"),
    ("工地凌晨还在打桩睡不着", "1305"),
    ("垃圾桶都满了也没人清运", "0714"),
    ("电梯又坏了老人下不了楼", "0751"),
    ("物业公司乱涨物业费", "0706"),
    ("公交车等了一个小时还不来", "0601"),
    ("幼儿园突然涨学费", "1411"),
    ("外卖里面吃出苍蝇", "1203"),
    ("邻居私自在楼顶加盖房子", "0753"),
    ("家里已经停水两天", "0702"),
    ("自家小区长期受户外活动噪声影响,从早到晚不断有人唱歌、甩鞭子、跳广场舞,多次投诉未果", "1351"),
]
IN_TOP_FIVE = [
    ("消防通道被车堵死了", "0107"),
    ("水龙头出来的水是黄色的", "1219"),
    ("医保卡在药店刷不了", "1101"),
    ("学校逼着买练习册", "1402"),
    ("村里那条路下雨全是泥", "0905"),
    ("快递从来不送到家", "0651"),
    ("遛狗的人不牵绳子", "0151"),
    ("手机一点信号都没有", "1601"),
    ("健身房跑了卡里的钱退不了", "0451"),
    ("化粪池往外冒粪水", "0755"),
    ("路口没有红绿灯老出事", "0104"),
    ("高铁站打车都不打表", "0602"),
    ("房子到期了开发商还没交房", "0704"),
    ("补课班老师跑路不退费", "1412"),
    ("派出所就是不给立案", "0110"),
]


@pytest.mark.parametrize(("text", "code"), SURE)
def test_a_plain_complaint_is_recognised(parse: Parse, text: str, code: str) -> None:
    category = parse(text)["category"]
    assert category["ranking"][0]["code"] == code, category
    assert not category["other"]


def test_most_plain_complaints_are_sure(parse: Parse) -> None:
    assert sum(parse(text)["category"]["sure"] for text, _ in SURE) >= 0.8 * len(SURE)


@pytest.mark.parametrize(("text", "code"), IN_TOP_FIVE)
def test_the_right_service_is_offered(parse: Parse, text: str, code: str) -> None:
    ranking = parse(text)["category"]["ranking"]
    assert code in [row["code"] for row in ranking], ranking


@pytest.mark.parametrize(
    "text",
    [
        "你好",
        "确认",
        "啦啦啦",
        "1",
        "人民路18号",
        "昨天晚上",
        "杨柳郡",
        "文昌苑",
        "行",
        "绿城百合",
        "老王",
    ],
)
def test_what_says_nothing_of_the_matter_is_never_sure(parse: Parse, text: str) -> None:
    assert not parse(text)["category"]["sure"]


@pytest.mark.parametrize("text", ["人民路18号", "西湖区文化新村3幢", "在学院路地铁站", "文昌苑"])
def test_a_place_alone_is_no_matter(parse: Parse, text: str) -> None:
    category = parse(text)["category"]
    assert category["other"]
    assert not category["sure"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("文化艺术村7幢的电梯一个星期坏了四次，配件老说没货", "0751"),
        ("萧山区城厢街道电信新村从昨天起一直停水，水龙头一滴都没有", "0702"),
        ("学院路与幼儿园路交叉口的路灯灭了好些天了", "0712"),
        ("养老院路25号楼下烧烤摊油烟直往家里钻", "1302"),
    ],
)
def test_the_name_of_a_place_does_not_hide_the_matter(parse: Parse, text: str, code: str) -> None:
    first, second, *_ = parse(text)["category"]["ranking"]
    assert first["code"] == code
    assert first["confidence"] >= 2 * second["confidence"]


def test_what_stands_beside_a_matter_does_not_hide_it(parse: Parse) -> None:
    long = "同志你好，我是退休工人，楼下健身房关门，会员卡里的钱不退，前后跑了四趟，老人都受不了，请给个说法"
    category = parse(long)["category"]
    assert category["ranking"][0]["code"] == "0451"
    assert category["sure"]


def test_examples_of_a_service_that_is_gone_are_refused_by_code() -> None:
    services = [
        Service("0701", "城建", "供暖", ("暖气",)),
        Service("0702", "城建", "供水", ("停水",)),
    ]
    with pytest.raises(ValueError, match="not in the catalogue: 0799, 9999"):
        CategoryModel.train([("没水", "0702"), ("怪", "9999"), ("别的", "0799")], services)


def test_a_choice_has_what_the_dialogue_shows(parse: Parse) -> None:
    ranking = parse("楼下饭店排烟")["category"]["ranking"]
    assert len(ranking) == 5
    assert set(ranking[0]) == {"code", "group", "name", "confidence"}
    assert [r["confidence"] for r in ranking] == sorted(
        (r["confidence"] for r in ranking), reverse=True
    )


def test_a_catalogue_word_alone_names_its_service(parse: Parse) -> None:
    category = parse("广场舞")["category"]
    assert category["ranking"][0]["code"] == "1351"
    assert category["sure"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("小区路灯坏了三个 还有门口垃圾没人收", 2),
        ("暖气不热，另外电梯也坏了", 2),
        ("1、工地半夜施工 2、路上井盖丢了", 2),
        ("公交车老不来；还有学校食堂饭菜有虫", 2),
        ("说两件事：一是电梯坏了，二是门口路灯不亮", 2),
        ("第一，幼儿园乱收费。第二，门口有人占道卖菜", 2),
        ("首先是暖气不热，其次是小区停车位被占", 2),
        ("有两个问题，第一个楼上漏水，第二个邻居养狗乱叫", 2),
        ("停水第二天了", 1),
        ("周一是停水，周二是停电", 1),
        ("一单元二单元都没电", 1),
        ("第二医院门口路灯坏了", 1),
        ("楼下烧烤油烟大，还有人喝酒到半夜", 1),
        ("路灯坏了，还有三个月就过年了", 1),
        ("物业不管事，还有保安态度差", 1),
        ("还有一件事", 1),
        ("小区路灯坏了三个", 1),
        ("我们小区暖气不热已经半个月了，打电话没人管", 1),
    ],
)
def test_matters_are_split_only_when_plain(parse: Parse, text: str, count: int) -> None:
    assert len(parse(text)["matters"]) == count
