"""The six matters that the article of 2021-11-02 names, each from the first word in the chat to the archive.

The places are ours (the shipped office is Hangzhou's); what was wrong and what came of it is as the article tells it
(civic-domain section 2, acceptance scenarios a to f).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from app.settings import ROOT
from desk.config import DeskConfig
from desk.model.case import Case, Outcome, State, replay
from desk.office.office import DeskOffice, open_office
from desk.office.stepping import Wanted
from simulator.driver import Citizen
from tests.e2e.desk import Desk
from tests.e2e.server import API_KEY, ProductServer
from tests.e2e.talk import file_case

HOTLINE = "12345"
Files = Callable[[str, str], "Matter"]
SOON_S = 15.0


@pytest.fixture(scope="module")
def office(server: ProductServer) -> Iterator[DeskOffice]:
    """The office of the running product, as its clerks work at it."""
    url = f"sqlite:///{server.folder / 'data' / 'desk.db'}"
    opened = open_office(DeskConfig(url, API_KEY, ROOT / "catalog" / "services.yml"))
    yield opened
    opened.close()


@dataclass
class Matter:
    """One citizen's matter and the office's work on it."""

    citizen: Citizen
    office: DeskOffice
    number: str
    unit: str

    def case(self) -> Case:
        found = replay(self.number, self.office.store.steps(self.number))
        assert found is not None
        return found

    def act(self, name: str, by: str, **wanted: Any) -> None:
        """Take a step; what the citizen shall be told of it reaches them."""
        actor = self.office.staff("0007 李经办", by)
        self.office.casework.act(self.number, name, actor, Wanted(**wanted))
        told = self.office.store.steps(self.number)[-1].told
        if told:
            self.citizen.wait_for(told, SOON_S)

    def taken_up(self) -> None:
        self.act("accept", HOTLINE)
        self.act("dispatch", HOTLINE, unit=self.unit)
        self.act("sign", self.unit)
        self.act("start", self.unit)

    def answered(self, text: str, kind: str = "solved", **more: Any) -> None:
        """Reply; the citizen reads the words as they are, and is asked what they think."""
        name = self.office.rules.units.name(self.unit)
        self.act("reply", self.unit, outcome=Outcome(kind, text, name, **more))
        self.citizen.wait_for("联系过您吗", SOON_S)

    def judged(self, *answers: str) -> str:
        """Answer the callback; returns the bot's last words."""
        return ["\n".join(self.citizen.say(answer)) for answer in answers][-1]

    def until(self, holds: Callable[[Case], bool]) -> Case:
        deadline = time.monotonic() + SOON_S
        while not holds(self.case()):
            assert time.monotonic() < deadline, self.case()
            time.sleep(0.2)
        return self.case()

    def archived(self) -> Case:
        self.until(lambda case: case.state is State.CLOSED)
        self.act("archive", HOTLINE)
        steps = self.office.store.steps(self.number)
        assert all(bool(step.told) != bool(step.untold) for step in steps)
        return self.case()


@pytest.fixture
def files(citizen: Citizen, desk: Desk, office: DeskOffice) -> Files:
    """Take a complaint from the chat to the office; its group must be one that fits ("|" between two that do)."""

    def take(words: str, group: str) -> Matter:
        receipt = file_case(citizen, words)
        row = desk.wait_for(receipt)
        assert desk.group_of(row["service_code"]) in group.split("|")
        matter = Matter(citizen, office, row["service_request_id"], "")
        case = matter.case()
        suggested = office.rules.suggest(service=case.service, division=case.division)
        assert suggested, "nobody is suggested"
        matter.unit = suggested[0].code
        return matter

    return take


def test_a_noise_all_day_and_many_complaints_without_result(files: Files) -> None:
    """(a) Changchun, Ms Li: singing, whips and square dancing; six groups were talked to, hours and volume limited."""
    matter = files(
        "西湖区文二路391号旁边的小广场从早到晚都有人唱歌、甩鞭子、跳广场舞，声音特别大，反映过好多次都没结果",
        "环保",
    )
    matter.taken_up()
    matter.answered(
        "已逐一约谈6支队伍，约定早上7点前、晚上9点后不活动，音量不超过60分贝，社区每天巡查。"
    )
    assert "很满意" in matter.judged("联系过", "解决了", "5 5 4")
    case = matter.archived()
    assert case.verdict is not None
    assert (case.verdict.contacted, case.verdict.solved) == (True, "yes")
    assert case.verdict.scores == (5, 5, 4)


