"""One conversation as data: lines, how answers fare, whose turn it is, the form, the cases; none lost, none twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.sealing import KeySealer
from bot.model.complaint import Medium
from bot.model.conversation import Direction, Holder, WaitReason
from bot.model.delivery import Allowance, Delivery, DeliveryKind, DeliveryState
from bot.model.draft import Draft
from bot.model.errors import RetryLater
from bot.model.staff import Handoff
from bot.storage.record import SqlRecord
from console.pages.sending import may_retry, state
from tests.console.desk_side import (
    START,
    Browser,
    Platform,
    audited,
    change,
    complaint,
    line,
    speaks,
    store,
    waits,
)

PHONE, MASK = "13812345678", "138****5678"


@pytest.fixture
def anna(record: SqlRecord) -> str:
    return waits(record, "anna", WaitReason.ASKED, START, "楼下半夜打桩")


def news(staff: Browser, conversation: str, **asked: Any) -> dict[str, Any]:
    words = {name: str(value) for name, value in asked.items()}
    return dict(staff.json(f"/conversations/{conversation}.json", **words))


def taken(before: str) -> dict[str, str]:
    """Return what a note says of a supervisor who took a conversation over."""
    return {"agent": "2001", "from": before, "to": "2001"}


def texts(lines: list[dict[str, Any]]) -> list[str]:
    return [shown["text"] for shown in lines]


def test_a_line_carries_all_that_is_known_of_it(
    staff: Browser, record: SqlRecord, anna: str, sealer: KeySealer
) -> None:
    understood = {
        "intent": "report",
        "confidence": 0.93,
        "services": [{"name": "工地噪声", "group": "环保", "confidence": 0.8}],
    }
    data = {"sealed": {MASK: sealer.seal(PHONE)}, "emergency": "110", "understood": understood}
    speaks(record, anna, line(anna, "m1", f"电话 {MASK}", START + timedelta(minutes=1), data=data))
    _, shown = news(staff, anna)["lines"]
    assert shown["id"] > 0
    assert shown == {
        "id": shown["id"],
        "key": "m1",
        "side": "citizen",
        "speaker": "市民",
        "agent": "",
        "kind": "",
        "text": f"电话 {MASK}",
        "at": (START + timedelta(minutes=1)).isoformat(),
        "is_event": False,
        "emergency": "110",
        "point": None,
        "medium": None,
        "masks": [MASK],
        "understood": {
            "intent_name": "反映情况",
            "confidence": 0.93,
            "services": [{"name": "工地噪声", "group": "环保", "confidence": 0.8}],
        },
    }
    assert PHONE not in staff.get(f"/conversations/{anna}.json").text


def test_who_said_a_line_is_named(staff: Browser, record: SqlRecord, anna: str) -> None:
    speaks(
        record,
        anna,
        line(anna, "b", "在哪里？", direction=Direction.BOT),
        line(anna, "s", "我来看看", direction=Direction.STAFF, data={"agent": "1024"}),
        line(anna, "x", "（工号 1024 已接入）", direction=Direction.SYSTEM),
        line(anna, "n", "老住户", direction=Direction.NOTE, data={"agent": "1031"}),
        line(
            anna,
            "h",
            "请接着问地址",
            direction=Direction.NOTE,
            data={"agent": "1024", "from": "1024", "to": "1031"},
        ),
        line(anna, "t", "", direction=Direction.NOTE, data=taken("1031")),
        line(anna, "v", "", direction=Direction.NOTE, data=taken("")),
        line(anna, "f", "", kind="follow"),
    )
    shown = news(staff, anna)["lines"]
    assert [(s["side"], s["speaker"], s["text"]) for s in shown[1:]] == [
        ("bot", "机器人", "在哪里？"),
        ("staff", "1024 王芳", "我来看看"),
        ("system", "系统告知市民", "（工号 1024 已接入）"),
        ("note", "1031 李强", "老住户"),
        ("note", "1024 王芳", "转给 1031 李强：请接着问地址"),
        ("note", "2001 赵敏", "接管了这段对话，之前由 1031 李强 接待"),
        ("note", "2001 赵敏", "接管了这段对话"),
        ("citizen", "市民", ""),
    ]
    assert [s["is_event"] for s in shown] == [False] * 8 + [True]
    assert (shown[-1]["kind"], shown[2]["agent"]) == ("关注了公众号", "1024")


def test_places_and_pictures_come_with_what_shows_them(
    staff: Browser, record: SqlRecord, anna: str
) -> None:
    with record.unit() as unit:
        for name, kind in (("m1", "image"), ("m2", "voice")):
            unit.media.add(Medium(name, anna, kind, "P", START))
        unit.media.store_bytes("m1", b"x", "image/jpeg")
    point = [30.25, 120.16, "gcj02", "武林广场"]
    speaks(
        record,
        anna,
        line(anna, "p", "", kind="location", data={"point": point}),
        line(anna, "i", "", kind="image", data={"medium": "m1", "platform_id": "MEDIA-ID"}),
        line(anna, "v", "路灯", kind="voice", data={"medium": "m2"}),
        line(anna, "g", "", kind="image", data={"medium": "gone"}),
    )
    answer = news(staff, anna)
    place, picture, voice, gone = answer["lines"][1:]
    assert place["point"] == {
        "latitude": 30.25,
        "longitude": 120.16,
        "datum": "gcj02",
        "label": "武林广场",
    }
    assert picture["medium"] == {
        "id": "m1",
        "url": "/console/media/m1",
        "kind": "image",
        "is_ready": True,
    }
    assert (voice["medium"]["is_ready"], voice["kind"]) == (False, "语音")
    assert gone["medium"] is None
    assert answer["media"] == {"m1": True, "m2": False}
    assert "MEDIA-ID" not in str(answer)


def test_forgotten_words_are_said_to_be_forgotten(
    staff: Browser, record: SqlRecord, anna: str
) -> None:
    with record.unit() as unit:
        unit.conversations.forget_lines(anna)
    assert texts(news(staff, anna)["lines"]) == ["（内容已按市民的要求删除）"]


def test_a_long_story_is_read_in_pages_and_no_line_is_lost_or_doubled(
    staff: Browser, record: SqlRecord
) -> None:
    bo = waits(record, "bo", WaitReason.ASKED, START, *[f"第{n}句" for n in range(250)])
    answer = news(staff, bo)
    read, has_more = answer["lines"], answer["has_more"]
    assert (len(read), has_more) == (100, True)
    while has_more:
        page = staff.json(f"/conversations/{bo}/earlier.json", before=str(read[0]["id"]))
        read, has_more = page["lines"] + read, page["has_more"]
    assert texts(read) == [f"第{n}句" for n in range(250)]
    assert news(staff, bo, after=read[-1]["id"])["lines"] == []
    speaks(record, bo, line(bo, "new", "还有"))
    later = news(staff, bo, after=read[-1]["id"])
    assert (texts(later["lines"]), later["has_more"]) == (["还有"], False)
    assert len(news(staff, bo, after=0)["lines"]) == 251
    assert len(news(staff, bo, after="x")["lines"]) == 100


def test_how_it_stands_with_the_citizen(staff: Browser, record: SqlRecord, anna: str) -> None:
    stands = news(staff, anna)["conversation"]
    assert stands["mark"].startswith(START.isoformat())
    assert stands == {
        "id": anna,
        "label": "市民 hash-o",
        "holder": "bot",
        "holder_name": "机器人在答",
        "agent": "",
        "agent_name": "",
        "is_mine": False,
        "following": True,
        "waiting": {
            "reason": "asked",
            "reason_name": "主动要求",
            "is_emergency": False,
            "since": START.isoformat(),
        },
        "mark": stands["mark"],
        "last_at": START.isoformat(),
        "unanswered_since": None,
        "held_since": None,
    }
    change(record, anna, holder=Holder.STAFF, agent="0001", held_since=START, waiting_since=None)
    stands = news(staff, anna)["conversation"]
    assert (stands["is_mine"], stands["agent_name"], stands["waiting"]) == (True, "管理员", None)


def delivery(key: str, kind: DeliveryKind, kept: DeliveryState, **changes: Any) -> Delivery:
    found = Delivery(key, kind, START, {}, conversation_id="hash-of-anna", state=kept)
    return vars(found).update(changes) or found


def test_each_answer_tells_where_it_is(staff: Browser, record: SqlRecord, anna: str) -> None:
    speaks(
        record,
        anna,
        line(anna, "staff:1", "您好", direction=Direction.STAFF, data={"agent": "1024"}),
        line(anna, "staff:2", "在吗", direction=Direction.STAFF, data={"agent": "1024"}),
        line(anna, "reply:m1", "请说", direction=Direction.BOT),
    )
    with record.unit() as unit:
        for kept in (
            delivery("staff:1", DeliveryKind.ANSWER, DeliveryState.SENT, rung="custom"),
            delivery(
                "staff:2", DeliveryKind.ANSWER, DeliveryState.HELD, error="wechat 45047", rung=""
            ),
            delivery("reply:m1", DeliveryKind.REPLY, DeliveryState.OFFERED),
        ):
            unit.deliveries.add(kept)
    states = news(staff, anna)["states"]
    assert states["staff:1"] == {
        "state": "sent",
        "name": "已送达",
        "why": "",
        "can_retry": False,
        "rung": "custom",
    }
    assert states["staff:2"]["can_retry"]
    assert "等他再来信就自动送出" in states["staff:2"]["why"]
    assert states["reply:m1"]["name"] == "正在答复"
    assert set(states) == {"staff:1", "staff:2", "reply:m1"}


@pytest.mark.parametrize(
    ("kept", "changes", "why"),
    [
        (DeliveryState.HELD, {"error": "wechat 45015"}, "市民 48 小时内没有来信或条数已用完"),
        (DeliveryState.HELD, {"error": "wechat ledger"}, "市民 48 小时内没有来信或条数已用完"),
        (DeliveryState.HELD, {"error": "wechat 48001"}, "会随机器人的下一条回复告诉市民"),
        (
            DeliveryState.HELD,
            {"error": "wechat 48001", "payload": {"picture": "m1"}},
            "图片送不出去",
        ),
        (DeliveryState.HELD, {"error": "wechat 48002"}, "市民关闭了公众号消息"),
        (DeliveryState.HELD, {"payload": {"after": "staff:1"}}, "前面还有没送出的话"),
        (DeliveryState.HELD, {"error": "wechat 45009"}, "试了多次都没有送出（45009）"),
        (DeliveryState.FAILED, {"error": "wechat 40003"}, "微信没有收下（40003）"),
        (DeliveryState.FAILED, {"error": "outcome unknown twice"}, "不知道市民收到没有"),
        (DeliveryState.RETRY, {"error": "wechat -1"}, "微信暂时没有回应"),
        (DeliveryState.RETRY, {"error": "wechat 45011"}, "会自动再试（45011）"),
        (DeliveryState.WITHHELD, {}, "市民已取消关注"),
        (DeliveryState.SENT, {"error": "wechat 45015"}, ""),
        (DeliveryState.QUEUED, {}, ""),
    ],
)
def test_why_an_answer_is_not_there_yet_is_told(
    kept: DeliveryState, changes: dict[str, Any], why: str
) -> None:
    found = delivery("staff:1", DeliveryKind.ANSWER, kept, **changes)
    shown = state(found)["why"]
    assert why in shown
    assert bool(why) == bool(shown)


def test_only_what_staff_said_is_tried_again_by_hand() -> None:
    again = (DeliveryState.HELD, DeliveryState.FAILED)
    for kept in DeliveryState:
        assert may_retry(delivery("k", DeliveryKind.ANSWER, kept)) == (kept in again)
        assert not may_retry(delivery("k", DeliveryKind.REPLY, kept))


def test_the_allowance_is_shown_while_it_is_known(
    staff: Browser, record: SqlRecord, anna: str, platform: Platform
) -> None:
    platform.allowed = Allowance(3, START + timedelta(hours=47))
    until = (START + timedelta(hours=47)).isoformat()
    assert news(staff, anna)["allowance"] == {"left": 3, "until": until}
    platform.allowed = Allowance(0)
    assert news(staff, anna)["allowance"] == {"left": 0, "until": None}
    platform.allowed = RetryLater("redis", "away", "")
    assert news(staff, anna)["allowance"] is None
    platform.allowed = Allowance(3)
    change(record, anna, citizen=None, following=False)
    assert news(staff, anna)["allowance"] is None


def test_the_form_that_the_bot_has_open_is_shown(
    staff: Browser, record: SqlRecord, anna: str
) -> None:
    assert news(staff, anna)["form"]["is_empty"]
    draft = Draft(
        said=["路灯不亮"],
        details=["路灯不亮"],
        place="文二路",
        category="1351",
        category_chosen=True,
        nature="tip_off",
        phone=MASK,
        name="王女士",
        visibility="confidential",
        media=["m1", "m2"],
    )
    change(record, anna, snapshot={"slots": {"draft": draft.to_dict()}})
    form = news(staff, anna)["form"]
    assert form == {
        "is_empty": False,
        "place": "文二路",
        "category": form["category"],
        "sure": True,
        "details": ["路灯不亮"],
        "phone": MASK,
        "name": "王女士",
        "nature": "举报",
        "visibility": "confidential",
        "media": 2,
    }
    assert " · " in form["category"]


def test_the_citizens_cases_stand_beside_and_confidential_ones_say_nothing(
    staff: Browser, record: SqlRecord, anna: str
) -> None:
    secret = complaint(2, conversation_id=anna, visibility="confidential", place="密地")
    store(record, complaint(1, conversation_id=anna), secret, complaint(3, conversation_id="bo"))
    second, first = news(staff, anna)["cases"]
    assert (first["summary"], first["place"]) == ("户外活动噪声扰民", "人民路18号")
    assert (second["summary"], second["place"]) == ("保密事项", "")
    assert second["url"] == "/console/cases/c2"
    assert "密地" not in staff.get("/cases").text


def test_earlier_times_with_a_person_are_listed(
    staff: Browser, record: SqlRecord, anna: str
) -> None:
    with record.unit() as unit:
        ended = START + timedelta(minutes=9)
        for handoff in (
            Handoff(anna, "asked", START, agent="1024", ended_at=ended, ending="returned"),
            Handoff(anna, "", ended),
        ):
            unit.handoffs.add(handoff)
    shown = news(staff, anna)["handoffs"]
    assert [(h["reason_name"], h["agent"], h["ending_name"]) for h in shown] == [
        ("工作人员主动接入", "", "进行中"),
        ("主动要求", "1024 王芳", "交还机器人"),
    ]


def test_the_shell_holds_no_word_of_the_citizen(staff: Browser, anna: str) -> None:
    page = staff.soup(f"/conversations/{anna}")
    desk = page.select_one("[data-desk]")
    assert desk is not None
    assert desk["data-selected"] == anna
    assert "/console/conversations/:id.json" in str(desk["data-desk"])
    assert "打桩" not in page.text


@pytest.mark.parametrize(
    "path", ["", ".json", "/earlier.json", "/canned.json", "/form.json"], ids=str
)
def test_unknown_conversations_are_not_found(staff: Browser, path: str) -> None:
    answer = staff.get(f"/conversations/nobody{path}")
    assert answer.status_code == 404
    assert "没有找到" in answer.text or "没有找到" in answer.json()["error"]


@pytest.mark.parametrize("path", ["", ".json", "/earlier.json", "/form.json"], ids=str)
def test_a_look_is_written_down_once_in_ten_minutes(
    staff: Browser, record: SqlRecord, anna: str, path: str
) -> None:
    for _ in range(2):
        assert staff.get(f"/conversations/{anna}{path}").status_code == 200
    assert audited(record, "conversation viewed") == [("0001", f"conversation {anna}", "")]


def test_whoever_reads_a_line_is_written_down_and_a_page_that_only_asks_is_not(
    staff: Browser, record: SqlRecord, anna: str
) -> None:
    news(staff, anna, after=10_000)
    assert audited(record, "conversation viewed") == []
    assert news(staff, anna, after=0)["lines"]
    assert len(audited(record, "conversation viewed")) == 1
