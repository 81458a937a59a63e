"""The address WeChat calls: verify, decrypt, parse, hand to the door, answer (contract sections 1, 2).

What is not authentic is refused with 4xx. What is authentic and makes no sense is answered `success`,
because asking again would not mend it and the citizen would see a fault notice. 503 is said only when
the door cannot promise to keep the message: then the platform asks again.

With an AES key set, only pushes that carry `<Encrypt>` and a good `msg_signature` are taken (safe and
compatible mode; of a compatible body only the encrypted part is read). The plain `signature` does not
cover the body, so a body in the clear would let a captured URL speak for anybody. Without a key, the
platform is in plaintext mode, where there is nothing better than `signature`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from structlog.contextvars import bound_contextvars

from bot.model.message import Inbound, Kind, Reply
from bot.ports import Clock, Unavailable
from connectors.wechat import wire
from connectors.wechat.credentials import WeChatAccount
from connectors.wechat.crypto import FRESHNESS_S, BadEnvelope, Envelopes, Refusal
from connectors.wechat.parsing import BadMessage, Push, parse
from connectors.wechat.rendering import divide, passive_xml, render

log = logging.getLogger(__name__)

Connected = Callable[[], Awaitable[bool]]
Door = Callable[[Inbound, Connected], Awaitable["Reply | None"]]
Rest = Callable[[Inbound, "list[Reply]"], Awaitable[None]]

PATH = "/wechat"
MAX_BODY_BYTES = 256 * 1024  # a text is 2 KB; compatible mode triples a push
SUCCESS = "success"

_STATUS = {
    Refusal.SIGNATURE: 403,
    Refusal.STALE: 403,
    Refusal.KEY: 403,
    Refusal.APPID: 403,
    Refusal.XML: 400,
}


class CallbackMetrics:
    """How many requests came, by outcome, and how many pushes, by type."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "minsheng_wechat_requests",
            "Requests of the WeChat callback by outcome",
            ["outcome"],
            registry=registry,
        )
        self.pushes = Counter(
            "minsheng_wechat_pushes",
            "Authentic pushes by message or event type",
            ["type"],
            registry=registry,
        )


@dataclass(frozen=True)
class _Opened:
    """A push and how to answer it."""

    push: Push
    nonce: str
    aes_key: str  # empty: answer in the clear


class _TooLarge(Exception):
    """The body is larger than any push."""


