"""Settings in a data folder of the test's own, and a real Redis for the session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded_redis import EmbeddedRedis
from app.settings import Settings, read
from bot.storage.motion.connect import open_sync

SECRETS = {
    "MINSHENG_WECHAT_APP_SECRET": "appsecret-9f3a",
    "MINSHENG_WECHAT_TOKEN": "tokenWord77",
    "MINSHENG_WECHAT_AES_KEY": "a" * 42 + "Q",
    "MINSHENG_WECHAT_AES_KEY_PREVIOUS": "b" * 42 + "R",
    "MINSHENG_BACKEND_API_KEY": "backendkey-1",
    "MINSHENG_BACKEND_PUSH_SECRET": "pushsecret-1",
    "MINSHENG_SECRET_KEY": "secretkey-0123456789",
    "MINSHENG_ADMIN_PASSWORD": "adminpassword-1",
}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "MINSHENG_DATA_DIR": str(tmp_path / "data"),
        "MINSHENG_WECHAT_APP_ID": "wx0123456789abcdef",
        **SECRETS,
    }


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return read(environ)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: EmbeddedRedis) -> str:
    client = open_sync(redis_server.url)
    client.flushall()
    client.close()
    return redis_server.url
