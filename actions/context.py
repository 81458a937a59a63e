"""Where an action finds the counter of the turn it runs in.

Rasa calls actions with a tracker only; the turn puts its counter here before it hands the message over. A context
variable, so that turns that run side by side never see each other's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bot.services.counter import Counter

_current: ContextVar[Counter] = ContextVar("counter")


@contextmanager
def serving(counter: Counter) -> Iterator[None]:
    """Make this counter the one that actions see."""
    token = _current.set(counter)
    try:
        yield
    finally:
        _current.reset(token)


def counter() -> Counter:
    """Return the counter of the running turn; LookupError outside one."""
    return _current.get()
