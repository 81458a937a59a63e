"""WeChat's error codes as one table into the four kinds of `bot.model.errors`.

Codes and their meaning: contract sections 5 to 10. An unknown positive code is permanent and logged:
it is WeChat saying no to this very call, and repeating what we do not understand burns quota. An
unknown negative code is a fault of their system, like -1, and is tried again.
"""

from __future__ import annotations

import logging
from enum import Enum

from bot.model.errors import Duplicate, Permanent, RemoteError, RetryLater, WindowClosed

log = logging.getLogger(__name__)

REMOTE = "wechat"


class Outcome(str, Enum):
    """What a code means for whoever wanted something done."""

    RETRY = "retry"
    PERMANENT = "permanent"
    DUPLICATE = "duplicate"
    CLOSED = "closed"


_RETRY, _NEVER = Outcome.RETRY, Outcome.PERMANENT
_DONE, _CLOSED = Outcome.DUPLICATE, Outcome.CLOSED

# Codes that say that the access token is no good: worth one refresh and one replay (5.2).
TOKEN_CODES = frozenset({40001, 40014, 42001})

CODES: dict[int, tuple[Outcome, str]] = {
    -1: (_RETRY, "WeChat is busy"),
    # access token (5.1, 5.2)
    40001: (_RETRY, "the access token is invalid or not the latest"),
    40002: (_NEVER, "bad grant_type"),
    40013: (_NEVER, "bad app id"),
    40014: (_RETRY, "the access token is invalid"),
    40125: (_NEVER, "bad app secret"),
    40164: (_NEVER, "this machine's address is not on the account's IP whitelist"),
    40243: (_NEVER, "the app secret is frozen"),
    41001: (_RETRY, "the access token is missing"),
    41002: (_NEVER, "the app id is missing"),
    41004: (_NEVER, "the app secret is missing"),
    42001: (_RETRY, "the access token has expired"),
    43002: (_NEVER, "the call must be a POST"),
    50004: (_NEVER, "the interface is forbidden for this account"),
    50007: (_NEVER, "the account is frozen"),
    89503: (_RETRY, "an administrator has to confirm this machine's address"),
    89506: (_RETRY, "an administrator refused this machine's address; wait a day"),
    89507: (_RETRY, "an administrator refused this machine's address; wait an hour"),
    # quota (5.4)
    45009: (_RETRY, "the day's quota of this call is used up"),
    45011: (_RETRY, "too many calls in this minute"),
    48006: (_NEVER, "the quota may not be cleared again this month"),
    76001: (_NEVER, "bad rid"),
    76002: (_NEVER, "the rid belongs to another account"),
    76003: (_NEVER, "the rid does not exist"),
    76004: (_NEVER, "the rid is too old"),
    76021: (_NEVER, "unknown cgi_path"),
    76022: (_NEVER, "wrong cgi_path"),
    # callback diagnostics (1.6)
    40201: (_NEVER, "no callback address is set"),
    40202: (_NEVER, "bad check action"),
    40203: (_NEVER, "bad check operator"),
    # customer-service messages (6.3, 6.4)
    40003: (_NEVER, "the open id belongs to another account or is malformed"),
    40008: (_NEVER, "bad message type"),
    40200: (_NEVER, "the account's type may not use this"),
    43004: (_CLOSED, "the citizen does not follow the account"),
    43019: (_CLOSED, "the account has blocked this citizen"),
    44002: (_NEVER, "the post data are empty"),
    44003: (_NEVER, "the article is empty"),
    44004: (_NEVER, "the text is empty"),
    45002: (_NEVER, "the text is longer than 2048 bytes"),
    45008: (_NEVER, "more than one article"),
    45015: (_CLOSED, "the citizen's window is closed, or they unfollowed"),
    45047: (_CLOSED, "the citizen's allowance is used up"),
    45072: (_NEVER, "bad typing command"),
    45080: (_CLOSED, "nothing was said in the last 30 s"),
    45081: (_DONE, "typing is shown already"),
    45087: (_NEVER, "the account's customer-service messages are blocked"),
    45162: (_NEVER, "bad type"),
    47001: (_NEVER, "the JSON cannot be parsed"),
    48001: (_NEVER, "the account lacks the right to this call"),
    48002: (_CLOSED, "the citizen refuses messages of this account"),
    48004: (_NEVER, "the interface is closed for irregularities of the account"),
    70000: (_NEVER, "refused for the protection of minors"),
    # notices (7)
    40036: (_NEVER, "bad length of the template id"),
    40037: (_NEVER, "unknown template id"),
    41030: (_NEVER, "bad page"),
    43101: (_CLOSED, "the citizen gave no consent, or it is used up"),
    47003: (_NEVER, "a template value breaks its type's rules"),
    # media (8)
    40004: (_NEVER, "bad media type"),
    40005: (_NEVER, "bad file type"),
    40006: (_NEVER, "bad file size"),
    40007: (_NEVER, "the medium is unknown or older than three days"),
    40009: (_NEVER, "bad image size"),
    40010: (_NEVER, "bad voice size"),
    40011: (_NEVER, "bad video size"),
    40012: (_NEVER, "bad thumbnail size"),
    40137: (_NEVER, "bad image format"),
    41005: (_NEVER, "the file is missing"),
    41006: (_NEVER, "the media id is missing"),
    44001: (_NEVER, "the file is empty"),
    45001: (_NEVER, "the file is too large"),
    45007: (_NEVER, "the voice is too long"),
    # QR codes (9.2)
    40053: (_NEVER, "bad action of a QR code"),
    # menus (9.1)
    40015: (_NEVER, "bad menu type"),
    40016: (_NEVER, "bad number of buttons"),
    40017: (_NEVER, "bad button type"),
    40018: (_NEVER, "bad length of a button name"),
    40019: (_NEVER, "bad length of a button key"),
    40020: (_NEVER, "bad length of a button URL"),
    40021: (_NEVER, "bad menu version"),
    40022: (_NEVER, "bad level of a submenu"),
    40023: (_NEVER, "bad number of submenu buttons"),
    40024: (_NEVER, "bad type of a submenu button"),
    40025: (_NEVER, "bad length of a submenu button name"),
    40026: (_NEVER, "bad length of a submenu button key"),
    40027: (_NEVER, "bad length of a submenu button URL"),
    40028: (_NEVER, "bad user of a conditional menu"),
    40033: (_NEVER, "the body holds escaped characters"),
    40054: (_NEVER, "bad URL of a submenu button"),
    40055: (_NEVER, "bad URL of a button"),
    40119: (_NEVER, "bad button type for this account"),
    40120: (_NEVER, "bad submenu button type for this account"),
    46002: (_NEVER, "the menu version does not exist"),
    46003: (_NEVER, "there is no menu"),
    65301: (_NEVER, "there is no such conditional menu"),
    65303: (_NEVER, "there is no default menu"),
    65316: (_NEVER, "too many different domains in the menu"),
    65317: (_NEVER, "bad URL in the menu"),
    # human agents (10.1)
    61450: (_RETRY, "WeChat's customer service is busy"),
    61451: (_NEVER, "bad parameter"),
    65400: (_NEVER, "customer service is not enabled"),
    65401: (_NEVER, "unknown customer-service account"),
}

