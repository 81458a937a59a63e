"""The Official Account's settings, checked before anything is signed or opened with them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")


@dataclass(frozen=True)
class WeChatAccount:
    """One Official Account.

    Attributes:
        token: signs the callback. An empty one would make every signature forgeable
            (contract 1.2), so it is refused here.
        aes_key: EncodingAESKey, 43 characters; empty means plaintext mode.
        aes_key_previous: the key before the last rotation; the platform may use either for a
            while (contract 1.4).
        original_id: the account's `gh_` id, used as the sender of passive replies when a push
            does not name it.
    """

    app_id: str
    app_secret: str = field(repr=False)
    token: str = field(repr=False)
    aes_key: str = field(default="", repr=False)
    aes_key_previous: str = field(default="", repr=False)
    api_base: str = "https://api.weixin.qq.com"
    original_id: str = ""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work, with a sentence that says which."""
        problems = list(_problems(self))
        if problems:
            raise ValueError(" ".join(problems))
        object.__setattr__(self, "api_base", self.api_base.rstrip("/"))

    @property
    def aes_keys(self) -> tuple[str, ...]:
        """The current key first, then the previous one; empty in plaintext mode."""
        return tuple(key for key in (self.aes_key, self.aes_key_previous) if key)


def _problems(account: WeChatAccount) -> list[str]:
    found = []
    if not account.app_id.strip():
        found.append("The WeChat app id is empty.")
    if not account.token.strip():
        found.append("The WeChat token is empty: any caller could sign pushes.")
    for name, key in (("AES key", account.aes_key), ("previous AES key", account.aes_key_previous)):
        if key and not _AES_KEY.fullmatch(key):
            found.append(f"The WeChat {name} must be exactly 43 letters and digits.")
    if account.aes_key_previous and not account.aes_key:
        found.append("A previous WeChat AES key is set without a current one.")
    if not account.api_base.startswith(("https://", "http://")):
        found.append("The WeChat API base must start with https:// or http://.")
    return found
