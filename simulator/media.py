"""Temporary media: uploaded by the account or sent by citizens, kept three days (contract 8)."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from pathlib import Path

from simulator.clock import VirtualClock
from simulator.errors import ApiError

LIFETIME_S = 3 * 86400
_MB = 1024 * 1024
SAMPLES = Path(__file__).parent / "samples"

# kind -> (largest size, code when larger, allowed suffixes)
LIMITS: dict[str, tuple[int, int, tuple[str, ...]]] = {
    "image": (10 * _MB, 40009, (".png", ".jpeg", ".jpg", ".gif")),
    "voice": (2 * _MB, 40010, (".amr", ".mp3")),
    "video": (10 * _MB, 40011, (".mp4",)),
    "thumb": (64 * 1024, 40012, (".jpg", ".jpeg")),
}
CONTENT_TYPES = {
    ".png": "image/png",
    ".gif": "image/gif",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".bmp": "image/bmp",
    ".amr": "audio/amr",
    ".mp3": "audio/mp3",
    ".mp4": "video/mp4",
}


@dataclass(frozen=True)
class Media:
    """Stored bytes with the time they were stored."""

    media_id: str
    kind: str
    suffix: str
    data: bytes
    created_at: float

    @property
    def content_type(self) -> str:
        """The type it is served with."""
        return CONTENT_TYPES.get(self.suffix, "application/octet-stream")


class MediaStore:
    """Media by id; an id that is unknown or older than three days is invalid."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._media: dict[str, Media] = {}

    def add(self, kind: str, suffix: str, data: bytes) -> Media:
        """Store bytes under a new id."""
        media_id = secrets.token_urlsafe(48)
        media = Media(media_id, kind, suffix.lower(), data, self._clock.now())
        with self._lock:
            self._media[media_id] = media
        return media

    def upload(self, kind: str, filename: str, data: bytes) -> Media:
        """Store an account's upload after the platform's checks."""
        if kind not in LIMITS:
            raise ApiError(40004)
        if not data:
            raise ApiError(44001)
        limit, too_large, suffixes = LIMITS[kind]
        suffix = Path(filename).suffix.lower()
        if suffix not in suffixes:
            raise ApiError(40005)
        if len(data) > limit:
            raise ApiError(too_large)
        return self.add(kind, suffix, data)

    def get(self, media_id: str) -> Media:
        """Return valid media or raise 41006 (no id) or 40007 (unknown or expired)."""
        if not media_id:
            raise ApiError(41006)
        with self._lock:
            media = self._media.get(media_id)
        if media is None or self._clock.now() - media.created_at >= LIFETIME_S:
            raise ApiError(40007)
        return media

    def is_valid(self, media_id: str) -> bool:
        """Say whether the id can be sent."""
        try:
            self.get(media_id)
        except ApiError:
            return False
        return True


def sample_image(name: str = "") -> bytes:
    """Return one of the built-in pictures, the first when the name is empty or unknown."""
    wanted = SAMPLES / f"{Path(name).name}.jpg"
    return (wanted if name and wanted.is_file() else sorted(SAMPLES.glob("*.jpg"))[0]).read_bytes()


def sample_images() -> list[str]:
    """Return the names of the built-in pictures."""
    return [path.stem for path in sorted(SAMPLES.glob("*.jpg"))]


def silent_amr(seconds: int = 2, *, wide: bool = False) -> bytes:
    """Return an AMR file of silence: 50 frames a second at 8 kHz, or wide band at 16 kHz."""
    if wide:
        return b"#!AMR-WB\n" + (b"\x04" + bytes(17)) * 50 * seconds
    return b"#!AMR\n" + (b"\x04" + bytes(12)) * 50 * seconds
