"""Build `divisions.txt.gz` and `traditional.txt` from the published packages; see README.md.

Run from the repository root, where the two packages were unpacked beforehand:

    python nlu/gazetteer/build.py divisions path/to/china-division/dist
    python nlu/gazetteer/build.py traditional path/to/TSCharacters.txt
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent


def _names(folder: Path, name: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return rows


def build_divisions(folder: Path) -> None:
    """Write one `code<TAB>name` line a division, parents first, in the order of the codes."""
    rows = [
        (row["code"], row["name"])
        for name in ("provinces", "cities", "areas", "streets")
        for row in _names(folder, name)
    ]
    text = "".join(f"{code}\t{name}\n" for code, name in sorted(rows))
    with gzip.GzipFile(HERE / "divisions.txt.gz", "wb", compresslevel=9, mtime=0) as out:
        out.write(text.encode("utf-8"))


def _is_common(char: str) -> bool:
    """Whether Big5 lists the character in its level of frequently used ones (A4 to C6)."""
    try:
        raw = char.encode("big5")
    except UnicodeEncodeError:
        return False
    return len(raw) == 2 and 0xA4 <= raw[0] <= 0xC6


def build_traditional(source: Path) -> None:
    """Write two lines, traditional and simplified, of the common one-to-one characters."""
    pairs = []
    for line in source.read_text("utf-8").splitlines():
        old, _, new = line.partition("\t")
        target = new.split(" ")[0]
        if len(old) == len(target) == 1 and old != target and _is_common(old):
            pairs.append((old, target))
    body = "".join(a for a, _ in pairs) + "\n" + "".join(b for _, b in pairs) + "\n"
    (HERE / "traditional.txt").write_text(body, "utf-8")


if __name__ == "__main__":
    {"divisions": build_divisions, "traditional": build_traditional}[sys.argv[1]](Path(sys.argv[2]))
