"""Who answers a citizen: taking, handing on, giving back, sending away; refused in words that help."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.model.conversation import Holder, WaitReason
from bot.model.draft import Draft
from bot.model.staff import Presence
from bot.storage.record import SqlRecord
from console.parts import ServingParts
from tests.console.desk_side import START, Browser, audited, change, now_of, waits

BrowserOf = Callable[[str], Browser]


@pytest.fixture
def anna(record: SqlRecord) -> str:
    return waits(record, "anna", WaitReason.ASKED, START, "转人工")


@pytest.fixture
def fang(browser_of: BrowserOf) -> Browser:
    """1024 王芳, an agent."""
    return browser_of("1024")


def path(conversation: str, act: str) -> str:
    return f"/conversations/{conversation}/{act}"


def test_of_two_who_claim_one_has_the_citizen_and_the_other_is_told_who(
    browser_of: BrowserOf, record: SqlRecord, anna: str
) -> None:
    browsers = [browser_of("1024"), browser_of("1031")]
    for browser in browsers:
        browser.soup("/")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda b: b.act(path(anna, "claim")), browsers))
    assert sorted(a.status_code for a in answers) == [200, 409]
    winner = now_of(record, anna).agent
    name = {"1024": "王芳", "1031": "李强"}[winner]
    (refused,) = [a.json() for a in answers if a.status_code == 409]
    assert refused["error"] == f"{winner} {name} 已经接入了这位市民"
    assert (refused["agent"], refused["agent_name"]) == (winner, name)
    assert refused["advice"]
    assert audited(record, "conversation claimed") == [(winner, f"conversation {anna}", "")]


def test_claiming_ones_own_again_changes_nothing(
    fang: Browser, record: SqlRecord, anna: str
) -> None:
    for _ in range(2):
        assert fang.act(path(anna, "claim")).json() == {"ok": True}
    with record.reading() as unit:
        lines = [line.text for line in unit.conversations.transcript(anna)]
    assert lines == ["转人工", "（工号 1024 已接入，接下来由同事为您服务）"]


def test_a_supervisor_takes_over_and_it_is_written_down_from_whom(
    fang: Browser, browser_of: BrowserOf, record: SqlRecord, anna: str
) -> None:
    fang.act(path(anna, "claim"))
    assert browser_of("2001").act(path(anna, "take-over")).status_code == 200
    assert now_of(record, anna).agent == "2001"
    assert audited(record, "conversation taken over") == [("2001", f"conversation {anna}", "1024")]
    lost = fang.act(path(anna, "give-back"), keep_form=False)
    assert lost.status_code == 409
    assert lost.json()["error"] == "这位市民现在由 2001 赵敏 接待"
    assert lost.json()["agent"] == "2001"


def test_a_citizen_is_handed_to_a_colleague_who_is_there(
    fang: Browser, record: SqlRecord, serving: ServingParts, anna: str
) -> None:
    fang.act(path(anna, "claim"))
    serving.presences.beat("1031", Presence.READY)
    assert fang.act(path(anna, "hand-to"), to="1031", words=" 请接着问 ").status_code == 200
    assert now_of(record, anna).agent == "1031"
    assert audited(record, "conversation handed over") == [("1024", f"conversation {anna}", "1031")]
    shown = fang.json(f"/conversations/{anna}.json")["lines"]
    assert "转给 1031 李强：请接着问" in [line["text"] for line in shown]


@pytest.mark.parametrize("to", ["1031", "3001", "9999", ""])
def test_nobody_is_handed_to_who_does_not_take_citizens(
    fang: Browser, record: SqlRecord, serving: ServingParts, anna: str, to: str
) -> None:
    fang.act(path(anna, "claim"))
    serving.presences.beat("1031", Presence.AWAY)
    serving.presences.beat("3001", Presence.READY)
    answer = fang.act(path(anna, "hand-to"), to=to, words="")
    assert answer.status_code == 409
    assert "没有在岗" in answer.json()["error"]
    assert now_of(record, anna).agent == "1024"


def test_a_word_to_the_colleague_has_its_length(fang: Browser, anna: str) -> None:
    fang.act(path(anna, "claim"))
    answer = fang.act(path(anna, "hand-to"), to="1031", words="长" * 2001)
    assert answer.status_code == 422
    assert "2000" in answer.json()["problems"]["words"]


@pytest.mark.parametrize("keep", [True, False])
def test_a_citizen_is_given_back_with_or_without_the_form(
    fang: Browser, record: SqlRecord, anna: str, keep: bool
) -> None:
    draft = Draft(said=["路灯不亮"], details=["路灯不亮"])
    change(record, anna, snapshot={"slots": {"draft": draft.to_dict()}})
    fang.act(path(anna, "claim"))
    assert fang.act(path(anna, "give-back"), keep_form=keep).status_code == 200
    found = now_of(record, anna)
    assert (found.holder, found.agent) == (Holder.BOT, "")
    assert found.snapshot is not None
    assert ("draft" in found.snapshot["slots"]) == keep
    assert len(audited(record, "conversation given back")) == 1


def test_a_citizen_is_put_back_among_those_who_wait(
    fang: Browser, record: SqlRecord, serving: ServingParts, anna: str
) -> None:
    fang.act(path(anna, "claim"))
    serving.presences.beat("1031", Presence.READY)
    assert fang.act(path(anna, "requeue")).status_code == 200
    found = now_of(record, anna)
    assert (found.holder, found.waiting_reason) == (Holder.WAITING, WaitReason.ASKED)
    assert len(audited(record, "conversation requeued")) == 1


def test_who_was_handled_leaves_the_list(fang: Browser, record: SqlRecord, anna: str) -> None:
    mark = fang.json(f"/conversations/{anna}.json")["conversation"]["mark"]
    for _ in range(2):
        assert fang.act(path(anna, "clear"), mark=mark).status_code == 200
    found = now_of(record, anna)
    assert (found.waiting_since, found.citizen) == (None, "anna")
    assert fang.json("/live.json")["rows"] == []
    assert audited(record, "waiting cleared")[0] == ("1024", f"conversation {anna}", "")


@pytest.mark.parametrize("what", ["spoke", "emergency"])
def test_a_citizen_who_spoke_meanwhile_is_not_sent_away_unread(
    fang: Browser, record: SqlRecord, anna: str, what: str
) -> None:
    mark = fang.json(f"/conversations/{anna}.json")["conversation"]["mark"]
    if what == "spoke":
        change(record, anna, last_said_at=START + timedelta(minutes=1))
    else:
        change(record, anna, waiting_reason=WaitReason.EMERGENCY)
    answer = fang.act(path(anna, "clear"), mark=mark)
    assert (answer.status_code, answer.json()["error"]) == (409, "市民刚刚又说了话")
    assert now_of(record, anna).waiting_since == START
    assert audited(record, "waiting cleared") == []


def test_who_was_told_that_somebody_comes_is_not_sent_away(
    fang: Browser, record: SqlRecord, anna: str
) -> None:
    change(record, anna, holder=Holder.WAITING)
    mark = fang.json(f"/conversations/{anna}.json")["conversation"]["mark"]
    answer = fang.act(path(anna, "clear"), mark=mark)
    assert answer.status_code == 409
    assert "正等着人工" in answer.json()["error"]


@pytest.mark.parametrize("act", ["give-back", "requeue", "hand-to"])
def test_only_who_holds_a_citizen_may_let_go(
    fang: Browser, serving: ServingParts, anna: str, act: str
) -> None:
    serving.presences.beat("1031", Presence.READY)
    answer = fang.act(path(anna, act), to="1031", keep_form=False)
    assert (answer.status_code, answer.json()["agent"]) == (409, "")
    assert answer.json()["error"] == "这位市民现在不由您接待"


@pytest.mark.parametrize(
    ("act", "number"),
    [
        ("claim", "1024"),
        ("take-over", "2001"),
        ("give-back", "1024"),
        ("requeue", "1024"),
        ("clear", "1024"),
    ],
)
def test_what_is_not_there_is_not_found(browser_of: BrowserOf, act: str, number: str) -> None:
    answer = browser_of(number).act(path("nobody", act), keep_form=False, mark="")
    assert (answer.status_code, answer.json()["error"]) == (404, "没有找到这段对话")


def test_colleagues_are_those_who_may_serve_with_what_they_hold(
    fang: Browser, serving: ServingParts, anna: str
) -> None:
    fang.act(path(anna, "claim"))
    serving.presences.beat("2001", Presence.AWAY)
    shown = fang.json("/colleagues.json")["colleagues"]
    assert [(c["number"], c["role_name"], c["presence"], c["holds"]) for c in shown] == [
        ("0001", "管理员", "gone", 0),
        ("1024", "坐席", "gone", 1),
        ("1031", "坐席", "gone", 0),
        ("2001", "值班长", "away", 0),
    ]


def test_one_says_that_one_takes_citizens_or_not(fang: Browser, serving: ServingParts) -> None:
    for word in ("away", "ready"):
        assert fang.act("/presence", presence=word).json() == {"ok": True, "presence": word}
        assert serving.presences.present() == {"1024": Presence(word)}
    assert fang.act("/presence", presence="asleep").status_code == 422
