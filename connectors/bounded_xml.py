"""Reading XML of others that is neither deep nor crowded: what comes after the parser may not be as careful."""

from __future__ import annotations

from xml.etree.ElementTree import Element, TreeBuilder


class TooMuch(ValueError):
    """The document is deeper or holds more elements than its reader takes."""


class BoundedTree(TreeBuilder):
    """Builds the tree of a document within bounds, as a parser's target.

    Args:
        depth: elements within each other, at most.
        elements: of the whole document, at most.

    Raises:
        TooMuch: from the parser, as soon as a bound is passed.
    """

    def __init__(self, *, depth: int, elements: int) -> None:
        super().__init__()
        self._most_depth, self._most_elements = depth, elements
        self._depth = self._count = 0

    def start(self, tag: str, attrs: dict[str, str]) -> Element:  # type: ignore[override]
        """Open an element."""
        self._depth, self._count = self._depth + 1, self._count + 1
        if self._depth > self._most_depth or self._count > self._most_elements:
            raise TooMuch("too many elements")
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        """Close it."""
        self._depth -= 1
        return super().end(tag)
