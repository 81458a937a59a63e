"""What a line of the log looks like, and what never stands in one."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OPEN_ID = "oABCDEFGHIJKLMNOPQRSTUVWXYZ1"
KEY = "m-a13812345678b0000000000000000000000000000"

_PROCESS = f"""
import logging, structlog, sys
from app import logs
from structlog.contextvars import bound_contextvars
logs.set_up("worker", sys.argv[1])
log = logging.getLogger("bot.services.example")
with bound_contextvars(message="{KEY}"):
    log.info("turn %s", "taken", extra={{"seconds": 0.1}})
    structlog.get_logger("console.example").warning("seen", who="1024")
log.info("asked", extra={{"message_key": "m-2"}})
log.debug("never")
structlog.get_logger("rasa.core.processor").info("processor.chatty")
structlog.get_logger("rasa.core.processor").debug("processor.chattier")
try:
    raise ValueError("13812345678 of {OPEN_ID} 在哪里")
except ValueError:
    log.exception("turn failed")
"""
_ENDS = f"""
import threading
from app import logs
logs.set_up("worker")
logs.take_uncaught()
def fall():
    raise ValueError("13812345678 of {OPEN_ID} 在哪里")
thread = threading.Thread(target=fall, name="backend")
thread.start()
thread.join()
fall()
"""


def run(
    form: str, *, program: str = _PROCESS, check: bool = True, **options: Any
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, form],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TZ": "Asia/Shanghai"},
        text=True,
        timeout=60,
        check=check,
        **options,
    )


def events(form: str = "") -> list[dict[str, Any]]:
    written = run(form, capture_output=True).stderr
    return [json.loads(line) for line in written.splitlines()]


def test_a_line_is_one_json_object_with_time_place_and_ids_first() -> None:
    taken, seen, asked, *_ = events()
    assert list(taken)[:7] == [
        "timestamp",
        "level",
        "process",
        "pid",
        "logger",
        "event",
        "message",
    ]
    assert taken["timestamp"].endswith("+08:00")
    assert (taken["level"], taken["process"], taken["event"]) == ("info", "worker", "turn taken")
    assert taken["seconds"] == 0.1
    assert (seen["logger"], seen["who"], seen["message"]) == ("console.example", "1024", KEY)
    assert asked["message"] == "m-2"


def test_libraries_are_quiet_and_what_is_personal_is_masked() -> None:
    found = events()
    assert [event["event"] for event in found] == ["turn taken", "seen", "asked", "turn failed"]
    trace = found[-1]["exception"]
    assert "ValueError" in trace
    assert not any(secret in trace for secret in ("13812345678", OPEN_ID, "哪里"))


def test_what_ends_a_thread_or_the_process_is_a_masked_line_too() -> None:
    done = run("", program=_ENDS, check=False, capture_output=True)
    assert done.returncode == 1
    thread, process = (json.loads(line) for line in done.stderr.splitlines())
    assert (thread["event"], thread["thread_name"]) == ("a thread ended by an error", "backend")
    assert (process["event"], process["level"]) == ("the process ends by an error", "critical")
    assert "in fall" in process["exception"]
    assert not any(secret in done.stderr for secret in ("13812345678", OPEN_ID, "哪里"))


def test_an_id_of_ours_is_never_taken_for_a_phone_number() -> None:
    assert events()[0]["message"] == KEY


def test_a_terminal_gets_lines_for_people() -> None:
    ours, theirs = pty.openpty()
    run("", stderr=theirs)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "{" not in shown
    assert "turn taken" in shown
    assert "13812345678 of" not in shown


def test_either_form_can_be_asked_for() -> None:
    assert "{" not in run("text", capture_output=True).stderr
    assert events("json")[0]["event"] == "turn taken"
