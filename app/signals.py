"""Ending a process when it is asked to, however often it is asked."""

from __future__ import annotations

import signal
from collections.abc import Callable

_ASKED = (signal.SIGTERM, signal.SIGINT)


def on_end(stop: Callable[[], None]) -> None:
    """Call `stop` at the first request to end; later ones change nothing.

    The kernel may ask several times within a moment (`PR_SET_PDEATHSIG` once for each thread of a dying parent), and
    a handler may interrupt itself: a lock taken in `stop` would then be waited for by the one who holds it.
    """

    def ended(*_: object) -> None:
        for number in _ASKED:
            signal.signal(number, signal.SIG_IGN)
        stop()

    for number in _ASKED:
        signal.signal(number, ended)
