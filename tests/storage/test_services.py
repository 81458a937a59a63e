"""The engine's own tests again, on PostgreSQL: claims, attempts and outcomes are kept there as they are on SQLite."""

from __future__ import annotations

import pytest

from tests.services.test_deliver import (  # noqa: F401
    TestOutcomes,
    TestUnknownOutcome,
    desk,
)


@pytest.fixture(params=["postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)
