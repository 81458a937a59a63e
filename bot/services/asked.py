"""The backend's own questions, answered in a form: which answers are missing or do not fit, and what is handed on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.model.backend import Attribute
from bot.services.directory import Directory

MOST_CHARACTERS = 1000
_MANY = "multivaluelist"
_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,6})?")

Answer = str | list[str]


def questions(directory: Directory, service_code: str) -> Sequence[Attribute]:
    """Return a service's questions, those that must be answered first."""
    return [
        *directory.required_questions(service_code),
        *directory.optional_questions(service_code),
    ]


def problems(directory: Directory, service_code: str, answers: Mapping[str, Any]) -> dict[str, str]:
    """Return `answers.<code>` → missing, unknown, number or long, for those that cannot be filed so."""
    found = {
        f"answers.{question.code}": _problem(question, answers.get(question.code))
        for question in questions(directory, service_code)
    }
    return {field: word for field, word in found.items() if word}


def fitting(
    directory: Directory, service_code: str, answers: Mapping[str, Any]
) -> dict[str, Answer]:
    """Return the answers to the service's own questions; those to another's, chosen before, are dropped."""
    given = {
        question.code: (question, _parts(answers.get(question.code)))
        for question in questions(directory, service_code)
    }
    return {
        code: parts if question.datatype == _MANY else parts[0]
        for code, (question, parts) in given.items()
        if parts
    }


def _problem(question: Attribute, value: Any) -> str:
    parts = _parts(value)
    if not parts:
        return "missing" if question.required else ""
    if len(parts) > 1 and question.datatype != _MANY:
        return "unknown"
    if question.values:
        known = dict(question.values)
        return "" if all(part in known for part in parts) else "unknown"
    if any(len(part) > MOST_CHARACTERS for part in parts):
        return "long"
    if question.datatype == "number" and not _NUMBER.fullmatch(parts[0]):
        return "number"
    return ""


def _parts(value: Any) -> list[str]:
    """Return what was answered as texts; nothing for what is empty or no text."""
    values = value if isinstance(value, list) else [value]
    texts = [str(v) for v in values if isinstance(v, str | int | float) and v is not True]
    return [text.strip() for text in texts if text.strip()]
