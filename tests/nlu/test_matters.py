"""Several matters in one message are told apart; the details of one are not."""

from __future__ import annotations

import pytest

from nlu.components.matters import unlist
from nlu.components.text import fold
from tests.nlu.conftest import Parse


@pytest.mark.parametrize(
    ("text", "matters"),
    [
        (
            "一是小区大门的路灯全不亮，二是垃圾房三天没人清运",
            ["小区大门的路灯全不亮", "垃圾房三天没人清运"],
        ),
        (
            "1、公交车半小时不来 2、路口红绿灯坏了",
            ["公交车半小时不来", "路口红绿灯坏了"],
        ),
        (
            "一、楼顶漏水没人修。二、门口夜市油烟大",
            ["楼顶漏水没人修", "门口夜市油烟大"],
        ),
        (
            "(1)自来水发黄有异味(2)小区绿化带被人种菜",
            ["自来水发黄有异味", "小区绿化带被人种菜"],
        ),
        ("①路灯不亮②垃圾没人收", ["路灯不亮", "垃圾没人收"]),
        (
            "一方面楼下烧烤油烟呛人，另一方面工地半夜施工太吵",
            ["楼下烧烤油烟呛人", "工地半夜施工太吵"],
        ),
        (
            "首先公交车老是不准点，其次菜市场缺斤少两",
            ["公交车老是不准点", "菜市场缺斤少两"],
        ),
        ("井盖丢了，另外厂里拖欠工资三个月", ["井盖丢了", "厂里拖欠工资三个月"]),
    ],
)
def test_each_matter_stands_alone(parse: Parse, text: str, matters: list[str]) -> None:
    assert parse(text)["matters"] == matters


@pytest.mark.parametrize(
    "text",
    [
        "路灯坏了，还有三盏也快坏了",
        "两个原因：一是没有材料，二是窗口没人",
        "拖欠工资，一是三月份的，二是四月份的",
        "12、15路公交车老不来",
        "2、3号线地铁太挤",
        "1号楼2单元3楼漏水",
        "车位划线不合理，另外建议重新划线",
        "我有三个请求：1、退还押金 2、赔偿损失 3、道歉",
        "一方面他们不办证，另一方面又不让营业",
        "买了2,300元的家具不给退",
    ],
)
def test_one_matter_stays_whole(parse: Parse, text: str) -> None:
    assert parse(text)["matters"] == [fold(text)]


def test_one_circled_number_is_a_number() -> None:
    assert unlist("③号楼漏水") == "③号楼漏水"
    assert unlist("①漏水②断电") == ";漏水;断电"
