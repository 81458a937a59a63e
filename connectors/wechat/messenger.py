"""The ways to reach a citizen outside the waiting callback, as the delivery engine uses them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping

from bot.model.errors import Duplicate, Permanent, RemoteError, RetryLater, WindowClosed
from bot.model.message import Reply
from bot.ports import Clock
from connectors.wechat.client import WeChatClient
from connectors.wechat.errors import REMOTE
from connectors.wechat.ledger import WINDOWS, RedisLedger
from connectors.wechat.notices import BadNotice, fit_values
from connectors.wechat.rendering import render

PAUSE_S = 0.5  # WeChat does not keep the order of quick successive sends (contract 6.2)
_MOST_PARTS = max(window.messages for window in WINDOWS.values())


class WeChatMessenger:
    """Sends customer-service messages within the allowance, and notices beyond it.

    Args:
        client: the account's API.
        ledger: what may still be sent; asked before any call.
        clock: for the ledger.
        pause: waits between the parts of a long text.
    """

    def __init__(
        self,
        client: WeChatClient,
        ledger: RedisLedger,
        *,
        clock: Clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._clock = clock
        self._pause = pause

    def send(self, citizen: str, reply: Reply) -> None:
        """Send a reply as customer-service messages, all its parts or, for want of allowance, none.

        Raises:
            WindowClosed: the ledger holds fewer messages than the reply has parts (nothing was
                called), or WeChat says that the citizen cannot be reached (the ledger is corrected).
            RetryLater: with `outcome_unknown` if any of it may have arrived.
            Permanent: the reply has more parts than any window allows, or WeChat refused it.
        """
        parts = render(reply)
        if len(parts) > _MOST_PARTS:
            raise Permanent(REMOTE, "parts", f"{len(parts)} messages in one go are never allowed")
        if not self._ledger.spend(citizen, self._clock.now(), len(parts)):
            raise WindowClosed(REMOTE, "ledger", f"fewer than {len(parts)} messages are left")
        for number, part in enumerate(parts):
            if number:
                self._pause(PAUSE_S)
            self._send_part(citizen, part, before=number, behind=len(parts) - number - 1)

    def notify_subscription(
        self, citizen: str, template_id: str, values: Mapping[str, str], *, page: str = ""
    ) -> None:
        """Send a subscription notice; `WindowClosed` without consent."""
        self._client.bizsend(citizen, template_id, _fitted(values), page=page)

    def notify_template(
        self,
        citizen: str,
        template_id: str,
        values: Mapping[str, str],
        *,
        client_msg_id: str,
        url: str = "",
    ) -> str:
        """Send a template message and return WeChat's id of it; the same `client_msg_id` shows once."""
        return self._client.template_send(
            citizen, template_id, _fitted(values), client_msg_id=client_msg_id, url=url
        )

    def typing(self, citizen: str) -> None:
        """Show "typing"; that it is shown already or may not be shown now is no failure."""
        with contextlib.suppress(Duplicate, WindowClosed):
            self._client.typing(citizen)

    def allowance(self, citizen: str) -> int:
        """Return how many customer-service messages may still be sent now."""
        return self._ledger.left(citizen, self._clock.now())

    def media(self, media_id: str) -> tuple[bytes, str]:
        """Return a medium's bytes and content type; `Permanent` when it is gone."""
        medium = self._client.media_get(media_id)
        return medium.content, medium.content_type

    def _send_part(self, citizen: str, part: str, *, before: int, behind: int) -> None:
        try:
            self._client.send_text(citizen, part)
        except WindowClosed:
            self._ledger.close(citizen)
            raise
        except RemoteError as error:
            arrived = isinstance(error, RetryLater) and error.outcome_unknown
            self._ledger.refund(citizen, behind + (0 if arrived else 1))
            if before and isinstance(error, RetryLater):
                raise _partly(error) from error
            raise


def _partly(error: RetryLater) -> RetryLater:
    return RetryLater(
        REMOTE,
        error.code,
        f"a part was sent before: {error.message}",
        retry_after_s=error.retry_after_s,
        outcome_unknown=True,
    )


def _fitted(values: Mapping[str, str]) -> dict[str, str]:
    try:
        return fit_values(values)
    except BadNotice as error:
        raise Permanent(REMOTE, "notice", str(error)) from error