class WeChatCallback:
    """The endpoints of the callback for one account.

    Args:
        account: whose signatures and keys are taken.
        door: takes one message, and what says whether its connection is still open, and returns the passive
            answer, or None for `success`. It is called
            for every attempt of a message, with the same key, and raises `Unavailable` when the
            message could not be made durable. Not called for kinds that need no handling.
        clock: for freshness and the answer's own time.
        rest: gets the parts of an answer that one passive reply could not hold, on every attempt:
            it must be idempotent by the message's key. Without it they are lost and logged.
        metrics: counters; without them the callback counts for itself.
        max_body: bytes beyond which a body is refused with 413.
        freshness_s: how far the URL's timestamp may be from the clock.
    """

    def __init__(
        self,
        account: WeChatAccount,
        door: Door,
        *,
        clock: Clock,
        rest: Rest | None = None,
        metrics: CallbackMetrics | None = None,
        max_body: int = MAX_BODY_BYTES,
        freshness_s: int = FRESHNESS_S,
    ) -> None:
        self._account = account
        self._door = door
        self._clock = clock
        self._rest = rest
        self._metrics = metrics or CallbackMetrics(CollectorRegistry())
        self._max_body = max_body
        self._envelopes = Envelopes(account, clock=clock, freshness_s=freshness_s)

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        return [
            Route(PATH, self.verify, methods=["GET"]),
            Route(PATH, self.receive, methods=["POST"]),
        ]

    async def verify(self, request: Request) -> Response:
        """Answer the console's check with the exact `echostr` (contract 1.2)."""
        query = request.query_params
        if not all(query.get(name) for name in ("signature", "timestamp", "nonce", "echostr")):
            return self._refuse("parameters", 400)
        try:
            self._envelopes.check(query["signature"], query["timestamp"], query["nonce"])
        except BadEnvelope as error:
            return self._refuse(error.reason.value, 403, error)
        return self._say("verified", query["echostr"])

    async def receive(self, request: Request) -> Response:
        """Take one push and answer it."""
        try:
            body = await self._read(request)
            opened = self._open(request.query_params, body)
        except _TooLarge:
            return self._refuse("too_large", 413)
        except ClientDisconnect:
            return self._refuse("disconnected", 400)
        except BadEnvelope as error:
            return self._refuse(error.reason.value, _STATUS[error.reason], error)
        except BadMessage as error:
            log.warning("push with bad values answered success: %s", error)
            return self._say("bad_message", SUCCESS)
        self._metrics.pushes.labels(opened.push.label).inc()
        with bound_contextvars(message=opened.push.message.key):
            try:
                return await self._answer(opened, request)
            except Unavailable as error:
                return self._refuse("unavailable", 503, error)

    async def _read(self, request: Request) -> bytes:
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > self._max_body:
            raise _TooLarge
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self._max_body:
                raise _TooLarge
        return bytes(body)

    def _open(self, query: Mapping[str, str], body: bytes) -> _Opened:
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not self._account.aes_key:
            self._envelopes.check(query.get("signature", ""), timestamp, nonce)
            return _Opened(_parse(body), nonce, "")
        encrypted = _encrypted(body)
        self._envelopes.check(query.get("msg_signature", ""), timestamp, nonce, encrypted)
        opened = self._envelopes.open(encrypted)
        return _Opened(_parse(opened.xml), nonce, opened.aes_key)

    async def _answer(self, opened: _Opened, request: Request) -> Response:
        message = opened.push.message

        async def is_open() -> bool:
            return not await request.is_disconnected()

        if not _reaches_the_door(message):
            return self._say("ignored", SUCCESS)
        reply = await self._door(message, is_open)
        # LOCATION, unsubscribe and receipts may get nothing but `success` (contract section 2).
        if reply is None or not message.kind.is_said:
            return self._say("success", SUCCESS)
        first, *others = divide(reply)
        texts = render(first)
        if not texts:
            return self._say("success", SUCCESS)
        if others:
            await self._hand_on(message, others)
        return self._say("answered", self._passive(opened, texts[0]), media_type="text/xml")

    async def _hand_on(self, message: Inbound, others: list[Reply]) -> None:
        if self._rest is None:
            log.error("%d parts of a long answer are lost", len(others))
            return
        await self._rest(message, others)

    def _passive(self, opened: _Opened, content: str) -> str:
        xml = passive_xml(
            content,
            citizen=opened.push.message.citizen,
            account=opened.push.account or self._account.original_id,
            created_at=int(self._clock.now().timestamp()),
        )
        if not opened.aes_key:
            return xml
        return self._envelopes.seal(xml, opened.nonce, aes_key=opened.aes_key)

    def _say(self, outcome: str, content: str, *, media_type: str = "text/plain") -> Response:
        self._metrics.requests.labels(outcome).inc()
        return Response(content, media_type=media_type)

    def _refuse(self, outcome: str, status: int, error: Exception | None = None) -> Response:
        self._metrics.requests.labels(outcome).inc()
        log.warning("request of the callback refused with %d: %s", status, error or outcome)
        return PlainTextResponse(outcome, status_code=status)


def _reaches_the_door(message: Inbound) -> bool:
    return message.kind is not Kind.IGNORED


def _encrypted(body: bytes) -> str:
    try:
        root = wire.read_xml(wire.decode(body))
    except wire.BadXml as error:
        raise BadEnvelope(Refusal.XML, str(error)) from error
    encrypted = (root.findtext("Encrypt") or "").strip()
    if not encrypted:
        raise BadEnvelope(Refusal.SIGNATURE, "an AES key is set and the body is in the clear")
    return encrypted


def _parse(xml: bytes) -> Push:
    try:
        return parse(xml)
    except wire.BadXml as error:
        raise BadEnvelope(Refusal.XML, str(error)) from error
