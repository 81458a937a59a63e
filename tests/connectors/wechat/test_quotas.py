"""What WeChat still lets the account do today, asked by one process for all; and calls counted by their answer."""

from __future__ import annotations

import json

import pytest
import redis

from bot.model.errors import Permanent, RetryLater
from connectors.outbound import make_session
from connectors.wechat.client import Quota, WeChatClient
from connectors.wechat.http import reaches
from connectors.wechat.quotas import OPERATIONS, ApiQuotas
from connectors.wechat.tokens import FORCE_A_DAY, StableTokens
from tests.connectors.wechat.conftest import APP_ID, HandClock, Parts
from tests.connectors.wechat.fake_api import Answer, FakeApi, error

ASKED = "openapi/quota/get"


@pytest.fixture
def quotas(store: redis.Redis, parts: Parts) -> ApiQuotas:
    return ApiQuotas(store, parts.client, APP_ID)


def told(limit: int, remain: int) -> Answer:
    quota = {"daily_limit": limit, "used": limit - remain, "remain": remain}
    return Answer(json.dumps({"errcode": 0, "errmsg": "ok", "quota": quota}).encode())


def test_one_asks_and_all_know(
    api: FakeApi, quotas: ApiQuotas, store: redis.Redis, parts: Parts
) -> None:
    assert quotas.known() == {}
    api.answers[ASKED] = told(100_000, 99_000)
    assert quotas.refresh() == len(OPERATIONS)
    asked = {call.json["cgi_path"] for call in api.of(ASKED)}
    assert asked == {f"/cgi-bin/{operation}" for operation in OPERATIONS}
    other = ApiQuotas(store, parts.client, APP_ID)
    assert other.known() == dict.fromkeys(OPERATIONS, Quota(100_000, 99_000))


def test_an_operation_the_account_does_not_have_is_left_out(
    api: FakeApi, quotas: ApiQuotas
) -> None:
    api.queue(ASKED, told(500_000, 0), error(76021, "cgi_path not found"))
    api.answers[ASKED] = told(10, 9)
    assert quotas.refresh() == len(OPERATIONS) - 1
    assert quotas.known()[OPERATIONS[0]].remaining == 0
    assert OPERATIONS[1] not in quotas.known()


def test_what_was_known_stays_while_wechat_is_away(api: FakeApi, quotas: ApiQuotas) -> None:
    api.answers[ASKED] = told(10, 9)
    quotas.refresh()
    api.answers[ASKED] = Answer(b"", status=503)
    with pytest.raises(RetryLater):
        quotas.refresh()
    assert quotas.known()["media/get"] == Quota(10, 9)


def test_an_account_that_is_told_nothing_hears_why(api: FakeApi, quotas: ApiQuotas) -> None:
    api.answers[ASKED] = error(48001, "api unauthorized")
    with pytest.raises(Permanent, match="48001"):
        quotas.refresh()


def test_forced_renewals_of_the_token_that_are_left_today_are_known(
    api: FakeApi, parts: Parts
) -> None:
    assert parts.tokens.forced_left() == FORCE_A_DAY
    assert parts.tokens.refused(parts.tokens.get()) != "T-1"
    assert parts.tokens.forced_left() == FORCE_A_DAY - 1


def test_each_call_is_told_of_with_its_answer(
    api: FakeApi, parts: Parts, store: redis.Redis, clock: HandClock
) -> None:
    calls: list[tuple[str, str]] = []

    def on_call(operation: str, code: str) -> None:
        calls.append((operation, code))

    session = make_session(reaches(parts.account.api_base), timeout_s=(0.5, 0.4))
    tokens = StableTokens(store, parts.account, session, clock, on_call=on_call)
    client = WeChatClient(parts.account, tokens, session, on_call=on_call)
    client.send_text("o1", "路灯修好了")
    send = "message/custom/send"
    api.queue(send, error(45009), error(4711), Answer(b"", status=503), Answer(b"", drop=True))
    for kind in (RetryLater, Permanent, RetryLater, RetryLater):
        with pytest.raises(kind):
            client.send_text("o1", "路灯修好了")
    assert calls == [
        ("stable_token", "0"),
        (send, "0"),
        (send, "45009"),
        (send, "other"),
        (send, "http503"),
        (send, "ConnectionError"),
    ]
