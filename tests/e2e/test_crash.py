"""A product as operators run it (no demo), killed and stopped while the platform goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bench.world.processes import command_line_of, members
from simulator.driver import Citizen
from tests.e2e.desk import Desk
from tests.e2e.platform import Platform
from tests.e2e.server import MINSHENG, ROOT, ProductServer
from tests.e2e.talk import a_complaint, file_case, read_back, receipt_in, told


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> ProductServer:
    return ProductServer(tmp_path_factory.mktemp("crash"), demo=False)


@pytest.fixture(scope="module")
def platform(product: ProductServer) -> Iterator[Platform]:
    with Platform(product) as platform:
        product.settings.update(platform.settings())
        product.start()
        yield platform
        if product.is_started:
            product.kill()


@pytest.fixture
def phone(platform: Platform) -> Citizen:
    return platform.driver().create_citizen("市民")


def test_the_simulator_is_not_there_without_the_demo(
    product: ProductServer, platform: Platform
) -> None:
    assert product.get("/simulator/").status_code == 404
    assert platform.driver().verify()


def test_the_menu_is_made_by_command(product: ProductServer, platform: Platform) -> None:
    assert platform.driver().get("control/state")["menu"] == []
    made = subprocess.run(
        [str(MINSHENG), "menu"],
        cwd=ROOT,
        env=product.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    names = [button["name"] for button in platform.driver().get("control/state")["menu"]]
    assert names == ["我要反映", "查进度", "找人工"]


def test_a_worker_killed_with_a_message_in_hand_leaves_it_to_the_next(
    product: ProductServer, phone: Citizen
) -> None:
    worker = product.worker_pid()
    os.kill(worker, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(phone.say, "您好")
        time.sleep(0.5)
        os.kill(worker, signal.SIGKILL)
        asked.result(30)
    phone.wait_for("自动助手", 30)
    assert len(told(phone, "自动助手")) == 1
    product.wait_until("/readyz", 30)


def test_kill_9_loses_nothing_and_tells_nothing_twice(
    product: ProductServer, platform: Platform, phone: Citizen
) -> None:
    """One kill, three things in flight: an unanswered message, a fresh confirmation, a fresh update."""
    desk = Desk(product.url)
    waiting, confirming = (platform.driver().create_citizen(n) for n in ("等回话", "刚确认"))
    row = desk.wait_for(file_case(phone, a_complaint()))
    words = a_complaint()
    read_back(confirming, words)
    group = product.group
    assert any(b"redis-server" in command_line_of(pid) for pid in members(group))
    receipt = receipt_in(confirming.say("确认"))
    os.kill(product.worker_pid(), signal.SIGSTOP)
    assert desk.update(row["service_request_id"], "断电前一刻的进展").ok
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(waiting.say, "我要投诉")
        time.sleep(0.5)
        product.kill()
        assert not [pid for pid in members(group) if command_line_of(pid)]
        product.start()
        asked.result(30)
    desk.wait_for(words, 60)
    waiting.wait_for("具体情况", 20)
    phone.wait_for("断电前一刻的进展", 20)
    assert receipt in "".join(confirming.say("查进度"))
    assert len(desk.requests_with(receipt)) == 1
    assert len(told(waiting, "具体情况")) == 1
    assert len(told(phone, "断电前一刻的进展")) == 1


def test_a_polite_end_is_quick_and_complete(product: ProductServer, phone: Citizen) -> None:
    phone.say("您好")
    group = product.group
    began = time.monotonic()
    product.stop()
    assert time.monotonic() - began < 20
    assert not [pid for pid in members(group) if command_line_of(pid)]
