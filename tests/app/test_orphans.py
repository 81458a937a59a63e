"""A worker whose server is gone before it could tie itself to it ends instead of working on as an orphan."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 2**22 + 1  # above the largest process id Linux gives out


def test_a_worker_whose_server_is_dead_ends_by_itself(tmp_path: Path) -> None:
    settings = {
        "MINSHENG_DATA_DIR": str(tmp_path),
        "MINSHENG_SIMULATOR": "1",
        "MINSHENG_REDIS_URL": f"unix://{tmp_path}/redis.sock",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "app.cli", "worker", "--of-server", str(NOBODY)],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 1
    assert "the server that started this worker has ended" in ended.stderr
