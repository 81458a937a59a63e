"""What is wanted, and that it is not the first time: found in own phrases, not in their look-alikes."""

from __future__ import annotations

import pytest

from nlu.components.gazetteer import Gazetteer
from nlu.components.reading import Reader
from nlu.components.text import fold
from tests.nlu.conftest import Parse


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Gazetteer.load("杭州市"))


def _values(reader: Reader, text: str, entity: str) -> list[str]:
    return [item.value for item in reader.read(text).entities if item.entity == entity]


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("路灯坏了三盏，希望尽快修好", "希望尽快修好"),
        ("希望有关部门管一管，还大家一个清静。我姓王", "希望有关部门管一管，还大家一个清静"),
        ("垃圾堆成山，请环卫部门尽快清运，谢谢", "请环卫部门尽快清运"),
        ("现请城管派人来看看", "现请城管派人来看看"),
        ("恳请领导重视这件事！", "恳请领导重视这件事"),
        ("我们强烈要求拆除这个棚子", "强烈要求拆除这个棚子"),
        ("我们要求把押金退回来", "要求把押金退回来"),
        ("违建两年了，望早日拆除", "望早日拆除"),
        ("能不能派人来修一下", "能不能派人来修一下"),
        ("能否增设一个红绿灯？", "能否增设一个红绿灯"),
        ("麻烦帮我催一下供电所", "麻烦帮我催一下供电所"),
        ("我的诉求就是退钱", "我的诉求就是退钱"),
        ("建议在路口装个反光镜", "建议在路口装个反光镜"),
        ("希望快点修好，我的电话13912345678", "希望快点修好"),
        ("我想请你们派人看看", "想请你们派人看看"),
        ("希望早點處理！！！", "希望早點處理"),
    ],
)
def test_a_wish_is_read_to_the_end_of_its_sentence(reader: Reader, text: str, wish: str) -> None:
    assert _values(reader, text, "wish") == [wish]


@pytest.mark.parametrize(
    "text",
    [
        "请问身份证在哪里补办",
        "我请了三天假去办证",
        "希望小学门口天天堵车",
        "跑了五趟，看来是没希望了",
        "学校要求我们每人交八百",
        "公司要求周末加班，不给钱",
        "望江路口积水",
        "能否异地参加高考",
        "司机要求加二十块，否则不走",
        "请客吃饭送礼才给办",
        "给你们提个建议",
        "楼上漏水三天了",
    ],
)
def test_a_polite_word_a_name_or_the_wish_of_others_is_none(reader: Reader, text: str) -> None:
    assert _values(reader, text, "wish") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("这是我第三次反映了", "第三次反映了"),
        ("打过12345没解决", "打过12345没解决"),
        ("小区又停电了", "又停电了"),
        ("坑一直没人管", "一直没人管"),
        ("上次投诉过，没有用", "上次投诉过"),
        ("多次向城管反映无果", "多次向城管反映无果"),
        ("去年就举报过这家店", "去年就举报过这家店"),
        ("路面修了又坏", "修了又坏"),
        ("半年了至今没有答复", "至今没有答复"),
        ("昨天报修过了没见人", "昨天报修过了没见人"),
        ("市民再次来电", "再次来电"),
        ("烧烤摊死灰复燃", "死灰复燃"),
        ("楼上又漏水了", "又漏水了"),
        ("我打了三次电话", "打了三次电话"),
        ("说了好几次，还是没人来", "说了好几次"),
        ("物业迟迟不处理", "迟迟不处理"),
        ("占道经营屡禁不止", "屡禁不止"),
    ],
)
def test_what_happened_or_was_told_before_is_found(reader: Reader, text: str, words: str) -> None:
    found = _values(reader, text, "repeated")
    assert any(words in value or value in words for value in found), found


@pytest.mark.parametrize(
    "text",
    [
        "我第一次反映问题",
        "厕所又脏又臭",
        "从来没投诉过",
        "以前没有反映过",
        "这个事有人投诉过吗",
        "第三次人口普查的数据",
        "他们又说又笑",
        "工作人员说过两天来",
        "路过学校门口",
        "楼下烧烤店油烟大",
        "我又不是本地人",
        "请问怎么投诉",
    ],
)
def test_a_first_time_is_no_repetition(reader: Reader, text: str) -> None:
    assert _values(reader, text, "repeated") == []


def test_spans_are_those_of_the_citizens_own_text(reader: Reader) -> None:
    text = "人民路😀的井盖又壞了/:rose，請派人來修！第二次反映了"
    found = [i for i in reader.read(text).entities if i.entity in ("wish", "repeated")]
    assert {i.entity for i in found} == {"wish", "repeated"}
    assert all(text[i.start : i.end] == i.value for i in found)
    assert len(fold(text)) == len(text)


def test_both_stand_among_the_entities_of_the_parse_data(parse: Parse) -> None:
    entities = parse("路灯又坏了，希望早点修好")["entities"]
    assert {"wish", "repeated"} <= {entity["entity"] for entity in entities}
