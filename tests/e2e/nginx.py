"""A real nginx in front of one product, with deploy/nginx/minsheng.conf as it is shipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import requests

from bench.world.processes import free_port
from tests.doctor.certificates import Authority
from tests.e2e.server import ROOT, ProductServer

CONF = ROOT / "deploy" / "nginx" / "minsheng.conf"
HOST = "127.0.0.1"
COLLEAGUE = "127.0.0.3"
"""Of the office, at another machine than the proxy."""

# What Debian's own nginx.conf says around conf.d, with every path in the test's folder.
_AROUND = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/main-error.log info;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/minsheng.conf;
}}
"""


class Nginx:
    """Started with `start`, ended with `stop`."""

    def __init__(self, folder: Path, product: ProductServer) -> None:
        self.folder = folder
        self.port, self.plain_port = free_port(), free_port()
        self.url = f"https://{HOST}:{self.port}"
        authority = Authority(folder)
        self.root = authority.root
        certificate = authority.issue(HOST)
        filled = {
            "127.0.0.1:8000": f"127.0.0.1:{product.port}",
            "minsheng.example.gov.cn": HOST,
            "allow 127.0.0.0/8;": f"allow {HOST}; allow {COLLEAGUE};",  # so that 127.0.0.2 is nobody's office
            "listen 80;": f"listen {HOST}:{self.plain_port};",
            "listen 443 ssl;": f"listen {self.port} ssl;",
            "/etc/nginx/minsheng/fullchain.pem": str(certificate.chain),
            "/etc/nginx/minsheng/privkey.pem": str(certificate.key),
            "/var/log/nginx/": f"{folder}/",
        }
        text = CONF.read_text("utf-8")
        for shipped, here in filled.items():
            assert shipped in text, shipped
            text = text.replace(shipped, here)
        (folder / "minsheng.conf").write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(_AROUND.format(folder=folder, user=user))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Nginx:
        found = shutil.which("nginx") or "/usr/sbin/nginx"
        command = [found, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert tested.returncode == 0, tested.stderr
        assert "warn" not in tested.stderr, tested.stderr
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                if self.get("/").status_code == 404:
                    return self
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError("nginx does not answer")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def browser(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.verify = str(self.root)
        return session

    def get(self, path: str, **options: object) -> requests.Response:
        with self.browser() as session:
            return session.get(self.url + path, timeout=20, allow_redirects=False, **options)  # type: ignore[arg-type]

    def post(self, path: str, body: bytes, **options: object) -> requests.Response:
        with self.browser() as session:
            return session.post(self.url + path, data=body, timeout=20, **options)  # type: ignore[arg-type]

    def logs(self) -> str:
        return "\n".join(p.read_text("utf-8", "replace") for p in self.folder.glob("*.log"))
