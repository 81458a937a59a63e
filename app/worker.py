"""One worker: takes citizens' messages through their turns, delivers what is due, asks the backend for news."""

from __future__ import annotations

import faulthandler
import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from structlog.contextvars import bound_contextvars

from app.bootstrap import Parts
from app.desk import desk_office
from app.presence import CLOCKS, HOUSEKEEPING, POLLING, QUOTAS, WATCHING
from bot.model.errors import RemoteError
from bot.model.message import Kind, Reply
from bot.ports import Unavailable
from bot.record import Stale
from bot.services.dialogue import Dialogue
from bot.storage.motion.answers import RedisAnswers
from bot.storage.motion.entries import Entry
from bot.storage.motion.leases import RedisLease
from bot.storage.motion.live import HeldEvents
from bot.storage.motion.streams import Partitions

log = logging.getLogger(__name__)

FAILURES_MOST = 3
TURN_MOST_S = 120
"""A turn that takes longer is taken for one that never ends: the process does, and another begins anew. Every wait of
a turn is shorter (10 s for a lock, 25 s for a dead connection)."""
_STDERR = 2
_LOOK_EVERY_S = 0.25
_LOOK_MOST_OFTEN_S = 0.2
"""Each turn wakes the look for what is due; in a burst one look serves many turns."""
_SERVICES_EVERY = timedelta(minutes=10)
_SERVICES_AGAIN = timedelta(seconds=2)
_QUOTAS_EVERY = timedelta(minutes=10)
_HOUSEKEEPING_EVERY = timedelta(hours=1)
_LEASE_BEAT_S = 1.0


