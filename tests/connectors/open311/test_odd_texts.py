"""Odd texts of a backend are made storable where they enter: one bad update must not stop the others."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from connectors.open311 import push, wire

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)


def read(raw: str) -> tuple[str, str]:
    (update,) = push.parse(raw.encode(), "application/json", now=NOW)
    return update.update_id, update.description


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (r"a\u0000b", "ab"),
        (r"half \ud83d pair", "half ? pair"),
        (r"\ud83d\ude00", "😀"),
        (r" \u6587\u4e8c\u8def ", "文二路"),
    ],
)
def test_what_no_database_takes_is_left_out(told: str, kept: str) -> None:
    raw = f'{{"update_id": "u1", "service_request_id": "B-1", "description": "{told}"}}'
    assert read(raw) == ("u1", kept)


def test_an_absurdly_long_id_gives_way_to_a_made_one() -> None:
    entry = {"update_id": "x" * 5000, "service_request_id": "B-1", "description": "一"}
    made, _ = read(json.dumps(entry))
    assert 0 < len(made) < 100
    assert read(json.dumps(entry))[0] == made
    assert read(json.dumps(entry | {"description": "二"}))[0] != made


@pytest.mark.parametrize(
    "document",
    [
        b"<services>" + b"<service>" * 20_000 + b"</service>" * 20_000 + b"</services>",
        b"<services>" + b"<s/>" * 500_001 + b"</services>",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=["deep", "crowded", "deep list", "deep object"],
)
def test_a_document_without_a_bottom_is_not_read(document: bytes) -> None:
    with pytest.raises(wire.Unreadable):
        wire.parse(document)
