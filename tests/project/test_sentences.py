"""What citizens read is data: in `nlu/domain` and `catalog/`, not in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_CHINESE = re.compile(r"[\u4e00-\u9fff，。！？；：、（）“”…]{7,}")
_PATTERN_SIGNS = re.compile(r"[|\\\[\]^$*+]|\(\?")
#: Chinese in the code that is no sentence of the bot: file → its texts.
EXCUSED = {
    # The office reads these in a case's description.
    "bot/services/filing.py": {
        "（请为市民保密，勿向被反映方透露其身份）",
        "（市民同意公开此事，姓名电话除外）",
        "（市民未提供地点）",
        "…（原文过长，有删节）",
        "民声受理编号：",
    },
    "bot/services/categorising.py": {"（市民暂时说不清具体位置）"},
    "bot/model/emergency.py": {  # characters: traditional, simplified
        "著煙燒電樓殺傷槍車禍險報離斷暈藥農輕壓們媽爺婦貓門關鎖來幫護鬧氣漏掛兒陽臺墜",
        "着烟烧电楼杀伤枪车祸险报离断晕药农轻压们妈爷妇猫门关锁来帮护闹气漏挂儿阳台坠",
    },
    "bot/model/office.py": {"一二三四五六日"},  # names of days
    "connectors/wechat/messages.py": {"【收到不支持的消息类型"},  # how WeChat's own notice begins
}


def literals(path: Path) -> Iterator[str]:
    """Return the texts in a module, without docstrings and regular expressions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {id(node) for node in _docstrings(tree)} | {id(node) for node in _patterns(tree)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in skipped:
            yield str(node.value)  # type: ignore[attr-defined]


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _patterns(tree: ast.Module) -> Iterator[ast.AST]:
    """Return what stands inside a call of `re`."""
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and ast.unparse(called.value) == "re":
            yield from ast.walk(node)


def sentences(path: Path) -> set[str]:
    return {
        text.strip()
        for text in literals(path)
        if _CHINESE.search(text) and not _PATTERN_SIGNS.search(text)
    }


def test_no_sentence_for_citizens_stands_in_the_code() -> None:
    paths = [
        path
        for folder in ("actions", "bot", "connectors", "app")
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]
    assert len(paths) >= 70
    found = {path.relative_to(ROOT).as_posix(): sentences(path) for path in paths}
    left = {name: texts - EXCUSED.get(name, set()) for name, texts in found.items()}
    assert {name: texts for name, texts in left.items() if texts} == {}


def test_what_is_excused_is_still_there() -> None:
    for name, excused in EXCUSED.items():
        assert excused <= sentences(ROOT / name)


def test_a_sentence_in_the_code_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        '"""说明文字在这里不算数的。"""\nX = f"您好，请问{1}您要反映什么问题？"\n', encoding="utf-8"
    )
    assert sentences(path) == {"您要反映什么问题？"}
