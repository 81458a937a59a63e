"""Tables for a spreadsheet: with a mark for UTF-8, and nothing that it would calculate."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from starlette.responses import Response

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_file(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return the table as a file."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    for row in rows:
        writer.writerow([f"'{field}" if field.startswith(_FORMULA) else field for field in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def download(name: str, content: bytes) -> Response:
    """Return a table for the browser to keep under this name, which is plain ASCII."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)
