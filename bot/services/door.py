"""What the platform's callback awaits: make the message durable, then answer inside the five-second rule.

The platform cuts a connection after 5 s and asks again with the same message, three times in all
(wechat-contract section 2); all attempts wait for the same answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from bot.model.message import Accepted, Inbound, Kind, Refusal, Reply
from bot.ports import Arrival, Inbox, Phrases, Unavailable, Waiting

logger = logging.getLogger(__name__)

ATTEMPTS = 3
HOLD_S = 5.5
LAST_HOLD_S = 4.5
ACCEPT_S = 3.0
_ACCEPT_AGAIN_S = 0.2
EMERGENCY_HOLD_S = 2.0
"""An emergency is answered after this long even if Redis neither answers nor refuses."""

DUTY_S = 1.0
"""How long an emergency's answer waits to know whether somebody is there (the hours may be asked of the record)."""


class Emergency(Protocol):
    """A danger that was recognised in a message."""

    def text(self, recorded: bool) -> str:
        """Return what to tell; people on duty are mentioned only if the message was recorded."""


class Emergencies(Protocol):
    """Recognises emergencies without a model and without a store."""

    def match(self, text: str) -> Emergency | None:
        """Return the emergency that the text speaks of, or None."""


async def _open() -> bool:
    return True