class Worker:
    """Runs turns on the calling thread; telling, filing, fetching, handoffs and the backend's news each on one of their own."""

    def __init__(self, parts: Parts, dialogue: Dialogue) -> None:
        self._parts = parts
        self._news = HeldEvents()
        self._turns = parts.turn_taker(dialogue, live=self._news)
        self._answers = RedisAnswers(parts.redis)
        self._partitions = Partitions(parts.redis, parts.process_id)
        self._lease = RedisLease(parts.redis, parts.process_id)
        self._stop = threading.Event()
        self._deliverers = parts.deliverers()
        self._settler = parts.settler()
        self._nudges = {name: threading.Event() for name in self._deliverers}
        self._turned = threading.Event()
        self._turn_seconds, self._outcomes = parts.counts.turn_seconds, parts.counts.turns

    def run(self) -> None:
        """Work until `stop`; entries not finished stay for the next owner."""
        threads = [
            threading.Thread(target=self._deliver, args=(name,), name=name, daemon=True)
            for name in self._deliverers
        ]
        threads.append(threading.Thread(target=self._look_for_due, name="due", daemon=True))
        threads.append(threading.Thread(target=self._watch_backend, name="backend", daemon=True))
        threads.append(threading.Thread(target=self._watch_handoffs, name="handoffs", daemon=True))
        threads.append(threading.Thread(target=self._keep_house, name="house", daemon=True))
        threads.append(threading.Thread(target=self._watch_clocks, name="clocks", daemon=True))
        threads.append(threading.Thread(target=self._watch_quotas, name="quotas", daemon=True))
        for thread in threads:
            thread.start()
        try:
            while not self._stop.is_set():
                entry = self._partitions.next(1.0)
                if entry is not None:
                    with bound_contextvars(message=entry.message.key):
                        self._take(entry)
        finally:
            self._partitions.release_all()
            self._turned.set()
            for thread in threads:
                thread.join(5)

    def stop(self) -> None:
        """Ask `run` to return after the entry in hand."""
        self._stop.set()

    def _take(self, entry: Entry) -> None:
        message = entry.message
        if entry.failures >= FAILURES_MOST:
            self._give_up(entry, "its turn ended the worker")
            return
        # Of C, so that it also ends what never gives the interpreter back (a runaway expression).
        faulthandler.dump_traceback_later(TURN_MOST_S, exit=True, file=_STDERR)
        try:
            began = time.perf_counter()
            reply = self._turns.take(message)
            took = time.perf_counter() - began
            if message.kind is Kind.UNFOLLOW:
                self._parts.ledger.forget(message.citizen, message.sent_at)
            self._partitions.finish(entry, reply, news=self._news.take())
            self._ended("answered" if reply else "silent", took)
        except (Unavailable, Stale, RemoteError) as error:
            # A store is away or another worker was faster: the message itself is not to blame.
            log.warning("turn put back: %s", type(error).__name__)
            self._outcomes.labels("put_back").inc()
            self._partitions.put_back(entry, rest_s=0.5)
        except Exception:  # a bad message must not stop the citizens behind it
            log.exception("turn failed")
            self._outcomes.labels("failed").inc()
            if self._partitions.failed(entry) >= FAILURES_MOST:
                self._give_up(entry, "turn failed three times")
        finally:
            faulthandler.cancel_dump_traceback_later()
        self._turned.set()

    def _ended(self, outcome: str, took_s: float) -> None:
        self._turn_seconds.observe(took_s)
        self._outcomes.labels(outcome).inc()
        about = {"outcome": outcome, "seconds": round(took_s, 4), "worker": self._parts.process_id}
        log.info("turn taken", extra=about)

    def _give_up(self, entry: Entry, reason: str) -> None:
        """Set a message aside that cannot be worked on, and tell the citizen; nobody behind it shall wait for it."""
        log.error("message parked: %s", reason, extra={"entry": entry.id, "stream": entry.stream})
        try:
            self._answers.offer(entry.message.key, self._parting_words(entry))
            self._parts.live.tell(self._news.take())
            self._partitions.park(entry, reason)
            self._outcomes.labels("parked").inc()
        except (Unavailable, Stale) as error:
            log.warning("a failed turn is not settled yet: %s", type(error).__name__)
            self._partitions.put_back(entry, rest_s=0.5)

    def _parting_words(self, entry: Entry) -> Reply | None:
        """Give a message up, with an apology; what is broken in it may break even that."""
        message = entry.message
        if entry.failures <= FAILURES_MOST:  # beyond that, a worker ended while giving it up
            try:
                return self._turns.give_up(message)
            except (Unavailable, Stale):
                raise
            except Exception:  # else the message would end one worker after the other
                log.exception("giving up failed too")
        return Reply(self._parts.phrases.say("utter_unwell")) if message.kind.is_said else None

    def _look_for_due(self) -> None:
        """Settle what was offered to callbacks and wake whoever has something to deliver; one look for all of them."""
        while not self._stop.wait(_LOOK_MOST_OFTEN_S):
            self._turned.wait(_LOOK_EVERY_S)
            self._turned.clear()
            _guarded("settling", self._settler.run_once)
            _guarded("due", self._wake_deliverers)
        for nudge in self._nudges.values():
            nudge.set()

    def _wake_deliverers(self) -> int:
        with self._parts.record.reading() as unit:
            kinds = unit.deliveries.kinds_due()
        for name, deliverer in self._deliverers.items():
            if kinds & deliverer.kinds:
                self._nudges[name].set()
        return len(kinds)

    def _deliver(self, name: str) -> None:
        deliverer, nudge = self._deliverers[name], self._nudges[name]
        while not self._stop.is_set():
            nudge.wait()
            nudge.clear()
            _guarded(name, deliverer.run_once)

    def _watch_backend(self) -> None:
        """Pull the services now and then; poll for updates under one lease over all workers."""
        parts, poller = self._parts, self._parts.update_poller()
        period = timedelta(seconds=parts.settings.backend_poll_s)
        next_pull = next_poll = parts.clock.now()
        while not self._stop.is_set():
            now = parts.clock.now()
            if now >= next_pull:
                pulled = _guarded("services", parts.catalogue.pull)
                next_pull = now + (_SERVICES_EVERY if pulled else _SERVICES_AGAIN)
            if self._leads(POLLING) and now >= next_poll:
                _guarded("updates", poller.poll)
                next_poll = now + period
            self._stop.wait(min(period.total_seconds(), _LEASE_BEAT_S))
        self._lease.release(POLLING)

    def _watch_handoffs(self) -> None:
        """See to it that no citizen is left alone with a person."""
        self._under_lease(WATCHING, self._parts.handoff_watch().run_once)

    def _keep_house(self) -> None:
        """Remove what is done with."""
        house = self._parts.housekeeping()
        self._under_lease(HOUSEKEEPING, house.run_once, every=_HOUSEKEEPING_EVERY)

    def _watch_clocks(self) -> None:
        """Give the embedded desk's alerts, and let its cases go on by themselves."""
        desk = desk_office(self._parts.settings, self._parts.sealer)
        if desk is not None:
            self._under_lease(CLOCKS, desk.timekeeper.run_once)
            desk.close()

    def _watch_quotas(self) -> None:
        """Ask WeChat now and then what it still lets the account do today."""
        self._under_lease(QUOTAS, self._parts.quotas.refresh, every=_QUOTAS_EVERY)

    def _under_lease(
        self, duty: str, job: Callable[[], int], *, every: timedelta = timedelta(0)
    ) -> None:
        """Do a job again and again, until the worker stops, while this one leads in it over all workers."""
        clock = self._parts.clock
        due = clock.now()
        while not self._stop.wait(_LEASE_BEAT_S):
            if self._leads(duty) and clock.now() >= due:
                _guarded(duty, job)
                due = clock.now() + every
        self._lease.release(duty)

    def _leads(self, duty: str) -> bool:
        """Take or prolong the lease of a duty; it is short, so that whoever dies is followed soon."""
        return self._lease.hold(duty, ttl_s=_LEASE_BEAT_S * 4)


def _guarded(what: str, job: Callable[[], int]) -> bool:
    """Run a recurring job; what fails is logged and tried again next time."""
    try:
        job()
    except (RemoteError, Unavailable) as error:
        log.warning("%s: %s", what, error)
        return False
    except Exception:  # a thread that must not end while the worker lives
        log.exception("%s failed", what)
        return False
    return True
