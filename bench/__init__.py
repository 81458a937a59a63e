"""Measurements and the soak: run by hand, they print figures; the soak alone fails when something is wrong."""
