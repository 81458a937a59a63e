"""The one place that builds parts: real ones from the settings, handed to each other as arguments."""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import redis
import redis.asyncio
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from app import logs
from app.catalog import Catalog, services_of
from app.keyring import KeyringStore
from app.metrics import Counts
from app.phrases import DomainPhrases
from app.sealing import KeySealer, MediaLinks
from app.secrets import kept_secret, secrets_of
from app.settings import ROOT, Settings
from bot.media.cleaning import clean
from bot.ports import LiveEvents
from bot.services.amending import AmendmentHandler
from bot.services.catalogue import Catalogue
from bot.services.deliver import Deliverer, Handler
from bot.services.dialogue import Dialogue
from bot.services.filing import FilingHandler
from bot.services.handoff import Handoffs
from bot.services.housekeeping import Housekeeping
from bot.services.ladder import NoticeHandler, NoticeTemplates, ReplyHandler
from bot.services.media import MediaHandler
from bot.services.on_behalf import OnBehalf
from bot.services.settling import Settler
from bot.services.speaking import AnswerHandler
from bot.services.turn import TurnTaker
from bot.services.updates import UpdatePoller, UpdateTaker
from bot.services.watch import HandoffWatch
from bot.storage.database import open_engine
from bot.storage.motion.answers import RedisAnswers
from bot.storage.motion.connect import open_sync
from bot.storage.motion.holders import RedisHolders
from bot.storage.motion.live import RedisLiveEvents, RedisLiveFeed
from bot.storage.motion.parked import RedisParked
from bot.storage.motion.presences import RedisPresences
from bot.storage.record import SqlRecord
from bot.storage.sealing import seal_with
from connectors.open311 import Open311Client
from connectors.outbound import make_session
from connectors.wechat.client import WeChatClient
from connectors.wechat.credentials import WeChatAccount
from connectors.wechat.http import reaches
from connectors.wechat.ledger import RedisLedger
from connectors.wechat.messenger import WeChatMessenger
from connectors.wechat.quotas import ApiQuotas
from connectors.wechat.rendering import divide
from connectors.wechat.tokens import StableTokens
from console.parts import ServingParts

CATALOG = ROOT / "catalog"
RESPONSES = ROOT / "nlu" / "domain" / "responses"


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Parts:
    """What every process of one installation shares: settings, data files, record, Redis, backend, WeChat."""

    settings: Settings
    catalog: Catalog
    phrases: DomainPhrases
    clock: SystemClock
    sealer: KeySealer
    links: MediaLinks
    engine: sa.engine.Engine
    record: SqlRecord
    redis: redis.Redis
    account: WeChatAccount
    tokens: StableTokens
    wechat: WeChatClient
    ledger: RedisLedger
    messenger: WeChatMessenger
    quotas: ApiQuotas
    backend: Open311Client
    catalogue: Catalogue
    registry: CollectorRegistry
    counts: Counts
    process_id: str
    redis_url: str = field(repr=False)  # may carry a password
    live: RedisLiveEvents
    holders: RedisHolders
    presences: RedisPresences

    def update_taker(self) -> UpdateTaker:
        """Return what takes updates, polled or pushed."""
        return UpdateTaker(
            self.record, self.catalog.statuses, self.catalog.office, self.phrases, self.clock
        )

    def update_poller(self) -> UpdatePoller:
        """Return what asks the backend for updates."""
        return UpdatePoller(self.update_taker(), self.backend)

    def turn_taker(self, dialogue: Dialogue, *, live: LiveEvents | None = None) -> TurnTaker:
        """Return what takes turns with this dialogue, and tells open browsers by `live`."""
        return TurnTaker(
            self.record,
            dialogue,
            emergencies=self.catalog.emergencies,
            directory=self.catalogue.directory,
            office=self.catalog.office,
            clock=self.clock,
            sealer=self.sealer,
            statuses=self.catalog.statuses,
            phrases=self.phrases,
            divide=divide,
            signs=self.catalog.signs,
            presences=self.presences,
            live=live or self.live,
            answers=RedisAnswers(self.redis),
            on_told=self.counts.delivery_tried,
        )

    def handoffs(self) -> Handoffs:
        """Return what staff do with conversations."""
        return Handoffs(
            self.record,
            phrases=self.phrases,
            clock=self.clock,
            live=self.live,
            holders=self.holders,
            presences=self.presences,
        )

    def handoff_watch(self) -> HandoffWatch:
        """Return what sees to it that nobody is left alone."""
        return HandoffWatch(
            self.record,
            office=self.catalog.office,
            phrases=self.phrases,
            clock=self.clock,
            live=self.live,
            holders=self.holders,
            presences=self.presences,
        )

    def housekeeping(self) -> Housekeeping:
        """Return what removes what is done with."""
        return Housekeeping(
            self.record, self.catalog.limits.keep, self.clock, RedisParked(self.redis)
        )

    def serving(self) -> ServingParts:
        """Return what the console serves citizens with."""
        on_behalf = OnBehalf(
            self.record,
            directory=self.catalogue.directory,
            office=self.catalog.office,
            clock=self.clock,
            sealer=self.sealer,
            statuses=self.catalog.statuses,
            phrases=self.phrases,
            live=self.live,
        )
        return ServingParts(
            handoffs=self.handoffs(),
            on_behalf=on_behalf,
            presences=self.presences,
            live=self.live,
            feed=RedisLiveFeed(self.redis_url),
            sealer=self.sealer,
            phrases=self.phrases,
            allowance=self.messenger.allowance,
            typing=self.messenger.typing,
            clean=clean,
            directory=self.catalogue.directory,
        )

    def deliverers(self) -> dict[str, Deliverer]:
        """Return the engines that send what is due, each for itself: what is slow holds up nothing else."""
        templates = NoticeTemplates(
            self.settings.notice_template_id,
            self.settings.template_message_id,
            self.catalog.notice_fields["subscription"],
            self.catalog.notice_fields["template"],
        )
        filing = FilingHandler(
            self.record,
            self.backend,
            clock=self.clock,
            sealer=self.sealer,
            directory=self.catalogue.pulled,
            media_url=self.links.url,
        )
        amending = AmendmentHandler(
            self.record,
            self.backend,
            clock=self.clock,
            sealer=self.sealer,
            media_url=self.links.url,
        )
        told: dict[str, Handler] = {
            "reply": ReplyHandler(self.record, self.messenger),
            "notice": NoticeHandler(self.record, self.messenger, templates, self.clock),
        }
        answered: dict[str, Handler] = {"answer": AnswerHandler(self.record, self.messenger)}
        fetched: dict[str, Handler] = {"media": MediaHandler(self.record, self.messenger, clean)}
        lines: dict[str, dict[str, Handler]] = {
            "tell": told,
            "answer": answered,
            "file": {"filing": filing, "amendment": amending},
            "fetch": fetched,
        }
        return {
            name: Deliverer(
                self.record,
                handlers,
                self.clock,
                self.live,
                around=logs.about,
                on_tried=self.counts.delivery_tried,
            )
            for name, handlers in lines.items()
        }

    def settler(self) -> Settler:
        """Return what finds out which answers were told by callbacks."""
        return Settler(
            self.record,
            RedisAnswers(self.redis),
            self.clock,
            self.live,
            on_told=self.counts.answers_told,
        )

    def close(self) -> None:
        """Give connections back."""
        self.engine.dispose()
        self.redis.close()


