"""Imports point the way the house is built, and importing a module does nothing to the world."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("bot", "actions", "app", "connectors", "console", "desk", "simulator", "nlu")
LEAST_SEEN = 140

#: What the connectors share; one connector never imports another.
SHARED = ("connectors.outbound", "connectors.bounded_xml")
#: Where code lives → which other parts of the product it may import (design: which way imports point).
#: The longest prefix decides; a part may always import itself, and the stdlib.
MAY_SEE = {
    "bot.model": (),
    "bot.ports": ("bot.model",),
    "bot.staff_record": ("bot.model",),
    "bot.record": ("bot.model", "bot.ports", "bot.staff_record"),
    "bot.media": ("bot.model",),
    "bot.services": ("bot.model", "bot.ports", "bot.record"),
    "bot.storage": ("bot.model", "bot.ports", "bot.record"),
    "connectors.outbound": (),
    "connectors.bounded_xml": (),
    "connectors.wechat": ("bot.model", "bot.ports", *SHARED),
    "connectors.open311": ("bot.model", "bot.ports", *SHARED),
    "actions": ("bot.model", "bot.services"),
    "nlu": ("bot.model",),  # the emergency matcher, which the gateway uses too
    "desk": (),
    "simulator": (),
    "console": ("bot.model", "bot.ports", "bot.record", "bot.services", "desk"),
    "app": ("bot", "actions", "connectors", "console", "desk", "simulator", "nlu"),
    "bot": (),
    "connectors": (),
}
#: Parts in which nothing but the standard library may be imported from outside the product.
PLAIN = ("bot.model", "bot.ports", "bot.record", "bot.staff_record", "bot.services")
#: Rasa belongs to the actions (its SDK only), the graph components and one module of `app`. Two entry
#: points of `app` stand beside that one: `train` calls Rasa's training, `action_server` serves the actions.
RASA = {
    "actions": ("rasa_sdk",),
    "nlu.components": ("rasa",),
    "app.rasa_dialogue": ("rasa", "rasa_sdk"),
    "app.rasa_shortcuts": ("rasa",),
    "app.train": ("rasa",),
    "app.action_server": ("rasa_sdk",),
}


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name and the modules it names in imports, at any depth."""

    name: str
    imports: frozenset[str]
    tree: ast.Module


