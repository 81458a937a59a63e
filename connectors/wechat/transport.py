"""wechatpy's API client with its way to the network replaced.

wechatpy knows the paths and payloads of the API; its request loop does not bound its retries, sends
an empty file when it repeats an upload, waits without time-out, takes `/cgi-bin/token` (which fights
with other processes) and reads JSON by dropping what it cannot decode (contract 12.3, 12.4). So the
one method everything goes through is ours: a token from `StableTokens`, one refresh and one replay,
strict JSON, and our four kinds of error.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol, cast

import requests
import wechatpy.client

from connectors.wechat.credentials import WeChatAccount
from connectors.wechat.errors import TOKEN_CODES, classify
from connectors.wechat.http import (
    OnCall,
    as_remote_error,
    check_status,
    ignore_call,
    read_json,
    told_of_call,
)


class Tokens(Protocol):
    """Gives the token for a call, and another one when that was refused (`connectors.wechat.tokens`)."""

    def get(self) -> str:
        """Return a token that should be good."""

    def refused(self, failed: str) -> str:
        """Return another token than the one the API refused, or raise `RetryLater`."""


class Transport(wechatpy.client.WeChatClient):  # type: ignore[misc]
    """A wechatpy client whose calls are safe to make from several processes.

    Raises only `bot.model.errors`. Bodies given as `data={...}` are sent as real UTF-8, because
    WeChat shows JSON's escapes to the citizen as they stand (contract 6.2).
    """

    def __init__(
        self,
        account: WeChatAccount,
        tokens: Tokens,
        session: requests.Session,
        *,
        on_call: OnCall = ignore_call,
    ) -> None:
        super().__init__(account.app_id, account.app_secret, auto_retry=False)
        self.API_BASE_URL = f"{account.api_base}/cgi-bin/"
        self._tokens = tokens
        self._http = session
        self._on_call = on_call

    @property
    def access_token(self) -> str:
        """The shared token."""
        return str(self._tokens.get())

    def fetch_access_token(self) -> None:
        """Never fetch past the account's `Tokens`."""
        raise NotImplementedError("access tokens are given")

    def download(self, path: str, params: dict[str, str]) -> requests.Response | dict[str, Any]:
        """GET a medium: the response itself if its headers say so, else the JSON object."""
        url, options = self._url(path), {"params": params}
        return cast("requests.Response", self._with_token("get", url, options, _read_medium))

    def _request(self, method: str, url_or_endpoint: str, **options: Any) -> Any:
        process: Callable[[Any], Any] | None = options.pop("result_processor", None)
        base = options.pop("api_base_url", self.API_BASE_URL)
        result = self._with_token(method, self._url(url_or_endpoint, base), options, _read)
        return process(result) if process else result

    def _url(self, path: str, base: str | None = None) -> str:
        if path.startswith(("http://", "https://")):
            return path
        return f"{base or self.API_BASE_URL}{path}"

    def _with_token(
        self, method: str, url: str, options: dict[str, Any], read: Callable[..., Any]
    ) -> Any:
        token = self.access_token
        result = self._once(method, url, options, token, read)
        if _errcode(result) in TOKEN_CODES:
            result = self._once(method, url, options, self._tokens.refused(token), read)
        code = _errcode(result)
        if code:
            raise classify(code, str(result.get("errmsg", "")))
        return result

    def _once(
        self, method: str, url: str, options: dict[str, Any], token: str, read: Callable[..., Any]
    ) -> Any:
        changes = method.lower() != "get"
        sent = {**options, "params": {**(options.get("params") or {}), "access_token": token}}
        if isinstance(sent.get("data"), dict):
            sent["data"] = json.dumps(sent["data"], ensure_ascii=False).encode()
            sent["headers"] = {"Content-Type": "application/json; charset=utf-8"}
        with told_of_call(self._on_call, url.removeprefix(self.API_BASE_URL)) as answered:
            try:
                response = self._http.request(method, url, allow_redirects=False, **sent)
            except requests.RequestException as error:
                raise as_remote_error(error, changes=changes) from error
            result = read(response, changes=changes)
            answered(_errcode(result))
        return result


def _read(response: requests.Response, *, changes: bool) -> dict[str, Any]:
    return read_json(response, changes=changes)


def _read_medium(
    response: requests.Response, *, changes: bool
) -> requests.Response | dict[str, Any]:
    """Decide by the headers (contract section 8): bytes of a medium may well parse as JSON."""
    check_status(response, changes=changes)
    if response.headers.get("content-disposition"):
        return response
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind.startswith(("image/", "audio/", "voice/", "video/")):
        return response
    return read_json(response, changes=changes)


def _errcode(result: Any) -> int:
    if not isinstance(result, dict):
        return 0
    code = result.get("errcode", 0)
    if isinstance(code, str) and code.lstrip("-").isdigit():
        return int(code)
    return code if isinstance(code, int) else -1
