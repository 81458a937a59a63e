"""The last line of defence of the log: what looks personal or secret is masked before a line is written.

The first line is that nothing of the kind is logged at all (docs/security.md); a library's exception may still
hold an address with its token, a statement with its values, or a citizen's words.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

MASK = "***"
_SECRET_NAMES = (
    r"[\w-]*(?:token|secret|signature|password|passwd|api_?key|aes_?key|secret_?key)"
    r"|openid|touser|fromusername|encrypt|echostr"
)
_HEADERS = r"authorization|proxy-authorization|set-cookie|cookie"
_VALUE = r"""b?\\?"[^"\\]*\\?" | b?\\?'[^'\\]*\\?' | [^\s&"'<>,;)\]}\\]+"""
#: `name=value` of addresses and reprs; `"name": "value"` of JSON and dictionaries.
_NAMED = re.compile(
    rf"""(?ix) (?<![\w-]) (?P<name>{_SECRET_NAMES}) (?P<between> \\?["']?\s*=\s* | \\?["']\s*:\s* )
    (?P<value> {_VALUE} )"""
)
_HEADER = re.compile(rf"(?im)(?<![\w-])(?P<name>{_HEADERS})(?P<between>[\"']?\s*[:=]\s*).*$")
#: `<FromUserName><![CDATA[...]]>` and the like of a push.
_ELEMENT = re.compile(rf"(?is)<(?P<name>{_SECRET_NAMES}|content|recognition|label)>.*?</(?P=name)>")
_URL_PASSWORD = re.compile(r"(?P<head>\w://[^\s:/@]*):[^\s@]+@")
#: An open id has 28 characters; one without a capital or a digit is a name in the code.
_OPEN_ID = re.compile(r"(?<![A-Za-z0-9_-])(?=[a-z_-]*[A-Z0-9])o[A-Za-z0-9_-]{27}(?![A-Za-z0-9_-])")
_ID_NUMBER = re.compile(
    r"(?<!\d)\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?!\d)"
)
#: Not between the letters of a hash or a random id, where a run of eleven digits is no rarity.
_MOBILE = re.compile(r"(?<![\da-fA-F.])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![\da-fA-F])")
#: Our code holds no Chinese: in the text of an exception it is somebody's words (or an office's, no loss).
_CHINESE = re.compile(r"[　-〿㐀-鿿豈-﫿＀-￯\U00020000-\U0003134f]+")
_LOCALS = "locals"


def redact(text: str) -> str:
    """Return the text with secrets, open ids, ID numbers and phone numbers masked."""
    text = _NAMED.sub(lambda m: f"{m['name']}{m['between']}{MASK}", text)
    text = _HEADER.sub(lambda m: f"{m['name']}{m['between']}{MASK}", text)
    text = _ELEMENT.sub(lambda m: f"<{m['name']}>{MASK}</{m['name']}>", text)
    text = _URL_PASSWORD.sub(lambda m: f"{m['head']}:{MASK}@", text)
    for pattern in (_OPEN_ID, _ID_NUMBER, _MOBILE):
        text = pattern.sub(MASK, text)
    return text


def redact_exception(text: str) -> str:
    """Return the text of an exception or traceback with its Chinese masked too."""
    return _CHINESE.sub(MASK, redact(text))


_SHORT = 64
"""Names of loggers, levels, outcomes and the like stand in every line."""
_MASKS_SHORT = {mask: lru_cache(maxsize=1000)(mask) for mask in (redact, redact_exception)}


def redact_event(
    logger: Any,  # noqa: ARG001
    method: str,  # noqa: ARG001
    event: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    """Mask every text of an event: a structlog processor, to stand after exceptions were formatted.

    Values that are no plain data are turned into their masked `repr`; the local variables that
    structlog's dictionary tracebacks carry are dropped.
    """
    for key, value in event.items():
        mask = redact_exception if key in ("exception", "stack") else redact
        if not key.startswith("_"):  # structlog's own `_record`, `_from_structlog`
            event[key] = _masked(value, mask)
    return event


def _masked(value: Any, mask: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return _MASKS_SHORT[mask](value) if len(value) <= _SHORT else mask(value)
    if isinstance(value, dict):
        return {
            mask(str(key)): MASK if _is_secret(key) else _masked(inner, mask)
            for key, inner in value.items()
            if key != _LOCALS
        }
    if isinstance(value, (list, tuple)):
        return [_masked(inner, mask) for inner in value]
    return mask(repr(value))


def _is_secret(name: object) -> bool:
    return bool(re.fullmatch(f"{_SECRET_NAMES}|{_HEADERS}", str(name), re.IGNORECASE))
