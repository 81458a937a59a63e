"""What staff say reaches the citizen in its order, once, and is held and said to be held when it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from bot.model.delivery import Delivery, DeliveryKind, DeliveryState
from bot.model.errors import Permanent, RetryLater, WindowClosed
from bot.model.message import Reply
from bot.services.deliver import Deliverer
from bot.services.speaking import AnswerHandler, Words, say
from tests.builders import CITIZEN, make_medium, make_message
from tests.services.fakes import KeptEvents, RecordingMessenger, ScriptedDialogue
from tests.services.floor import ANNA, ME, Floor
from tests.services.turning import Taker

CLOSED = WindowClosed("wechat", "45015", "48 h")
NO_RIGHT = Permanent("wechat", "48001", "api unauthorized")
LOST = RetryLater("wechat", "timeout", "no answer", outcome_unknown=True)
BUSY = RetryLater("wechat", "-1", "busy")
JOINED = "（工号 301 已接入，接下来由同事为您服务）"


@dataclass
class Talk:
    """An agent who holds the citizen, and the engine that sends what they say."""

    floor: Floor
    messenger: RecordingMessenger
    taker: Taker
    live: KeptEvents

    def say(self, *texts: str, picture: str = "") -> None:
        for text in texts:
            self.floor.clock.pass_(seconds=1)
            self.floor.handoffs.answer(ME, ANNA, text, key=text, picture=picture)

    def send(self, *, rounds: int = 1) -> list[str]:
        """Let the engine run, again after some seconds; returns all the citizen has read, but that Anna joined."""
        handler = AnswerHandler(self.floor.record, self.messenger)
        engine = Deliverer(self.floor.record, {"answer": handler}, self.floor.clock, self.live)
        for _ in range(rounds):
            engine.run_once()
            self.floor.clock.pass_(seconds=10)
        return [text for text in self.messenger.texts if text != JOINED]

    def citizen_writes(self, key: str = "m1", **values: Any) -> Reply | None:
        said = make_message("在吗", key, allowance="message", **values)
        return self.taker(ScriptedDialogue("您好")).take(said)

    def close_window(self, times: int = 1) -> None:
        self.messenger.fails.setdefault("custom", []).extend([CLOSED] * times)

    def states(self, *keys: str) -> list[str]:
        return [self.find(key).state.value for key in keys]

    def find(self, key: str) -> Delivery:
        return self.floor.delivery(f"staff:{key}")


@pytest.fixture
def talk(floor: Floor, messenger: RecordingMessenger, taker: Taker) -> Talk:
    floor.handoffs.claim(ME, ANNA)
    found = Talk(floor, messenger, taker, KeptEvents())
    found.send()
    return found


class TestOrder:
    def test_answers_arrive_as_they_were_said(self, talk: Talk) -> None:
        talk.say("一", "二", "三")
        assert talk.send(rounds=4) == ["一", "二", "三"]
        assert [s.citizen for s in talk.messenger.sent] == [CITIZEN] * 4
        assert talk.find("三").rung == "custom"

    def test_nobody_overtakes_one_that_is_tried_again(self, talk: Talk) -> None:
        talk.messenger.fails["custom"] = [BUSY]
        talk.say("一", "二")
        assert talk.send() == []
        assert talk.states("一", "二") == ["retry", "retry"]
        assert talk.find("二").attempts == 0
        assert talk.send(rounds=3) == ["一", "二"]

    def test_one_that_failed_for_good_holds_nobody_up(self, talk: Talk) -> None:
        talk.messenger.fails["custom"] = [Permanent("wechat", "45002", "too long")]
        talk.say("一", "二")
        assert talk.send(rounds=2) == ["二"]
        assert talk.states("一", "二") == ["failed", "sent"]
        assert talk.find("一").error == "wechat 45002"

    def test_a_word_said_before_is_not_said_again(self, talk: Talk) -> None:
        with talk.floor.record.unit() as unit:
            found = unit.conversations.get(ME)
            assert found is not None
            words = Words("w1", "一次")
            clock = talk.floor.clock
            assert [say(unit, found, words, clock) for _ in range(2)] == [True, False]
        assert talk.send() == ["一次"]

    def test_consoles_hear_what_became_of_it(self, talk: Talk) -> None:
        talk.live.told.clear()
        talk.say("一")
        talk.send()
        assert talk.live.changes() == [ME]


class TestHeld:
    def test_what_the_window_stops_is_held_and_the_following_wait_behind(self, talk: Talk) -> None:
        talk.close_window()
        talk.say("一", "二")
        assert talk.send(rounds=3) == []
        assert talk.states("一", "二") == ["held", "held"]
        assert talk.find("一").error == "wechat 45015"
        assert (
            talk.messenger.tried.count("custom") == 2
        )  # the joining and the first, not the second

    def test_they_go_out_in_order_when_the_citizen_writes(self, talk: Talk) -> None:
        talk.close_window()
        talk.say("一", "二", "三")
        talk.send(rounds=3)
        talk.floor.clock.pass_(days=1)
        assert talk.citizen_writes() is None  # a person holds it: the bot says nothing
        assert talk.send(rounds=4) == ["一", "二", "三"]

    def test_the_sixth_waits_for_the_next_window(self, talk: Talk) -> None:
        talk.say(*"一二三四五")
        talk.send()
        talk.close_window()
        talk.say(*"六七")
        assert talk.send(rounds=3) == list("一二三四五")
        assert talk.states("五", "六", "七") == ["sent", "held", "held"]
        talk.citizen_writes()
        assert talk.send(rounds=3) == list("一二三四五六七")

    def test_one_given_up_for_the_day_has_its_whole_time_again(self, talk: Talk) -> None:
        """WeChat was busy for a quarter of an hour; a hiccup after the citizen wrote must not hold it once more."""
        talk.messenger.fails["custom"] = [BUSY] * 3
        talk.say("一")
        talk.send()
        talk.floor.clock.pass_(minutes=16)
        talk.send()
        assert talk.states("一") == ["held"]
        talk.citizen_writes()
        talk.send()
        assert talk.states("一") == ["retry"]
        assert talk.send() == ["一"]

    def test_the_bot_does_not_say_what_goes_out_by_itself(self, talk: Talk) -> None:
        talk.close_window()
        talk.say("一")
        talk.send()
        talk.floor.handoffs.give_back(ME, ANNA, keep_form=False)
        assert talk.citizen_writes() == Reply("您好")
        assert talk.send(rounds=3)[0] == "一"


class TestNoRight:
    """The account is not verified (48001), or the citizen takes no messages (48002)."""

    def test_all_that_was_said_comes_with_the_bots_next_answer(self, talk: Talk) -> None:
        talk.messenger.fails["custom"] = [NO_RIGHT] * 9
        talk.say("一", "二")
        talk.floor.handoffs.give_back(ME, ANNA, keep_form=False)
        talk.send(rounds=3)
        assert talk.states("一", "二") == ["held", "held"]
        left = talk.floor.say("utter_person_ended", number="301")
        expected = ["工号 301 给您留言：一", "工号 301 给您留言：二", left, "您好"]
        assert talk.citizen_writes() == Reply("\n\n".join(expected))
        assert talk.send(rounds=2) == []
        assert [talk.find(k).rung for k in "一二"] == ["reply", "reply"]
        assert talk.citizen_writes("m2") == Reply("您好")

    def test_a_picture_cannot_be_said_but_holds_no_word_up(self, talk: Talk) -> None:
        with talk.floor.record.unit() as unit:
            unit.media.add(make_medium("p1", conversation_id=ME))
            unit.media.store_bytes("p1", b"pixels", "image/png")
        talk.messenger.fails = {"custom": [NO_RIGHT] * 9, "picture": [NO_RIGHT] * 9}
        talk.say("图", picture="p1")
        talk.say("二")
        talk.floor.handoffs.give_back(ME, ANNA, keep_form=False)
        talk.send(rounds=3)
        reply = talk.citizen_writes()
        assert reply is not None
        assert reply.text.startswith("工号 301 给您留言：二\n\n")
        assert talk.states("图", "二") == ["held", "sent"]


class TestPicture:
    @pytest.fixture(autouse=True)
    def picture(self, talk: Talk) -> None:
        with talk.floor.record.unit() as unit:
            unit.media.add(make_medium("p1", conversation_id=ME))

    def test_one_is_sent_as_a_picture_in_its_place(self, talk: Talk) -> None:
        with talk.floor.record.unit() as unit:
            unit.media.store_bytes("p1", b"pixels", "image/png")
        talk.say("一")
        talk.say("图", picture="p1")
        talk.say("二")
        talk.send(rounds=4)
        ways = [(s.way, s.content or s.text) for s in talk.messenger.sent[1:]]
        assert ways == [("custom", "一"), ("picture", b"pixels"), ("custom", "二")]
        with talk.floor.record.reading() as unit:
            line = unit.conversations.transcript(ME)[-2]
        assert (line.kind, line.data) == ("image", {"agent": "301", "medium": "p1"})

    def test_one_that_is_gone_fails_and_is_said_to(self, talk: Talk) -> None:
        talk.say("图", picture="p1")
        talk.send()
        assert (talk.states("图"), talk.find("图").error) == (["failed"], "minsheng picture")


class TestUnknownOutcome:
    def test_one_is_repeated_once(self, talk: Talk) -> None:
        talk.messenger.fails["custom"] = [LOST]
        talk.say("一")
        assert talk.send(rounds=3) == ["一"]
        assert (talk.find("一").repeats, talk.find("一").attempts) == (1, 2)

    def test_and_not_twice(self, talk: Talk) -> None:
        talk.messenger.fails["custom"] = [LOST] * 9
        talk.say("一")
        assert talk.send(rounds=5) == []
        assert talk.states("一") == ["failed"]
        assert talk.messenger.tried.count("custom") == 3  # the joining, and this one twice


@pytest.mark.parametrize("gone", [{"citizen": None}, {"following": False}])
def test_nothing_is_sent_to_a_citizen_who_left(talk: Talk, gone: dict[str, Any]) -> None:
    talk.say("一")
    talk.floor.change(**gone)
    assert talk.send() == []
    assert talk.states("一") == ["withheld"]


def test_every_word_is_of_the_one_kind(talk: Talk) -> None:
    """What staff say and that they came travel together, so that one order holds for both."""
    talk.say("一")
    assert talk.find("一").kind is DeliveryKind.ANSWER
    assert talk.floor.delivery("joined:1").kind is DeliveryKind.ANSWER
    assert talk.floor.delivery("joined:1").state is DeliveryState.SENT