class _Lanes:
    """Lets messages of one citizen be accepted one after the other, in the order in which they came in.

    What is offered again to an inbox that is away would else be overtaken by what the citizen says a moment later.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def of(self, citizen: str) -> AsyncIterator[None]:
        lane, users = self._lanes.get(citizen, (asyncio.Lock(), 0))
        self._lanes[citizen] = (lane, users + 1)
        try:
            async with lane:
                yield
        finally:
            _, users = self._lanes[citizen]
            if users == 1:
                del self._lanes[citizen]
            else:
                self._lanes[citizen] = (lane, users - 1)


class Door:
    """Takes one attempt of one message and returns what to write to its connection.

    Args:
        inbox: where messages are made durable.
        waiting: where answers arrive.
        emergencies: matched before anything else.
        phrases: what a citizen is told whose message was not taken.
        on_accepted: called for each message that was taken, once.
        on_refused: called for each attempt of a message that was not taken.
        on_emergency: called for each answer to an emergency, with whether it was recorded.
        on_duty: True while somebody is there to see an emergency that was recorded.
        attempts: how often the platform asks in all.
        hold_s: how long all attempts but the last are held, from their arrival on: past the platform's cut,
            which is harmless.
        last_hold_s: how long the last one is held: short of the cut, so that `success` still arrives. No attempt is given
            an answer later than that: the platform, whose clock began when it connected, may just be giving it up.
        accept_s: how long a message is offered again to an inbox that is away: a Redis that is being started
            again costs the citizen a moment, not a fault notice.
    """

    def __init__(
        self,
        inbox: Inbox,
        waiting: Waiting,
        emergencies: Emergencies,
        *,
        phrases: Phrases,
        on_accepted: Callable[[Inbound], None] = lambda _: None,
        on_refused: Callable[[Refusal], None] = lambda _: None,
        on_emergency: Callable[[bool], None] = lambda _: None,
        on_duty: Callable[[], bool] = lambda: True,
        attempts: int = ATTEMPTS,
        hold_s: float = HOLD_S,
        last_hold_s: float = LAST_HOLD_S,
        accept_s: float = ACCEPT_S,
    ) -> None:
        self._inbox = inbox
        self._waiting = waiting
        self._emergencies = emergencies
        self._phrases = phrases
        self._on_accepted = on_accepted
        self._on_refused = on_refused
        self._on_emergency = on_emergency
        self._on_duty = on_duty
        self._attempts = attempts
        self._hold_s = hold_s
        self._last_hold_s = last_hold_s
        self._accept_s = accept_s
        self._lanes = _Lanes()

    async def __call__(
        self, message: Inbound, is_open: Callable[[], Awaitable[bool]] = _open
    ) -> Reply | None:
        """Return the passive answer, or None: `success`, nothing is said on this connection.

        `is_open` says whether the platform still holds the connection. It counts its five seconds from when it
        connected, which may be before a gateway that is just starting hears of it; an answer is not taken for a
        connection that was given up, or it would count as told.

        Raises:
            Unavailable: the message could not be accepted, or its answer not be taken; the caller refuses
                and the platform asks again. Never for an emergency.
        """
        if message.kind is Kind.IGNORED:
            return None
        emergency = self._emergency(message)
        if emergency is not None:
            return Reply(await self._alarmed(message, emergency))
        began = asyncio.get_running_loop().time()
        # Expected before it is accepted: a fast answer must not pass by unnoticed.
        with self._waiting.expecting(message.key) as arrival:
            accepted = await self._accept(message, until=began + self._accept_s)
            if accepted.is_new and accepted.refusal is None:
                self._on_accepted(message)
            reply, outcome = await self._respond(message, accepted, arrival, is_open, began)
        took = asyncio.get_running_loop().time() - began
        logger.info(
            "message %s",
            outcome,
            extra={
                "message_key": message.key,
                "kind": message.kind.value,
                "attempt": accepted.attempt,
                "seconds": round(took, 3),
            },
        )
        return reply

    async def _respond(
        self,
        message: Inbound,
        accepted: Accepted,
        arrival: Arrival,
        is_open: Callable[[], Awaitable[bool]],
        began: float,
    ) -> tuple[Reply | None, str]:
        """Return the answer for this connection, and what became of this attempt."""
        if accepted.refusal is not None:
            return self._refused(accepted.refusal), f"refused: {accepted.refusal.value}"
        if not message.kind.is_said:
            return None, "accepted"
        if accepted.is_held:
            await self._waiting.leave(message.key)
            return None, "accepted for a person"
        is_last = accepted.attempt >= self._attempts
        answers_s = self._last_hold_s if is_last else min(self._hold_s, self._last_hold_s)
        left = max(began + answers_s - asyncio.get_running_loop().time(), 0.0)
        coming = arrival.wait(left, look=not accepted.is_new)
        reply = await self._answer(message.key, coming, is_open, is_last=is_last)
        return reply, "accepted, nothing answered" if reply is None else "accepted and answered"

    async def _alarmed(self, message: Inbound, emergency: Emergency) -> str:
        is_recorded = await self._is_recorded(message)
        self._on_emergency(is_recorded)
        logger.info(
            "emergency answered",
            extra={"message_key": message.key, "kind": message.kind.value, "recorded": is_recorded},
        )
        return emergency.text(is_recorded and await self._is_somebody_there())

    async def _accept(self, message: Inbound, *, until: float) -> Accepted:
        async with self._lanes.of(message.citizen):
            while True:
                try:
                    return await self._inbox.accept(message)
                except Unavailable:
                    if asyncio.get_running_loop().time() + _ACCEPT_AGAIN_S > until:
                        raise
                    await asyncio.sleep(_ACCEPT_AGAIN_S)

    def _refused(self, refusal: Refusal) -> Reply | None:
        """Say that the message was not taken: nobody will read it, so the citizen must know, but once a minute."""
        self._on_refused(refusal)
        if refusal is Refusal.TOO_FAST:
            return Reply(self._phrases.say("utter_too_fast"))
        if refusal is Refusal.TOO_MANY:
            return Reply(self._phrases.say("utter_too_many"))
        return None

    def _emergency(self, message: Inbound) -> Emergency | None:
        if message.kind not in (Kind.TEXT, Kind.VOICE) or not message.text:
            return None
        return self._emergencies.match(message.text)

    async def _is_recorded(self, message: Inbound) -> bool:
        try:
            await asyncio.wait_for(self._inbox.accept(message, urgent=True), EMERGENCY_HOLD_S)
        except (Unavailable, asyncio.TimeoutError):
            logger.error("emergency answered without being recorded: the inbox is unavailable")
            return False
        return True

    async def _is_somebody_there(self) -> bool:
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._on_duty), DUTY_S)
        except asyncio.TimeoutError:
            logger.warning("duty hours not known in time: nobody is said to be there")
            return False

    async def _answer(
        self,
        key: str,
        coming: Awaitable[bool],
        is_open: Callable[[], Awaitable[bool]],
        *,
        is_last: bool,
    ) -> Reply | None:
        try:
            has_come = await coming
            if has_come and await is_open():
                return await self._waiting.take(key)
            if is_last:
                await self._waiting.leave(key)
            elif not has_come:
                await asyncio.sleep(max(self._hold_s - self._last_hold_s, 0.0))
        except Unavailable:
            if not is_last:
                raise
            # Nobody will ask again: `success` spares the citizen a fault notice, the answer is delivered.
            logger.warning("last attempt ended without its answer: the store is unavailable")
        return None
