"""A gateway holds as many connections as the limits say, or as the system has open files for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.settings import ROOT

_ASK = """
import resource, sys
soft, hard, wanted = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
from app.serve import most_connections
print(most_connections(wanted), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "expected"),
    [
        (2048, 2048, 1000, [1000, 2048]),  # enough as it is
        (512, 2048, 1000, [1000, 1256]),  # more are asked for
        (512, 1024, 1000, [768, 1024]),  # all there are
    ],
)
def test_open_files_are_asked_for_and_are_the_bound(
    soft: int, hard: int, wanted: int, expected: list[int]
) -> None:
    arguments = [str(number) for number in (soft, hard, wanted)]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _ASK, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert [int(number) for number in done.stdout.split()] == expected
