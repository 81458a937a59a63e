"""What citizens do: each scene is one errand, played against whatever the bot answers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from bench.soak.citizen import Citizen
from bench.soak.evidence import Push, Role

FILED = "已提交，受理编号"
JOINED = "已接入"
READ_BACK = "回复“确认”"
_MOST_TURNS = 9
_COMES_S = 30.0
_DRIP_S = (0.15, 0.9)
_OPTIONS = re.compile(r"(?m)^1[.、 ]")
_ASIDES = ("要多久才有结果", "可以发照片吗", "会不会泄露我的信息", "几点上班")

#: (place, matter, since): in one message or in three.
_MATTERS = (
    (
        "拱墅区莫干山路{house}",
        "院子里每天晚上跳广场舞，音响很吵，记号{mark}",
        "已经持续两个月了，记号{mark}",
    ),
    (
        "上城区解放路{house}门口",
        "垃圾一个星期没人清运，臭得很，记号{mark}",
        "已经跟保洁说过三次了，记号{mark}",
    ),
    (
        "西湖区文三路{house}门口",
        "路灯不亮了，晚上看不见路，记号{mark}",
        "已经坏了半个月，记号{mark}",
    ),
)


class Matter:
    """One thing that a citizen wants filed, in words that occur nowhere else."""

    def __init__(self, citizen: Citizen) -> None:
        tokens = citizen.street.tokens
        self.key = f"M{tokens.number():06d}"
        self._house = tokens.house()
        self._forms = citizen.dice.choice(_MATTERS)
        self.parts: list[tuple[str, str]] = [
            (self._forms[0].format(house=self._house), self._house)
        ]
        for form in self._forms[1:]:
            mark = tokens.mark()
            self.parts.append((form.format(mark=mark), mark))

    def whole(self) -> tuple[str, str]:
        """Return all of it as one message, and its token."""
        return "，".join(text for text, _ in self.parts), self.parts[-1][1]


def whole(citizen: Citizen) -> None:
    """File with one message."""
    matter = Matter(citizen)
    text, token = matter.whole()
    _to_the_end(citizen, matter, citizen.say(text, Role.WORDS, token=token, matter=matter.key))


def in_drips(citizen: Citizen) -> None:
    """File piece by piece, waiting for each answer, with a question in between."""
    matter, answer = Matter(citizen), ""
    for text, token in matter.parts:
        answer = citizen.say(text, Role.WORDS, token=token, matter=matter.key) or answer
        if citizen.dice.random() < 0.4:
            answer = _aside(citizen) or answer
    _to_the_end(citizen, matter, answer)


def in_a_rush(citizen: Citizen) -> None:
    """File piece by piece without waiting for any answer."""
    matter = Matter(citizen)
    _to_the_end(citizen, matter, _rushed(citizen, matter))


def changes_mind(citizen: Citizen) -> None:
    """Begin, and cancel."""
    matter = Matter(citizen)
    text, token = matter.whole()
    citizen.say(text, Role.WORDS, token=token, matter=matter.key)
    if "确定" in citizen.say("取消"):
        citizen.say("是的")


def asks(citizen: Citizen) -> None:
    """Ask where things stand, and for a number that does not exist."""
    citizen.say("查进度")
    _probe(citizen)


def asks_in_a_rush(citizen: Citizen) -> None:
    """Ask three things one right after the other."""
    citizen.street.pace.take(3)
    pushes = []
    for _ in range(3):
        receipt = citizen.street.tokens.receipt()
        pushes.append(citizen.send(receipt, Role.PROBE, token=receipt))
        time.sleep(citizen.dice.uniform(*_DRIP_S))
    citizen.wait_for_end(pushes)


def leaves(citizen: Citizen) -> None:
    """Unfollow, follow again, and ask for something."""
    citizen.street.pace.take(2)
    citizen.act("unfollow")
    time.sleep(citizen.dice.uniform(0.5, 4.0))
    citizen.act("follow", Role.FREE)
    _probe(citizen)


def wants_a_person(citizen: Citizen) -> None:
    """Ask for a person, and talk to whoever comes until they say good-bye."""
    citizen.street.pace.take()
    push = citizen.send("转人工")
    citizen.wait_for_end([push])
    if not citizen.wait_for(JOINED, push, _COMES_S):
        citizen.say("不等了")
        return
    for _ in range(2):
        mark = citizen.street.tokens.mark()
        asked = citizen.send(f"请问我的事怎么样了，记号{mark}", Role.TO_STAFF, token=mark)
        citizen.wait_for_end([asked])
        citizen.wait_for(mark, asked, _COMES_S)
    citizen.wait_for("已结束", push, _COMES_S)


def _rushed(citizen: Citizen, matter: Matter) -> str:
    citizen.street.pace.take(len(matter.parts))
    pushes: list[Push] = []
    for text, token in matter.parts:
        pushes.append(citizen.send(text, Role.WORDS, token=token, matter=matter.key))
        time.sleep(citizen.dice.uniform(*_DRIP_S))
    citizen.wait_for_end(pushes)
    answer = citizen.answer_after(pushes[-1]) if pushes[-1].is_accepted else ""
    for push, (text, token) in zip(pushes, matter.parts, strict=True):
        if not push.is_accepted:  # "say it again", as the fault notice asks
            answer = citizen.say(text, Role.WORDS, token=token, matter=matter.key) or answer
    return answer


def _to_the_end(citizen: Citizen, matter: Matter, answer: str) -> None:
    """Answer what the bot asks until it gives a receipt number."""
    extras = citizen.dice.sample(_EXTRAS, k=citizen.dice.choice((0, 0, 1, 1, 2)))
    for _ in range(_MOST_TURNS):
        if FILED in answer or not answer:  # silence: the verdict says whether that was right
            return
        if READ_BACK in answer and extras:
            answer = extras.pop()(citizen, matter) or answer
        elif READ_BACK in answer:
            answer = citizen.say("确认", Role.CONFIRM, matter=matter.key)
        else:
            answer = _what_is_asked(citizen, matter, answer)


def _what_is_asked(citizen: Citizen, matter: Matter, answer: str) -> str:
    if "灯杆编号" in answer:
        return citizen.say(f"WS-{citizen.dice.randrange(10_000):04d}")
    if _OPTIONS.search(answer):
        return citizen.say("1")
    if "在哪里" in answer:
        house = citizen.street.tokens.house()
        return citizen.say(f"莫干山路{house}", Role.WORDS, token=house, matter=matter.key)
    mark = citizen.street.tokens.mark()
    text = f"已经影响好几个月了，记号{mark}"
    return citizen.say(text, Role.WORDS, token=mark, matter=matter.key)


def _corrects(citizen: Citizen, matter: Matter) -> str:
    house = citizen.street.tokens.house()
    text = f"地点不对，是古墩路{house}"
    return citizen.say(text, Role.WORDS, token=house, matter=matter.key)


def _adds(citizen: Citizen, matter: Matter) -> str:
    mark = citizen.street.tokens.mark()
    text = f"晚上最严重，记号{mark}"
    return citizen.say(text, Role.WORDS, token=mark, matter=matter.key)


def _shows(citizen: Citizen, _: Matter) -> str:
    citizen.street.pace.take()
    push = citizen.act("image", Role.FREE)
    return citizen.answer_after(push) if push.is_accepted else ""


def _asks_aside(citizen: Citizen, _: Matter) -> str:
    return _aside(citizen)


def _aside(citizen: Citizen) -> str:
    if citizen.dice.random() < 0.5:
        return _probe(citizen)
    return citizen.say(citizen.dice.choice(_ASIDES))


def _probe(citizen: Citizen) -> str:
    receipt = citizen.street.tokens.receipt()
    return citizen.say(receipt, Role.PROBE, token=receipt)


_EXTRAS = (_corrects, _adds, _shows, _asks_aside)

Scene = Callable[[Citizen], None]
#: Scene → how often it is played among a hundred.
SCENES: tuple[tuple[Scene, int], ...] = (
    (whole, 22),
    (in_drips, 18),
    (in_a_rush, 18),
    (changes_mind, 8),
    (asks, 14),
    (asks_in_a_rush, 12),
    (leaves, 8),
    (wants_a_person, 7),
)
