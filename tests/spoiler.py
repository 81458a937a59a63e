"""Does at import what no module of the product may do; test_architecture checks that it is noticed."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

_PATH = Path(tempfile.gettempdir()) / f"minsheng-spoiler-{os.getpid()}"
_PATH.write_text("written at import", encoding="ascii")
_PATH.unlink()
socket.socket().close()
