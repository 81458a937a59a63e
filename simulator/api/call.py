"""What an API operation gets and gives."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.errors import ApiError
from simulator.platform import Platform

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


@dataclass(frozen=True)
class Upload:
    """One file of a multipart body."""

    filename: str
    data: bytes


@dataclass(frozen=True)
class ApiCall:
    """One authorised call: its query, its raw body, its uploaded file, and the address it came from."""

    path: str
    query: Mapping[str, str]
    body: bytes = b""
    upload: Upload | None = None
    caller: str = ""

    @property
    def has_escapes(self) -> bool:
        r"""Whether the body holds JSON `\uXXXX` escapes."""
        return any(m.group(1)[0] == "u" for m in _ESCAPE.finditer(self._text()) if len(m[1]) == 5)

    def json(self) -> dict[str, Any]:
        r"""Return the JSON body with `\uXXXX` kept as written, as clients see it (contract 6.2).

        Raises:
            ApiError: 44002 empty, 47001 not a JSON object.
        """
        if not self.body:
            raise ApiError(44002)
        kept = _ESCAPE.sub(_keep_escape, self._text())
        try:
            data = json.loads(kept)
        except (ValueError, RecursionError) as error:
            raise ApiError(47001) from error
        if not isinstance(data, dict):
            raise ApiError(47001)
        return data

    def _text(self) -> str:
        try:
            return self.body.decode()
        except UnicodeDecodeError as error:
            raise ApiError(47001) from error


def _keep_escape(match: re.Match[str]) -> str:
    escape = match.group(1)
    return f"\\\\{escape}" if len(escape) == 5 else match.group(0)


@dataclass(frozen=True)
class Binary:
    """An answer that is a file."""

    data: bytes
    content_type: str
    filename: str = ""


Answer = dict[str, Any] | Binary
Operation = Callable[[Platform, ApiCall], Answer]


@dataclass(frozen=True)
class Endpoint:
    """One path: its method, its operation, and whether it needs a token and verification."""

    method: str
    path: str
    operation: Operation = field(repr=False)
    needs_token: bool = True
    needs_verified: bool = False
