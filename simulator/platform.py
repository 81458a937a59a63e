"""The platform put together, and what it does by itself: showing, notifying, sending receipts."""

from __future__ import annotations

import secrets
import string
import threading
from concurrent.futures import Future
from typing import Any

from simulator import messages
from simulator.clock import VirtualClock
from simulator.config import SimulatorConfig
from simulator.contents import Content
from simulator.faults import Faults
from simulator.feed import Feed
from simulator.ledger import Ledger
from simulator.media import MediaStore
from simulator.notices import ConsentLedger, account_templates
from simulator.pushes import Push, Pusher
from simulator.qrcodes import QrCodes
from simulator.quotas import Quotas
from simulator.replies import Reply
from simulator.stats import Stats
from simulator.store import Citizen, Exchange, Line, Store
from simulator.tokens import TokenService
from simulator.wire import Field, render

FAULT_NOTICE = "该公众号提供的服务出现故障，请稍后再试"
UNSUPPORTED = "【收到不支持的消息类型，暂无法显示】"

# Fixed open ids, so that a demo's data survive a restart of the simulator.
DEMO_CITIZENS = (
    Citizen("oMS5t6demoLiNvShi00000000001", "李女士", "#c98b7a", follows=True),
    Citizen("oMS5t6demoWangDaYe0000000002", "王大爷", "#7a93b8", follows=True),
    Citizen("oMS5t6demoXiaoChen0000000003", "小陈", "#86a873", follows=False, ever_followed=False),
)
_COLOURS = ("#b08bb0", "#6fa3a0", "#c2a05e", "#8a8fb5", "#b57f6b")
_ALPHABET = string.ascii_letters + string.digits + "-_"


class Platform:
    """Every part of the simulated platform; one instance is one account's world."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.clock = VirtualClock()
        self.feed = Feed()
        self.store = Store(self.feed)
        self.tokens = TokenService(self.clock)
        self.ledger = Ledger(self.clock, config.allowance_policy)
        self.consents = ConsentLedger()
        self.templates = account_templates(config.notice_template_id, config.message_template_id)
        self.media = MediaStore(self.clock)
        self.qrcodes = QrCodes(self.clock)
        self.quotas = Quotas(self.clock)
        self.faults = Faults()
        self.stats = Stats()
        self.menu: list[dict[str, Any]] = []
        self.menu_id = 0
        self.verified = config.verified
        self.whitelist: frozenset[str] | None = None  # None: not asked for
        self.jitter_s = 0.0
        self.base_url = config.public_url.rstrip("/")
        self.template_receipts: dict[str, tuple[float, int]] = {}
        self.pusher = Pusher(config, self.store, self)
        for demo in DEMO_CITIZENS:
            self.store.add_citizen(Citizen(**vars(demo)))

    def create_citizen(self, name: str, *, follows: bool = True) -> Citizen:
        """Make a citizen with a fresh 28-character open id."""
        openid = "oMS5t6" + "".join(secrets.choice(_ALPHABET) for _ in range(22))
        colour = _COLOURS[len(self.store.citizens) % len(_COLOURS)]
        citizen = Citizen(openid, name, colour, follows=follows, ever_followed=follows)
        citizen.followed_at = self.clock.now()
        return self.store.add_citizen(citizen)

    def push(
        self,
        openid: str,
        title: str,
        extra: list[Field],
        *,
        overrides: dict[str, Any] | None = None,
    ) -> tuple[Exchange, Future[Exchange]]:
        """Push a message (with a fresh MsgId) or an event; `overrides` replace or add fields."""
        kind = dict(extra).get("MsgType")
        fields: list[Field] = [
            ("ToUserName", self.config.original_id),
            ("FromUserName", openid),
            ("CreateTime", int(self.clock.now())),
            *extra,
        ]
        if kind != "event":
            fields.append(("MsgId", self.store.next_msg_id()))
        named = {name: value for name, value in (overrides or {}).items() if value is not None}
        fields = [(name, named.pop(name, value)) for name, value in fields]
        fields.extend(named.items())
        event = str(dict(extra).get("Event", ""))
        return self.push_raw(Push(openid, title, render(fields), event))

    def push_raw(self, push: Push) -> tuple[Exchange, Future[Exchange]]:
        """Push a body as it is."""
        return self.pusher.start(push, at=self.clock.now())

    def show(
        self, openid: str, content: Content, *, via: str, direction: str = "out", sender: str = ""
    ) -> Line:
        """Put a line into a citizen's chat; an answer clears the typing sign."""
        url = f"{self.base_url}/media/{content.media_id}" if content.media_id else ""
        citizen = self.store.citizens.get(openid)
        if citizen is not None and direction == "out" and via != "system":
            citizen.typing_until = 0.0
            citizen.last_touch = self.clock.now()
        return self.store.add_line(
            {
                "openid": openid,
                "direction": direction,
                "content": content,
                "at": self.clock.now(),
                "via": via,
                "media_url": url,
                "sender": sender,
            }
        )

    def show_later(self, openid: str, content: Content, *, via: str, sender: str = "") -> None:
        """Show at once, or within the jitter: quick sends may overtake each other (contract 6.2)."""
        if self.jitter_s <= 0:
            self.show(openid, content, via=via, sender=sender)
            return
        delay = secrets.SystemRandom().uniform(0, self.jitter_s)
        timer = threading.Timer(delay, self.show, (openid, content), {"via": via, "sender": sender})
        timer.daemon = True
        timer.start()

    def send_notice_receipt(self, openid: str, template_id: str) -> None:
        """Push `subscribe_msg_sent_event` (asynchronous, contract 7.2)."""
        extra = messages.sent_event(template_id, self.store.next_msg_id())
        self.push(openid, "订阅通知回执", extra)

    def send_template_receipt(self, openid: str, msg_id: int, status: str) -> None:
        """Push `TEMPLATESENDJOBFINISH`."""
        self.push(openid, "模板消息回执", messages.template_receipt(msg_id, status))

    def learn_base_url(self, url: str) -> None:
        """Take the address the first caller used, unless one was configured."""
        if not self.base_url:
            self.base_url = url.rstrip("/")

    def has_media(self, media_id: str) -> bool:
        """Whether a reply may name this media."""
        return self.media.is_valid(media_id)

    def replied(self, push: Push, reply: Reply) -> None:
        """Show a passive reply; `success` shows nothing."""
        self.stats.push_ended("accepted" if reply.content is None else "replied")
        if reply.to_agent:
            self.show(push.openid, Content("system", "已转接人工客服"), via="system")
        elif reply.content is not None:
            self.show(push.openid, reply.content, via="passive")

    def faulted(self, push: Push, reason: str) -> None:
        """Show the fault notice where the platform shows one (contract 2)."""
        self.stats.push_ended("fault", reason)
        if push.shows_notice:
            self.show(push.openid, Content("notice", FAULT_NOTICE), via="system")
