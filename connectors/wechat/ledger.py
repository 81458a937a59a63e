"""Our own count of what may still be sent to a citizen: WeChat keeps one and does not show it.

Five messages in 48 hours after a citizen's message, three in one minute after a tap, scan or follow
(contract 6.1). Whether a new message adds to the count or sets it anew, and which of two open windows
pays, is undocumented: here a new one sets it anew, every open window pays, and the larger rest counts.
So the ledger may say too little, never too much by our own sending. Citizens stand under a keyed hash.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import redis
from redis.exceptions import RedisError

from bot.model.delivery import Allowance
from bot.model.errors import RetryLater
from bot.model.message import Inbound
from connectors.wechat.errors import REMOTE


@dataclass(frozen=True)
class Window:
    """What one kind of act by the citizen allows; it ends `early` for clocks that differ."""

    messages: int
    lasts: timedelta
    early: timedelta


WINDOWS = {
    "message": Window(5, timedelta(hours=48), timedelta(minutes=2)),
    "action": Window(3, timedelta(minutes=1), timedelta(seconds=3)),
}

# Fields of a citizen's hash: <kind>:left, <kind>:until, <kind>:opened (seconds). What is left may fall
# below zero in one window while the other pays: so a refund gives back exactly what was taken.
_OPEN = """
local opened = tonumber(redis.call('HGET', KEYS[1], ARGV[1] .. ':opened') or '-1')
if tonumber(ARGV[3]) <= opened then return 0 end
redis.call('HSET', KEYS[1], ARGV[1] .. ':left', ARGV[2], ARGV[1] .. ':opened', ARGV[3],
           ARGV[1] .. ':until', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
"""
# The larger rest, and when the last window that has one closes ("" if none has): as text, because a number
# that leaves a script loses its fraction.
_ALLOWANCE = """
local most, last, closes = 0, 0, ''
for i = 2, #ARGV do
  local until_ = redis.call('HGET', KEYS[1], ARGV[i] .. ':until') or '0'
  local left = tonumber(redis.call('HGET', KEYS[1], ARGV[i] .. ':left') or '0')
  if tonumber(until_) > tonumber(ARGV[1]) and left > 0 then
    most = math.max(most, left)
    if tonumber(until_) > last then last, closes = tonumber(until_), until_ end
  end
end
return {most, closes}
"""
# Takes ARGV[1] messages from every window open at ARGV[2], if one of them holds so many.
_SPEND = """
local open, most = {}, 0
for i = 3, #ARGV do
  local until_ = tonumber(redis.call('HGET', KEYS[1], ARGV[i] .. ':until') or '0')
  if until_ > tonumber(ARGV[2]) then
    local left = tonumber(redis.call('HGET', KEYS[1], ARGV[i] .. ':left'))
    open[ARGV[i]] = left
    most = math.max(most, left)
  end
end
local count = tonumber(ARGV[1])
if most < count then return 0 end
for kind, left in pairs(open) do
  redis.call('HSET', KEYS[1], kind .. ':left', left - count)
end
return 1
"""
_REFUND = """
for i = 2, #ARGV, 2 do
  local left = redis.call('HGET', KEYS[1], ARGV[i] .. ':left')
  if left then
    redis.call('HSET', KEYS[1], ARGV[i] .. ':left',
               math.min(tonumber(left) + tonumber(ARGV[1]), tonumber(ARGV[i + 1])))
  end
end
return 1
"""
_FORGET = """
for i = 2, #ARGV do
  local opened = tonumber(redis.call('HGET', KEYS[1], ARGV[i] .. ':opened') or '-1')
  if opened > tonumber(ARGV[1]) then return 0 end
end
return redis.call('DEL', KEYS[1])
"""


class RedisLedger:
    """The allowances of all citizens of an account, shared by all processes.

    Args:
        store: Redis.
        hashed: open id → the keyed hash that stands for it.
        app_id: keeps two accounts on one Redis apart.
    """

    def __init__(
        self, store: redis.Redis[bytes], *, hashed: Callable[[str], str], app_id: str
    ) -> None:
        self._store = store
        self._hashed = hashed
        self._prefix = f"wechat:{app_id}:allowance:"
        self._allowance = store.register_script(_ALLOWANCE)
        self._spend = store.register_script(_SPEND)
        self._refund = store.register_script(_REFUND)
        self._forget = store.register_script(_FORGET)

    def noting(self, message: Inbound) -> tuple[Any, ...] | None:
        """Return the command that notes what the citizen did, for who has an exchange with Redis anyway.

        None for what opens no window; late news change nothing.
        """
        window = WINDOWS.get(message.allowance)
        if window is None:
            return None
        at = message.sent_at
        until = _seconds(at + window.lasts - window.early)
        keep_s = int(max(each.lasts for each in WINDOWS.values()).total_seconds()) + 3600
        opening = [message.allowance, window.messages, _seconds(at), until, keep_s]
        return ("EVAL", _OPEN, 1, self._key(message.citizen), *opening)

    def allowance(self, citizen: str, now: datetime) -> Allowance:
        """Return how many messages may be sent now, and when the last window that has some closes."""
        left, closes = self._run(self._allowance, citizen, [_seconds(now), *WINDOWS])
        return Allowance(int(left), _moment(float(closes)) if closes else None)

    def spend(self, citizen: str, now: datetime, count: int = 1) -> bool:
        """Take `count` messages before sending them; False, and nothing taken, if there are fewer."""
        return bool(self._run(self._spend, citizen, [count, _seconds(now), *WINDOWS]) == 1)

    def refund(self, citizen: str, count: int = 1) -> None:
        """Give back what was certainly not sent."""
        limits = [part for kind, window in WINDOWS.items() for part in (kind, window.messages)]
        self._run(self._refund, citizen, [count, *limits])

    def close(self, citizen: str) -> None:
        """Nothing is left: WeChat said so, or the citizen unfollowed. A new act opens it again."""
        try:
            for kind in WINDOWS:
                if self._store.hexists(self._key(citizen), f"{kind}:left"):
                    self._store.hset(self._key(citizen), f"{kind}:left", 0)
        except RedisError as error:
            raise _down(error) from error

    def forget(self, citizen: str, at: datetime) -> None:
        """Delete what is kept of a citizen who unsubscribed at `at`; of one who has come back since, nothing."""
        self._run(self._forget, citizen, [_seconds(at), *WINDOWS])

    def _run(self, script: redis.commands.core.Script, citizen: str, args: list[object]) -> Any:
        try:
            return script(keys=[self._key(citizen)], args=args)
        except RedisError as error:
            raise _down(error) from error

    def _key(self, citizen: str) -> str:
        return self._prefix + self._hashed(citizen)[:40]


def _seconds(at: datetime) -> float:
    return at.astimezone(timezone.utc).timestamp()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=timezone.utc)


def _down(error: RedisError) -> RetryLater:
    return RetryLater(REMOTE, "store", f"Redis is not usable: {type(error).__name__}")
