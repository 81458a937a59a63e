"""What encrypts the people and the personal numbers in the desk's record: a port, filled by whoever opens the desk."""

from __future__ import annotations

from typing import Protocol


class Sealing(Protocol):
    """Encrypts on the way into the database, opens on the way out; the keys are not the desk's business."""

    def enclose(self, text: str) -> str:
        """Return the whole text as one sealed piece; what is one already, and "", stays."""

    def conceal(self, text: str) -> str:
        """Return the text with each personal number in it as a sealed piece."""

    def reveal(self, text: str) -> str:
        """Return the text with its sealed pieces opened; clear text stays as it is."""

    def trace(self, words: str) -> str:
        """Return the ASCII text by which sealed pieces with this number are found; "" if the words are not one number."""
