"""How many calls WeChat still lets the account make today, as WeChat says it (contract 5.4).

Asking is a call of its own, so one process asks now and then and keeps the answer in Redis for all. How often the
quota may still be cleared this month WeChat does not tell; we never clear it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import redis
from redis.exceptions import RedisError

from bot.model.errors import Permanent, RetryLater
from connectors.wechat.client import Quota, WeChatClient
from connectors.wechat.errors import REMOTE

#: What can run out and be noticed: telling citizens, fetching what they sent, and the token for all of it.
OPERATIONS = (
    "message/custom/send",
    "message/subscribe/bizsend",
    "message/template/send",
    "media/get",
    "stable_token",
)
KEPT_S = 3600


class ApiQuotas:
    """The day's quotas of one account, shared through Redis."""

    def __init__(self, store: redis.Redis[bytes], client: WeChatClient, app_id: str) -> None:
        self._store = store
        self._client = client
        self._key = f"wechat:{app_id}:quotas"

    def refresh(self) -> int:
        """Ask WeChat and keep the answers; returns of how many operations it told a quota.

        Raises:
            RetryLater: WeChat or Redis cannot be asked now; what was known stays.
            Permanent: WeChat tells none at all, and why.
        """
        found: dict[str, list[int]] = {}
        refused: Permanent | None = None
        for operation in OPERATIONS:
            try:
                quota = self._client.quota(operation)
            except Permanent as error:  # this kind of account does not have every operation
                refused = error
                continue
            found[operation] = [quota.limit, quota.remaining]
        if not found and refused is not None:
            raise refused
        try:
            self._store.set(self._key, json.dumps(found), ex=KEPT_S)
        except RedisError as error:
            raise RetryLater(REMOTE, "store", "Redis is not usable") from error
        return len(found)

    def known(self) -> Mapping[str, Quota]:
        """Return operation → quota as last told within an hour; a Redis error is the caller's."""
        raw = self._store.get(self._key)
        return {} if raw is None else {name: Quota(*two) for name, two in json.loads(raw).items()}
