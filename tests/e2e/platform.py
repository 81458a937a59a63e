"""The simulated platform on a port of its own, so that it goes on while the product is killed."""

from __future__ import annotations

import threading
import time
from types import TracebackType

import uvicorn

from bench.world.processes import free_port
from simulator.app import create_app
from simulator.config import SimulatorConfig
from simulator.driver import SimulatorDriver
from tests.e2e.server import ProductServer


class Platform:
    """A simulator in a thread of the tests, pushing to one product."""

    def __init__(self, product: ProductServer) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = SimulatorConfig(callback_url=f"{product.url}/wechat", public_url=self.url)
        settings = uvicorn.Config(
            create_app(self.config),
            port=self.port,
            log_level="critical",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Platform:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join(5)

    def driver(self) -> SimulatorDriver:
        """Return a new driver; one a thread."""
        return SimulatorDriver(self.url)

    def settings(self) -> dict[str, str]:
        """Return the environment of a product that serves this account."""
        return {
            "MINSHENG_WECHAT_APP_ID": self.config.app_id,
            "MINSHENG_WECHAT_APP_SECRET": self.config.app_secret,
            "MINSHENG_WECHAT_TOKEN": self.config.token,
            "MINSHENG_WECHAT_AES_KEY": self.config.aes_key,
            "MINSHENG_WECHAT_API_BASE": f"{self.url}/api",
            "MINSHENG_NOTICE_TEMPLATE_ID": self.config.notice_template_id,
            "MINSHENG_TEMPLATE_MESSAGE_ID": self.config.message_template_id,
        }