def test_b_the_first_bus_is_too_late_for_the_train(files: Files) -> None:
    """(b) Guixi, Ms Wu: bus 9 starts too late; it leaves half an hour earlier now."""
    matter = files(
        "建议9路公交车首班提前半小时，现在火车东站那一站6点半才有车，赶不上早上第一趟火车", "交通"
    )
    matter.taken_up()
    matter.answered("经客流调查，自下月1日起9路首班由6:00提前到5:30。")
    assert "满意" in matter.judged("1", "1", "都5分")
    assert matter.archived().outcome is not None


def test_c_a_bridge_toll_that_is_too_high(files: Files) -> None:
    """(c) Quanzhou Bay bridge: from 2.68 to 1.20 yuan a car and kilometre, from the first of July."""
    matter = files(
        "建议降低钱江通道过江隧道的通行费，现在每公里要两块多，太贵了，来回上班负担重", "交通"
    )
    matter.taken_up()
    matter.answered("经省政府批准，自7月1日起每车公里由2.68元降为1.20元。")
    assert "满意" in matter.judged("联系过", "解决了", "5 4 5")
    matter.archived()


def test_d_charging_bicycles_in_old_estates(files: Files) -> None:
    """(d) Dongying: no place to charge; a plan for the whole city, with its day."""
    matter = files(
        "拱墅区德胜新村12幢是老小区，电动车没地方充电，好多人从楼上拉飞线充电，怕着火", "治安|城建"
    )
    matter.taken_up()
    day = date(date.today().year + 1, 8, 31)  # noqa: DTZ011 - any day that is still to come
    matter.answered(
        "全市老旧小区充电桩改造已立项，您所在小区排在第一批，明年8月底前建成集中充电棚。",
        "planned",
        until=day,
    )
    assert "转给办理单位" in matter.judged("联系过", "部分解决", "4 4 3")
    matter.until(lambda case: case.state is State.FOLLOWED_UP)
    matter.act("close", HOTLINE)
    case = matter.archived()
    assert case.outcome is not None
    assert (case.outcome.kind, case.outcome.until) == ("planned", day)


def test_e_a_school_stalled_for_two_years(files: Files) -> None:
    """(e) Yongde: repeated, unsolved, a question of money: explained, contested once, taken up again, explained better."""
    matter = files(
        "临平区塘栖镇中心小学重建停工两年多了，孩子一直在板房里上课，反映了好几次都没有结果", "教育"
    )
    matter.taken_up()
    cause = "资金或条件暂不具备"
    matter.answered("学校重建因资金缺口停工，正在申请专项债。", "explained", cause=cause)
    assert "哪里没办好" in matter.judged("没有联系", "没有解决")
    assert "退回重办" in "".join(matter.citizen.say("去年也是这么答复的，到底什么时候能复工"))
    matter.until(lambda case: case.redone == 1)
    matter.citizen.wait_for("重新办理", SOON_S)
    matter.answered(
        "专项债已批复1200万元，下月15日复工，明年9月前交付；期间板房加装暖气。",
        "explained",
        cause=cause,
    )
    assert "满意" in matter.judged("联系过", "部分解决", "4 5 4")
    matter.until(lambda case: case.state is State.FOLLOWED_UP)
    matter.act("close", HOTLINE)
    case = matter.archived()
    assert case.outcome is not None
    assert matter.office.rules.outcomes[case.outcome.kind].solved == "no"
    assert case.redone == 1


@pytest.mark.parametrize(
    ("words", "group"),
    [
        ("萧山区市心路88号工地干了半年活，老板拖着工钱一直不发，二十几个人都没拿到钱", "就业"),
        ("上城区解放路25号门口人行道天天停满车，盲道都占了，老人没法走路", "治安|城建"),
        ("余杭区良渚文化村小区交房五年了，开发商一直办不下来房产证", "城建"),
        ("我在滨江区开了家小店，办营业执照跑了五趟，窗口每次都说缺材料", "企业"),
    ],
    ids=["wages", "parking", "title deeds", "business"],
)
def test_f_the_four_that_are_named_most(files: Files, words: str, group: str) -> None:
    """(f) Wages owed, parking, title deeds, the business environment."""
    matter = files(words, group)
    matter.taken_up()
    matter.answered("已和您核实并办结，后续有变化请随时告诉我们。")
    assert "满意" in matter.judged("联系过", "解决了", "5 5 5")
    matter.archived()
