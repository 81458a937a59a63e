"""The doctor's report, for people and for machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from app.doctor.findings import Level, Wording
from app.doctor.registry import Result

_MARKS = {Level.FAIL: "✗", Level.WARN: "!"}


def text(result: Result, wording: Wording, language: str) -> str:
    """Return one check's lines."""
    title = wording.titles[result.check][language]
    lines = []
    for finding in result.findings:
        mark = _MARKS[wording.level(finding)]
        lines.append(f"{mark} {title}: {wording.says(finding, language)}")
        lines.append(f"    → {wording.remedy(finding, language)}")
    if result.waits_for:
        first = wording.titles[result.waits_for][language]
        lines.append(f"– {title}: {wording.phrases['waits'][language].format(first=first)}")
    return "\n".join(lines or [f"✓ {title}"])


def summary(results: Sequence[Result], wording: Wording, language: str) -> str:
    """Return the last line."""
    count = counted(results, wording)
    name = "summary_bad" if count[Level.FAIL] else "summary_good"
    return wording.phrases[name][language].format(fails=count[Level.FAIL], warns=count[Level.WARN])


def as_json(results: Sequence[Result], wording: Wording, language: str) -> str:
    """Return everything as one JSON document."""
    count = counted(results, wording)
    document = {
        "ok": not count[Level.FAIL],
        "fails": count[Level.FAIL],
        "warns": count[Level.WARN],
        "checks": [_plain(result, wording, language) for result in results],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def counted(results: Sequence[Result], wording: Wording) -> Counter[Level]:
    """Count the findings by how bad they are."""
    return Counter(wording.level(finding) for result in results for finding in result.findings)


def _plain(result: Result, wording: Wording, language: str) -> dict[str, Any]:
    return {
        "check": result.check,
        "title": wording.titles[result.check][language],
        "state": _state(result, wording),
        "waits_for": result.waits_for,
        "seconds": round(result.seconds, 2),
        "findings": [
            {
                "code": finding.code,
                "level": wording.level(finding).value,
                "says": wording.says(finding, language),
                "remedy": wording.remedy(finding, language),
                "values": dict(finding.values),
            }
            for finding in result.findings
        ],
    }


def _state(result: Result, wording: Wording) -> str:
    levels = {wording.level(finding) for finding in result.findings}
    for level in (Level.FAIL, Level.WARN):
        if level in levels:
            return level.value
    return "not_checked" if result.waits_for else "ok"
