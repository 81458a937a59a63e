"""The file that a backup is: a compressed tar with a manifest first, which says what must be in it and of what version."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from app.snapshots import NotDone

FORMAT = 1
MANIFEST = "manifest.json"
_NAMES = frozenset(
    {
        "minsheng.db",
        "desk.db",
        "database.dump",
        "redis.jsonl",
        "secret.key",
        "secret.key.previous",
        "desk.key",
        "admin.password",
    }
)


@dataclass(frozen=True)
class Manifest:
    """What an archive says of itself.

    Attributes:
        format: of the archive.
        version: of the product that made it.
        store: sqlite or postgresql.
        revisions: newest migration of the record and of the desk, "" where there was none.
        secret: fingerprint of the secret key: without that key the data can be read by nobody.
        files: name → SHA-256.
    """

    format: int
    version: str
    made_at: str
    store: str
    revisions: dict[str, str]
    secret: str
    files: dict[str, str]


def pack(folder: Path, target: Path, manifest: dict[str, Any]) -> Manifest:
    """Write the folder's files as one archive that only its owner may read; it is there whole or not at all."""
    paths = sorted(path for path in folder.iterdir() if path.name in _NAMES)
    whole = Manifest(
        format=FORMAT, files={path.name: _checksum(path) for path in paths}, **manifest
    )
    (folder / MANIFEST).write_text(json.dumps(asdict(whole), indent=1), encoding="utf-8")
    draft = target.with_name(f".{target.name}.part")
    try:
        with _private(draft) as raw:
            with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as archive:
                for path in (folder / MANIFEST, *paths):
                    archive.add(path, path.name)
            raw.flush()
            os.fsync(raw.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return whole


@contextmanager
def unpacked(source: Path) -> Iterator[tuple[Path, Manifest]]:
    """Give a folder with the archive's files, checked, for as long as this lasts.

    Raises:
        NotDone: it is no archive of ours, of a later format, or not whole.
    """
    with TemporaryDirectory(prefix="minsheng-restore-") as name:
        folder = Path(name)
        try:
            with tarfile.open(source, "r:*") as archive:
                for member in archive:
                    if member.name not in {*_NAMES, MANIFEST} or not member.isfile():
                        raise NotDone(f"{source} is no backup of Minsheng: {member.name} is in it")
                    content = archive.extractfile(member)
                    assert content is not None
                    with _private(folder / member.name) as file:
                        while piece := content.read(1024 * 1024):
                            file.write(piece)
            manifest = _manifest(folder, source)
        except (tarfile.TarError, EOFError, OSError, ValueError, TypeError) as error:
            raise NotDone(f"{source} cannot be read as a backup: {error}") from error
        yield folder, manifest


def _manifest(folder: Path, source: Path) -> Manifest:
    if not (folder / MANIFEST).exists():
        raise NotDone(f"{source} is no backup of Minsheng: it has no {MANIFEST}")
    data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if data["format"] > FORMAT:
        raise NotDone(f"{source} was made by a later version ({data['version']}): install that one")
    manifest = Manifest(**data)
    there = {path.name: _checksum(path) for path in folder.iterdir() if path.name != MANIFEST}
    for name in sorted({*there, *manifest.files}):
        if there.get(name) != manifest.files.get(name):
            raise NotDone(f"{source} is damaged: {name} is not what was saved")
    return manifest


def _checksum(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1024 * 1024):
            found.update(piece)
    return found.hexdigest()


def _private(path: Path) -> BinaryIO:
    """Open a file for writing that only its owner may read, from its first moment on."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
