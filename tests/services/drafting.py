"""Messages as understood and drafts for tests of the dialogue's logic: say only what a test is about."""

from __future__ import annotations

from itertools import count
from typing import Any

from app.catalog import services_of
from bot.model.draft import Division, Draft, Ranked, Said
from bot.services import intake
from bot.services.directory import Directory
from bot.services.taken import Taken

DIRECTORY: Directory = services_of()
NOISE = Ranked("1351", "环保", "社会生活噪声", 0.9)
PENSION = Ranked("1101", "就业", "养老保险", 0.9)
WEST_LAKE = Division("330106", "浙江省杭州市西湖区", "西湖区")
YUHANG = Division("330110", "浙江省杭州市余杭区", "余杭区")
_keys = count(1)


def said(text: str, intent: str = "report", **values: Any) -> Said:
    defaults: dict[str, Any] = {"confidence": 0.95, "matters": (text,), "district_open": True}
    return Said(key=f"m{next(_keys)}", text=text, intent=intent, **defaults | values)


def told(text: str = "半夜放音响", **values: Any) -> Said:
    """A message that tells a clear matter."""
    defaults: dict[str, Any] = {"ranking": (NOISE,), "sure": True}
    return said(text, **defaults | values)


def hear(draft: Draft, *messages: Said) -> Taken:
    """Take messages one after the other, asking in between as the form does; the last one's result."""
    for message in messages:
        taken = intake.take(draft, message, DIRECTORY)
        if taken.counts:
            intake.next_slot(draft, DIRECTORY)
    return taken
