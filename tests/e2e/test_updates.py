"""News from the desk on its way to the citizen."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pytest

from simulator.driver import Citizen
from tests.e2e.desk import Desk
from tests.e2e.server import PUSH_SECRET, ProductServer
from tests.e2e.talk import a_complaint, file_case, told

WITHIN_S = 10.0


@dataclass
class Case:
    """A filed case and whose it is."""

    citizen: Citizen
    receipt: str
    request_id: str
    desk: Desk

    def tell(self, text: str, **how: object) -> None:
        answer = self.desk.update(self.request_id, text, **how)  # type: ignore[arg-type]
        assert answer.ok, answer.text

    def wait(self, text: str, within_s: float = WITHIN_S) -> str:
        return self.citizen.wait_for(text, within_s)


@pytest.fixture
def case(citizen: Citizen, desk: Desk) -> Case:
    receipt = file_case(citizen, a_complaint())
    return Case(citizen, receipt, desk.wait_for(receipt)["service_request_id"], desk)


def test_an_update_is_told_verbatim_once_and_with_its_state(case: Case) -> None:
    text = "已派执法人员到场，责令店家三日内清洗油烟净化器；“如再犯”将<处罚> & 公示。"
    case.tell(text)
    heard = case.wait(text)
    assert "办理中" in heard
    assert case.receipt in heard
    case.tell(
        "第二次进展", status="FIXED"
    )  # by the time this has come, the first has had its chance to come twice
    assert "已解决" in case.wait("第二次进展")
    assert len(told(case.citizen, text)) == 1


def test_a_late_update_is_told_and_moves_nothing(case: Case) -> None:
    now = datetime.now(timezone.utc)
    case.tell("正在办", status="in_progress", at=now)
    case.wait("正在办")
    case.tell("这是昨天的登记", status="open", at=now - timedelta(hours=1))
    case.wait("这是昨天的登记")
    progress = "".join(case.citizen.say("查进度"))
    assert "办理中" in progress
    assert case.receipt in progress


def test_a_repeated_update_id_is_not_told_again(case: Case) -> None:
    case.tell("只说一次", update_id="u-7")
    case.wait("只说一次")
    case.desk.update(case.request_id, "只说一次，改了字", update_id="u-7")
    case.tell("后来的")
    case.wait("后来的")
    assert len(told(case.citizen, "只说一次")) == 1


def test_closing_closes(case: Case) -> None:
    case.tell("已经办结", status="closed")
    assert "已办结" in case.wait("已经办结")
    assert "已办结" in "".join(case.citizen.say(case.receipt))


def test_a_long_update_arrives_whole(case: Case) -> None:
    text = "".join(f"第{n}条：经现场核查，情况属实，处理如下。" for n in range(70))
    case.tell(text + "（完）")
    case.wait("（完）")
    whole = "".join(m["text"] for m in case.citizen.messages() if m["direction"] == "out")
    assert text in whole.replace("\n", "")


def test_a_case_that_another_filed_is_told_to_its_owner_only(
    case: Case, server: ProductServer
) -> None:
    other = server.driver().create_citizen("旁人")
    other.say("您好")
    case.tell("只给本人")
    case.wait("只给本人")
    assert not told(other, "只给本人")
    unknown = other.say("HZ-200101-9999")
    assert [t.replace(case.receipt, "#") for t in other.say(case.receipt)] == [
        t.replace("HZ-200101-9999", "#") for t in unknown
    ]


class TestPush:
    """The signed address for backends that do not wait to be asked."""

    @pytest.fixture
    def body(self, case: Case) -> bytes:
        update = {
            "service_request_id": case.request_id,
            "update_id": uuid.uuid4().hex,
            "status": "IN_PROGRESS",
            "updated_datetime": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "description": "推送来的进展",
        }
        return json.dumps(update, ensure_ascii=False).encode()

    def push(
        self, server: ProductServer, body: bytes, *, at: float | None = None, secret: str = ""
    ) -> int:
        stamp = str(int(at or time.time()))
        key = (secret or PUSH_SECRET).encode()
        signature = hmac.new(key, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Minsheng-Timestamp": stamp,
            "X-Minsheng-Signature": signature,
        }
        return server.post("/backend/updates", body, headers=headers).status_code

    def test_a_signed_push_is_told_once(
        self, case: Case, server: ProductServer, body: bytes
    ) -> None:
        assert self.push(server, body) == 200
        assert self.push(server, body) == 200
        case.wait("推送来的进展")
        case.tell("后来的")
        case.wait("后来的")
        assert len(told(case.citizen, "推送来的进展")) == 1

    def test_wrong_old_and_missing_signatures_are_refused(
        self, case: Case, server: ProductServer, body: bytes
    ) -> None:
        assert self.push(server, body, secret="wrong") == 403
        assert self.push(server, body, at=time.time() - 3600) == 403
        assert server.post("/backend/updates", body).status_code == 403
        assert self.push(server, b"nonsense") == 400
        case.tell("后来的")
        case.wait("后来的")
        assert not told(case.citizen, "推送来的进展")
