from __future__ import annotations

import pytest

from connectors.wechat.credentials import WeChatAccount
from tests.connectors.wechat.pushes import KEY, OLD_KEY


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"token": ""}, "token is empty"),
        ({"token": "  "}, "token is empty"),
        ({"app_id": ""}, "app id is empty"),
        ({"aes_key": "short"}, "AES key must be exactly 43"),
        ({"aes_key": KEY + "A"}, "AES key must be exactly 43"),
        ({"aes_key": KEY[:-1] + "="}, "AES key must be exactly 43"),
        ({"aes_key": KEY, "aes_key_previous": "x"}, "previous AES key must be"),
        ({"aes_key_previous": OLD_KEY}, "without a current one"),
        ({"api_base": "api.weixin.qq.com"}, "API base"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_a_sentence(
    settings: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        WeChatAccount(**{"app_id": "wx1", "app_secret": "s", "token": "t", **settings})


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"app id.*token.*AES key"):
        WeChatAccount("", "", "", aes_key="x")


def test_secrets_are_not_shown() -> None:
    shown = repr(WeChatAccount("wx1", "se-cret", "to-ken", aes_key=KEY, aes_key_previous=OLD_KEY))
    assert "wx1" in shown
    assert not any(secret in shown for secret in ("se-cret", "to-ken", KEY, OLD_KEY))
