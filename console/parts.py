"""What the console needs beside the record to serve citizens: built by `app`, handed to `console.app.create_app`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.model.delivery import Allowance
from bot.ports import Cleaner, LiveEvents, LiveFeed, Phrases, Presences, Sealer
from bot.services.directory import Directory
from bot.services.handoff import Handoffs
from bot.services.on_behalf import OnBehalf


@dataclass(frozen=True)
class ServingParts:
    """The parts with which staff serve citizens.

    Attributes:
        live: tells open consoles that something changed; `feed` hears it.
        allowance: open id → what WeChat still lets us send; raises one of `bot.model.errors` while that is unknown.
        typing: open id → lets the citizen see that somebody writes; may raise `bot.model.errors`.
        clean: makes a picture fit to be kept.
        directory: the services a complaint can be filed under; may read the record.
    """

    handoffs: Handoffs
    on_behalf: OnBehalf
    presences: Presences
    live: LiveEvents
    feed: LiveFeed
    sealer: Sealer
    phrases: Phrases
    allowance: Callable[[str], Allowance]
    typing: Callable[[str], None]
    clean: Cleaner
    directory: Callable[[], Directory]
