"""What pages are looked at with: sizes of screens, pictures of them, and what may be asked for."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page

PHONE, DESKTOP = (390, 844), (1280, 800)


def is_loopback(url: str) -> bool:
    """True for what never leaves this machine."""
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob") or parts.hostname in ("127.0.0.1", "localhost")


def shoot(page: Page, name: str) -> None:
    """Save a screenshot where $MINSHENG_SCREENSHOTS says; without it nothing is saved."""
    folder = os.environ.get("MINSHENG_SCREENSHOTS")
    if folder:
        page.wait_for_timeout(400)  # bubbles fade in
        width = (page.viewport_size or {"width": 0})["width"]
        page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"))
