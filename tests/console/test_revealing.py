"""A masked number is shown to who may see it, from the line it stands in, and each time is written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.sealing import KeySealer
from bot.model.conversation import WaitReason
from bot.storage.record import SqlRecord
from tests.console.desk_side import START, Browser, audited, line, speaks, waits

PHONE, MASK = "13812345678", "138****5678"


@pytest.fixture
def anna(record: SqlRecord, sealer: KeySealer) -> str:
    found = waits(record, "anna", WaitReason.ASKED, START)
    speaks(
        record,
        found,
        line(found, "m1", f"电话 {MASK}", data={"sealed": {MASK: sealer.seal(PHONE)}}),
        line(found, "m2", MASK, data={"sealed": {MASK: KeySealer.of("another key").seal(PHONE)}}),
        line(found, "m3", "没有号码"),
    )
    return found


@pytest.fixture
def fang(browser_of: Callable[[str], Browser]) -> Browser:
    return browser_of("1024")


def ids(browser: Browser, conversation: str) -> list[int]:
    return [
        int(shown["id"]) for shown in browser.json(f"/conversations/{conversation}.json")["lines"]
    ]


def test_a_number_is_shown_and_each_time_is_written_down(
    fang: Browser, record: SqlRecord, anna: str
) -> None:
    first, *_ = ids(fang, anna)
    for _ in range(2):
        with capture_logs() as logs:
            answer = fang.act(f"/conversations/{anna}/reveal", line=first, mask=MASK)
        assert answer.json() == {"ok": True, "full": PHONE}
        assert PHONE not in str(logs)
        assert MASK not in str(logs)
    assert (
        audited(record, "number revealed")
        == [("1024", f"conversation {anna}", f"line {first}")] * 2
    )


def test_an_observer_sees_the_mask_only(
    browser_of: Callable[[str], Browser], record: SqlRecord, anna: str
) -> None:
    observer = browser_of("3001")
    first, *_ = ids(observer, anna)
    answer = observer.act(f"/conversations/{anna}/reveal", line=first, mask=MASK)
    assert answer.status_code == 403
    assert PHONE not in answer.text
    assert audited(record, "number revealed") == []


def test_only_what_stands_in_this_line_of_this_conversation_is_shown(
    fang: Browser, record: SqlRecord, anna: str
) -> None:
    bo = waits(record, "bo", WaitReason.ASKED, START)
    first, second, third = ids(fang, anna)
    asked: list[tuple[str, Any, Any]] = [
        (bo, first, MASK),
        ("nobody", first, MASK),
        (anna, third, MASK),
        (anna, first, "139****5678"),
        (anna, first, ""),
        (anna, first, None),
        (anna, str(first), MASK),
        (anna, 0, MASK),
        (anna, 2**70, MASK),
        (anna, None, MASK),
    ]
    for conversation, line_id, mask in asked:
        answer = fang.act(f"/conversations/{conversation}/reveal", line=line_id, mask=mask)
        assert answer.status_code == 404, (conversation, line_id, mask)
    lost = fang.act(f"/conversations/{anna}/reveal", line=second, mask=MASK)
    assert (lost.status_code, lost.json()["error"]) == (409, "这个号码已经无法还原")
    assert audited(record, "number revealed") == []
