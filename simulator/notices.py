"""Notifications beyond the window: templates, consent, and what a value may hold (contract 7)."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Any

from simulator.errors import ApiError

LEGACY_LIMIT = 20
_DROPPED = {"first", "remark"}
_SYMBOLS = r"[^\w\s]|_"
_KEY = re.compile(r"([a-z_]+?)(\d+)$")
_PLACEHOLDER = re.compile(r"([^\n:：{}]+)[:：]\{\{(\w+)\.DATA\}\}")

_DAY = r"(\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日)"
_HOUR = r"\d{1,2}:\d{2}(:\d{2})?"
_MOMENT = rf"({_DAY}( ?{_HOUR})?|{_HOUR})"

# One rule a keyword type (contract 7.2): what the whole value must match.
RULES: dict[str, re.Pattern[str]] = {
    "thing": re.compile(r"[^\n]{1,20}"),
    "short_thing": re.compile(r"[^\n]{1,5}"),
    "number": re.compile(r"-?(?=.{1,32}$)\d+(\.\d+)?"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(rf"({_SYMBOLS}){{1,5}}"),
    "character_string": re.compile(r"[\x21-\x7e]{1,32}"),
    "time": re.compile(rf"{_MOMENT}(~{_MOMENT})?"),
    "date": re.compile(rf"{_MOMENT}(~{_MOMENT})?"),
    "amount": re.compile(r"[¥￥$€£]?\d{1,10}(\.\d+)?元?"),
    "phone_number": re.compile(r"[\d+()\- ]{1,17}"),
    "car_number": re.compile(r".{1,8}"),
    "name": re.compile(r"[\u4e00-\u9fff·]{1,10}|[A-Za-z .·'\-]{1,20}"),
    "phrase": re.compile(r"[\u4e00-\u9fff]{1,5}"),
    "const": re.compile(r"[^\n]{1,20}"),
    "enum": re.compile(r"[^\n]{1,20}"),
}
LABELS = {
    "thing": "内容",
    "short_thing": "说明",
    "number": "数量",
    "character_string": "编号",
    "time": "时间",
    "date": "日期",
    "phrase": "状态",
    "phone_number": "电话",
    "name": "姓名",
    "const": "类别",
    "enum": "类别",
}


@dataclass(frozen=True)
class Template:
    """A private template of the account: of template messages, or of subscription notices."""

    template_id: str
    title: str
    content: str
    is_notice: bool = False

    def to_json(self) -> dict[str, str]:
        """Return one row of `get_all_private_template`."""
        return {
            "template_id": self.template_id,
            "title": self.title,
            "primary_industry": "政府与公共事业",
            "deputy_industry": "公共事业",
            "content": self.content,
            "example": "",
        }

    def to_notice_json(self) -> dict[str, Any]:
        """Return one row of `newtmpl/gettemplate`; type 3 is long-term, for public services."""
        return {
            "priTmplId": self.template_id,
            "title": self.title,
            "content": self.content,
            "example": "",
            "type": 3,
        }

    def label(self, key: str) -> str:
        """Return the words before a keyword on the card."""
        for words, name in _PLACEHOLDER.findall(self.content):
            if name == key:
                return str(words).strip()
        match = _KEY.fullmatch(key)
        return LABELS.get(match.group(1), key) if match else key


_PROGRESS = (
    "受理编号：{{character_string1.DATA}}\n当前进度：{{phrase2.DATA}}\n"
    "温馨提示：{{thing3.DATA}}\n更新时间：{{time4.DATA}}"
)


def account_templates(notice_id: str, message_id: str) -> dict[str, Template]:
    """Return the account's templates by id; an empty id means that there is none."""
    templates = [
        Template(notice_id, "诉求办理进度通知", _PROGRESS, is_notice=True),
        Template(message_id, "诉求办理进度提醒", _PROGRESS),
    ]
    return {t.template_id: t for t in templates if t.template_id}


def check_values(data: Any, *, legacy: bool) -> dict[str, str]:
    """Return the values to show, or raise 47003 naming the key.

    With `legacy` (template messages) untyped keys are allowed: `first` and `remark` are dropped,
    others cut to 20 characters without a word, as the platform does since 2023 (contract 7.1).
    """
    if not isinstance(data, dict) or not data:
        raise ApiError(47003, "data is empty")
    shown = {}
    for key, entry in data.items():
        value = entry.get("value") if isinstance(entry, dict) else None
        text = "" if value is None else str(value)
        match = _KEY.fullmatch(str(key))
        rule = RULES.get(match.group(1)) if match else None
        if rule is not None:
            if not rule.fullmatch(text):
                raise ApiError(47003, f"data.{key}.value invalid")
            shown[key] = text
        elif not legacy:
            raise ApiError(47003, f"data.{key}.value invalid")
        elif key not in _DROPPED:
            shown[key] = text.split("\n")[0][:LEGACY_LIMIT]
    return shown


class ConsentLedger:
    """Who agreed to which template: a count for one-time consent, a flag for long-term."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._once: dict[tuple[str, str], int] = {}
        self._always: set[tuple[str, str]] = set()

    def accept(self, openid: str, template_id: str, *, long_term: bool) -> None:
        """Record a consent; one-time ones add up."""
        with self._lock:
            if long_term:
                self._always.add((openid, template_id))
            else:
                self._once[openid, template_id] = self._once.get((openid, template_id), 0) + 1

    def reject(self, openid: str, template_id: str) -> bool:
        """Withdraw every consent; True if there was a long-term one."""
        with self._lock:
            self._once.pop((openid, template_id), None)
            had = (openid, template_id) in self._always
            self._always.discard((openid, template_id))
            return had

    def use(self, openid: str, template_id: str) -> None:
        """Use one consent or raise 43101."""
        with self._lock:
            if (openid, template_id) in self._always:
                return
            left = self._once.get((openid, template_id), 0)
            if left < 1:
                raise ApiError(43101)
            self._once[openid, template_id] = left - 1

    def to_json(self, openid: str) -> list[dict[str, Any]]:
        """Return a citizen's consents for the page."""
        with self._lock:
            rows = [
                {"template_id": t, "once": n, "long_term": False}
                for (o, t), n in self._once.items()
                if o == openid and n
            ]
            always = [
                {"template_id": t, "once": 0, "long_term": True}
                for o, t in sorted(self._always)
                if o == openid
            ]
        return rows + always
