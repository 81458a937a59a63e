"""Every conversation of `scenarios/`, played from the first word to the last."""

from __future__ import annotations

import pytest

from tests.conversations.harness import City
from tests.conversations.script import Conversation, load, play, weak


@pytest.mark.parametrize("conversation", weak(load(), lambda c: str(c.weak)), ids=str)
def test_conversation(conversation: Conversation, city: City) -> None:
    """Each step is answered as written, and nothing is filed by a step that does not say so."""
    play(conversation, city)
