"""Logging for operators: one line an outcome, no citizen data, quiet libraries."""

from __future__ import annotations

import logging
import os

import structlog

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


def set_up(level: int = logging.INFO) -> None:
    """Configure logging for this process."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("LOG_LEVEL", "WARNING")  # Rasa's own: no progress bars
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level))
    logging.captureWarnings(True)  # Rasa turns deprecations of its own libraries on again
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    logging.basicConfig(
        level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", datefmt="%H:%M:%S"
    )
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
