"""Refusals as GeoReport v2 words them: an HTTP status and a list of {code, description}.

The specification knows three: 404 unknown resource, 403 api_key missing or wrong, 400 everything
else. `description` is meant for the end user, so it is in plain Chinese. Two come from HTTP itself
(405, 413), and 503 says that the desk's database cannot be used now.
"""

from __future__ import annotations


class ApiFault(Exception):
    """A call was refused; nothing was changed."""

    def __init__(self, status: int, description: str, code: int | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.code = code or status
        self.description = description


class BadRequest(ApiFault):
    """The call itself is wrong."""

    def __init__(self, description: str) -> None:
        super().__init__(400, description)


class Forbidden(ApiFault):
    """The api_key is missing or wrong."""

    def __init__(self) -> None:
        super().__init__(403, "没有权限：缺少 api_key，或 api_key 不正确。")


class NotFound(ApiFault):
    """There is no such service, request, token or jurisdiction."""

    def __init__(self, description: str) -> None:
        super().__init__(404, description)


class TooLarge(ApiFault):
    """The body is over the limit."""

    def __init__(self) -> None:
        super().__init__(413, "提交的内容太大。")
