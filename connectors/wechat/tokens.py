"""The access token, shared by all processes through Redis (contract section 5).

One token a time for the account, from `stable_token`, renewed by whoever holds the lock. A token that
the API refused is compared with the stored one before anything is fetched, so that a hundred failing
calls lead to one refresh. There is no loop: one look, one fetch, at most one forced fetch.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import redis
import requests
from redis.exceptions import LockError, RedisError

from bot.model.errors import RetryLater
from bot.ports import Clock
from connectors.wechat.credentials import WeChatAccount
from connectors.wechat.errors import REMOTE, classify
from connectors.wechat.http import (
    OnCall,
    as_remote_error,
    ignore_call,
    read_json,
    told_of_call,
)

log = logging.getLogger(__name__)

# `stable_token` gives a new token only in the last five minutes of the old one, and both are good
# then (5.1): renewing inside that time is early enough and never in vain.
RENEW_BEFORE_S = 240
FORCE_EVERY_S = 30
FORCE_A_DAY = 20
STUCK_S = 3  # a refusal may be a passing fault: look again soon, yet not with every waiting message
LOCK_S = 30  # longer than the request under it can take
WAIT_S = 12.0
_BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class _Token:
    value: str
    renew_at: float
    expires_at: float


def issue(
    account: WeChatAccount,
    session: requests.Session,
    *,
    force: bool = False,
    on_call: OnCall = ignore_call,
) -> tuple[str, int]:
    """Return the account's token and the seconds it lasts; unforced, the same one while it lives (5.1)."""
    body = {
        "grant_type": "client_credential",
        "appid": account.app_id,
        "secret": account.app_secret,
        "force_refresh": force,
    }
    with told_of_call(on_call, "stable_token") as answered:
        try:
            response = session.post(f"{account.api_base}/cgi-bin/stable_token", json=body)
        except requests.RequestException as error:
            raise as_remote_error(error, changes=False) from error
        answer = read_json(response, changes=False)
        answered(_code(answer) if "errcode" in answer else 0)
    value, lasts_s = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(value, str) or not isinstance(lasts_s, int):
        raise classify(_code(answer), str(answer.get("errmsg", "")), issuing=True)
    return value, lasts_s


