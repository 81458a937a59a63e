"""Pushing to the callback: query and body by mode, the cut, the attempts, the fault notice.

One thread a push, as the platform too pushes for different and even the same citizen at once
(contract 2): order per citizen is the developer's task.
"""

from __future__ import annotations

import secrets
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from simulator.config import Mode, SimulatorConfig
from simulator.crypto import MessageCipher, sign
from simulator.replies import Expectation, Reply, ReplyFault, read_reply
from simulator.store import Exchange, Store
from simulator.transport import CutOff, Unreachable, call
from simulator.wire import cdata

_SILENT_EVENTS = {
    "LOCATION",
    "unsubscribe",
    "VIEW",
    "view_miniprogram",
    "TEMPLATESENDJOBFINISH",
    "MASSSENDJOBFINISH",
    "subscribe_msg_sent_event",
    "subscribe_msg_popup_event",
    "subscribe_msg_change_event",
}
_NO_REPLY = _SILENT_EVENTS - {"VIEW", "view_miniprogram", "subscribe_msg_popup_event"}


@dataclass(frozen=True)
class Push:
    """One message or event on its way to the callback; `xml` is the plaintext body."""

    openid: str
    title: str
    xml: str
    event: str = ""
    enveloped: bool = True

    @property
    def shows_notice(self) -> bool:
        """Whether the citizen sees the fault notice (not for silent events, contract 2)."""
        return self.event not in _SILENT_EVENTS

    @property
    def takes_reply(self) -> bool:
        """Whether a reply can be shown at all (contract 2, LOCATION; 3.3, unsubscribe)."""
        return self.event not in _NO_REPLY


class _Failed(Exception):
    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again


class PushListener(Protocol):
    """Who hears how a push ended, before its future is done; called from the push's thread."""

    def replied(self, push: Push, reply: Reply) -> None:
        """A valid reply came, or `success` (a reply without content)."""

    def faulted(self, push: Push, reason: str) -> None:
        """All attempts failed or the reply was refused."""

    def has_media(self, media_id: str) -> bool:
        """Whether a reply may name this media."""


