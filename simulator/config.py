"""Settings of the simulated platform: one account, one callback, how patient it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
_TOKEN = re.compile(r"[A-Za-z0-9]{3,32}")


class Mode(str, Enum):
    """How pushed bodies are enveloped (contract 1.3)."""

    PLAIN = "plain"
    COMPATIBLE = "compatible"
    SAFE = "safe"


class AllowancePolicy(str, Enum):
    """Whether a new message sets the allowance to five or adds five (undocumented, contract 6.1)."""

    RESET = "reset"
    ADD = "add"


@dataclass(frozen=True)
class SimulatorConfig:
    """One Official Account as its developer console would show it.

    `cut_s` and `attempts` are the five-second rule (contract 2). `retry_gap_s` is the pause after an
    attempt that failed without being cut (refused, 5xx); the platform's own pause is undocumented.
    `public_url` is where this simulator is reached from outside (picture links); when empty it is
    learned from the first request to the control API.
    """

    callback_url: str = "http://127.0.0.1:8000/wechat"
    app_id: str = "wx5d3a7c91e20b64f8"
    app_secret: str = "3b1f0a9c5d7e42688f6a2c4e0b9d1735"
    token: str = "minshengdemo"
    aes_key: str = "MinShengDemoKey0123456789abcdefghijklmnopqs"
    mode: Mode = Mode.SAFE
    original_id: str = "gh_5f1d8c0a7b32"
    account_name: str = "民声"
    attempts: int = 3
    cut_s: float = 5.0
    retry_gap_s: float = 1.0
    renew_parameters: bool = True
    notice_template_id: str = "Ntc0ComplaintProgressNotice0000000000000001"
    message_template_id: str = "Tpl0ComplaintProgressMessage000000000000001"
    public_url: str = ""
    verified: bool = True
    allowance_policy: AllowancePolicy = AllowancePolicy.RESET

    def __post_init__(self) -> None:
        """Take plain strings for the enums and refuse what the real console refuses."""
        object.__setattr__(self, "mode", Mode(self.mode))
        object.__setattr__(self, "allowance_policy", AllowancePolicy(self.allowance_policy))
        if not _TOKEN.fullmatch(self.token):
            raise ValueError("token must be 3 to 32 letters or digits (contract 1.1)")
        if self.mode is not Mode.PLAIN and not _AES_KEY.fullmatch(self.aes_key):
            raise ValueError("aes_key must be 43 letters or digits (contract 1.1)")
        if self.attempts < 1 or self.cut_s <= 0:
            raise ValueError("attempts and cut_s must be positive")
