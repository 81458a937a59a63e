"""Examples of property tests are the same in every run; `--hypothesis-profile=deep` looks much further, by hand."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("fixed", derandomize=True, print_blob=True)
settings.register_profile(
    "deep", max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.load_profile("fixed")