def build(settings: Settings, *, redis_url: str) -> Parts:
    """Build the parts; opens connections lazily, so that a store that is down fails at use, not here.

    Raises:
        app.catalog.BadCatalog, ValueError: a data file or the account's settings cannot work.
    """
    clock = SystemClock()
    store = open_sync(redis_url)
    account = account_of(settings)
    session = make_session(reaches(account.api_base))
    registry = CollectorRegistry()
    counts = Counts(registry)
    tokens = StableTokens(store, account, session, clock, on_call=counts.wechat_called)
    client = WeChatClient(account, tokens, session, on_call=counts.wechat_called)
    engine = open_engine(settings.record_url)
    record = SqlRecord(engine, clock)
    sealer = KeySealer(KeyringStore(record, secrets_of(settings)).load)
    seal_with(engine, sealer)
    ledger = RedisLedger(store, hashed=sealer.pseudonym, app_id=account.app_id)
    backend = Open311Client(
        backend_url(settings),
        api_key=backend_key(settings),
        jurisdiction=settings.backend_jurisdiction,
    )
    return Parts(
        settings=settings,
        catalog=Catalog.load(CATALOG),
        phrases=DomainPhrases.load(RESPONSES),
        clock=clock,
        sealer=sealer,
        links=MediaLinks(sealer, settings.public_url or settings.local_url),
        engine=engine,
        record=record,
        redis=store,
        account=account,
        tokens=tokens,
        wechat=client,
        ledger=ledger,
        messenger=WeChatMessenger(client, ledger, clock=clock),
        quotas=ApiQuotas(store, client, account.app_id),
        backend=backend,
        catalogue=Catalogue(record, backend, until_pulled=services_of()),
        registry=registry,
        counts=counts,
        process_id=f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}",
        redis_url=redis_url,
        live=RedisLiveEvents(store),
        holders=RedisHolders(store),
        presences=RedisPresences(store),
    )


def keep_keyring(settings: Settings) -> None:
    """See that the record has a keyring and that the current secret opens it; for the start of each process.

    Raises:
        app.keyring.KeyringLocked: it was sealed with another secret.
    """
    engine = open_engine(settings.record_url)
    try:
        KeyringStore(SqlRecord(engine, SystemClock()), secrets_of(settings)).keep()
    finally:
        engine.dispose()


def account_of(settings: Settings) -> WeChatAccount:
    """Return the account; ValueError says what is wrong with it."""
    return WeChatAccount(
        app_id=settings.app_id,
        app_secret=settings.app_secret,
        token=settings.token,
        aes_key=settings.aes_key,
        aes_key_previous=settings.aes_key_previous,
        api_base=settings.api_base,
    )


def backend_url(settings: Settings) -> str:
    """Return the backend's address; the embedded desk's when none is set."""
    return settings.backend_url or f"{settings.local_url}/open311/v2"


def backend_key(settings: Settings) -> str:
    """Return the backend's key; for the embedded desk one is made in the data folder when none is set."""
    if settings.backend_api_key or not settings.uses_desk:
        return settings.backend_api_key
    return kept_secret(Path(settings.data_dir), "desk.key")
