"""Column types whose content is encrypted in the database and clear in the program.

`bot/storage/tables.py` says which columns. Search and order see what is in the database: the words around a sealed number
can be looked for, the number cannot.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from bot.ports import Sealing

_ATTRIBUTE = "minsheng_sealing"


def seal_with(engine: sa.engine.Engine, sealing: Sealing) -> None:
    """Let everything that goes through this engine be sealed; without it such columns hold what they are given."""
    setattr(engine.dialect, _ATTRIBUTE, sealing)  # all that SQLAlchemy hands to a column type


class Sealed(sa.types.TypeDecorator):
    """Text with the personal numbers in it sealed, or with `whole` all of it."""

    impl = sa.Text
    cache_ok = True
    is_sealed = True

    def __init__(self, *, whole: bool = False) -> None:
        super().__init__()
        self.whole = whole

    def coerce_compared_value(self, op: Any, value: Any) -> Any:  # noqa: ARG002
        """What a column is compared with is looked for as it stands."""
        return sa.Text()

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """Seal on the way in."""
        sealing = getattr(dialect, _ATTRIBUTE, None)
        if value is None or sealing is None:
            return value
        sealed: str = sealing.enclose(value) if self.whole else sealing.conceal(value)
        return sealed

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        """Open on the way out."""
        sealing = getattr(dialect, _ATTRIBUTE, None)
        return value if value is None or sealing is None else sealing.reveal(value)


class SealedJson(sa.types.TypeDecorator):
    """JSON with the personal numbers in its texts sealed, or with `whole` all of it as one piece.

    What is sealed whole and cannot be opened is None.
    """

    impl = sa.JSON
    cache_ok = True
    is_sealed = True

    def __init__(self, *, whole: bool = False) -> None:
        super().__init__()
        self.whole = whole

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """Seal on the way in."""
        sealing = getattr(dialect, _ATTRIBUTE, None)
        if value is None or sealing is None:
            return value
        if self.whole:
            return sealing.enclose(json.dumps(value, ensure_ascii=False))
        return each_text(value, sealing.conceal)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """Open on the way out; rows from before this column was sealed are as they were."""
        sealing = getattr(dialect, _ATTRIBUTE, None)
        if value is None or sealing is None:
            return value
        if not self.whole:
            return each_text(value, sealing.reveal)
        return _parsed(sealing.reveal(value)) if isinstance(value, str) else value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def each_text(value: Any, change: Callable[[str], str]) -> Any:
    """Return JSON data with every text in it changed; names of fields stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [each_text(part, change) for part in value]
    if isinstance(value, dict):
        return {name: each_text(part, change) for name, part in value.items()}
    return value
