from __future__ import annotations

import logging

import pytest

from bot.model.errors import Duplicate, Permanent, RemoteError, RetryLater, WindowClosed
from connectors.wechat.errors import CODES, TOKEN_CODES, Outcome, classify


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-1, RetryLater),
        (40001, RetryLater),
        (42001, RetryLater),
        (45009, RetryLater),
        (45011, RetryLater),
        (45015, WindowClosed),
        (45047, WindowClosed),
        (43004, WindowClosed),
        (43101, WindowClosed),
        (48002, WindowClosed),
        (45080, WindowClosed),
        (45081, Duplicate),
        (48001, Permanent),
        (48004, Permanent),
        (47003, Permanent),
        (40007, Permanent),
        (45002, Permanent),
        (40164, Permanent),
    ],
)
def test_codes_become_kinds(code: int, kind: type[RemoteError]) -> None:
    error = classify(code, "text rid: 1-2-3")
    assert type(error) is kind
    assert (error.remote, error.code) == ("wechat", str(code))


def test_bad_secret_at_the_token_endpoint_is_no_stale_token() -> None:
    assert isinstance(classify(40001, issuing=True), Permanent)


def test_quota_errors_say_when_to_come_back() -> None:
    minute, day = classify(45011), classify(45009)
    assert isinstance(minute, RetryLater)
    assert isinstance(day, RetryLater)
    assert (minute.retry_after_s, day.retry_after_s) == (60.0, 3600.0)


@pytest.mark.parametrize(("code", "kind"), [(99999, Permanent), (-7, RetryLater)])
def test_unknown_code_has_a_defined_kind_and_is_logged(
    code: int, kind: type[RemoteError], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert type(classify(code)) is kind
    assert str(code) in caplog.text


def test_table_is_whole() -> None:
    assert len(CODES) > 90
    assert all(meaning and outcome in Outcome for outcome, meaning in CODES.values())
    assert all(CODES[code][0] is Outcome.RETRY for code in TOKEN_CODES)
    outcomes = {outcome for outcome, _ in CODES.values()}
    assert outcomes == set(Outcome)
