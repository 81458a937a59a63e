"""A worker that is slow or stands still: the five-second rule from the citizen's side (contract section 2)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from bench.world.processes import command_line_of, members
from simulator.driver import Citizen, SimulatorDriver
from tests.e2e.desk import Desk
from tests.e2e.server import ProductServer
from tests.e2e.talk import a_complaint, read_back, receipt_in, told

FIRE = "我家着火了！！！孩子还在里面"


@pytest.fixture
def stopped(server: ProductServer) -> Callable[[], Any]:
    """Make the worker stand still inside a `with`; the block may let it go on earlier."""

    @contextmanager
    def standing() -> Iterator[Callable[[], None]]:
        pid = server.worker_pid()

        def go_on() -> None:
            os.kill(pid, signal.SIGCONT)

        os.kill(pid, signal.SIGSTOP)
        try:
            yield go_on
        finally:
            go_on()

    return standing


def answers_of(citizen: Citizen) -> list[dict[str, Any]]:
    return [m for m in citizen.messages() if m["direction"] == "out" and m["via"] != "system"]


def test_an_answer_in_the_second_attempt_is_given_once(
    citizen: Citizen, stopped: Callable[[], Any]
) -> None:
    with stopped() as go_on, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(citizen.say, "您好")
        time.sleep(6.0)
        go_on()
        assert asked.result(15)
    exchange = citizen.last["exchange"]
    assert exchange["outcome"] == "replied"
    assert [a["result"] for a in exchange["attempts"]] == ["timeout", "replied"]
    citizen.say("查进度")
    vias = [m["via"] for m in answers_of(citizen)]
    assert vias == ["passive", "passive"]


def test_a_worker_that_stands_still(
    citizen: Citizen, driver: SimulatorDriver, server: ProductServer, stopped: Callable[[], Any]
) -> None:
    """One long stop, several views: three attempts and a late answer, an emergency, readiness."""
    in_danger = driver.create_citizen("呼救者")
    with stopped(), ThreadPoolExecutor(1) as pool:
        asked = pool.submit(citizen.say, "您好")
        first_line = in_danger.say(FIRE)[0].splitlines()[0]
        assert "119" in first_line
        assert len(in_danger.last["exchange"]["attempts"]) == 1
        assert asked.result(20) == []
        assert server.get("/readyz").status_code == 503
        assert server.get("/healthz").status_code == 200
    exchange = citizen.last["exchange"]
    assert [a["result"] for a in exchange["attempts"]] == ["timeout", "timeout", "accepted"]
    citizen.wait_for("民声", 10)
    citizen.say("查进度")
    assert [m["via"] for m in answers_of(citizen)] == ["custom", "passive"]
    assert [m["via"] for m in answers_of(in_danger)] == ["passive"]
    deadline = time.monotonic() + 10
    while server.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_while_redis_stands_still_an_emergency_is_answered(
    citizen: Citizen, driver: SimulatorDriver, server: ProductServer
) -> None:
    redis = redis_pid(server)
    in_danger = driver.create_citizen("呼救者")
    os.kill(redis, signal.SIGSTOP)
    try:
        lines = in_danger.say(FIRE)[0].splitlines()
        assert "119" in lines[0]
        assert "已提醒值班人员" not in "".join(lines)
        assert len(in_danger.last["exchange"]["attempts"]) == 1
    finally:
        os.kill(redis, signal.SIGCONT)
    assert citizen.say("您好", patience_s=15)


def test_a_redis_that_is_killed_comes_back_with_what_it_had(
    citizen: Citizen, server: ProductServer
) -> None:
    words = a_complaint()
    read_back(citizen, words)
    os.kill(redis_pid(server), signal.SIGKILL)
    answer = citizen.say("确认") or [citizen.wait_for("已提交", 20)]
    receipt = receipt_in(answer)
    row = Desk(server.url).wait_for(words)
    assert receipt in row["description"]
    server.wait_until("/readyz", 20)
    assert len(told(citizen, "已提交")) == 1


def test_messages_of_one_citizen_are_answered_in_their_order(
    citizen: Citizen, driver: SimulatorDriver, stopped: Callable[[], Any]
) -> None:
    words = ["我要投诉", "楼下烧烤店油烟大得睁不开眼", "西湖区文三路90号3幢"]
    with stopped() as go_on, ThreadPoolExecutor(3) as pool:
        sent = []
        for text in words:
            phone = server_side(driver, citizen)
            sent.append(pool.submit(phone.say, text))
            time.sleep(0.2)
        go_on()
        answers = ["".join(s.result(15)) for s in sent]
    assert "确认" in answers[-1]
    assert "文三路90号" in answers[-1]


def redis_pid(server: ProductServer) -> int:
    return next(p for p in members(server.group) if b"redis-server" in command_line_of(p))


def server_side(driver: SimulatorDriver, citizen: Citizen) -> Citizen:
    """Return another handle of the same citizen, for use in another thread."""
    return driver.citizen(citizen.openid)
