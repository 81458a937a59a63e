"""The log: one line an outcome, no citizen data, quiet libraries.

Lines carry ids that lead from one to the next: `message` (its key, a hash) from the callback to the answer and to what
it set off, `delivery` (its key), `complaint` and `receipt` for a case. What is bound with `structlog.contextvars`
stands in every line below; plain modules give theirs as `extra`.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import Any

import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter

from app.redaction import redact_event
from bot.model.delivery import Delivery

log = logging.getLogger(__name__)

Event = MutableMapping[str, Any]

_QUIET = (
    "rasa",
    "rasa_sdk",
    "matplotlib",
    "apscheduler",
    "urllib3",
    "absl",
    "alembic",
    "sanic",
    "tensorflow",
)
_ROOMS = ("actions", "app", "bot", "connectors", "console", "desk", "nlu", "simulator")
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}
_IDS = ("message", "delivery", "complaint", "receipt")
_OWN_IDS = ("message", "complaint")
"""Hashes and random ids of ours: a run of digits in them is nobody's phone number."""


def set_up(process: str, form: str = "", wanted: str = "") -> None:
    """Configure logging for this process, to standard error.

    `process`: what it is, for the lines. `form`: json or text; anything else means text at a terminal, else json.
    `wanted`: debug, info or warning, for the product's own lines; anything else means info.
    """
    level = _LEVELS.get(wanted, logging.INFO)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("LOG_LEVEL", "WARNING")  # Rasa's own: no progress bars
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            ProcessorFormatter.wrap_for_formatter,
        ],
        # What is below the level costs a call that does nothing; Rasa says much of that kind.
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,  # else each of Rasa's silent lines makes a logger (4 % of a turn)
    )
    logging.captureWarnings(True)  # Rasa turns deprecations of its own libraries on again
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    handler = logging.StreamHandler()
    handler.setFormatter(_formatter(process, is_text=_is_text(form)))
    # Libraries' debug lines hold what they are given: those stay out.
    logging.basicConfig(level=max(level, logging.INFO), handlers=[handler])
    for room in _ROOMS:
        logging.getLogger(room).setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


def take_uncaught() -> None:
    """Let what ends a thread or this process be a line of the log; for processes that serve."""
    sys.excepthook = _on_uncaught
    threading.excepthook = _on_thread_ended


def _on_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Write what ends the process to the log, masked as everything else; Python's own way writes past it."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    log.critical("the process ends by an error", exc_info=(kind, error, trace))


def _on_thread_ended(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None and not issubclass(ended.exc_type, SystemExit):
        name = ended.thread.name if ended.thread else "unknown"
        error = (ended.exc_type, ended.exc_value, ended.exc_traceback)
        log.critical("a thread ended by an error", exc_info=error, extra={"thread_name": name})


def about(delivery: Delivery) -> AbstractContextManager[None]:
    """Let every line below carry the ids of this delivery: its own, the case's, the message that set it off."""
    kind, _, rest = delivery.key.partition(":")
    short = delivery.payload.get("short") or {}
    ids = {
        "delivery": delivery.key,
        "complaint": delivery.complaint_id,
        "receipt": delivery.payload.get("receipt") or short.get("number"),
        "message": rest.split(":")[0] if kind == "reply" else delivery.payload.get("message"),
    }
    return structlog.contextvars.bound_contextvars(**{k: v for k, v in ids.items() if v})


def _is_text(form: str) -> bool:
    return form == "text" or (form != "json" and sys.stderr.isatty())


def _formatter(process: str, *, is_text: bool) -> ProcessorFormatter:
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if is_text:
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            sort_keys=False,
            pad_event=0,
            exception_formatter=structlog.dev.plain_traceback,
        )

    def arranged(logger: Any, method: str, event: Event) -> Event:  # noqa: ARG001
        return _arranged(event, process, is_text=is_text)

    return ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, ExtraAdder()],
        processors=[structlog.processors.format_exc_info, arranged, _masked, renderer],
    )


def _arranged(event: Event, process: str, *, is_text: bool) -> Event:
    """Return the event with time, level, process and ids in front."""
    record: logging.LogRecord = event.pop("_record")
    event.pop("_from_structlog", None)
    if "message_key" in event:  # `message` is a name that the standard library keeps for itself
        event["message"] = event.pop("message_key")
    at = datetime.fromtimestamp(record.created).astimezone()
    first = {
        "timestamp": at.strftime("%H:%M:%S%z")
        if is_text
        else at.isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "process": process,
        **({} if is_text else {"pid": record.process}),
        "logger": record.name,
        "event": event.pop("event", ""),
        **{name: event.pop(name) for name in _IDS if event.get(name)},
    }
    return {**first, **event}


def _masked(logger: Any, method: str, event: Event) -> Event:
    own = {name: event[name] for name in _OWN_IDS if name in event}
    event = redact_event(logger, method, event)
    event.update(own)
    return event