def modules() -> list[Module]:
    return [_read(path) for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def _read(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    package = name if parts[-1] == "__init__" else name.rpartition(".")[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return Module(name, frozenset(_imports(tree, package)), tree)


def _imports(tree: ast.Module, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1]
            start = ".".join(base) if node.level else ""
            source = ".".join(part for part in (start, node.module or "") if part)
            yield source
            # `from bot import services` names a module too
            yield from (f"{source}.{alias.name}" for alias in node.names)


def _within(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


def _home(name: str) -> str:
    """Return the longest entry of MAY_SEE that this module lives in."""
    return max((key for key in MAY_SEE if _within(name, key)), key=len)


def _wrong_arrows(module: Module) -> list[str]:
    home = _home(module.name)
    allowed = (home, *MAY_SEE[home])
    if home in ("bot", "connectors"):  # a package's own __init__ imports nothing of the product
        allowed = ()
    return [
        f"{module.name} -> {target}"
        for target in sorted(module.imports)
        if target.split(".")[0] in ROOMS
        and target != target.split(".")[0]  # `from bot import x` yields "bot" beside "bot.x"
        and not any(_within(target, prefix) for prefix in allowed)
    ]


def test_the_walk_sees_the_whole_product() -> None:
    seen = modules()
    assert len(seen) >= LEAST_SEEN
    assert {module.name.split(".")[0] for module in seen} == set(ROOMS)


def test_no_import_points_the_wrong_way() -> None:
    assert [arrow for module in modules() for arrow in _wrong_arrows(module)] == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("bot.model.message", "from bot.ports import Clock"),
        ("bot.services.turn", "from bot.storage.record import SqlRecord"),
        ("bot.services.turn", "from bot import storage"),
        ("bot.storage.record", "def f():\n    import bot.services.turn"),
        ("connectors.wechat.client", "from connectors.open311 import client"),
        ("connectors.wechat.client", "from connectors import open311"),
        ("connectors.open311.client", "from bot.services.door import Door"),
        ("desk.app", "import bot.model.message"),
        ("bot.services.turn", "import desk.app"),
        ("simulator.app", "from bot.model.message import Kind"),
        ("actions.talk", "from connectors.wechat import client"),
        ("actions.talk", "from bot.storage.record import SqlRecord"),
        ("console.pages", "from app.settings import read"),
    ],
)
def test_a_wrong_arrow_is_found(name: str, source: str) -> None:
    tree = ast.parse(source)
    assert _wrong_arrows(Module(name, frozenset(_imports(tree, name.rpartition(".")[0])), tree))


def test_the_plain_core_imports_the_standard_library_only() -> None:
    own = {*ROOMS, "__future__"}
    core = [m for m in modules() if any(_within(m.name, part) for part in PLAIN)]
    foreign = {
        f"{module.name} -> {target}"
        for module in core
        for target in module.imports
        if target.split(".")[0] not in own | sys.stdlib_module_names
    }
    assert len(core) >= 25
    assert foreign == set()


def test_rasa_stays_in_its_places() -> None:
    found: set[str] = set()
    for module in modules():
        for target in module.imports:
            top = target.split(".")[0]
            if top not in ("rasa", "rasa_sdk"):
                continue
            places = [place for place, tops in RASA.items() if top in tops]
            if any(_within(module.name, place) for place in places):
                found.add(_home(module.name))
            else:
                pytest.fail(f"{module.name} imports {top}")
    assert found == {"actions", "nlu", "app"}


def test_only_app_reads_the_environment() -> None:
    readers = {module.name for module in modules() if _reads_environment(module.tree)}
    assert {name for name in readers if not _within(name, "app")} == set()
    assert "app.cli" in readers


def _reads_environment(tree: ast.Module) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"))
        or (isinstance(node, ast.alias) and node.name in ("environ", "getenv"))
        for node in ast.walk(tree)
    )


#: Run in a fresh interpreter: import everything named on stdin; an audit hook notes what an import may not do.
_IMPORT_ALL = """
import importlib, json, os, sys
import {warm}
names = json.load(sys.stdin)
found = []
writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
now = [""]
def hook(event, args):
    if event == "open" and isinstance(args[0], str) and "__pycache__" not in args[0]:
        path = os.path.abspath(args[0])
        ours = path.startswith(os.getcwd() + os.sep) and "/.venv/" not in path
        written = args[2] is not None and args[2] & writing and path != os.devnull
        if written or (ours and not path.endswith((".py", ".pyc"))):
            found.append([now[0], event, path])
    elif event in ("socket.connect", "socket.bind", "socket.__new__", "subprocess.Popen", "os.fork",
                   "sqlite3.connect", "os.mkdir", "os.remove", "os.rename", "shutil.rmtree"):
        if event.startswith("os.") and "__pycache__" in str(args[0]):
            return
        found.append([now[0], event, str(args)[:120]])
sys.dont_write_bytecode = True
sys.addaudithook(hook)
for name in names:
    now[0] = name
    importlib.import_module(name)
json.dump({{"imported": len(names), "found": found}}, sys.stdout)
"""


#: Libraries imported before the hook is set: what they do at import is theirs (uuid asks the system, Rasa's
#: dependencies probe for files and start processes).
_WARM = (
    "uuid, ssl, platform, ctypes.util, requests, sqlalchemy, alembic.command, redis, cryptography"
)


def _import_all(names: list[str], warm: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _IMPORT_ALL.format(warm=warm)],
        input=json.dumps(names),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


def _importable(rooms: tuple[str, ...]) -> list[str]:
    return [
        module.name
        for module in modules()
        if module.name.split(".")[0] in rooms
        and "migrations" not in module.name  # Alembic runs those
        and not module.name.endswith("__main__")
    ]


def test_importing_a_module_opens_no_file_socket_or_client() -> None:
    names = _importable(("bot", "connectors", "desk", "console", "simulator"))
    assert len(names) >= 110
    assert _import_all(names, _WARM) == {"imported": len(names), "found": []}


def test_importing_what_needs_rasa_opens_nothing_either() -> None:
    names = _importable(("actions", "app", "nlu"))
    warm = f"{_WARM}, rasa.core.agent, rasa.core.policies.rule_policy, "
    warm += "rasa.engine.recipes.default_recipe, rasa_sdk.executor, sklearn.svm"
    assert len(names) >= 30
    assert _import_all(names, warm) == {"imported": len(names), "found": []}


def test_the_import_watch_notices_a_file_written() -> None:
    """The guard itself: a module that opens a file at import is seen."""
    spoiler = ROOT / "tests" / "spoiler.py"
    assert spoiler.exists()
    result = _import_all(["tests.spoiler"], "socket")
    assert {row[1] for row in result["found"]} >= {"open", "socket.__new__"}  # type: ignore[attr-defined]
