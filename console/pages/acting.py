"""What every act of staff shares: it is posted by the page's script, done in the thread pool, answered with JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.refusals import Unfit
from console.site import Site, text

MOST_CHARACTERS = 2000
_KEY = re.compile(r"[0-9a-f]{32}")

Posted = Mapping[str, Any]


async def done(
    site: Site,
    request: Request,
    act: Callable[[Posted], Mapping[str, Any] | None],
    *,
    files: int = 0,
) -> Response:
    """Take what was posted, do the act, and answer `{"ok": true}` with what the act returned."""
    posted = await site.guarded(request, files=files)
    result = await run_in_threadpool(act, posted)
    return JSONResponse({"ok": True, **(result or {})})


def conversation_of(request: Request) -> str:
    """Return the id of the conversation that the address names."""
    return str(request.path_params["id"])


def subject(conversation_id: str) -> str:
    """Return what the audit log calls a conversation."""
    return f"conversation {conversation_id}"


def key_of(posted: Posted) -> str:
    """Return the key that the page made for an act, so that a second press is the same act; raises `Unfit`."""
    key = text(posted, "key")
    if not _KEY.fullmatch(key):
        raise Unfit(key="页面过期了，请刷新后再试，写好的内容可以先复制。")
    return key


def clean(posted: Posted, name: str) -> str:
    """Return a field's text without what no store takes, trimmed."""
    return text(posted, name).replace("\r\n", "\n").replace("\0", "").strip()


def words_of(posted: Posted) -> str:
    """Return what is to be said or noted, 1 to 2000 characters; raises `Unfit`."""
    words = clean(posted, "text")
    if not words:
        raise Unfit(text="还没有写内容。")
    if len(words) > MOST_CHARACTERS:
        raise Unfit(text=f"内容太长，请控制在 {MOST_CHARACTERS} 字以内，可以分几次发。")
    return words