class StableTokens:
    """Gives the token for a call, and another one when that was refused.

    Args:
        store: Redis shared by all processes of the account.
        account: whose token.
        session: as made by `make_session`; its time-outs bound how long the lock is held.
        clock: for the token's age.
        wait_s: how long to wait for another process that is fetching.
        on_call: told of each call for a token.
    """

    def __init__(
        self,
        store: redis.Redis[bytes],
        account: WeChatAccount,
        session: requests.Session,
        clock: Clock,
        *,
        wait_s: float = WAIT_S,
        on_call: OnCall = ignore_call,
    ) -> None:
        self._store = store
        self._account = account
        self._session = session
        self._clock = clock
        self._wait_s = wait_s
        self._on_call = on_call
        self._key = f"wechat:{account.app_id}:token"

    def get(self) -> str:
        """Return a token that should be good; renews it ahead of its end."""
        token = self._read()
        if token is None:
            with self._lock(self._wait_s):
                return (self._read() or self._fetch()).value
        if self._now() >= token.renew_at:
            return self._renew(token)
        return token.value

    def refused(self, failed: str) -> str:
        """Return another token than the one the API refused.

        Raises:
            RetryLater: there is none to be had now.
        """
        with self._lock(self._wait_s):
            current = self._read()
            if current is not None and current.value != failed:
                return current.value  # another process was quicker
            if self._is_stuck(failed):
                raise _no_better_token()
            fetched = self._fetch()
            if fetched.value != failed:
                return fetched.value
            if self._may_force():
                return self._fetch(force=True).value
            self._mark_stuck(failed)
            raise _no_better_token()

    def forced_left(self) -> int:
        """Return how many forced renewals are left today; a Redis error is the caller's."""
        used = self._store.get(self._forced_today())
        return max(FORCE_A_DAY - int(used or 0), 0)

    def _forced_today(self) -> str:
        day = datetime.fromtimestamp(self._now(), _BEIJING).strftime("%Y%m%d")
        return f"{self._key}:forced:{day}"

    def _renew(self, old: _Token) -> str:
        """Renew if nobody else is at it; the old token is still good meanwhile."""
        try:
            with self._lock(0):
                current = self._read() or old
                return (self._fetch() if current.value == old.value else current).value
        except RetryLater as error:
            log.warning("access token not renewed yet: %s", error)
            return old.value

    def _fetch(self, *, force: bool = False) -> _Token:
        value, lasts_s = issue(self._account, self._session, force=force, on_call=self._on_call)
        log.info("access token fetched, good for %d s%s", lasts_s, ", forced" if force else "")
        return self._write(value, lasts_s)

    def _write(self, value: str, lasts_s: int) -> _Token:
        now = self._now()
        early_s = min(RENEW_BEFORE_S, lasts_s / 2)
        token = _Token(value, now + lasts_s - early_s, now + lasts_s)
        self._store.set(self._key, json.dumps(token.__dict__), ex=max(lasts_s, 1))
        return token

    def _read(self) -> _Token | None:
        try:
            raw = self._store.get(self._key)
        except RedisError as error:
            raise _store_down(error) from error
        if raw is None:
            return None
        token = _Token(**json.loads(raw))
        return token if self._now() < token.expires_at else None

    def _may_force(self) -> bool:
        """Count one forced refresh if the platform's limits allow it (5.1): both are kept in Redis."""
        if not self._store.set(f"{self._key}:forced", 1, nx=True, ex=FORCE_EVERY_S):
            return False
        counter = self._forced_today()
        count = self._store.incr(counter)
        self._store.expire(counter, 2 * 86_400)
        if count > FORCE_A_DAY:
            log.error("access token: the day's %d forced refreshes are used up", FORCE_A_DAY)
        return int(count) <= FORCE_A_DAY

    def _is_stuck(self, failed: str) -> bool:
        marked = self._store.get(f"{self._key}:stuck")
        return marked is not None and _text(marked) == _digest(failed)

    def _mark_stuck(self, failed: str) -> None:
        """Remember for a while that the platform both issues and refuses this token."""
        log.error("the access token just issued is refused by the API")
        self._store.set(f"{self._key}:stuck", _digest(failed), ex=STUCK_S)

    @contextmanager
    def _lock(self, wait_s: float) -> Iterator[None]:
        lock = self._store.lock(
            f"{self._key}:lock", timeout=LOCK_S, blocking_timeout=wait_s, sleep=0.05
        )
        try:
            if not lock.acquire():
                raise RetryLater(REMOTE, "token", "another process is fetching the access token")
        except RedisError as error:
            raise _store_down(error) from error
        try:
            yield
        except RedisError as error:
            raise _store_down(error) from error
        finally:
            _release(lock)

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _release(lock: redis.lock.Lock) -> None:
    try:
        lock.release()
    except (LockError, RedisError) as error:
        log.warning("token lock not released, it ends by itself: %s", type(error).__name__)


def _code(answer: dict[str, object]) -> int:
    code = answer.get("errcode")
    return code if isinstance(code, int) else -1


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _text(value: bytes | str) -> str:
    """Read a value of Redis, whichever way the client was made."""
    return value.decode() if isinstance(value, bytes) else value


def _no_better_token() -> RetryLater:
    # Soon again, with the token there is: one refusal may be a passing fault, and no token is asked for meanwhile.
    return RetryLater(REMOTE, "token", "the API refuses the token it issued")


def _store_down(error: RedisError) -> RetryLater:
    return RetryLater(REMOTE, "store", f"Redis is not usable: {type(error).__name__}")
