"""The verdict fails on doctored logs: one thing lost, filed twice, told twice, in a wrong order, too little killed."""

from __future__ import annotations

import pytest

from bench.soak.evidence import (
    Case,
    Evidence,
    Kill,
    Line,
    Push,
    Role,
    Said,
    Send,
    Told,
)
from bench.soak.verdict import LEAST_KILLS, Verdict, judge

CITIZEN, KINDS = "oCitizen", ("serve", "worker", "redis")
WORDS, PLACE, PROBE, NEWS, LATER = "Q000001", "10001号", "HZ-200101-0001", "N000007", "N000008"
RECEIPT = "HZ-261128-0001"
NO_SUCH = f"没有查到编号 {PROBE}。"
STORY = f"莫干山路{PLACE}\n跳广场舞，记号{WORDS}\n民声受理编号：{RECEIPT}"


class Logs:
    """The evidence of one citizen's good run, to be spoilt by a test."""

    def __init__(self) -> None:
        self.all = Evidence()
        self._number = 0
        self.place = self.say(Role.WORDS, PLACE)
        self.words = self.say(Role.WORDS, WORDS)
        self.confirm = self.say(Role.CONFIRM)
        self.filed = self.show(f"已提交，受理编号 {RECEIPT}。")
        self.probe = self.say(Role.PROBE, PROBE)
        self.answer = self.show(NO_SUCH)
        self.news = self.show(
            f"您反映的“跳舞”（{RECEIPT}）有新进展：\n11月28日 办理中\n{NEWS}到场", "custom"
        )
        self.later = self.show(f"（{RECEIPT}）有新进展：\n11月28日 已解决\n{LATER}处理", "custom")
        self.all.cases = [Case("B-1", STORY, f"莫干山路{PLACE}")]
        self.all.updates = [Told(NEWS, 20.0, case="B-1"), Told(LATER, 25.0, case="B-1")]
        self.all.kills = [Kill(k, 1, 1000.0 + n) for n in range(LEAST_KILLS) for k in KINDS]

    def say(self, role: Role, token: str = "", outcome: str = "replied") -> Push:
        push = Push(self.next(), CITIZEN, "文字", self._number, outcome, self._number + 0.5)
        push.attempts, push.text = [outcome], token
        self.all.pushes[push.id] = push
        self.all.said.append(Said(push.id, CITIZEN, role, token, "M1"))
        return push

    def show(self, text: str, via: str = "passive") -> Line:
        line = Line(self.next(), CITIZEN, text, via, float(self._number))
        self.all.lines.append(line)
        return line

    def send_of(self, line: Line, outcome: str = "ok") -> None:
        at, path = line.at, "message/custom/send"
        self.all.sends.append(Send(line.id, CITIZEN, path, line.text, at - 0.1, at + 0.1, outcome))

    def next(self) -> int:
        self._number += 1
        return self._number

    def judge(self) -> Verdict:
        return judge(self.all, KINDS)


@pytest.fixture
def logs() -> Logs:
    return Logs()


def test_a_good_run_passes(logs: Logs) -> None:
    assert logs.judge() == Verdict(kills=logs.judge().kills)
    assert logs.judge().passed


class TestLost:
    def test_an_accepted_message_without_any_answer(self, logs: Logs) -> None:
        logs.say(Role.FREE, "您好", "accepted")
        assert [f.token for f in logs.judge().lost] == ["您好"]
        assert not logs.judge().passed

    def test_not_one_that_the_platform_gave_up(self, logs: Logs) -> None:
        logs.say(Role.FREE, "您好", "fault")
        assert logs.judge().passed
        assert [f.token for f in logs.judge().faulted] == ["您好"]

    def test_a_question_whose_own_answer_never_came(self, logs: Logs) -> None:
        logs.all.lines.remove(logs.answer)
        assert [f.token for f in logs.judge().lost] == [PROBE]

    def test_a_receipt_without_a_case(self, logs: Logs) -> None:
        logs.show("已提交，受理编号 HZ-261128-0002。")
        assert [f.token for f in logs.judge().lost] == ["HZ-261128-0002"]

    def test_a_confirmation_without_a_case(self, logs: Logs) -> None:
        logs.all.cases, logs.all.updates = [], []
        assert {f.token for f in logs.judge().lost} == {RECEIPT, "M1"}

    def test_a_case_in_nobodys_words(self, logs: Logs) -> None:
        logs.all.cases.append(Case("B-2", "别的\n民声受理编号：HZ-261128-0009", ""))
        assert [f.token for f in logs.judge().lost] == ["HZ-261128-0009"]

    def test_words_that_the_case_lacks(self, logs: Logs) -> None:
        logs.all.cases = [Case("B-1", STORY.replace(WORDS, ""), "")]
        assert [f.token for f in logs.judge().lost] == [WORDS]

    def test_an_update_never_told(self, logs: Logs) -> None:
        logs.all.lines.remove(logs.later)
        assert [f.token for f in logs.judge().lost] == [LATER]

    def test_an_update_that_is_only_recalled_by_an_answer(self, logs: Logs) -> None:
        logs.all.lines.remove(logs.later)
        logs.show(f"{RECEIPT}“跳舞”\n最近答复：{LATER}处理")
        assert [f.token for f in logs.judge().lost] == [LATER]

    def test_not_what_could_not_be_told_because_the_citizen_left(self, logs: Logs) -> None:
        logs.all.lines.remove(logs.later)
        logs.all.pushes[99] = Push(99, CITIZEN, "取消关注", 26.0, "accepted", 26.1)
        assert logs.judge().passed

    def test_not_what_came_before_the_product_could_know_that_they_are_back(
        self, logs: Logs
    ) -> None:
        logs.all.lines.remove(logs.later)
        for number, (title, at, outcome) in enumerate(
            (("取消关注", 20.5, "accepted"), ("关注", 21.0, "fault"), ("文字", 26.0, "replied"))
        ):
            logs.all.pushes[90 + number] = Push(90 + number, CITIZEN, title, at, outcome, at + 0.1)
        assert logs.judge().lost == []

    def test_a_persons_answer_never_told(self, logs: Logs) -> None:
        logs.all.answers = [Told("S000001", 30.0, citizen=CITIZEN)]
        assert [f.token for f in logs.judge().lost] == ["S000001"]


