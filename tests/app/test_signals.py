"""A process that is asked to end many times at once ends, and does so in order."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from app.settings import ROOT

#: As a worker: threads wait on the event that the request to end sets, the main thread is in a call that blocks.
_WAITS = """
import os, threading, time
from app.signals import on_end
over = threading.Event()
for _ in range(8):
    threading.Thread(target=over.wait, daemon=True).start()
on_end(over.set)
print("ready", flush=True)
while not over.is_set():
    time.sleep(0.001)
print("in order", flush=True)
"""


@pytest.mark.parametrize("asked", [(signal.SIGTERM,), (signal.SIGTERM, signal.SIGINT)])
def test_however_often_it_is_asked_it_ends_in_order(asked: tuple[signal.Signals, ...]) -> None:
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", _WAITS], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        deadline = time.monotonic() + 0.3
        while time.monotonic() < deadline:
            with contextlib.suppress(ProcessLookupError):
                for number in asked:
                    os.kill(process.pid, number)
        out, _ = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, "in order\n")
