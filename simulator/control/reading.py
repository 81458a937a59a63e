"""Reading control requests: JSON bodies, the citizen in the path, plain errors."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.platform import Platform
from simulator.store import Citizen


class BadControl(Exception):
    """A control request that cannot be served; becomes `{"error": ...}` with the status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


async def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body, an empty one when there is no body."""
    raw = await request.body()
    if not raw:
        return {}
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadControl(400, "the body is not JSON") from error
    if not isinstance(data, dict):
        raise BadControl(400, "the body is not a JSON object")
    return data


def citizen_of(request: Request, platform: Platform) -> Citizen:
    """Return the citizen named in the path by open id or by name."""
    return find_citizen(platform, request.path_params["openid"])


def find_citizen(platform: Platform, key: str) -> Citizen:
    """Return the citizen or refuse with 404."""
    citizen = platform.store.find_citizen(key)
    if citizen is None:
        raise BadControl(404, f"no citizen {key}")
    return citizen


def number_of(request: Request, name: str, default: int = 0) -> int:
    """Return a whole number from the query."""
    text = request.query_params.get(name, "")
    if text and not text.isdigit():
        raise BadControl(400, f"{name} must be a number")
    return int(text) if text else default


def as_error(_: Request, error: Exception) -> Response:
    """Turn BadControl into its answer."""
    if not isinstance(error, BadControl):
        raise error
    return JSONResponse({"error": error.message}, error.status)
