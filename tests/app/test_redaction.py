"""The log's last line of defence: what looks personal or secret never reaches a line."""

from __future__ import annotations

import traceback
from dataclasses import replace

import pytest
import structlog
from redis.exceptions import RedisError

from app.bootstrap import build
from app.redaction import redact, redact_event, redact_exception
from app.serve import warn_of_forgetful
from app.settings import Settings
from bot.ports import Unavailable
from tests.app.conftest import SECRETS

OPEN_ID = "oMS5t6demoLiNvShi00000000001"
PHONE = "13812345678"
ID_NUMBER = "330106199001011234"
TOKEN = "88_AbCdEf-gh_ijklmnop"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"sent to {OPEN_ID}.", OPEN_ID),
        (f"minsheng:answer:{OPEN_ID}:42", OPEN_ID),
        (f"call {PHONE}", PHONE),
        ("call +86 138-1234-5678", "1234-5678"),
        (f"id {ID_NUMBER}", ID_NUMBER),
        ("id 33010619900101123X", "33010619900101123X"),
        (f"url: /cgi-bin/message/custom/send?access_token={TOKEN}&x=1", TOKEN),
        (f"/cgi-bin/token?grant_type=client_credential&appid=wx1&secret={TOKEN}", TOKEN),
        (f'{{"access_token":"{TOKEN}","expires_in":7200}}', TOKEN),
        (f"{{'touser': 'short', 'access_token': '{TOKEN}'}}", TOKEN),
        (f'"{{\\"access_token\\": \\"{TOKEN}\\"}}"', TOKEN),
        (f"/wechat?signature={TOKEN}&timestamp=1&nonce=2&msg_signature={TOKEN}", TOKEN),
        (f"WeChatAccount(app_id='wx1', app_secret='{TOKEN}')", TOKEN),
        (f"postgresql://minsheng:{TOKEN}@db:5432/minsheng", TOKEN),
        (f"redis://:{TOKEN}@cache:6379/0", TOKEN),
        (f"Authorization: Bearer {TOKEN}", TOKEN),
        (f"Cookie: session={TOKEN}; other={TOKEN}", TOKEN),
        (f"x-minsheng-signature={TOKEN}", TOKEN),
        ("<Content><![CDATA[my words]]></Content>", "my words"),
        (f"<FromUserName><![CDATA[{TOKEN}]]></FromUserName>", TOKEN),
    ],
)
def test_what_is_personal_or_secret_is_masked(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "access token fetched, good for 7200 s",
        "access token: the day's 20 forced refreshes are used up",
        "delivery 0b9f2c4de5f60718293a4b5c6d7e8f90 (notice) will be retried",
        "handoff 3f2a9b1c: taken",
        "delivery file:7f2a6c13812345678d1b1ddaa5d24caa delivered",
        "message 1764366936123-0 of stream 12 is parked: TimeoutError",
        "office_hours_of_the_district is no open id",
        "redis: appendfsync is everysec, not always",
        "http://127.0.0.1:8000/console/ at 2026-11-28 21:55:36,123",
        "没有权限：缺少 api_key，或 api_key 不正确。",
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert redact(text) == text


def test_an_exceptions_chinese_is_masked() -> None:
    text = "ValueError: could not convert '小区门口路灯坏了三天' of line 12"
    assert redact_exception(text) == "ValueError: could not convert '***' of line 12"


def test_the_processor_masks_every_text_of_an_event() -> None:
    try:
        words = "路灯坏了"
        raise ValueError(f"{words} {PHONE}")
    except ValueError as error:
        event = {"event": f"to {OPEN_ID}", "n": 3, "who": [OPEN_ID], "d": {"token": "x9"}}
        event["exc_info"] = error  # type: ignore[assignment]
    event = structlog.processors.dict_tracebacks(None, "error", event)  # type: ignore[assignment,arg-type]
    written = repr(redact_event(None, "error", event))
    assert [s for s in (OPEN_ID, PHONE, "x9", "路灯") if s in written] == []
    assert "'n': 3" in written
    assert "ValueError" in written


def test_stores_that_cannot_be_reached_tell_no_password(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    lost = replace(
        settings,
        database_url="postgresql://minsheng:dbpassword9@127.0.0.1:1/minsheng",
        redis_url="redis://:redispassword9@127.0.0.1:1/0",
    )
    parts = build(lost, redis_url=lost.redis_url)
    told = [repr(parts), repr(settings), repr(parts.engine), repr(parts.redis)]
    with pytest.raises(Unavailable) as of_record, parts.record.unit() as unit:
        unit.documents.get("x")
    with pytest.raises(RedisError) as of_redis:
        parts.redis.ping()
    warn_of_forgetful(lost.redis_url)
    told += ["".join(traceback.format_exception(e.value)) for e in (of_record, of_redis)]
    secrets = ["dbpassword9", "redispassword9", *SECRETS.values()]
    text = caplog.text + "\n".join(told)
    assert "redis cannot be reached" in text
    assert [secret for secret in secrets if secret in text] == []
    parts.close()
