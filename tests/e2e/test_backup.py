"""A backup of a product that is in use, put in place elsewhere: everybody goes on where they were."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.embedded_redis import EmbeddedRedis
from bot.storage.motion import keys
from bot.storage.motion.connect import open_sync
from simulator.driver import Citizen
from tests.e2e.desk import Desk
from tests.e2e.platform import Platform
from tests.e2e.server import MINSHENG, ROOT, ProductServer
from tests.e2e.talk import a_complaint, file_case, read_back, receipt_in, told
from tests.e2e.test_ladder import wait_for_state


@pytest.fixture
def product(tmp_path: Path) -> ProductServer:
    return ProductServer(tmp_path / "first", demo=False)


@pytest.fixture
def platform(product: ProductServer) -> Iterator[Platform]:
    with Platform(product) as platform:
        product.settings.update(platform.settings())
        product.start()
        yield platform
        if product.is_started:
            product.kill()


def minsheng(product: ProductServer, *words: str) -> tuple[int, str]:
    """Run a command on the product's data folder, without the account in its environment."""
    environ = {k: v for k, v in product.environment().items() if "WECHAT" not in k}
    done = subprocess.run(
        [str(MINSHENG), *words],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def waits_in_redis(product: ProductServer) -> int:
    with open_sync(EmbeddedRedis(product.folder / "data" / "redis").url) as client:
        return sum(client.xlen(keys.stream(n)) for n in range(keys.PARTITIONS))


def test_everybody_goes_on_where_they_were(
    product: ProductServer, platform: Platform, tmp_path: Path
) -> None:
    driver, file = platform.driver(), tmp_path / "saved.tgz"
    filed, drafting, waiting = (driver.create_citizen(n) for n in ("已提交", "填到一半", "等回话"))
    desk = Desk(product.url)
    receipt = file_case(filed, a_complaint())
    row = desk.wait_for(receipt)
    driver.account(verified=False)  # what is told now is refused, and held
    assert desk.update(row["service_request_id"], "备份前留着的消息").ok
    wait_for_state(product, "备份前留着的消息", "held")
    words = a_complaint()
    read_back(drafting, words)
    os.kill(product.worker_pid(), signal.SIGKILL)  # the next one loads the model for some seconds
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(waiting.say, "我要投诉")
        while not waits_in_redis(product):
            time.sleep(0.02)

        code, said = minsheng(product, "backup", str(file))
        assert (code, "backup of" in said) == (0, True), said
        code, said = minsheng(product, "restore", "--force", str(file))
        assert (code, "is running" in said) == (1, True), said

        product.kill()
        product.settings["MINSHENG_DATA_DIR"] = str(tmp_path / "second")
        code, said = minsheng(product, "restore", str(file))
        assert (code, "1 accepted messages wait" in said) == (0, True), said
        driver.account(verified=True)
        product.start()
        asked.result(60)

    waiting.wait_for("具体情况", 30)
    assert_nothing_is_lost_or_said_twice(desk, filed, receipt)
    second = receipt_in(drafting.say("确认"))
    desk.wait_for(second, 60)
    assert len(desk.requests_with(second)) == 1
    assert second != receipt
    assert len(told(waiting, "具体情况")) == 1


def assert_nothing_is_lost_or_said_twice(desk: Desk, filed: Citizen, receipt: str) -> None:
    assert "备份前留着的消息" in "".join(filed.say("您好"))
    filed.say("谢谢")
    assert len(told(filed, "备份前留着的消息")) == 1
    assert receipt in "".join(filed.say("查进度"))
    assert len(desk.requests_with(receipt)) == 1