class TestTwice:
    def test_filed_twice_under_one_number(self, logs: Logs) -> None:
        logs.all.cases.append(Case("B-2", STORY, ""))
        assert [f.token for f in logs.judge().filed_twice] == [RECEIPT]

    def test_one_message_in_two_cases(self, logs: Logs) -> None:
        other = STORY.replace(RECEIPT, "HZ-261128-0002").replace(PLACE, "")
        logs.all.cases.append(Case("B-2", other, ""))
        logs.show("已提交，受理编号 HZ-261128-0002。")
        assert [f.token for f in logs.judge().filed_twice] == [WORDS]

    def test_told_twice(self, logs: Logs) -> None:
        logs.send_of(logs.news)
        logs.show(logs.news.text, "custom")
        assert [f.token for f in logs.judge().told_twice] == [NEWS]
        assert not logs.judge().passed

    def test_an_answer_told_twice(self, logs: Logs) -> None:
        logs.show(NO_SUCH, "custom")
        assert [f.token for f in logs.judge().told_twice] == [PROBE]

    def test_not_an_answer_to_what_was_asked_twice(self, logs: Logs) -> None:
        logs.say(Role.PROBE, PROBE)
        logs.show(NO_SUCH)
        assert logs.judge().passed

    def test_once_more_after_a_lost_answer_is_counted_apart(self, logs: Logs) -> None:
        logs.send_of(logs.news, "lost connection lost after the work")
        logs.show(logs.news.text, "custom")
        assert logs.judge().passed
        assert [f.token for f in logs.judge().ambiguous] == [NEWS]

    def test_once_more_after_its_sender_was_killed_is_counted_apart(self, logs: Logs) -> None:
        logs.send_of(logs.news)
        logs.all.kills.append(Kill("worker", 7, logs.news.at + 0.2))
        logs.show(logs.news.text, "custom")
        assert logs.judge().passed
        assert [f.token for f in logs.judge().ambiguous] == [NEWS]

    def test_twice_more_is_a_fault_all_the_same(self, logs: Logs) -> None:
        for line in (logs.news, logs.show(logs.news.text, "custom")):
            logs.send_of(line, "lost connection lost after the work")
        logs.show(logs.news.text, "custom")
        assert [f.token for f in logs.judge().told_twice] == [NEWS]

    def test_news_told_to_somebody_else(self, logs: Logs) -> None:
        text = logs.news.text
        logs.all.lines.append(Line(logs.next(), "oOther", text, "custom", 50.0))
        assert [f.token for f in logs.judge().told_twice] == [NEWS]


class TestOrder:
    def test_an_answer_before_that_of_the_earlier_question(self, logs: Logs) -> None:
        second = "HZ-200101-0002"
        logs.all.lines.remove(logs.answer)
        logs.say(Role.PROBE, second)
        logs.show(f"没有查到编号 {second}。")
        logs.show(NO_SUCH)
        assert [f.token for f in logs.judge().out_of_order] == [second]
        assert not logs.judge().passed

    def test_words_in_the_wrong_order_in_the_case(self, logs: Logs) -> None:
        turned = f"记号{WORDS}\n莫干山路{PLACE}\n民声受理编号：{RECEIPT}"
        logs.all.cases = [Case("B-1", turned, "")]
        assert [f.token for f in logs.judge().out_of_order] == [WORDS]

    def test_words_that_were_on_their_way_together_have_no_order(self, logs: Logs) -> None:
        logs.place.attempts, logs.place.ended_at = ["unreachable", "replied"], 9.0
        turned = f"记号{WORDS}\n莫干山路{PLACE}\n民声受理编号：{RECEIPT}"
        logs.all.cases = [Case("B-1", turned, "")]
        assert logs.judge().passed

    def test_news_told_in_the_wrong_order(self, logs: Logs) -> None:
        logs.all.updates = [Told(LATER, 20.0, case="B-1"), Told(NEWS, 25.0, case="B-1")]
        assert [f.token for f in logs.judge().out_of_order] == [NEWS]

    def test_a_persons_answers_in_the_wrong_order(self, logs: Logs) -> None:
        logs.show("S000002好", "custom")
        logs.show("S000001好", "custom")
        logs.all.answers = [Told(f"S00000{n}", 30.0 + n, citizen=CITIZEN) for n in (1, 2)]
        assert [f.token for f in logs.judge().out_of_order] == ["S000002"]


@pytest.mark.parametrize("kind", KINDS)
def test_too_few_kills_of_one_kind_prove_nothing(logs: Logs, kind: str) -> None:
    logs.all.kills.remove(next(kill for kill in logs.all.kills if kill.kind == kind))
    assert logs.judge().too_few == [kind]
    assert not logs.judge().passed
