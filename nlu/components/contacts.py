"""Who and which case: phone, identity number, name, receipt number, a bare option answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_PHONE = re.compile(
    r"(?<![\dA-Za-z-])(?:\+?86[- ]?)?(1[3-9]\d[- ]?\d{4}[- ]?\d{4})(?![\d-])"
    r"|(?<![\d-])(0\d{2,3}[- ]?[2-8]\d{6,7}(?:-\d{1,5})?)(?![\d-])"
    r"|(?<=电话)(?:号码)?(?:是|:|为)? ?([2-8]\d{6,7})(?!\d)"
)
_ID = re.compile(
    r"(?<![\dA-Za-z])([1-9]\d{5})((?:19|20)\d{2})(\d{2})(\d{2})(\d{3})([\dXx])(?![\dA-Za-z])"
)
_RECEIPT = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,6})[ _-]?(\d{6})[ _-]?(\d{4})(?!\d)")
_LONG_NUMBER = re.compile(
    r"(?:编号|单号|受理号|工单号|工单|案件号)(?:码)?(?:是|为|:)? ?(\d{8,20})(?!\d)"
)
_OPTION = re.compile(
    r"[ ]*(?:就|我?选择?|我?要|那就|应该是|是|选项|答案)?[ ]*(?:第)?[ ]*([1-9]|10|[一二三四五六七八九十])[ ]*(?:个选项|个|项|号|种|条|类)?"
    r"(?:吧|的|啊|呀|哦)?[ .。、,!)]*"
)
_DIGITS = {c: str(i) for i, c in enumerate("一二三四五六七八九十", 1)}
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    "范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳欧阳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由"
)
_NAME = re.compile(
    r"(?:我叫|我是叫|本人叫|名字叫|姓名是?:?|联系人是?:?|我的名字是|名字是|我名叫)[ ]*"
    rf"(欧阳[\u4e00-\u9fff]{{1,2}}|[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}?)(?=[ ,。.;!、]|$|电话|手机|住|家住|是|今年|反映|投诉|1[3-9]\d)"
)
_SURNAME = re.compile(
    rf"(?:我|本人|免贵)姓[ ]*([{_SURNAMES}])|^[ ]*姓[ ]*([{_SURNAMES}])(?=[ ,。.]|$)"
)
_TITLE_NAME = re.compile(rf"(?:我是|叫我)[ ]*((?:[{_SURNAMES}])(?:先生|女士|小姐|阿姨|大爷|师傅))")


@dataclass(frozen=True)
class Found:
    """One thing found in a text: what it is, where, and its canonical value."""

    entity: str
    start: int
    end: int
    value: str


def valid_identity_number(text: str) -> bool:
    """Whether 18 characters form a resident identity number (GB 11643: date and check digit)."""
    match = _ID.fullmatch(text)
    if match is None:
        return False
    try:
        date(int(match[2]), int(match[3]), int(match[4]))
    except ValueError:
        return False
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(text, weights, strict=False))
    return "10X98765432"[total % 11] == text[-1].upper()


def find_contacts(text: str) -> list[Found]:
    """Find numbers and names in a folded text; spans do not overlap."""
    found: list[Found] = []
    for match in _RECEIPT.finditer(text):
        value = f"{match[1].upper()}-{match[2]}-{match[3]}"
        found.append(Found("case_number", *match.span(), value))
    for match in _LONG_NUMBER.finditer(text):
        found.append(Found("case_number", *match.span(1), match[1]))
    for match in _ID.finditer(text):
        if valid_identity_number(match.group()):
            found.append(Found("id_number", *match.span(), match.group().upper()))
    for match in _PHONE.finditer(text):
        group = match.lastindex or 0
        value = re.sub(r"[ -]", "", match[group]) if match[1] else match[group].replace(" ", "")
        found.append(Found("phone", *match.span(group), value))
    found += _names(text)
    return _without_overlaps(found)


def _names(text: str) -> list[Found]:
    rows = []
    for pattern in (_NAME, _SURNAME, _TITLE_NAME):
        for match in pattern.finditer(text):
            group = match.lastindex or 0
            rows.append(Found("person_name", *match.span(group), match[group]))
    return rows


def _without_overlaps(found: list[Found]) -> list[Found]:
    kept: list[Found] = []
    for item in found:
        if all(item.end <= other.start or item.start >= other.end for other in kept):
            kept.append(item)
    return sorted(kept, key=lambda item: item.start)


def find_option(text: str) -> Found | None:
    """Read a folded text that is nothing but the choice of an option ("第二个", "选3", "1.")."""
    match = _OPTION.fullmatch(text)
    if match is None:
        return None
    return Found("option", *match.span(1), _DIGITS.get(match[1], match[1]))
