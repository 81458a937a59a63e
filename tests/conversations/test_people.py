"""A person comes, speaks and goes: what the citizen reads from the first wish to the bot's next question."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.model.conversation import Holder, WaitReason
from tests.conversations.harness import Citizen, City
from tests.services.floor import ANNA, BEN

STORY = "加装电梯的钱分摊不均，一楼的不同意，闹了一年"


@pytest.fixture
def citizen(city: City) -> Citizen:
    city.presences.come(ANNA.number, BEN.number)
    return city.citizen()


def holder(citizen: Citizen) -> Holder:
    return citizen.conversation().holder


def test_from_the_wish_to_the_bots_return(city: City, citizen: Citizen) -> None:
    """Between joining and leaving no line on the screen is the bot's."""
    citizen.say(STORY)
    citizen.say("叫个人来跟我说")
    citizen.say("我是业委会的")
    city.handoffs.claim(citizen.id, ANNA)
    assert citizen.say("您好，听得到吗") == ""
    city.handoffs.answer(citizen.id, ANNA, "您好，我看到您说的了", key="a1")
    assert citizen.say("转人工") == citizen.say("查进度") == citizen.menu("person") == ""
    assert citizen.send_image() == citizen.send_location(30.28, 120.13, "东园巷") == ""
    city.handoffs.give_back(citizen.id, ANNA, keep_form=True)

    joined = citizen.read().index("（工号 301 已接入，接下来由同事为您服务）")
    assert citizen.read()[joined + 1 :] == [
        "您好，我看到您说的了",
        f"（工号 301 已结束，我继续为您服务）您填到一半的投诉还在：{STORY}\n要接着填吗？1 接着填 2 不要了",
    ]
    assert "哪" in citizen.say("1")
    answer = citizen.say("东园巷2号")
    if citizen.last.options:
        answer = citizen.tap("")
    assert "东园巷2号" in answer
    assert "查进度" not in answer


def test_two_wait_and_hear_their_place_and_how_long_it_took_lately(city: City) -> None:
    city.presences.come(ANNA.number)
    for name in "甲乙丙":
        city.citizen(name).say("帮我接人工")
        city.clock.forward(timedelta(seconds=100))
        city.handoffs.claim(city.citizen(name).id, ANNA)
    first, second = city.citizen("丁"), city.citizen("戊")
    assert "大约 2 分钟" in first.say("转人工")
    assert "前面还有" not in str(first.last)
    assert "前面还有 1 位，大约 2 分钟" in second.say("转人工")


def test_an_agent_who_never_answers_is_followed_by_the_bot_with_the_form(
    city: City, citizen: Citizen
) -> None:
    """Nobody else is there: the citizen hears so, and the words that follow are not mixed into the old form unasked."""
    city.presences.go(BEN.number)
    citizen.say(STORY)
    citizen.say("转人工")
    city.handoffs.claim(citizen.id, ANNA)
    citizen.say("在吗")
    city.clock.forward(timedelta(minutes=5))
    assert city.watch.run_once() == 1
    assert "工号 301 暂时离开" in citizen.read()[-1]
    assert holder(citizen) is Holder.BOT
    asked = citizen.say("闸弄口街道机场路52号门前的窨井盖翘起来了")
    assert STORY in asked
    assert [o.id for o in citizen.last.options] == ["go_on", "drop"]


def test_nobody_comes_and_the_citizen_is_served_all_the_same(city: City, citizen: Citizen) -> None:
    citizen.say("转人工")
    city.clock.forward(timedelta(minutes=10))
    city.watch.run_once()
    assert "让您久等了" in citizen.read()[-1]
    answer = citizen.say("闸弄口街道机场路52号门前的窨井盖翘起来了，车过去哐当响")
    if citizen.last.options:
        answer = citizen.say("1")
    assert "机场路52号" in answer
    assert citizen.conversation().waiting_reason is WaitReason.ASKED
    assert "正在叫同事" in citizen.say("再帮我转人工")
    assert city.watch.run_once() == 0
    assert holder(citizen) is Holder.WAITING


def test_an_emergency_while_a_person_holds_is_told_and_kept(city: City, citizen: Citizen) -> None:
    """The one line of the house that may come between; the words are there when the bot returns."""
    city.handoffs.claim(citizen.id if citizen.say("转人工") else "", ANNA)
    answer = citizen.say("我家里着火了，古墩路18号")
    assert "119" in answer
    assert holder(citizen) is Holder.STAFF
    line = [r for r in citizen.transcript() if r.direction == "citizen"][-1]
    assert line.data["emergency"] == "119"
    city.handoffs.give_back(citizen.id, ANNA, keep_form=True)
    assert "古墩路18号" in citizen.read()[-1]


def test_a_citizen_who_leaves_is_let_go_and_starts_anew(city: City, citizen: Citizen) -> None:
    citizen.say("转人工")
    city.handoffs.claim(citizen.id, ANNA)
    citizen.unfollow()
    assert holder(citizen) is Holder.BOT
    assert citizen.follow() != ""
    assert citizen.conversation().waiting_reason is None


def test_what_the_model_took_from_each_line_is_kept_for_staff(citizen: Citizen) -> None:
    citizen.say("庆春路86号门口路灯不亮")
    citizen.send_image()
    words, picture = (r for r in citizen.transcript() if r.direction == "citizen")
    heard_as = words.data["understood"]
    assert heard_as["intent"] == "report"
    assert 0 < heard_as["confidence"] <= 1
    assert 1 <= len(heard_as["services"]) <= 3
    assert set(heard_as["services"][0]) == {"name", "group", "confidence"}
    assert "understood" not in picture.data
