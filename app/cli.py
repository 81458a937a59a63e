"""The command line: `minsheng serve | gateway | worker | actions | train | menu | doctor | staff | backup | restore | reseal`."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from app import logs
from app.catalog import BadCatalog
from app.embedded_redis import RedisNotStarted
from app.settings import BadSettings, Settings, read
from app.signals import on_end
from bot.model.staff import Role


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    asked = (os.environ.get(f"MINSHENG_LOG_{name}", "") for name in ("FORMAT", "LEVEL"))
    logs.set_up(arguments.command, *asked)
    if arguments.command in ("serve", "gateway", "worker"):
        logs.take_uncaught()
    command: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return command(arguments)
    except BadSettings as error:
        print(f"The settings cannot work:\n{error}", file=sys.stderr)
        return 2
    except (BadCatalog, RedisNotStarted) as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="minsheng", description="民声: a complaint bot for WeChat"
    )
    commands = parser.add_subparsers(required=True, dest="command", metavar="command")
    serve = commands.add_parser(
        "serve", help="gateway, worker, desk and console in one process tree"
    )
    serve.add_argument(
        "--demo", action="store_true", help="simulator and demo account, no WeChat needed"
    )
    serve.add_argument("--workers", type=int, default=1, help="worker processes (1)")
    serve.set_defaults(run=_serve)
    gateway = commands.add_parser("gateway", help="one gateway process (needs MINSHENG_REDIS_URL)")
    gateway.set_defaults(run=_gateway)
    worker = commands.add_parser("worker", help="one worker process (needs MINSHENG_REDIS_URL)")
    worker.add_argument("--of-server", type=int, metavar="PID", help=argparse.SUPPRESS)
    worker.add_argument("--number", type=int, default=0, help=argparse.SUPPRESS)
    worker.set_defaults(run=_worker)
    train = commands.add_parser("train", help="train the language model into models/")
    train.add_argument(
        "--if-missing", action="store_true", help="only if there is none, or it is old"
    )
    train.add_argument(
        "--history",
        type=Path,
        metavar="TICKETS.csv",
        help="a city's labelled tickets (columns text, label); kept for later trainings",
    )
    train.add_argument(
        "--forget-history", action="store_true", help="train without the kept tickets"
    )
    train.set_defaults(run=_train)
    actions = commands.add_parser("actions", help="serve the actions over HTTP for `rasa shell`")
    actions.add_argument("--port", type=int, default=5055)
    actions.set_defaults(run=_actions)
    menu = commands.add_parser("menu", help="create the account's menu at WeChat")
    menu.set_defaults(run=_menu)
    backup = commands.add_parser("backup", help="save everything in one file, also while it runs")
    backup.add_argument("file", type=Path, metavar="FILE")
    backup.set_defaults(run=_backup)
    restoring = commands.add_parser("restore", help="put a backup in place")
    restoring.add_argument("file", type=Path, metavar="FILE")
    restoring.add_argument(
        "--force", action="store_true", help="also where something is; files are moved aside"
    )
    restoring.set_defaults(run=_restore)
    doctor = commands.add_parser(
        "doctor", help="look at this installation: what will not work, and why"
    )
    doctor.add_argument("--json", action="store_true", help="for machines")
    doctor.add_argument("--lang", choices=("zh", "en"), default="zh", help="language (zh)")
    doctor.set_defaults(run=_doctor)
    resealing = commands.add_parser(
        "reseal", help="encrypt everything with the newest key, also while it runs"
    )
    key = resealing.add_mutually_exclusive_group()
    key.add_argument(
        "--new-key", action="store_true", help="make a new secret key in the data folder first"
    )
    key.add_argument(
        "--drop-previous", action="store_true", help="close the record to the secret key before"
    )
    resealing.set_defaults(run=_reseal)
    staff = commands.add_parser("staff", help="accounts of the console")
    staff.set_defaults(run=_staff)
    _add_acts(staff.add_subparsers(required=True, metavar="act", dest="act"))
    return parser


def _add_acts(acts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Say what can be done with accounts; `app.staff` does it."""
    roles = [role.value for role in Role]
    acts.add_parser("list", help="every account: number, role, state, name, unit")
    adding = acts.add_parser("add", help="make an account")
    adding.add_argument("number", metavar="NUMBER", help="work number, which citizens are told")
    adding.add_argument("name", metavar="NAME")
    adding.add_argument("--role", choices=roles, required=True)
    adding.add_argument("--unit", default="", help="code of catalog/units.yml; none = the hotline")
    moving = acts.add_parser("unit", help="let an account handle cases for another unit")
    moving.add_argument("number", metavar="NUMBER")
    moving.add_argument("unit", metavar="UNIT", help='code of catalog/units.yml; "" = the hotline')
    changing = acts.add_parser("role", help="give an account another role")
    changing.add_argument("number", metavar="NUMBER")
    changing.add_argument("role", choices=roles, metavar="ROLE", help=", ".join(roles))
    renewing = acts.add_parser("password", help="give an account another password")
    renewing.add_argument("number", metavar="NUMBER")
    for parser in (adding, renewing):
        parser.add_argument(
            "--generate", action="store_true", help="print a random one, to be changed at sign-in"
        )
    for word, words in (("off", "let nobody sign in with it"), ("on", "let its owner sign in")):
        acts.add_parser(word, help=words).add_argument("number", metavar="NUMBER")


