"""A reply of the model becomes what WeChat shows.

Choices become numbered lines that are links (`weixin://bizmsgmenu`, contract 6.2): typing the number
and tapping the line both work, and where a client does not know the link, the number remains.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

from wechatpy.replies import TextReply

from bot.model.message import Option, Reply
from connectors.wechat.splitting import LIMIT_BYTES, byte_length, split_text
from connectors.wechat.wire import clean, split_cdata

_TAG = re.compile(r"<(?=\s*/?\s*a\b)", re.IGNORECASE)
_BRACKETS = str.maketrans("<>", "＜＞")
_MENU_LINK = '<a href="weixin://bizmsgmenu?msgmenucontent={content}&msgmenuid={id}">{caption}</a>'


def render(reply: Reply) -> list[str]:
    """Return the texts to send, each within the platform's limit; nothing to say gives none."""
    return [text for text in map(_render_one, divide(reply)) if text]


def divide(reply: Reply) -> list[Reply]:
    """Split a reply into replies that each fit one message, for sending them one by one.

    The choices stay under the last part's text if they fit there.
    """
    if _fits(reply):
        return [reply]
    parts = [Reply(part) for part in split_text(escape(reply.text))]
    if parts and _fits(last := Reply(parts[-1].text, reply.options)):
        return [*parts[:-1], last]
    choices = Reply("", reply.options)
    if _fits(choices):
        return [*parts, choices]
    return parts + [Reply(part) for part in split_text(_text_with(choices, _caption))]


def passive_xml(content: str, *, citizen: str, account: str, created_at: int) -> str:
    """Return the XML of a passive text reply (contract section 4).

    wechatpy writes CDATA as it comes; the values are made safe for it here (contract 12.6).
    """
    reply = TextReply(
        source=split_cdata(account),
        target=split_cdata(citizen),
        time=created_at,
        content=split_cdata(content),
    )
    return str(reply.render())


def escape(text: str) -> str:
    """Take the life out of `<a ...>` written by somebody else; all other text stays as it is.

    The client turns only that tag into a link and does not decode entities, so the bracket becomes
    a full-width one.
    """
    return _TAG.sub("＜", clean(text))


def _fits(reply: Reply) -> bool:
    return byte_length(_render_one(reply)) <= LIMIT_BYTES


def _render_one(reply: Reply) -> str:
    """Write choices as links, or as bare lines where the links would not fit."""
    linked = _text_with(reply, _link)
    return linked if byte_length(linked) <= LIMIT_BYTES else _text_with(reply, _caption)


def _text_with(reply: Reply, line: Callable[[int, Option], str]) -> str:
    lines = [line(number, option) for number, option in enumerate(reply.options, 1)]
    return "\n".join([escape(reply.text), *lines]).strip()


def _link(number: int, option: Option) -> str:
    label = _one_line(option.label)
    if not (label and option.id):  # the client wants both parameters
        return _caption(number, option)
    return _MENU_LINK.format(
        content=quote(label, safe=""),
        id=quote(option.id, safe=""),
        caption=_caption(number, option),
    )


def _caption(number: int, option: Option) -> str:
    return f"{number}. {_one_line(option.label)}"


def _one_line(label: str) -> str:
    return " ".join(clean(label).translate(_BRACKETS).split())
