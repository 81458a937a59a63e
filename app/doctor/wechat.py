"""Checks of the account at WeChat: credentials, whitelist, rights, menu, templates, quota, reach of the callback."""

from __future__ import annotations

from collections.abc import Iterator

from app.doctor.findings import Finding, found
from app.doctor.installation import Installation
from bot.model.errors import Permanent, RemoteError
from connectors.wechat.probe import UNAUTHORIZED, refused_address

#: What the token endpoint says → our finding (contract 5.1).
_ISSUING = {
    "40013": "app_id",
    "41002": "app_id",
    "40001": "secret",
    "40125": "secret",
    "41004": "secret",
    "40243": "frozen_secret",
    "40164": "whitelist",
    "89503": "confirm",
    "89506": "confirm",
    "89507": "confirm",
    "50004": "frozen_account",
    "50007": "frozen_account",
    "45009": "quota",
    "45011": "quota",
    "-1": "busy",
}
#: The calls whose daily limit this product can use up.
_COUNTED = (
    "message/custom/send",
    "message/template/send",
    "message/subscribe/bizsend",
    "media/get",
    "media/upload",
)
_LOW_SHARE = 0.1
_LOST_PERCENT = 50.0


def credentials(installation: Installation) -> Iterator[Finding]:
    """Get a token: app id, app secret and whitelist in one."""
    try:
        installation.sign_in()
    except RemoteError as error:
        code = _ISSUING.get(error.code)
        if code is None:
            code = "other" if isinstance(error, Permanent) else "unreachable"
        base = installation.settings.api_base
        yield found(
            f"credentials.{code}",
            code=error.code,
            message=error.message,
            address=refused_address(error.message) or "?",
            base=base,
        )


def rights(installation: Installation) -> Iterator[Finding]:
    """Whether the account may send customer-service messages and make QR codes."""
    api = installation.api
    for right in ("custom_send", "qr"):
        try:
            if not api.may(right):
                yield found(f"rights.{right}")
        except RemoteError as error:
            yield _failed(error, right)


def menu(installation: Installation) -> Iterator[Finding]:
    """Whether the account's menu is the one of catalog/menu.yml."""
    wanted = [(b["name"], b["key"]) for b in installation.catalog.buttons()]
    try:
        there = [(str(b.get("name")), str(b.get("key", ""))) for b in installation.api.menu()]
    except RemoteError as error:
        yield found("rights.menu") if error.code == UNAUTHORIZED else _failed(error, "menu/get")
        return
    if not there:
        yield found("menu.none")
    elif there != wanted:
        yield found("menu.other", there=", ".join(name for name, _ in there))


def templates(installation: Installation) -> Iterator[Finding]:
    """Whether the templates of the settings exist, with exactly the fields that catalog/notices.yml fills."""
    own, api = installation.settings, installation.api
    rungs = (
        ("subscription", "MINSHENG_NOTICE_TEMPLATE_ID", own.notice_template_id),
        ("template", "MINSHENG_TEMPLATE_MESSAGE_ID", own.template_message_id),
    )
    lists = {"subscription": api.notice_templates, "template": api.message_templates}
    if not any(template_id for _, _, template_id in rungs):
        yield found("templates.none")
    for rung, setting, template_id in rungs:
        if not template_id:
            continue
        try:
            there = lists[rung]().get(template_id)
        except RemoteError as error:
            lacks = error.code == UNAUTHORIZED
            yield found(f"rights.{rung}") if lacks else _failed(error, rung)
            continue
        filled = frozenset(installation.catalog.notice_fields[rung])
        yield from _fields(rung, setting, there, filled)


def _fields(
    rung: str, setting: str, there: frozenset[str] | None, filled: frozenset[str]
) -> Iterator[Finding]:
    if there is None:
        yield found("templates.unknown", setting=setting)
    elif there != filled:
        missing, unfilled = sorted(filled - there), sorted(there - filled)
        yield found(
            "templates.fields",
            setting=setting,
            rung=rung,
            missing=", ".join(missing) or "-",
            unfilled=", ".join(unfilled) or "-",
        )


def quota(installation: Installation) -> Iterator[Finding]:
    """What is left today of the calls that this product makes most."""
    api = installation.api
    for path in _COUNTED:
        try:
            left = api.quota(path)
        except RemoteError:  # a call that the account does not have; `rights` says so
            continue
        if not left.daily_limit:
            continue
        if left.remain <= 0:
            yield found("quota.gone", call=path, limit=left.daily_limit)
        elif left.remain < left.daily_limit * _LOW_SHARE:
            yield found("quota.low", call=path, remain=left.remain, limit=left.daily_limit)


def reach(installation: Installation) -> Iterator[Finding]:
    """Whether WeChat itself finds and reaches the callback that its console has."""
    try:
        reached = installation.api.reach()
    except RemoteError as error:
        if error.code == "40201":
            yield found("reach.not_set")
        elif error.code != UNAUTHORIZED:
            yield _failed(error, "callback/check")
        return
    if not reached.addresses:
        yield found("reach.no_name")
    for address, percent in reached.lost.items():
        if percent >= _LOST_PERCENT:
            yield found("reach.lost", address=address, percent=f"{percent:.0f}")


def _failed(error: RemoteError, call: str) -> Finding:
    return found("rights.unknown", call=call, code=error.code, message=error.message)
