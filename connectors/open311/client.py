"""What the bot says to a backend: the calls of GeoReport v2 it needs, and the updates feed.

Every method raises only `bot.model.errors.RemoteError` kinds (`connectors/open311/errors.py` says when).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

import requests

from bot.model.backend import (
    Amendment,
    Attribute,
    CitizenAct,
    Filed,
    Filing,
    Request,
    Service,
    Update,
)
from bot.model.errors import Duplicate, Permanent
from connectors.open311 import reading
from connectors.open311.transport import Pairs, Transport
from connectors.open311.wire import Record, records
from connectors.outbound import make_session, same_server

PAGE_ROWS = 1000  # GeoReport v2, GET requests: what a backend gives at most in one answer
MAX_PAGES = 20
# Status words are written large here; what goes on leaves the case open.
_STATUS_OF_ACT = {CitizenAct.WITHDRAW: "CANCELLED", CitizenAct.REDO: "REOPEN"}
T = TypeVar("T")


class Open311Client:
    """A backend, as far as the bot is concerned.

    Args:
        base_url: what discovery calls the endpoint's `url`.
        timeout_s: for connecting, for each read, and for the whole body.
        session: one of the caller's own (proxies, certificates); by default one that reaches the backend's server alone.
        naive_tz: the zone of times that the backend writes without one.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str = "",
        jurisdiction: str = "",
        timeout_s: float = 10.0,
        session: requests.Session | None = None,
        naive_tz: str = "Asia/Shanghai",
    ) -> None:
        self._transport = Transport(
            base_url,
            jurisdiction=jurisdiction,
            timeout_s=timeout_s,
            session=session or make_session(same_server(base_url)),
        )
        self._key: Pairs = [("api_key", api_key)] if api_key else []
        self._zone = ZoneInfo(naive_tz)

    def services(self) -> list[Service]:
        """Return what can be filed, in the backend's order."""
        found = (reading.service(record) for record in records(self._transport.get("services", [])))
        return [service for service in found if service is not None]

    def definition(self, code: str) -> list[Attribute]:
        """Return the questions of one service, in the order to be asked."""
        return reading.attributes(records(self._transport.get(f"services/{_segment(code)}", [])))

    def file(self, filing: Filing) -> Filed:
        """Hand a complaint over. Not idempotent: after `outcome_unknown` look for it with `find` first."""
        return reading.filed(records(self._transport.post("requests", self._key + _form(filing))))

    def file_nothing(self) -> None:
        """POST a request that names no service, which no backend can file; raises what it says to that."""
        self._transport.post("requests", self._key)

    def resolve_token(self, token: str) -> str | None:
        """Return the number a token stands for, or None while there is none (or no such token)."""
        found = self._one(f"tokens/{_segment(token)}")
        return (reading.text(found, "service_request_id") or None) if found else None

    def find(self, *, service_code: str, start: datetime, end: datetime) -> list[Request]:
        """Return the requests of one service filed in a window of at most 90 days."""
        window = [("service_code", service_code), *_window(start, end)]
        return self._rows(
            "requests",
            window,
            read=lambda record: reading.request(record, self._zone),
            key=lambda request: request.id,
        )

    def request(self, request_id: str) -> Request | None:
        """Return one request, or None if the backend does not know it."""
        found = self._one(f"requests/{_segment(request_id)}")
        return reading.request(found, self._zone) if found else None

    def updates(self, start: datetime, end: datetime) -> list[Update]:
        """Return what the feed tells for a window, in the feed's order, each update once.

        The caller asks with overlapping windows and drops what it knows, by request and `update_id`.
        """
        return self._rows(
            "servicerequestupdates",
            _window(start, end),
            read=lambda record: reading.update(record, self._zone, undated=end),
            key=lambda update: (update.service_request_id, update.update_id),
        )

    def post_update(
        self,
        service_request_id: str,
        *,
        update_id: str,
        status: str,
        description: str,
        at: datetime,
    ) -> None:
        """Tell the backend what was done about a request (mySociety's extension, POST servicerequestupdates).

        Safe to repeat with the same `update_id`: a backend that has it already counts as told.
        """
        self._post_update(
            [
                ("update_id", update_id),
                ("service_request_id", service_request_id),
                ("status", status),
                ("updated_datetime", _written(at)),
                ("description", description),
            ]
        )

    def add_update(self, amendment: Amendment) -> None:
        """Tell the backend what the citizen says of a case that is filed; safe to repeat, as `post_update` is."""
        form: Pairs = [
            ("update_id", amendment.update_id),
            ("service_request_id", amendment.service_request_id),
            ("status", _STATUS_OF_ACT.get(amendment.act, "OPEN")),
            ("updated_datetime", _written(amendment.at)),
            ("description", amendment.description),
        ]
        form += [("media_url", url) for url in amendment.media_urls]
        form += _answers([("citizen_act", amendment.act.value), *amendment.verdict.items()])
        self._post_update(form)

    def _post_update(self, form: Pairs) -> None:
        try:
            self._transport.post("servicerequestupdates", self._key + form)
        except Duplicate:
            return

    def _one(self, path: str) -> Record | None:
        try:
            found = records(self._transport.get(path, self._key))
        except Permanent as refusal:
            if refusal.code == "404":
                return None
            raise
        return found[0] if found else None

    def _rows(
        self,
        path: str,
        params: Pairs,
        *,
        read: Callable[[Record], T | None],
        key: Callable[[T], object],
    ) -> list[T]:
        rows: dict[object, T] = {}
        for page in self._pages(path, params):
            before = len(rows)
            for value in filter(None, map(read, page)):
                rows.setdefault(key(value), value)
            if len(rows) == before:  # nothing new: the end, or a backend that does not know pages
                break
        return list(rows.values())

    def _pages(self, path: str, params: Pairs) -> Iterator[list[Record]]:
        """Yield the first answer, and further pages as long as the last one was full."""
        for number in range(1, MAX_PAGES + 1):
            page = [("page", str(number))] if number > 1 else []
            found = records(self._transport.get(path, [*self._key, *params, *page]))
            yield found
            if len(found) < PAGE_ROWS:
                return


