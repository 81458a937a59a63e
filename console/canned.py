"""Canned answers: what one may look like, and who may change which. Variables are filled in by `pages/canned_for`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.model.staff import CannedAnswer, StaffMember
from bot.record import Record
from console.access import Permission, may

#: The document that says that a record has its first answers.
SEEDED = "canned.seeded"
#: What may stand in an answer → what it is replaced by, with an example.
VARIABLES = {
    "工号": "您的工号，例如 1024",
    "姓名": "您的姓名，例如 王芳",
    "受理编号": "这位市民最近一件事项的编号，例如 HZ-261123-0417",
    "地点": "这位市民正在说的地点，例如 人民路18号",
    "值班时间": "现在的值班时间，例如 工作日 8:30–18:00",
}
MOST_TITLE = 30
#: A text message of WeChat takes 2048 bytes; filled in, an answer stays below that.
MOST_TEXT = 500
_CODE = re.compile(r"[0-9a-z一-鿿]{1,16}")
_VARIABLE = re.compile(r"\{([^{}\n]{0,20})\}")


def plain_code(typed: str) -> str:
    """Return a code as it is kept: without the slash, in small letters."""
    return typed.strip().lstrip("/／").lower()


def check(answer: CannedAnswer) -> dict[str, str]:
    """Return field → what is wrong with it, in words for the page."""
    problems = {}
    if not _CODE.fullmatch(answer.code):
        problems["code"] = "短码用 1 到 16 个字母、数字或汉字，中间不留空格，例如 hd 或 你好。"
    if not answer.title or len(answer.title) > MOST_TITLE:
        problems["title"] = f"请写一个 1 到 {MOST_TITLE} 字的名称，方便查找。"
    if not answer.text:
        problems["text"] = "请写要发给市民的话。"
    elif len(answer.text) > MOST_TEXT:
        problems["text"] = f"太长了，请控制在 {MOST_TEXT} 字以内。"
    unknown = [name for name in _VARIABLE.findall(answer.text) if name.strip() not in VARIABLES]
    if unknown:
        known = "、".join(f"{{{name}}}" for name in VARIABLES)
        problems["text"] = f"没有 {{{unknown[0]}}} 这个变量，可以用的有：{known}。"
    return problems


def may_change(member: StaffMember, owner: str) -> bool:
    """True if this member may change the answers of this owner: one's own, and everybody's for supervisors."""
    return owner == member.number or (owner == "" and may(member, Permission.SUPERVISE))


def parse(entry: Mapping[str, object]) -> CannedAnswer:
    """Return an entry of catalog/canned.yml; raises ValueError naming what is wrong, KeyError for what is missing."""
    answer = CannedAnswer(str(entry["code"]), str(entry["title"]), str(entry["text"]).strip())
    problems = check(answer)
    if problems:
        raise ValueError(f"{answer.code}: {', '.join(problems)}")
    return answer


def seed(record: Record, answers: Iterable[CannedAnswer]) -> None:
    """Put everybody's first answers into a new record, once: what was changed or removed since stays so."""
    with record.reading() as unit:
        if unit.documents.get(SEEDED):
            return
    with record.unit() as unit:
        if unit.documents.get(SEEDED):
            return
        for answer in answers:
            unit.canned.put(replace(answer, owner="", id=0))
        unit.documents.put(SEEDED, True)
