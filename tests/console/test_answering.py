"""What staff write: once, to whom they hold, in time; pictures that are pictures; notes; trying again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.model.conversation import Direction, WaitReason
from bot.model.delivery import Delivery, DeliveryKind, DeliveryState
from bot.storage.record import SqlRecord
from console.pages.answering import MOST_PICTURE_BYTES, type_of
from tests.console.desk_side import START, Browser, now_of, waits
from tests.pictures import SECRETS, telling, written

KEY, OTHER = "0" * 31 + "a", "0" * 31 + "b"
JPEG, PNG = written("JPEG"), written("PNG")


@pytest.fixture
def anna(record: SqlRecord) -> str:
    return waits(record, "anna", WaitReason.ASKED, START, "转人工")


@pytest.fixture
def fang(browser_of: Callable[[str], Browser], anna: str) -> Browser:
    """1024 王芳, who has claimed anna."""
    browser = browser_of("1024")
    assert browser.act(f"/conversations/{anna}/claim").status_code == 200
    return browser


@pytest.fixture
def other(browser_of: Callable[[str], Browser]) -> Browser:
    """1031 李强, who holds nobody."""
    return browser_of("1031")


def lines(record: SqlRecord, conversation: str, side: Direction) -> list[Any]:
    with record.reading() as unit:
        found = unit.conversations.transcript(conversation)
    return [line for line in found if line.direction == side.value]


def sent(record: SqlRecord, key: str) -> Delivery:
    with record.reading() as unit:
        found = unit.deliveries.by_key(key)
    assert found is not None
    return found


def test_an_answer_is_a_line_and_goes_out(fang: Browser, record: SqlRecord, anna: str) -> None:
    answer = fang.act(f"/conversations/{anna}/answer", text=" 您好\r\n在的 \n", key=KEY)
    assert answer.json() == {"ok": True}
    (said,) = lines(record, anna, Direction.STAFF)
    assert (said.key, said.text, said.data) == (f"staff:{KEY}", "您好\n在的", {"agent": "1024"})
    kept = sent(record, f"staff:{KEY}")
    assert (kept.state, kept.payload["said"]) == (DeliveryState.QUEUED, "您好\n在的")
    assert now_of(record, anna).unanswered_since is None
    assert fang.json(f"/conversations/{anna}.json")["states"][f"staff:{KEY}"]["name"] == "排队中"


def test_a_button_pressed_twice_is_one_answer(fang: Browser, record: SqlRecord, anna: str) -> None:
    for key in (KEY, KEY, OTHER):
        assert fang.act(f"/conversations/{anna}/answer", text="您好", key=key).status_code == 200
    assert len(lines(record, anna, Direction.STAFF)) == 2


@pytest.mark.parametrize("act", ["answer", "note"])
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": " \n\0"}, "text"),
        ({"text": "长" * 2001}, "text"),
        ({"text": 7}, "text"),
        ({"key": ""}, "key"),
        ({"key": "A" * 32}, "key"),
        ({"key": "0" * 31}, "key"),
    ],
)
def test_what_makes_no_sense_is_not_said(
    fang: Browser, record: SqlRecord, anna: str, act: str, changes: dict[str, Any], field: str
) -> None:
    answer = fang.act(f"/conversations/{anna}/{act}", **{"text": "您好", "key": KEY} | changes)
    assert answer.status_code == 422
    assert list(answer.json()["problems"]) == [field]
    assert lines(record, anna, Direction.STAFF) == lines(record, anna, Direction.NOTE) == []


def test_the_longest_answer_is_taken_whole(fang: Browser, record: SqlRecord, anna: str) -> None:
    assert fang.act(f"/conversations/{anna}/answer", text="长" * 2000, key=KEY).status_code == 200
    assert sent(record, f"staff:{KEY}").payload["said"] == "长" * 2000


def test_who_does_not_hold_the_citizen_is_told_who_does(
    fang: Browser, other: Browser, record: SqlRecord, anna: str
) -> None:
    answers = [
        other.act(f"/conversations/{anna}/answer", text="您好", key=KEY),
        other.upload(f"/conversations/{anna}/picture", JPEG, key=KEY),
    ]
    for answer in answers:
        assert answer.status_code == 409
        assert answer.json()["error"] == "这位市民现在由 1024 王芳 接待"
    assert lines(record, anna, Direction.STAFF) == []
    with record.reading() as unit:
        assert unit.deliveries.by_key(f"staff:{KEY}") is None


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (JPEG, "image/jpeg"),
        (PNG, "image/png"),
        (written("GIF"), "image/gif"),
    ],
)
def test_a_picture_is_kept_and_goes_out_once(
    fang: Browser, record: SqlRecord, anna: str, content: bytes, kind: str
) -> None:
    for _ in range(2):
        answer = fang.upload(f"/conversations/{anna}/picture", content, key=KEY)
        assert answer.json() == {"ok": True}
    (said,) = lines(record, anna, Direction.STAFF)
    medium_id = sent(record, f"staff:{KEY}").payload["picture"]
    assert (said.kind, said.data) == ("image", {"agent": "1024", "medium": medium_id})
    with record.reading() as unit:
        medium = unit.media.get(medium_id)
        kept = unit.media.bytes_of(medium_id)
    assert medium is not None
    assert (medium.conversation_id, medium.content_type, medium.stored) == (anna, kind, True)
    assert kept == content
    shown = fang.get(f"/media/{medium_id}")
    assert (shown.content, shown.headers["Content-Type"]) == (content, kind)


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg onload='alert(1)'/>", b"MZ program", b"%PDF-1.7", b"\xff\xd8", b"RIFF....WEBP"],
)
def test_what_only_calls_itself_a_picture_is_refused(
    fang: Browser, record: SqlRecord, anna: str, content: bytes
) -> None:
    answer = fang.upload(f"/conversations/{anna}/picture", content, key=KEY)
    assert answer.status_code == 422
    assert "只能发" in answer.json()["problems"]["picture"]
    assert lines(record, anna, Direction.STAFF) == []


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 422), (65 * 1024, 413)])
def test_a_picture_has_its_size(fang: Browser, anna: str, more: int, status: int) -> None:
    content = _as_large(MOST_PICTURE_BYTES + more)
    answer = fang.upload(f"/conversations/{anna}/picture", content, key=KEY)
    assert answer.status_code == status
    assert status == 200 or "10 MB" in answer.text


def _as_large(size: int) -> bytes:
    """Return a picture of so many bytes: its last block is as long as it takes."""
    tables, at = b"", len(JPEG) - 2
    while size - len(JPEG) - len(tables) > 65_000:
        tables += b"\xff\xfe\xfd\xea" + bytes(65_000)
    rest = size - len(JPEG) - len(tables)
    return (
        JPEG[:at]
        + tables
        + b"\xff\xfe"
        + (rest - 2).to_bytes(2, "big")
        + bytes(rest - 4)
        + JPEG[at:]
    )


def test_a_picture_tells_nothing_of_who_took_it(
    fang: Browser, record: SqlRecord, anna: str
) -> None:
    fang.upload(f"/conversations/{anna}/picture", telling("JPEG"), key=KEY)
    medium_id = sent(record, f"staff:{KEY}").payload["picture"]
    with record.reading() as unit:
        kept = unit.media.bytes_of(medium_id)
    assert kept
    assert [secret for secret in SECRETS if secret in kept] == []


def test_a_picture_that_is_not_whole_is_refused(fang: Browser, anna: str) -> None:
    answer = fang.upload(f"/conversations/{anna}/picture", PNG[:40], key=KEY)
    assert answer.status_code == 422
    assert "打不开" in answer.json()["problems"]["picture"]


def test_no_picture_at_all_is_said(fang: Browser, anna: str) -> None:
    answer = fang.act(f"/conversations/{anna}/picture", key=KEY, picture="x")
    assert (answer.status_code, list(answer.json()["problems"])) == (422, ["picture"])


def test_the_type_is_read_from_the_bytes() -> None:
    assert (type_of(PNG), type_of(b"GIF88a"), type_of(b"")) == ("image/png", "", "")


def test_a_note_is_for_staff_and_anybody_who_serves_may_write_one(
    fang: Browser, other: Browser, record: SqlRecord, anna: str
) -> None:
    for _ in range(2):
        path = f"/conversations/{anna}/note"
        assert other.act(path, text="电话 13812345678", key=KEY).status_code == 200
    (note,) = lines(record, anna, Direction.NOTE)
    assert (note.text, note.data) == ("电话 138****5678", {"agent": "1031"})
    with record.reading() as unit:
        assert unit.deliveries.by_key(f"note:{KEY}") is None
    assert now_of(record, anna).agent == "1024"


def kept(record: SqlRecord, key: str, kind: DeliveryKind, state: DeliveryState, of: str) -> None:
    with record.unit() as unit:
        delivery = Delivery(key, kind, START, {"said": "您好"}, conversation_id=of, state=state)
        delivery.error = "wechat 45015"
        unit.deliveries.add(delivery)


@pytest.mark.parametrize("state", [DeliveryState.HELD, DeliveryState.FAILED])
def test_an_answer_that_did_not_go_out_is_tried_again(
    fang: Browser, record: SqlRecord, anna: str, state: DeliveryState
) -> None:
    kept(record, "staff:x", DeliveryKind.ANSWER, state, anna)
    assert fang.act(f"/conversations/{anna}/again", key="staff:x").status_code == 200
    found = sent(record, "staff:x")
    assert (found.state, found.error) == (DeliveryState.QUEUED, "")


def test_nothing_else_is_tried_again(fang: Browser, record: SqlRecord, anna: str) -> None:
    kept(record, "staff:1", DeliveryKind.ANSWER, DeliveryState.SENT, anna)
    kept(record, "reply:1", DeliveryKind.REPLY, DeliveryState.FAILED, anna)
    kept(record, "staff:2", DeliveryKind.ANSWER, DeliveryState.FAILED, "somebody-else")
    for key in ("staff:1", "reply:1", "staff:2", "none", ""):
        answer = fang.act(f"/conversations/{anna}/again", key=key)
        assert (answer.status_code, "不用重发" in answer.json()["error"]) == (409, True), key
    assert sent(record, "reply:1").state is DeliveryState.FAILED


@pytest.mark.parametrize("act", ["answer", "note", "again"])
def test_nobody_is_written_to_who_is_not_there(fang: Browser, act: str) -> None:
    answer = fang.act(f"/conversations/nobody/{act}", text="您好", key=KEY)
    assert (answer.status_code, answer.json()["error"]) == (404, "没有找到这段对话")
    assert fang.upload("/conversations/nobody/picture", JPEG, key=KEY).status_code == 404
