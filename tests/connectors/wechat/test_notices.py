from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.wechat.notices import TYPES, BadNotice, fit, fit_values


@pytest.mark.parametrize(
    ("key", "value", "fitted"),
    [
        ("thing1", "路灯不亮", "路灯不亮"),
        ("thing1", "一" * 20, "一" * 20),
        ("thing1", "一" * 21, "一" * 19 + "…"),
        ("thing12.DATA", "两行\n变一行", "两行 变一行"),
        ("thing1", "已修好🎉❤️", "已修好❤"),
        ("short_thing1", "已经修好了呀", "已经修好…"),
        ("character_string2", "MS-20240301-0042", "MS-20240301-0042"),
        ("phrase3", "处理中", "处理中"),
        ("phrase3", "已办结（满意）呀", "已办结满意"),
        ("time4", "2024年03月01日 12:30", "2024年03月01日 12:30"),
        ("time4", "2024-03-01 12:30:59", "2024-03-01 12:30:59"),
        ("time4", "12:30", "12:30"),
        ("date5", "2024-3-1~2024-3-5", "2024-3-1~2024-3-5"),
        ("number6", "-12.5", "-12.5"),
        ("amount7", "¥12.50元", "¥12.50元"),
        ("phone_number8", "+86-0431-12345", "+86-0431-12345"),
        ("car_number9", "粤A12345", "粤A12345"),
        ("name10", "张三", "张三"),
        ("letter1", "abc", "abc"),
        ("symbol1", "!?", "!?"),
        ("enum1", "是", "是"),
        ("keyword1", "一" * 30, "一" * 19 + "…"),
    ],
)
def test_values_that_fit_or_can_be_cut(key: str, value: str, fitted: str) -> None:
    assert fit(key, value) == fitted


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("thing1", ""),
        ("thing1", "🎉"),
        ("character_string1", "单号42"),
        ("character_string1", "A" * 33),
        ("number1", "twelve"),
        ("number1", "1" * 33),
        ("phrase1", "done"),
        ("time1", "昨天"),
        ("time1", "~"),
        ("amount1", "12345678901"),
        ("phone_number1", "1" * 18),
        ("car_number1", "粤A-12345"),
        ("name1", "一" * 11),
        ("symbol1", "abc"),
        ("letter1", "a1"),
        ("colour1", "red"),
        ("", "x"),
    ],
)
def test_values_that_would_be_refused_are_found_before_the_call(key: str, value: str) -> None:
    with pytest.raises(BadNotice):
        fit(key, value)


@given(st.sampled_from(sorted(TYPES)), st.text(max_size=60))
@example(kind="name", value="0\n0")
def test_whatever_fits_keeps_its_types_rules(kind: str, value: str) -> None:
    try:
        fitted = fit(f"{kind}1", value)
    except BadNotice:
        return
    rule = TYPES[kind]
    assert rule.form.fullmatch(fitted)
    assert not rule.limit or len(fitted) <= rule.limit
    assert "\n" not in fitted


def test_all_values_of_a_notice_are_fitted() -> None:
    assert fit_values({"thing1": " 路灯 ", "time2": "12:30"}) == {
        "thing1": "路灯",
        "time2": "12:30",
    }
