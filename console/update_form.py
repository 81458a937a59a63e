"""What staff write about a case for the backend, and under which id the backend knows it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from console.sessions import new_nonce

MOST_CHARACTERS = 1000
_NONCE = re.compile(r"[0-9a-f]{32}")
_FIRST_CHOICE = "in_progress"


@dataclass(frozen=True)
class UpdateForm:
    """What staff wrote, kept when it could not be taken.

    Attributes:
        nonce: made with the page; with the content it makes the update's id, so that a second press of the
            button is the same update and a changed text is another one.
    """

    nonce: str
    status: str = _FIRST_CHOICE
    words: str = ""
    problem: str = ""

    @classmethod
    def empty(cls) -> UpdateForm:
        """Return a new one."""
        return cls(new_nonce())

    @property
    def update_id(self) -> str:
        """Return the id under which the backend knows this update."""
        content = f"{self.nonce}\n{self.status}\n{self.words}"
        return "console-" + hashlib.sha256(content.encode()).hexdigest()[:32]

    def check(self, statuses: Collection[str]) -> str:
        """Return what is wrong with it, "" if nothing is."""
        if self.status not in statuses:
            return "请选择一个状态。"
        if not self.words:
            return "请写几句办理情况，市民会原样收到。"
        if len(self.words) > MOST_CHARACTERS:
            return f"内容太长，请控制在 {MOST_CHARACTERS} 字以内。"
        return "" if _NONCE.fullmatch(self.nonce) else "页面过期了，请检查内容后再按一次。"

    def refused(self, problem: str) -> UpdateForm:
        """Return it with what was wrong, to be shown again."""
        nonce = self.nonce if _NONCE.fullmatch(self.nonce) else new_nonce()
        return replace(self, nonce=nonce, problem=problem)
