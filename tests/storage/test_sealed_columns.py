"""Which columns are encrypted is decided for each that can hold words: a new one fails here until somebody decides."""

from __future__ import annotations

import sqlalchemy as sa

from bot.storage.tables import metadata as record_tables
from desk.storage.tables import metadata as desk_tables

SEALED = {
    "complaint": {"answers", "callback", "contact_name", "contact_phone", "description", "place",
                  "sealed", "status_text", "summary", "wish"},
    "complaint_update": {"text"},
    "conversation": {"snapshot"},
    "delivery": {"error", "payload"},
    "line": {"data", "text"},
    "desk_request": {"address", "attributes", "description", "person", "status_notes"},
    "desk_step": {"data", "note", "told"},
    "desk_update": {"description"},
}  # fmt: skip
WHOLE = {"complaint.contact_name", "conversation.snapshot", "desk_request.person"}
#: Words of the office, of the backend and of ours, codes, numbers of cases, addresses of our own pictures.
CLEAR = {
    "audit_entry": {"detail"},
    "canned_answer": {"text"},
    "complaint": {"agency", "backend_id", "backend_token", "division", "service_code",
                  "service_group", "service_name", "status", "status_code"},
    "complaint_update": {"agency", "code", "status", "update_id"},
    "delivery": {"trail"},
    "desk_request": {"address_id", "media_urls"},
    "desk_step": {"actor", "key", "untold"},
    "desk_update": {"agency", "media_urls", "update_id"},
    "document": {"body"},
    "medium": {"content_type"},
    "staff": {"password_hash"},
}  # fmt: skip


def _columns(*, sealed: bool) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table in (*record_tables.sorted_tables, *desk_tables.sorted_tables):
        for column in table.columns:
            is_sealed = getattr(column.type, "is_sealed", False)
            holds_words = isinstance(column.type, (sa.Text, sa.JSON)) or is_sealed
            if holds_words and is_sealed is sealed:
                found.setdefault(table.name, set()).add(column.name)
    return found


def test_what_citizens_say_and_who_they_are_is_sealed() -> None:
    assert _columns(sealed=True) == SEALED


def test_what_stays_in_clear_was_decided() -> None:
    assert _columns(sealed=False) == CLEAR


def test_names_are_sealed_whole() -> None:
    columns = [
        column
        for tables in (record_tables, desk_tables)
        for table in tables.sorted_tables
        for column in table.columns
    ]
    whole = {f"{c.table.name}.{c.name}" for c in columns if getattr(c.type, "whole", False)}
    assert whole == WHOLE