def _settings(*, demo: bool = False) -> Settings:
    from app.serve import with_demo_account

    environ = dict(os.environ)
    if demo:
        environ["MINSHENG_SIMULATOR"] = os.environ["MINSHENG_SIMULATOR"] = "1"
    settings = read(environ)
    return with_demo_account(settings) if settings.simulator else settings


def _serve(arguments: argparse.Namespace) -> int:
    from app.serve import Server

    settings = _settings(demo=arguments.demo)
    if _train_if_missing() != 0:
        return 1
    _say_addresses(settings)
    signal.signal(signal.SIGTERM, _interrupt)
    Server(settings, workers=arguments.workers).run()
    return 0


def _say_addresses(settings: Settings) -> None:
    print(f"[minsheng] starting on {settings.local_url} (data in {settings.data_dir.resolve()})")
    if settings.simulator:
        print(f"[minsheng] phone page        {settings.local_url}/simulator/")
    print(f"[minsheng] staff console     {settings.local_url}/console/")
    if settings.simulator:
        from app.serve import DEMO_STAFF

        others = ", ".join(
            f"{number} {name} ({role.value}{f' of unit {unit}' if unit else ''})"
            for number, name, role, unit in DEMO_STAFF
        )
        print(f"[minsheng]   sign in as 管理员 with {settings.admin_password}")
        print(f"[minsheng]   the same password: {others}")
    print(f"[minsheng] WeChat callback   {settings.local_url}/wechat")
    print("[minsheng] loading the language model, some 10 seconds ...", flush=True)


def _gateway(arguments: argparse.Namespace) -> int:
    from app.bootstrap import build
    from app.serve import furnish, migrate, serve_gateway

    settings = _distributed()
    migrate(settings)
    parts = build(settings, redis_url=settings.redis_url)
    furnish(parts)
    serve_gateway(parts, redis_url=settings.redis_url)
    parts.close()
    return 0


def _distributed() -> Settings:
    settings = _settings()
    if not settings.redis_url:
        raise BadSettings(["MINSHENG_REDIS_URL is empty: gateway and worker share one Redis"])
    return settings


def _worker(arguments: argparse.Namespace) -> int:
    from prometheus_client import start_http_server

    from app.bootstrap import build
    from app.metrics import count_in, counted
    from app.rasa_dialogue import RasaDialogue
    from app.serve import die_with_parent, migrate
    from app.train import newest_model
    from app.worker import Worker

    settings = _distributed()
    if arguments.of_server is not None:
        die_with_parent(arguments.of_server)
        count_in(settings.metrics_dir, f"worker-{arguments.number}")
    else:
        migrate(settings)
    model = newest_model()
    if model is None:
        print("There is no trained model: run `minsheng train` first.", file=sys.stderr)
        return 1
    parts = build(settings, redis_url=settings.redis_url)
    parts.counts.started(f"worker-{arguments.number}")
    parts.counts.model_loaded(model)
    dialogue = RasaDialogue(model, menu={b.key: b.intent for b in parts.catalog.menu})

    if settings.metrics_port and arguments.of_server is None:
        start_http_server(settings.metrics_port, settings.host, registry=counted(parts.registry))
    gc.freeze()  # a full collection would look through the model each time: a quarter of a second
    worker = Worker(parts, dialogue)
    on_end(worker.stop)
    worker.run()
    parts.close()
    return 0


