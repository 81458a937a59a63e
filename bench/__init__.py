"""Measurements: they are run by hand, print figures, and fail nothing."""
