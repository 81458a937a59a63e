from __future__ import annotations

import subprocess
import sys
import threading

import pytest
import redis

from bot.model.errors import Permanent, RetryLater
from tests.connectors.wechat.conftest import HandClock, Parts, build_parts
from tests.connectors.wechat.fake_api import Answer, FakeApi, error


def test_token_is_fetched_once_and_kept(parts: Parts, api: FakeApi) -> None:
    assert [parts.tokens.get() for _ in range(5)] == ["T-1"] * 5
    (call,) = api.calls
    assert call.json == {
        "grant_type": "client_credential",
        "appid": parts.account.app_id,
        "secret": "secret",
        "force_refresh": False,
    }


@pytest.mark.parametrize(("moved_s", "fetches"), [(6900, 1), (6970, 2), (7300, 2)])
def test_token_is_renewed_before_its_end(
    parts: Parts, api: FakeApi, clock: HandClock, moved_s: int, fetches: int
) -> None:
    parts.tokens.get()
    clock.move(moved_s)
    parts.tokens.get()
    assert api.count()["stable_token"] == fetches


def test_old_token_serves_while_the_endpoint_is_down(
    parts: Parts, api: FakeApi, clock: HandClock
) -> None:
    parts.tokens.get()
    clock.move(7000)
    api.queue("stable_token", Answer(b"", status=503))
    assert parts.tokens.get() == "T-1"


def test_refused_token_that_somebody_replaced_costs_no_request(parts: Parts, api: FakeApi) -> None:
    parts.tokens.get()
    assert parts.tokens.refused("T-0") == "T-1"
    assert api.count()["stable_token"] == 1


def test_token_is_forced_only_when_the_endpoint_repeats_the_refused_one(
    parts: Parts, api: FakeApi
) -> None:
    parts.tokens.get()
    assert parts.tokens.refused("T-1") == "T-2"
    assert [call.json["force_refresh"] for call in api.calls] == [False, False, True]


def test_forcing_keeps_the_platforms_daily_limit(
    parts: Parts, api: FakeApi, store: redis.Redis
) -> None:
    token = parts.tokens.get()
    for _ in range(25):
        store.delete(f"wechat:{parts.account.app_id}:token:forced")
        store.delete(f"wechat:{parts.account.app_id}:token:stuck")
        try:
            token = parts.tokens.refused(token)
        except RetryLater:
            continue
    assert api.forced == 20


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(40164, "invalid ip 1.2.3.4, not in whitelist"), Permanent),
        (error(40001, "invalid credential"), Permanent),
        (error(40013), Permanent),
        (error(-1), RetryLater),
        (Answer(b"{}"), RetryLater),
        (Answer(b'{"access_token": null, "expires_in": "soon"}'), RetryLater),
        (Answer(b"<html>"), RetryLater),
        (Answer(b"", drop=True), RetryLater),
    ],
)
def test_failures_of_the_endpoint_are_classified(
    parts: Parts, api: FakeApi, answer: Answer, kind: type[Exception]
) -> None:
    api.queue("stable_token", answer)
    with pytest.raises(kind):
        parts.tokens.get()
    assert parts.tokens.get() == "T-1"


def test_redis_that_is_down_is_a_reason_to_retry(api: FakeApi, clock: HandClock) -> None:
    nowhere = redis.Redis(unix_socket_path="/nonexistent/redis.sock")
    with pytest.raises(RetryLater) as caught:
        build_parts(api.base, nowhere, clock).tokens.get()
    assert caught.value.outcome_unknown is False


def test_client_that_decodes_answers_works_too(
    api: FakeApi, store: redis.Redis, redis_socket: str, clock: HandClock
) -> None:
    decoding = redis.Redis(unix_socket_path=redis_socket, decode_responses=True)
    parts = build_parts(api.base, decoding, clock)
    assert parts.tokens.refused(parts.tokens.get()) == "T-2"
    with pytest.raises(RetryLater):
        parts.tokens.refused("T-2")
    with pytest.raises(RetryLater):
        parts.tokens.refused("T-2")
    assert parts.tokens.get() == "T-2"


def test_threads_that_fail_together_refresh_once(
    api: FakeApi, store: redis.Redis, clock: HandClock
) -> None:
    several = [build_parts(api.base, store, clock) for _ in range(8)]
    several[0].tokens.get()
    api.expire()
    api.token_delay_s = 0.1
    got: list[str] = []
    threads = [
        threading.Thread(target=lambda p=parts: got.append(p.tokens.refused("T-1")))
        for parts in several
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["T-2"] * 8
    assert api.count()["stable_token"] == 2


PROCESS = """
import sys
from datetime import datetime, timezone
import redis
from connectors.wechat.credentials import WeChatAccount
from connectors.outbound import make_session
from connectors.wechat.http import reaches
from connectors.wechat.tokens import StableTokens

class Now:
    def now(self):
        return datetime.now(timezone.utc)

account = WeChatAccount("wx-processes", "secret", "token", api_base=sys.argv[1])
tokens = StableTokens(redis.Redis(unix_socket_path=sys.argv[2]), account, make_session(reaches(sys.argv[1])), Now())
sys.stdin.readline()
first = tokens.get()
print(first, tokens.refused("T-0"), flush=True)
"""


def test_processes_share_one_token(api: FakeApi, store: redis.Redis, redis_socket: str) -> None:
    api.token_delay_s = 0.2
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, api.base, redis_socket],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=60)[0].split() for process in processes]
    assert outputs == [["T-1", "T-1"]] * 2
    assert api.count()["stable_token"] == 1