# At the token endpoint a "credential" is the app secret, and asking again will not mend it.
_ISSUING: dict[int, tuple[Outcome, str]] = {40001: (_NEVER, "bad app secret")}

_RETRY_AFTER_S: dict[int, float] = {
    45009: 3600.0,  # reset at midnight in Beijing
    45011: 60.0,
    89503: 600.0,
    89506: 86_400.0,
    89507: 3600.0,
}


def classify(errcode: int, errmsg: str = "", *, issuing: bool = False) -> RemoteError:
    """Return the exception for an error code; `issuing` for answers of the token endpoint."""
    table = {**CODES, **_ISSUING} if issuing else CODES
    outcome, meaning = table.get(errcode) or _unknown(errcode)
    code, message = str(errcode), f"{meaning} ({errmsg[:200]})" if errmsg else meaning
    if outcome is Outcome.RETRY:
        return RetryLater(REMOTE, code, message, retry_after_s=_RETRY_AFTER_S.get(errcode))
    if outcome is Outcome.CLOSED:
        return WindowClosed(REMOTE, code, message)
    if outcome is Outcome.DUPLICATE:
        return Duplicate(REMOTE, code, message)
    return Permanent(REMOTE, code, message)


def _unknown(errcode: int) -> tuple[Outcome, str]:
    log.error("WeChat answered with error code %d, which is in no table", errcode)
    return (_RETRY if errcode < 0 else _NEVER), "unknown code"
