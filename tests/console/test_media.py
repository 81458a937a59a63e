"""Pictures are shown, everything else is a file, and nothing that a citizen sent is ever run."""

from __future__ import annotations

import pytest

from bot.model.complaint import Medium
from bot.storage.record import SqlRecord
from tests.console.desk_side import START, Browser, audited

CONTENT = b"<script>alert(1)</script>"


def keep(record: SqlRecord, kind: str, content_type: str) -> None:
    with record.unit() as unit:
        unit.media.add(Medium("m1", "hash-of-anna", kind, "P", START))
        unit.media.store_bytes("m1", CONTENT, content_type)


@pytest.mark.parametrize("kind", ["image/jpeg", "image/png", "image/gif", "image/webp"])
def test_a_picture_is_shown(staff: Browser, record: SqlRecord, kind: str) -> None:
    keep(record, "image", kind)
    answer = staff.get("/media/m1")
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["Content-Type"] == kind
    assert "Content-Disposition" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("kind", "content_type", "name"),
    [
        ("voice", "audio/amr", "voice.amr"),
        ("voice", "image/png", "file"),
        ("voice", "audio/mpeg", "voice.mp3"),
        ("voice", "audio/ogg", "voice.ogg"),
        ("video", "video/mp4", "video.mp4"),
        ("image", "text/html", "file"),
        ("image", "image/svg+xml", "file"),
        ("image", "", "file"),
        ("other", "image/png", "file"),
    ],
)
def test_everything_else_is_a_file(
    staff: Browser, record: SqlRecord, kind: str, content_type: str, name: str
) -> None:
    keep(record, kind, content_type)
    answer = staff.get("/media/m1")
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_not_here_yet_is_not_found(staff: Browser, record: SqlRecord) -> None:
    with record.unit() as unit:
        unit.media.add(Medium("m1", "hash-of-anna", "image", "P", START))
    for name in ("m1", "m2"):
        assert staff.get(f"/media/{name}").status_code == 404


def test_who_looks_at_a_picture_looks_at_its_conversation(
    staff: Browser, record: SqlRecord
) -> None:
    keep(record, "image", "image/png")
    staff.get("/media/m1")
    staff.get("/media/m1")
    assert audited(record, "conversation viewed") == [("0001", "conversation hash-of-anna", "")]
