"""A look into the record file of a running product, for marks that only staff see."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from tests.e2e.server import ProductServer


def deliveries(server: ProductServer, words: str) -> list[dict[str, Any]]:
    """Return the deliveries whose payload holds the words, oldest first."""
    path = server.folder / "data" / "minsheng.db"
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        rows = connection.execute("SELECT * FROM delivery ORDER BY id").fetchall()
    finally:
        connection.close()
    decoded = [
        {**row, "payload": json.loads(row["payload"]), "trail": json.loads(row["trail"])}
        for row in map(dict, rows)
    ]
    return [row for row in decoded if words in json.dumps(row["payload"], ensure_ascii=False)]
