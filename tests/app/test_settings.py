"""The environment is read once: defaults as promised, every problem named at once, no secret shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import BadSettings, Settings, read
from tests.app.conftest import SECRETS

ACCOUNT = {
    "MINSHENG_WECHAT_APP_ID": "wx1",
    "MINSHENG_WECHAT_APP_SECRET": "s",
    "MINSHENG_WECHAT_TOKEN": "token",
}


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(BadSettings) as caught:
        read(environ)
    assert str(caught.value).splitlines() == [f"- {p}" for p in caught.value.problems]
    return caught.value.problems


def test_an_account_is_all_that_is_needed() -> None:
    found = read(ACCOUNT)
    assert (found.host, found.port, found.data_dir) == ("127.0.0.1", 8000, Path("var"))
    assert found.api_base == "https://api.weixin.qq.com"
    assert (found.backend_poll_s, found.simulator, found.uses_desk) == (60.0, False, True)
    assert found.local_url == "http://127.0.0.1:8000"
    assert found.record_url.endswith("/var/minsheng.db")
    assert found.record_url.startswith("sqlite:////")


def test_the_simulator_needs_no_account() -> None:
    assert read({"MINSHENG_SIMULATOR": "1"}).simulator
    assert not read({**ACCOUNT, "MINSHENG_SIMULATOR": "0"}).simulator


def test_a_set_environment_is_taken() -> None:
    found = read(
        {
            **ACCOUNT,
            "MINSHENG_HOST": "0.0.0.0",
            "MINSHENG_PORT": " 9000 ",
            "MINSHENG_DATABASE_URL": "postgresql://db/minsheng",
            "MINSHENG_REDIS_URL": "rediss://queue:6380/0",
            "MINSHENG_BACKEND_URL": "https://open311.example.org/v2/",
            "MINSHENG_BACKEND_POLL_S": "1",
        }
    )
    assert (found.port, found.local_url) == (9000, "http://127.0.0.1:9000")
    assert found.record_url == found.desk_url == "postgresql://db/minsheng"
    assert found.backend_url == "https://open311.example.org/v2"
    assert (found.uses_desk, found.backend_poll_s) == (False, 1.0)


def test_proxies_are_addresses_and_networks_with_commas() -> None:
    assert read(ACCOUNT).trusted_proxies == ()
    given = {**ACCOUNT, "MINSHENG_TRUSTED_PROXIES": "127.0.0.1, 10.8.0.0/16,fd00::/8"}
    assert read(given).trusted_proxies == ("127.0.0.1", "10.8.0.0/16", "fd00::/8")


@pytest.mark.parametrize("value", ["*", "nginx", "10.8.0.1/16", "127.0.0.1 10.0.0.1"])
def test_a_proxy_that_could_be_anybody_is_refused(value: str) -> None:
    [problem] = problems({**ACCOUNT, "MINSHENG_TRUSTED_PROXIES": value})
    assert "MINSHENG_TRUSTED_PROXIES" in problem


def test_every_problem_is_named_at_once() -> None:
    found = problems(
        {
            "MINSHENG_PORT": "eighty",
            "MINSHENG_DATABASE_URL": "mysql://x",
            "MINSHENG_REDIS_URL": "localhost:6379",
            "MINSHENG_WECHAT_TOKEN": "a b",
            "MINSHENG_WECHAT_AES_KEY": "short",
            "MINSHENG_WECHAT_AES_KEY_PREVIOUS": "x" * 44,
            "MINSHENG_WECHAT_API_BASE": "api.weixin.qq.com",
            "MINSHENG_BACKEND_URL": "ftp://x",
            "MINSHENG_PUBLIC_URL": "//x",
            "MINSHENG_SECRET_KEY": "short",
            "MINSHENG_BACKEND_POLL_S": "0",
            "MINSHENG_SIMULATOR": "maybe",
        }
    )
    named = {word.strip(":,") for p in found for word in p.split() if word.startswith("MINSHENG_")}
    assert named == {
        "MINSHENG_PORT",
        "MINSHENG_DATABASE_URL",
        "MINSHENG_REDIS_URL",
        "MINSHENG_WECHAT_APP_ID",
        "MINSHENG_WECHAT_APP_SECRET",
        "MINSHENG_WECHAT_TOKEN",
        "MINSHENG_WECHAT_AES_KEY",
        "MINSHENG_WECHAT_AES_KEY_PREVIOUS",
        "MINSHENG_WECHAT_API_BASE",
        "MINSHENG_BACKEND_URL",
        "MINSHENG_PUBLIC_URL",
        "MINSHENG_SECRET_KEY",
        "MINSHENG_BACKEND_POLL_S",
        "MINSHENG_SIMULATOR",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "http://[x"),
        ("PUBLIC_URL", "https://h:99999"),
        ("BACKEND_URL", "http://h:x/v2"),
        ("WECHAT_API_BASE", "https://"),
        ("REDIS_URL", "redis://h:port/0"),
        ("DATABASE_URL", "postgresql://u:p@h:port/d"),
        ("WECHAT_AES_KEY_PREVIOUS", "a" * 43),
    ],
)
def test_an_address_that_nothing_can_be_at_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=f"MINSHENG_{name}"):
        read({"MINSHENG_SIMULATOR": "1", f"MINSHENG_{name}": value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("BACKEND_POLL_S", "-1"),
        ("BACKEND_POLL_S", "nan"),
        ("BACKEND_POLL_S", "inf"),
        ("BACKEND_POLL_S", "soon"),
        ("WECHAT_TOKEN", "ab"),
        ("WECHAT_AES_KEY", "+" * 43),
        ("BACKEND_URL", "http://"),
    ],
)
def test_a_value_that_cannot_work_is_the_only_problem(name: str, value: str) -> None:
    (problem,) = problems({**ACCOUNT, f"MINSHENG_{name}": value})
    assert f"MINSHENG_{name}" in problem


def test_no_secret_is_shown(settings: Settings, environ: dict[str, str]) -> None:
    shown = repr(settings)
    assert environ["MINSHENG_WECHAT_APP_ID"] in shown
    assert [name for name, value in SECRETS.items() if value in shown] == []


def test_no_secret_is_shown_in_a_complaint_about_it() -> None:
    bad = {f"MINSHENG_{n}": "s3cr3t!" for n in ("SECRET_KEY", "WECHAT_AES_KEY", "WECHAT_TOKEN")}
    assert "s3cr3t" not in "".join(problems({**ACCOUNT, **bad}))


def test_a_password_in_an_address_is_not_shown() -> None:
    found = read({**ACCOUNT, "MINSHENG_DATABASE_URL": "postgresql://me:hunter22@db/m"})
    assert "hunter22" not in repr(found)
