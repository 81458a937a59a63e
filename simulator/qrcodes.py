"""Parametric QR codes: tickets, scenes, and a picture for a ticket (contract 9.2)."""

from __future__ import annotations

import hashlib
import secrets
import struct
import zlib
from dataclasses import dataclass
from typing import Any

from simulator.clock import VirtualClock
from simulator.errors import ApiError

_LONGEST_S = 2_592_000
_DEFAULT_S = 60
_MODULES = 33
_SCALE = 8
_QUIET = 4


@dataclass(frozen=True)
class QrCode:
    """A code that carries a scene; `expires_at` is None for permanent ones."""

    ticket: str
    scene: str
    url: str
    expires_at: float | None


class QrCodes:
    """Tickets issued to the account."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._codes: dict[str, QrCode] = {}

    def create(self, data: dict[str, Any]) -> dict[str, Any]:
        """Issue a ticket as `/cgi-bin/qrcode/create` answers it."""
        action = data.get("action_name")
        temporary = action in {"QR_SCENE", "QR_STR_SCENE"}
        if not temporary and action not in {"QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"}:
            raise ApiError(40053)
        scene = (data.get("action_info") or {}).get("scene") or {}
        textual = str(action).endswith("_STR_SCENE")
        value = str(scene.get("scene_str" if textual else "scene_id", ""))
        if not 1 <= len(value) <= 64 or (not textual and not value.isdigit()):
            raise ApiError(47001)
        life_s = min(int(data.get("expire_seconds") or _DEFAULT_S), _LONGEST_S)
        code = QrCode(
            ticket=f"gQ{secrets.token_urlsafe(60)}",
            scene=value,
            url=f"http://weixin.qq.com/q/02{secrets.token_urlsafe(16)}",
            expires_at=self._clock.now() + life_s if temporary else None,
        )
        self._codes[code.ticket] = code
        answer: dict[str, Any] = {"ticket": code.ticket, "url": code.url}
        return {**answer, "expire_seconds": life_s} if temporary else answer

    def find(self, ticket: str) -> QrCode | None:
        """Return the code of a ticket while it is valid."""
        code = self._codes.get(ticket)
        if code is None or (code.expires_at is not None and code.expires_at <= self._clock.now()):
            return None
        return code

    def ticket_for(self, scene: str) -> str:
        """Return the ticket pushed with a scan of this scene."""
        for code in reversed(list(self._codes.values())):
            if code.scene == scene:
                return code.ticket
        return f"gQ{hashlib.sha256(scene.encode()).hexdigest()}"


def picture(ticket: str) -> bytes:
    """Return a PNG that looks like a QR code; in the simulator a scene is scanned by its name."""
    bits = hashlib.shake_256(ticket.encode()).digest(_MODULES * _MODULES)
    side = (_MODULES + 2 * _QUIET) * _SCALE
    rows = []
    for y in range(side):
        row = bytearray(b"\x00")
        for x in range(side):
            row.append(0 if _is_dark(x // _SCALE - _QUIET, y // _SCALE - _QUIET, bits) else 255)
        rows.append(bytes(row))
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(name, data)
        for name, data in (
            (b"IHDR", header),
            (b"IDAT", zlib.compress(b"".join(rows))),
            (b"IEND", b""),
        )
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _is_dark(x: int, y: int, bits: bytes) -> bool:
    if not (0 <= x < _MODULES and 0 <= y < _MODULES):
        return False
    for left, top in ((0, 0), (_MODULES - 7, 0), (0, _MODULES - 7)):
        dx, dy = x - left, y - top
        if -1 <= dx <= 7 and -1 <= dy <= 7:
            ring = max(abs(dx - 3), abs(dy - 3))
            return ring in (0, 1, 3)
    return bits[y * _MODULES + x] % 2 == 0