def _segment(value: str) -> str:
    return quote(value, safe="", errors="replace")


def _window(start: datetime, end: datetime) -> Pairs:
    """Whole seconds that hold the window: the specification's times have no fractions."""
    return [("start_date", _written(start)), ("end_date", _written(_rounded_up(end)))]


def _rounded_up(moment: datetime) -> datetime:
    return moment + timedelta(seconds=1) if moment.microsecond else moment


def _written(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("naive datetime")
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _form(filing: Filing) -> Pairs:
    fields = (
        ("service_code", filing.service_code),
        ("description", filing.description),
        ("address_string", filing.address_string),
        ("lat", _degrees(filing.lat)),
        ("long", _degrees(filing.long)),
        ("first_name", filing.first_name),
        ("last_name", filing.last_name),
        ("phone", filing.phone),
        ("email", filing.email),
        ("device_id", filing.device_id),
        ("account_id", filing.account_id),
    )
    pairs = [(name, value) for name, value in fields if value]
    pairs += [("media_url", url) for url in filing.media_urls]
    pairs += _answers(filing.attributes.items())
    return pairs


def _answers(attributes: Iterable[tuple[str, str | list[str]]]) -> Pairs:
    pairs: Pairs = []
    for code, answer in attributes:
        if isinstance(answer, str):
            pairs.append((f"attribute[{code}]", answer))
        else:
            pairs += [(f"attribute[{code}][]", part) for part in answer]
    return pairs


def _degrees(value: float | None) -> str:
    return "" if value is None else f"{value:.7f}".rstrip("0").rstrip(".")
