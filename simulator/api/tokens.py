"""Issuing access tokens (contract 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.api.call import Answer, ApiCall, Endpoint
from simulator.errors import ApiError
from simulator.platform import Platform


def token(platform: Platform, call: ApiCall) -> Answer:
    """Answer `GET /cgi-bin/token`: a new token each time."""
    _check_account(platform, call, call.query)
    value, expires_in = platform.tokens.issue()
    return {"access_token": value, "expires_in": expires_in}


def stable_token(platform: Platform, call: ApiCall) -> Answer:
    """Answer `POST /cgi-bin/stable_token`: the same token while it lives."""
    data = call.json()
    _check_account(platform, call, data)
    value, expires_in = platform.tokens.issue_stable(force=data.get("force_refresh") is True)
    return {"access_token": value, "expires_in": expires_in}


def not_listed(caller: str) -> str:
    """Return how the platform names an address that is not on the whitelist (contract 5.3)."""
    return f"{caller} ipv6 ::ffff:{caller}, not in whitelist"


def _check_account(platform: Platform, call: ApiCall, given: Mapping[str, Any]) -> None:
    if given.get("grant_type") != "client_credential":
        raise ApiError(40002)
    if not given.get("appid"):
        raise ApiError(41002)
    if not given.get("secret"):
        raise ApiError(41004)
    if given["appid"] != platform.config.app_id:
        raise ApiError(40013)
    if given["secret"] != platform.config.app_secret:
        raise ApiError(40125)
    if platform.whitelist is not None and call.caller not in platform.whitelist:
        raise ApiError(40164, not_listed(call.caller))


ENDPOINTS = [
    Endpoint("GET", "/cgi-bin/token", token, needs_token=False),
    Endpoint("POST", "/cgi-bin/stable_token", stable_token, needs_token=False),
]