class Pusher:
    """Sends pushes and tells the listener how each of them ended."""

    def __init__(self, config: SimulatorConfig, store: Store, listener: PushListener) -> None:
        self._config = config
        self._store = store
        self._listener = listener
        self._cipher = (
            MessageCipher(config.aes_key, config.app_id) if config.mode is not Mode.PLAIN else None
        )

    def start(self, push: Push, *, at: float) -> tuple[Exchange, Future[Exchange]]:
        """Push in a thread of its own; the future is done when the platform is done with it."""
        exchange = self._store.open_exchange("push", push.title, openid=push.openid, at=at)
        done: Future[Exchange] = Future()
        threading.Thread(target=self._run, args=(push, exchange, done), daemon=True).start()
        return exchange, done

    def verify(self, *, at: float) -> Exchange:
        """Do the GET verification of the callback URL (contract 1.2)."""
        exchange = self._store.open_exchange("verify", "URL 验证", openid="", at=at)
        echo = str(secrets.randbelow(10**19))
        query = {**self._plain_query(), "echostr": echo}
        url = f"{self._config.callback_url}?{urlencode(query)}"
        began = time.monotonic()
        row: dict[str, Any] = {"n": 1, "url": url, "request_body": "", "result": ""}
        exchange.attempts.append(row)
        try:
            answer = call("GET", url, None, cut_s=self._config.cut_s)
            row["status"] = answer.status
            row["response_body"] = answer.body.decode(errors="replace")
            right = answer.status == 200 and answer.body == echo.encode()
            row["result"] = exchange.outcome = "verified" if right else "refused"
        except (CutOff, Unreachable) as error:
            row["result"] = exchange.outcome = "refused"
            exchange.reason = "timeout" if isinstance(error, CutOff) else "unreachable"
        exchange.elapsed_ms = row["ms"] = _ms(began)
        self._store.publish_exchange(exchange)
        return exchange

    def _run(self, push: Push, exchange: Exchange, done: Future[Exchange]) -> None:
        began = time.monotonic()
        self._store.publish_exchange(exchange)
        try:
            self._push(push, exchange, began)
        finally:
            exchange.elapsed_ms = _ms(began)
            self._store.publish_exchange(exchange)
            done.set_result(exchange)

    def _push(self, push: Push, exchange: Exchange, began: float) -> None:
        url, body = self._request(push)
        for number in range(1, self._config.attempts + 1):
            if number > 1 and self._config.renew_parameters:
                url, body = self._request(push)
            row: dict[str, Any] = {"n": number, "url": url, "request_body": body}
            row["request_plain"] = push.xml
            exchange.attempts.append(row)
            try:
                reply = self._attempt(push, url, body, row)
            except _Failed as failure:
                row["result"] = exchange.reason = failure.reason
                exchange.elapsed_ms = _ms(began)
                self._store.publish_exchange(exchange)
                if not failure.again:
                    break
                if failure.reason != "timeout" and number < self._config.attempts:
                    time.sleep(self._config.retry_gap_s)
                continue
            shown = reply.content is not None or reply.to_agent
            row["result"] = exchange.outcome = "replied" if shown else "accepted"
            exchange.reason = ""
            self._listener.replied(push, reply)
            return
        exchange.outcome = "fault"
        self._listener.faulted(push, exchange.reason)

    def _attempt(self, push: Push, url: str, body: str, row: dict[str, Any]) -> Reply:
        began = time.monotonic()
        try:
            answer = call("POST", url, body.encode(), cut_s=self._config.cut_s)
        except CutOff as error:
            raise _Failed("timeout", again=True) from error
        except Unreachable as error:
            raise _Failed("unreachable", again=True) from error
        finally:
            row["ms"] = _ms(began)
        row["status"] = answer.status
        row["response_body"] = answer.body.decode(errors="replace")
        if answer.status != 200:
            raise _Failed(f"http_{answer.status}", again=True)
        try:
            reply = read_reply(answer.body, self._expectation(push))
        except ReplyFault as fault:
            row["response_plain"] = fault.plain
            raise _Failed(fault.reason, again=False) from fault
        row["response_plain"] = reply.plain
        if reply.content is not None and not push.takes_reply:
            raise _Failed("reply_not_allowed", again=False)
        if reply.to_agent and push.event:
            raise _Failed("event_to_agent", again=False)  # only messages may (contract 10.1)
        return reply

    def _request(self, push: Push) -> tuple[str, str]:
        query = {**self._plain_query(), "openid": push.openid}
        body = push.xml
        if self._cipher is not None and push.enveloped:
            encrypted = self._cipher.encrypt(push.xml)
            parts = (self._config.token, query["timestamp"], query["nonce"], encrypted)
            query.update(encrypt_type="aes", msg_signature=sign(*parts))
            body = self._enveloped(push.xml, encrypted)
        return f"{self._config.callback_url}?{urlencode(query)}", body

    def _enveloped(self, xml: str, encrypted: str) -> str:
        sealed = f"<Encrypt>{cdata(encrypted)}</Encrypt>"
        if self._config.mode is Mode.COMPATIBLE:
            return xml.rpartition("</xml>")[0] + f"\n{sealed}</xml>"
        to = f"<ToUserName>{cdata(self._config.original_id)}</ToUserName>"
        return f"<xml>{to}\n{sealed}</xml>"

    def _plain_query(self) -> dict[str, str]:
        stamp, nonce = str(int(time.time())), str(secrets.randbelow(2 * 10**9))
        signature = sign(self._config.token, stamp, nonce)
        return {"signature": signature, "timestamp": stamp, "nonce": nonce}

    def _expectation(self, push: Push) -> Expectation:
        return Expectation(
            openid=push.openid,
            original_id=self._config.original_id,
            token=self._config.token,
            mode=self._config.mode,
            cipher=self._cipher,
            has_media=self._listener.has_media,
        )


def _ms(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
