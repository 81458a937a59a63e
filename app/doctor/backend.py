"""Checks of the backend: reachable, takes our key, tells what can be filed and what became of it."""

from __future__ import annotations

from collections.abc import Iterator

from app.bootstrap import backend_url
from app.doctor.findings import Finding, found
from app.doctor.installation import Installation
from bot.model.backend import Service
from bot.model.errors import RemoteError, RetryLater
from connectors.open311 import Open311Client
from connectors.open311.probe import Feed, feed_of, key_is_refused

_ASKED = 5
_FAILING = "failing"
_CODES = {"401": "refused", "403": "refused", "404": "address", "unreadable": "not_open311"}


def check(installation: Installation) -> Iterator[Finding]:
    """Look at the backend; nothing is filed."""
    client = installation.backend
    try:
        services = client.services()
    except RemoteError as error:
        yield _unusable(error, backend_url(installation.settings))
        return
    if not services:
        yield found("backend.no_services")
    yield from _questions(client, services)
    yield from _key(client)
    yield from _news(installation, client)


def _questions(client: Open311Client, services: list[Service]) -> Iterator[Finding]:
    """Read some services' questions: what cannot be asked cannot be answered, and filing is refused."""
    for service in [s for s in services if s.has_attributes][:_ASKED]:
        try:
            client.definition(service.code)
        except RemoteError as error:
            yield found("backend.questions", service=service.code, code=error.code)


def _key(client: Open311Client) -> Iterator[Finding]:
    try:
        if key_is_refused(client):
            yield found("backend.key")
    except RemoteError as error:
        yield found("backend.key_unproven", code=error.code)


def _news(installation: Installation, client: Open311Client) -> Iterator[Finding]:
    try:
        feed = feed_of(client, installation.now)
    except RemoteError as error:
        yield found("backend.feed_failing", code=error.code)
        return
    if feed is Feed.REFUSED:
        yield found("backend.feed_refused")
    elif feed is Feed.ABSENT and not installation.settings.backend_push_secret:
        yield found("backend.no_news")


def _unusable(error: RemoteError, address: str) -> Finding:
    code = _CODES.get(error.code)
    if code is None and isinstance(error, RetryLater) and not error.code.isdigit():
        code = "unreachable"
    return found(
        f"backend.{code or _FAILING}", address=address, code=error.code, message=error.message
    )
