"""The trained pipeline on phrases that stand in no training file."""

from __future__ import annotations

import pytest
from rasa.shared.nlu.training_data.training_data import TrainingData

from tests.nlu.conftest import Parse

UNSEEN: dict[str, str] = {
    "report": "我家楼下有人卖烧烤 烟特别大|三号楼二单元门口|每天晚上八点到十一点|大概两个星期了|没有路灯很危险|"
    "我叫赵大明|请问异地社保怎么转|老板不给我们发钱|门口那个坑好大|他们天天吵|没有人来修过|13912345678|第二个选项|不给退钱|"
    "算下来欠我三个月工资|取消了公交站台|保密局门口有人摆摊|公开的停车位被占了|没有消防栓|好多垃圾|可以管管噪音吗",
    "start_complaint": "我想投诉一个事情|我要反映一个问题|投诉一下|我要说个问题",
    "affirm": "对的没错|嗯是的|好的提交吧|可以 就这样|确认提交吧|没问题啦|對",
    "deny": "不对不对啊|不是这样子的|错啦|不太对啊",
    "skip": "这个跳过吧|没有其他的啦|我不太清楚呢|我不知道啊|不想说呢",
    "cancel": "取消了吧|算了不说了|那我不投诉了|不想弄了算了",
    "start_over": "我要重新填一下|重新来一次|从头再填",
    "resume": "接着填上次的|那就继续吧|继续填写",
    "correct": "地点不对，应该是光明路3号|不是我家，是隔壁那家|把电话改成13812345678|类别换成环卫|时间写错了|"
    "不是老刘是老柳|情况再加一句有老人摔伤|名字错了，叫张伟|地址写错了",
    "ask_progress": "我的投诉到哪一步了啊|查查进度|HZ-261123-0417 怎么样了|我上次报的有没有结果|确认一下什么时候修好",
    "ask_duration": "大概要几天啊|多久可以处理完|要等多长时间",
    "ask_privacy": "会不会把我的信息泄露出去|物业会不会知道是我|是不是匿名的|你们要保密吗",
    "ask_help": "你到底是谁呀|你都能做些什么|怎么投诉啊|你是不是机器人",
    "ask_hours": "你们什么时候上班|现在有没有人值班|周六上班吗",
    "ask_photo": "可不可以发照片|我能发图片吗|照片要怎么传",
    "human": "转人工吧|我要找人工客服|能不能找个活人|麻烦转接人工|人工服务在不在|有没有人工客服啊|算了说不清，转人工|太烦了不弄了给我换个真人",
    "go_public": "可以公开啊|我选公开|公开吧没事",
    "go_confidential": "请帮我保密|不要公开我的信息|我想匿名|那就保密吧",
    "second_matter": "还有一件事情|我还有另外一件事|还有个问题要说",
    "my_data": "把我的信息都删掉|你们存了我哪些信息|我要删除我的数据",
    "greet": "你好呀你好|您好 在吗|早上好啊",
    "thanks": "谢谢你啊|太感谢啦|好的 非常感谢",
    "bye": "再见啦|拜拜咯|那先这样吧",
    "chitchat": "给我讲个笑话吧|你吃饭了没|今天天气怎么样啊",
    "abuse": "你个傻逼|滚吧|你们都是垃圾",
    "out_of_scope": "帮我定个明早六点的闹钟|放一首周杰伦的歌|法院判得不公你们管不管|红烧排骨怎么做|帮我写一段代码|"
    "附近有什么好吃的餐馆",
}
CASES = [(intent, text) for intent, row in UNSEEN.items() for text in row.split("|")]


@pytest.mark.parametrize(("intent", "text"), CASES)
def test_an_unseen_phrase_is_understood(parse: Parse, intent: str, text: str) -> None:
    found = parse(text)["intent"]
    assert found["name"] == intent, found


@pytest.mark.parametrize(
    "text", ["银行的人工客服打不通", "人工湖的水发臭了", "人工费到现在没给", "不用转人工，我自己说"]
)
def test_the_word_alone_calls_no_person(parse: Parse, text: str) -> None:
    assert parse(text)["intent"]["name"] != "human"


def test_the_phrases_are_unseen(training_data: TrainingData) -> None:
    known = {message.get("text") for message in training_data.intent_examples}
    assert not known & {text for _, text in CASES}


def test_the_ranking_begins_with_the_intent_and_is_sorted(parse: Parse) -> None:
    parsed = parse("小区门口的垃圾三天没人清了")
    ranking = parsed["intent_ranking"]
    assert ranking[0] == parsed["intent"]
    assert len({row["name"] for row in ranking}) == len(ranking) > 3


@pytest.mark.parametrize("text", ["", "   ", "😀😀", "/:rose/:rose", "[微笑]", "。。。", "?", "\n"])
def test_a_message_without_words_is_small_talk(parse: Parse, text: str) -> None:
    assert parse(text)["intent"]["name"] in ("chitchat", "report")


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [("我要投訴", "我要投诉"), ("確認", "确认"), ("查詢進度", "查询进度"), ("取消吧", "取消吧")],
)
def test_traditional_characters_mean_the_same(
    parse: Parse, traditional: str, simplified: str
) -> None:
    assert parse(traditional)["intent"]["name"] == parse(simplified)["intent"]["name"]
