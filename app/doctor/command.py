"""`minsheng doctor`: run the checks, print what they found, end with 1 if something will not work."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TextIO

from app.bootstrap import CATALOG
from app.doctor import report
from app.doctor.findings import Level, Wording
from app.doctor.installation import Installation
from app.doctor.registry import Result, examine


def run(
    environ: Mapping[str, str], *, as_json: bool, language: str, out: TextIO | None = None
) -> int:
    """Examine the installation of this environment and report; the exit code is 0 or 1."""
    out = out or sys.stdout
    wording = Wording.load(CATALOG / "doctor.yml")
    results: list[Result] = []
    for result in examine(Installation(environ)):
        results.append(result)
        if not as_json:
            out.write(report.text(result, wording, language) + "\n")
            out.flush()
    if as_json:
        out.write(report.as_json(results, wording, language) + "\n")
    else:
        out.write(report.summary(results, wording, language) + "\n")
    return 1 if report.counted(results, wording)[Level.FAIL] else 0
