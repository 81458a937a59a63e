"""The phone page of a running product in a real Chromium."""
