"""Emergencies are recognised, and ordinary complaints with the same words are not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.model.emergency import EmergencyMatcher, rules_from

RULES = Path(__file__).parents[2] / "catalog" / "emergency.yml"
TOLD: dict[str, str] = {
    "fire": (
        "着火了|我家着火了快来人|楼下饭店着火了！|车库里电动车着火了|三楼冒浓烟了|"
        "隔壁屋里冒黑烟了|厨房起火了怎么办|山上着火了火势很大|楼上着火了消防车进不来|电表箱冒浓烟|工厂爆炸了|"
        "楼道里全是浓烟 我出不去|小区电瓶车起火|仓库发生爆炸|家里失火了"
    ),
    "gas": (
        "家里煤气味很重|闻到一股天然气味|楼道有很浓的煤气味 头晕|燃气管道被挖断了|"
        "煤气罐漏气了|好像煤气泄漏了|煤气中毒了 头晕恶心|厨房燃气泄漏怎么办|"
        "天然气管道泄露 一直呲呲响|屋里全是液化气的味道|煤气味好大怕爆炸|施工队把燃气管挖断了"
    ),
    "trapped": (
        "我被困在电梯里了|电梯困人了|有人被困电梯|老人困在电梯里半个小时了|房子塌了|"
        "脚手架倒了压着人了|墙倒了砸到人|小孩掉进窨井里了|工地坍塌有人被埋|"
        "我卡在电梯里出不来|楼塌了快来救人|孩子被锁在车里了|宝宝锁车里了"
    ),
    "despair": (
        "我不想活了|活着没意思|真的活不下去了|我想自杀|想死|死了算了|我已经写好遗书了|"
        "逼我去死是吧|活够了|我要轻生|没有活路了|生不如死"
    ),
    "suicide_act": (
        "有人要跳楼|楼顶有个女的要跳楼|有人在桥上要跳河|我站在楼顶 不想活了|"
        "邻居要上吊|再不给钱我就去跳楼 我要跳楼了|有人跳河了|"
        "一个姑娘坐在天台边上想往下跳|我想从楼上跳下去|楼顶有个男的正往下跳"
    ),
    "violence": (
        "打人了|有人拿刀砍人|有人在打架 快来|有人闯进我家|老公正在打我|"
        "物业保安打人了|小区里打起来了|有人持刀|我被人关起来了|有人抢劫|有人正在砸门|"
        "我被人跟踪了怎么办|被打出血了"
    ),
    "electric": (
        "高压线掉下来了|电线掉在地上冒火花|电线杆倒下来压着车|变压器爆炸了|"
        "路灯杆漏电|电线断了掉水里了|电缆着火"
    ),
    "drowning": ("有人落水了|孩子掉河里了|有人溺水|小孩掉进池塘了|有人掉江里了"),
    "traffic": (
        "出车祸了有人受伤|刚刚路口发生车祸|老人被车撞了|大货车侧翻了|有人被车撞倒了|路口撞车了"
    ),
    "medical": (
        "有人晕倒了|我爸昏迷了|老人倒在地上没呼吸了|孩子抽搐口吐白沫|我喘不上气|"
        "要生了羊水破了|工人从三楼摔下来|全班孩子都呕吐 现在还在吐|"
        "流了好多血|心脏病犯了|食物中毒了"
    ),
    "lost": (
        "孩子不见了|老人走丢了|我女儿找不到了|小孩走失了|奶奶走丢两个小时了|有人抢孩子|"
        "我儿子才四岁 刚才在菜场走丢了|三岁宝宝在超市里不见了|奶奶有老年痴呆 早上出门到现在没回来|"
        "我爸八十了，在公园走失了|妹妹走散了找不到|女儿放学到现在还没回家"
    ),
    "threat": (
        "我要炸了物业|要和他们同归于尽|再不处理我就杀了他|小区发现一个炸弹|他扬言要砍死我全家"
    ),
    "shock": "有人触电了|触电了|我爸修灯被电倒了|工人触电倒地|孩子摸插座被电到了",
    "chemical": "化学品泄漏有刺鼻气味|槽罐车翻了硫酸洒了|冷库氨气泄漏了|对面厂里氯气泄漏",
    "height": (
        "吊篮里有人下不来|楼上阳台有小孩翻出来了|小孩卡在窗户外面|小孩一个人锁家里了|"
        "孩子被反锁在房间了|防盗网上挂着 有小孩卡在防盗网里|过山车上有人下不来"
    ),
    "flood": (
        "水淹到膝盖了 地下室还有人|大水冲进来了 老人还在屋里|山体滑坡|河水冲进来了快救人|"
        "泥石流来了|水涨到胸口了|水漫进来 孩子还在屋里"
    ),
    "poison": (
        "喝农药了|我喝了农药|孩子吃了一大把安眠药|吃了安眠药一整瓶|喝了百草枯|孙子误吞了纽扣电池|"
        "孩子误喝了消毒液|安眠药吃了半瓶|有人喝药了|女儿吞了一颗电池|老人误食了老鼠药"
    ),
    "wound": (
        "我割腕了|他割腕了|有人持刀伤人了|我被人捅了一刀|同事被砍伤了|割了手腕流血不止|"
        "刚才有人捅人了"
    ),
    "animal": ("疯狗咬人了|有条疯狗在追人|狗正在咬小孩|我被毒蛇咬了|野猪闯进村子伤人了"),
    "cry": (
        "救命|救命啊|救救我|报警|帮我报警|快帮我报警啊|我要报警|help me|please help me|police|"
        "call the police|HELP ME!|快来人啊"
    ),
}
DIALLED: dict[str, str] = {
    "110": (
        "我去跳河|车翻河里了|有人砍人|再不处理我就从楼上跳下去|欠我工资 我去跳钱塘江|"
        "孩子不想上学说要自杀|我准备了安眠药|烧炭自杀|准备烧炭|再不解决我就去跳楼 我说到做到|"
        "我要拿刀去砍了他|河里有个小孩在扑腾|溺水|老公打我|我被人打了|爸爸打妈妈|家里进贼了|"
        "抢劫|入室抢劫|被传销控制了|有个小姑娘被陌生男人拉走了|我儿子三天没回家了 找不到了|"
        "不给钱我就点火烧了售楼部|我带了汽油去市政府门口|女儿两天没回家了|他说要去跳楼|"
        "炭都买好了|我要带刀去找老板|湖里有人在挣扎|面包车冲进河里了|继父打我|我被邻居打了|"
        "孩子被拖上车了|店里来了强盗|有人被塞进车里"
    ),
    "119": (
        "电梯里困住了 出不来|被关在电梯里半小时|孩子掉井里了|塌方了 压着人|楼要倒了|桥塌了|"
        "厨房冒烟了|冒烟了好大的烟|火警|一氧化碳报警器响了|电梯往下掉|井盖没了有人掉下去|"
        "There is a fire|fire!|My house is on fire|著火了！救命啊|著火了|救命 着火了|"
        "燃气报警器一直响|插座冒烟了|电瓶车冒白烟|救命啊 电梯里困住了"
    ),
    "120": (
        "我中风了|我妈摔倒了起不来|老头子没气了|爷爷断气了|奶奶从楼梯上摔下来动不了|"
        "ambulance|孩子噎住了脸发紫|我不想活了 喝了农药"
    ),
    "12356": "让我去死算了|不如我死了算了|我活不成了",
}
NOT_TOLD = (
    "燃气费太贵|楼道堵塞有火灾隐患|去年着火后一直没修|消防通道被占|电梯经常困人|"
    "电梯上周困人了物业不管|如果着火了谁负责|飞线充电容易着火|担心煤气泄漏|"
    "燃气公司乱收费|天然气什么时候通|没有天然气|楼下烧烤烟太大|工厂冒黑烟|烧秸秆浓烟|"
    "工地半夜施工吵死了|热死了没空调|气死我了|笑死我了|吵死人了|想死你了|跳楼价大甩卖|"
    "120来得太慢|救护车收费不合理|派出所不处理打架|老师打人怎么投诉|"
    "城管去年打人的事没结果|网上有人造谣|狗丢了|钱包丢了|身份证丢了怎么补|快递丢了|"
    "电动车被偷|高压线离房子太近|高压线辐射|电线老化有隐患|变压器太吵|井盖丢了|"
    "路面塌陷没人修|老房子快成危房了|外墙脱落|交通事故认定不公|车祸后对方不赔|"
    "红绿灯坏了容易出车祸|医院误诊|药店卖假药|食物中毒后商家不赔偿|怕食物中毒|"
    "小区没有消防栓|灭火器过期|消防演习太吵|孩子学籍丢了|河边没护栏怕孩子落水|"
    "防溺水宣传|水库污染|游泳馆水脏|公交司机急刹车摔倒老人没人管|"
    "公交车着火的新闻是真的吗|农民工讨薪被打没人管|拖欠工资活得太难|物业要把人逼疯了|"
    "噪音吵得要死|臭死了|油烟呛死人|冻死了暖气不热|累死了|庄稼都旱死了|鱼死了好多|"
    "养老院虐待老人|家暴离婚怎么办理|楼上漏水|停电了|停水两天了|没有救护车|"
    "生育保险怎么报|快要生了怎么办准生证|火车站脏|打火机质量差|煤气罐涨价|"
    "液化气送气上门慢|煤气表坏了|燃气安检没人来|跳广场舞太吵|烟花爆竹扰民|放鞭炮太吵|"
    "有人烧纸|垃圾焚烧味道大|电梯坏了|电梯下坠过两次|被困扰很久|贫困户评定|小孩被狗咬|"
    "违停堵消防车道|电瓶车上楼|我都快被你们气死了|"
    "楼道堆满纸箱，真起火了跑都跑不掉|消防栓没水，到时候着火了谁负责|充电桩这么乱，哪天着火了怎么办|"
    "真的起火了往哪跑|孩子的自行车停在楼下不见了|孩子在学校把水杯弄不见了|申请老人防走失手环|"
    "水价往下跳|员工想跳槽公司不给办|儿子出去打工没回来|有人在桥上跳广场舞|老人的养老金不见了|"
    "老板说要打死我也不给|着火过的房子没人修|两天前又挖断煤气管|真着火了怎么办|"
    "已经报警了没人管|报警没用|报过警了派出所不受理|烧烤店烧炭烟太大|小区门口烧炭烤肉冒烟|"
    "工厂烟囱冒烟几个月了|对面厂里冒烟好几个月了|物业费简直是抢劫|这停车费跟抢劫一样|"
    "他打我电话骚扰我|物业打人电话不接|我家天然气没气了怎么充值|孩子学校三天没回复|"
    "买的农药是假的|蔬菜农药残留超标|医院不给开安眠药|路边烧烤用炭|希望政府救救企业|"
    "电梯上次往下掉没人修|井盖没了怕有人掉下去|山体滑坡治理工程质量差|火警电话怎么收费|"
    "消防报警器误报|加油站汽油涨价|小孩在阳台玩水枪|孩子跳绳太吵|去跳广场舞的人太多|"
    "报警器坏了|河里有人钓鱼乱扔垃圾|河里有人洗衣服|狗在楼下乱叫|防火门关不上|"
    "firewall blocks the site|how do I report a broken street light|"
    "外墙砖早晚掉下来砸到人|一氧化碳报警器怎么安装|气得我头顶冒烟"
)
CASES = [(kind, text) for kind, row in TOLD.items() for text in row.split("|")]

NUMBERED = [(number, text) for number, row in DIALLED.items() for text in row.split("|")]


def _data() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(RULES.read_text("utf-8"))
    return data


@pytest.fixture(scope="module")
def matcher() -> EmergencyMatcher:
    return EmergencyMatcher(rules_from(_data()))


@pytest.mark.parametrize(("kind", "text"), CASES)
def test_an_emergency_is_recognised(matcher: EmergencyMatcher, kind: str, text: str) -> None:
    found = matcher.match(text)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(("number", "text"), NUMBERED)
def test_the_number_to_dial_first_is_named_first(
    matcher: EmergencyMatcher, number: str, text: str
) -> None:
    found = matcher.match(text)
    assert found is not None
    assert found.number == number
    first = re.search(r"\d{3,5}", found.text(recorded=False))
    assert first is not None
    assert first[0] == number


def test_what_was_swallowed_is_not_vomited(matcher: EmergencyMatcher) -> None:
    found = matcher.match("孙子误吞了纽扣电池")
    assert found is not None
    said = found.text(recorded=False)
    assert "不要催吐" in said
    assert "平躺" not in said


@pytest.mark.parametrize("row", _data()["kinds"], ids=lambda row: row["kind"])
def test_an_answer_has_at_most_four_lines(row: dict[str, Any]) -> None:
    assert 1 <= len(row["advice"]) <= 2


@pytest.mark.parametrize("text", NOT_TOLD.split("|"))
def test_an_ordinary_complaint_is_none(matcher: EmergencyMatcher, text: str) -> None:
    assert matcher.match(text) is None


def test_the_lists_are_long_enough() -> None:
    assert len(CASES) >= 100
    assert len(NOT_TOLD.split("|")) >= 90


def test_every_kind_has_cases() -> None:
    assert {row["kind"] for row in _data()["kinds"]} == set(TOLD)


@pytest.mark.parametrize("row", _data()["kinds"], ids=lambda row: row["kind"])
def test_the_first_line_is_what_to_dial(row: dict[str, Any]) -> None:
    matcher = EmergencyMatcher(rules_from(_data()))
    found = matcher.match(TOLD[row["kind"]].split("|")[0])
    assert found is not None
    first = found.text(recorded=False).splitlines()[0]
    assert first.startswith("请")
    assert found.number in first
    assert len(found.text(recorded=True)) < 250


def test_an_alerted_person_is_named_only_when_recorded(matcher: EmergencyMatcher) -> None:
    found = matcher.match("着火了")
    assert found is not None
    assert "已提醒值班人员" in found.text(recorded=True)
    assert "提醒值班人员" not in found.text(recorded=False)


def test_a_fear_in_one_sentence_does_not_silence_a_cry_in_the_next(
    matcher: EmergencyMatcher,
) -> None:
    found = matcher.match("以前就说过有火灾隐患。现在真的着火了！")
    assert found is not None
    assert found.kind == "fire"


def test_full_width_and_blanks_do_not_hide_it(matcher: EmergencyMatcher) -> None:
    assert matcher.match("　着火了　！！") is not None


def test_an_empty_message_tells_nothing(matcher: EmergencyMatcher) -> None:
    assert matcher.match("") is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"kinds": []}, "at least one kind"),
        ({"recorded": ""}, "recorded"),
        ({"past": ["("]}, "past"),
        ({"kinds": [{"kind": "x"}]}, "number"),
        ({"kinds": [{"kind": "x", "number": "119", "first": "打 110", "any": ["a"]}]}, "119"),
        ({"kinds": [{"kind": "X y", "number": "119", "first": "119", "any": ["a"]}]}, "lower-case"),
        ({"kinds": [{"kind": "x", "number": "119", "first": "119"}]}, "any"),
        ({"kinds": [{"kind": "x", "number": "119", "first": "119", "any": "a"}]}, "list of texts"),
    ],
)
def test_wrong_rules_are_refused_by_name(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        rules_from({**_data(), **change})


def test_a_kind_given_twice_is_refused() -> None:
    data = _data()
    with pytest.raises(ValueError, match="twice: fire"):
        rules_from(
            {
                **data,
                "kinds": [*data["kinds"], next(k for k in data["kinds"] if k["kind"] == "fire")],
            }
        )
