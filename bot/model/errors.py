"""The four ways a remote call can fail, as seen above `connectors/`.

    RemoteError
    ├── RetryLater       not now: try again by schedule; `outcome_unknown` if it may have been carried out
    ├── Permanent        never: a wrong value, a missing right, a setting; a person must look
    ├── Duplicate        it is already there: counts as done
    └── WindowClosed     the platform does not let us reach this citizen now (no window, no quota, no consent)

Connectors classify where errors enter; no requests or wechatpy exception passes them.
"""

from __future__ import annotations


class RemoteError(Exception):
    """A remote system did not do what was asked.

    Attributes:
        remote: which system: "wechat" or "backend".
        code: its own code as text, for operators.
    """

    def __init__(self, remote: str, code: str, message: str) -> None:
        super().__init__(f"{remote} {code}: {message}")
        self.remote = remote
        self.code = code
        self.message = message


class RetryLater(RemoteError):
    """Try again later.

    Attributes:
        retry_after_s: seconds the remote asked for, if it did.
        outcome_unknown: True when the request may have been carried out (answer lost).
    """

    def __init__(
        self,
        remote: str,
        code: str,
        message: str,
        *,
        retry_after_s: float | None = None,
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(remote, code, message)
        self.retry_after_s = retry_after_s
        self.outcome_unknown = outcome_unknown


class Permanent(RemoteError):
    """Repeating it will not help."""


class Duplicate(RemoteError):
    """The remote already has it."""


class WindowClosed(RemoteError):
    """The citizen cannot be reached this way now."""
