"""A citizen's usual way through the conversation."""

from __future__ import annotations

import re
import uuid

from simulator.driver import Citizen

RECEIPT = re.compile(r"[A-Z]{1,4}-\d{6}-\d{4,}")
MOST_TURNS = 6


def a_complaint() -> str:
    """Return a complaint with place, kind and circumstances that no other test makes."""
    number = uuid.uuid4().int % 10_000_000
    return f"西湖区文二路{number}号楼下的烧烤店每晚油烟很大，呛得没法开窗，已经一个月了"


def read_back(citizen: Citizen, words: str) -> str:
    """Say the words, answer what is still asked, and return the read-back."""
    answers = citizen.say(words)
    for _ in range(MOST_TURNS):
        text = "\n".join(answers)
        if "确认" in text and "地点" in text:
            return text
        answers = citizen.say("1" if re.search(r"(?m)^1[.、]", text) else "跳过")
    raise AssertionError(f"no read-back for {words!r}: {answers}")


def file_case(citizen: Citizen, words: str) -> str:
    """Take a complaint to its end and return the receipt number."""
    read_back(citizen, words)
    return receipt_in(citizen.say("确认"))


def receipt_in(answers: list[str]) -> str:
    """Return the receipt number of the answer that says the case was submitted."""
    text = "\n".join(answers)
    assert "已提交" in text, text
    found = RECEIPT.search(text)
    assert found, text
    return found.group()


def told(citizen: Citizen, words: str) -> list[dict[str, str]]:
    """Return the lines that the citizen was sent and that hold the words."""
    return [m for m in citizen.messages() if m["direction"] == "out" and words in m["text"]]