def _train(arguments: argparse.Namespace) -> int:
    if arguments.if_missing:
        return _train_if_missing()
    from app.train import forget_history, keep_history, kept_history, train
    from nlu.components.history import BadHistory

    if arguments.forget_history:
        forget_history()
    if arguments.history is not None:
        try:
            keep_history(arguments.history)
        except BadHistory as error:
            print(f"Nothing was trained. {error}", file=sys.stderr)
            return 2
        print("[minsheng] training with the city's tickets (two or three minutes) ...", flush=True)
    model = train()
    print(f"[minsheng] model trained: {model}")
    if kept_history() is not None:
        _tell_worth(model)
    return 0


def _tell_worth(model: Path) -> None:
    from app.history import Worth

    worth, picture = Worth.of_model(model), model.with_name("history.png")
    worth.draw(picture)
    print(worth.text())
    print(f"[minsheng] as a picture: {picture}")


def _train_if_missing() -> int:
    """Train in a process of its own: the gateway need not carry TensorFlow around."""
    from app.train import is_stale, newest_model

    model = newest_model()
    if model is not None and not is_stale(model):
        return 0
    print("[minsheng] training the language model (half a minute) ...", flush=True)
    return subprocess.run([sys.executable, "-m", "app.cli", "train"], check=False).returncode


def _actions(arguments: argparse.Namespace) -> int:
    from app.action_server import run
    from app.bootstrap import build
    from app.serve import migrate

    settings = _settings(demo=True)
    migrate(settings)
    parts = build(settings, redis_url=settings.redis_url or "redis://127.0.0.1:1")
    print(f"[minsheng] actions on http://127.0.0.1:{arguments.port}/webhook", flush=True)
    run(parts, arguments.port)
    parts.close()
    return 0


def _menu(arguments: argparse.Namespace) -> int:
    from app.bootstrap import build
    from app.embedded_redis import EmbeddedRedis
    from bot.model.errors import RemoteError

    settings = _settings()
    redis_url = settings.redis_url or EmbeddedRedis(settings.data_dir / "redis").url
    parts = build(settings, redis_url=redis_url)
    try:
        parts.wechat.menu_create(parts.catalog.buttons())
    except RemoteError as error:
        print(f"The menu was not created: {error}", file=sys.stderr)
        if not settings.redis_url:
            print("`minsheng serve` must be running on this data folder.", file=sys.stderr)
        return 1
    finally:
        parts.close()
    print(f"[minsheng] menu created: {'、'.join(b.name for b in parts.catalog.menu)}")
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from app.doctor.command import run

    logging.disable(logging.CRITICAL)  # what the checks hit on is said by the report, once
    return run(os.environ, as_json=arguments.json, language=arguments.lang)


def _staff(arguments: argparse.Namespace) -> int:
    from app.staff import run

    return run(_settings(), arguments)


def _store_settings() -> Settings:
    """Return the settings of the stores alone: a backup needs no WeChat account."""
    return read({**os.environ, "MINSHENG_SIMULATOR": "1"})


def _backup(arguments: argparse.Namespace) -> int:
    from app.backup import back_up
    from app.snapshots import NotDone

    settings = _store_settings()
    try:
        manifest = back_up(settings, arguments.file)
    except (NotDone, OSError) as error:
        print(f"No backup was made: {error}.", file=sys.stderr)
        return 1
    size = arguments.file.stat().st_size / 1e6
    print(f"[minsheng] backup of {manifest.made_at}: {arguments.file} ({size:.1f} MB)")
    if settings.secret_key:
        print("[minsheng] MINSHENG_SECRET_KEY is not in it: keep that apart, it cannot be replaced")
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    from app.restore import restore
    from app.serve import migrate
    from app.snapshots import NotDone

    settings = _store_settings()
    try:
        waiting = restore(
            settings, arguments.file, force=arguments.force, migrate=lambda: migrate(settings)
        )
    except (NotDone, OSError) as error:
        print(f"Not restored: {error}.", file=sys.stderr)
        return 1
    print(f"[minsheng] restored; {waiting} accepted messages wait for an answer")
    return 0


def _reseal(arguments: argparse.Namespace) -> int:
    from app.reseal import run
    from app.snapshots import NotDone
    from bot.ports import Unavailable

    try:
        return run(_store_settings(), arguments)
    except (NotDone, OSError, Unavailable) as error:
        print(f"Not done: {error}.", file=sys.stderr)
        return 1


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
