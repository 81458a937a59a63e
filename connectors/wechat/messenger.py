"""The ways to reach a citizen outside the waiting callback, as the delivery engine uses them."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping

from bot.model.delivery import Allowance
from bot.model.errors import Duplicate, Permanent, RemoteError, RetryLater, WindowClosed
from bot.model.message import Reply
from bot.ports import Clock
from connectors.wechat.client import WeChatClient
from connectors.wechat.errors import REMOTE
from connectors.wechat.ledger import WINDOWS, RedisLedger
from connectors.wechat.notices import BadNotice, fit_values
from connectors.wechat.rendering import render

log = logging.getLogger(__name__)

PAUSE_S = 0.5  # WeChat does not keep the order of quick successive sends (contract 6.2)
# What a picture may be (contract section 8): content type -> ending of the file's name, which WeChat looks at.
PICTURES = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif"}
MAX_PICTURE_BYTES = 10 * 1024 * 1024
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
        self._spend(citizen, len(parts))
        for number, part in enumerate(parts):
            if number:
                self._pause(PAUSE_S)
            self._send_part(citizen, part, before=number, behind=len(parts) - number - 1)

    def send_picture(self, citizen: str, content: bytes, content_type: str) -> None:
        """Upload a picture and send it as one customer-service message.

        Raises:
            WindowClosed: as `send`; without a message left nothing is uploaded.
            RetryLater: with `outcome_unknown` only if the message may have arrived; an upload reaches
                nobody, so its failure never is.
            Permanent: WeChat takes no picture like this (nothing was called), or refused it.
        """
        filename = _picture_name(content, content_type)
        self._spend(citizen, 1)
        try:
            media_id = self._client.upload_media("image", filename, content, _kind(content_type))
        except RemoteError as error:
            self._give_back(citizen, 1)
            if isinstance(error, RetryLater) and error.outcome_unknown:
                raise _reached_nobody(error) from error
            raise
        with self._paid(citizen):
            self._client.send_image(citizen, media_id)

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
        """Show "typing", which costs no message.

        That it is shown already, may not be shown now or never by this account is no failure. Raises
        `RetryLater` when WeChat could not be asked.
        """
        try:
            self._client.typing(citizen)
        except (Duplicate, Permanent, WindowClosed) as error:
            log.debug("typing is not shown: %s", error.code)

    def allowance(self, citizen: str) -> Allowance:
        """Return how many customer-service messages may still be sent now, and until when."""
        return self._ledger.allowance(citizen, self._clock.now())

    def media(self, media_id: str) -> tuple[bytes, str]:
        """Return a medium's bytes and content type; `Permanent` when it is gone."""
        medium = self._client.media_get(media_id)
        return medium.content, medium.content_type

    def _spend(self, citizen: str, count: int) -> None:
        if not self._ledger.spend(citizen, self._clock.now(), count):
            raise WindowClosed(REMOTE, "ledger", f"fewer than {count} messages are left")

    def _send_part(self, citizen: str, part: str, *, before: int, behind: int) -> None:
        try:
            with self._paid(citizen, behind):
                self._client.send_text(citizen, part)
        except RetryLater as error:
            if before:
                raise _partly(error) from error
            raise

    @contextlib.contextmanager
    def _paid(self, citizen: str, behind: int = 0) -> Iterator[None]:
        """Keep the ledger right about one send that fails, and `behind` that then do not follow."""
        try:
            yield
        except WindowClosed:
            with contextlib.suppress(RetryLater):
                self._ledger.close(citizen)
            raise
        except RemoteError as error:
            arrived = isinstance(error, RetryLater) and error.outcome_unknown
            self._give_back(citizen, behind + (0 if arrived else 1))
            raise

    def _give_back(self, citizen: str, count: int) -> None:
        # A ledger that is away then says too little, which harms less than hiding what became of a send.
        with contextlib.suppress(RetryLater):
            self._ledger.refund(citizen, count)


def _kind(content_type: str) -> str:
    return content_type.split(";")[0].strip().lower()


def _picture_name(content: bytes, content_type: str) -> str:
    ending = PICTURES.get(_kind(content_type))
    if ending is None:
        raise Permanent(REMOTE, "picture", "WeChat takes JPEG, PNG and GIF only")
    if not content:
        raise Permanent(REMOTE, "picture", "the picture is empty")
    if len(content) > MAX_PICTURE_BYTES:
        raise Permanent(REMOTE, "picture", "the picture is larger than 10 MB")
    return f"picture{ending}"


def _reached_nobody(error: RetryLater) -> RetryLater:
    after_s = error.retry_after_s
    return RetryLater(REMOTE, error.code, f"upload: {error.message}", retry_after_s=after_s)


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
