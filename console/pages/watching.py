"""What an open page's socket does beside telling: is the viewer still signed in, are they there, do they write?

Everything here may wait for the record, Redis or the platform and runs in the thread pool. None of it may end the
socket: what cannot be known now is asked again at the next beat.
"""

from __future__ import annotations

import threading

import structlog

from bot.model.conversation import Holder
from bot.model.errors import RemoteError
from bot.model.staff import StaffMember
from bot.ports import PRESENCE, TYPING, Unavailable
from console.site import Site

GRACE_S = 7.0
"""How long a page that went may take to come back: longer than a reload, and than the beat of another page."""
_CITIZEN_EVERY_S = 10.0

log = structlog.get_logger("console.events")


class Watching:
    """The slow side of one socket."""

    def __init__(self, site: Site, token: str) -> None:
        self._site = site
        self._token = token
        self._told_citizen_at: dict[str, float] = {}
        self._order = threading.Lock()
        self._has_left = False

    def is_signed_in(self) -> bool:
        """True while the session counts; while the record is away the last word stands."""
        try:
            with self._site.record.reading() as unit:
                return self._site.sessions.read(unit, self._token) is not None
        except Unavailable:
            return True

    def beaten(self, number: str) -> None:
        """The page lives: its member is there; who was not before is announced.

        A beat that is still on its way through the thread pool when the page goes counts for nothing.
        """
        with self._order:
            if not self._has_left:
                self._note_beat(number)

    def _note_beat(self, number: str) -> None:
        serving = self._site.serving
        try:
            was_there = number in serving.presences.present()
            serving.presences.beat(number)
        except Unavailable:
            log.warning("presence not noted: redis is away", who=number)
            return
        if not was_there:
            serving.live.publish(PRESENCE, {})

    def left(self, number: str) -> None:
        """A page of this member is gone."""
        with self._order:
            self._has_left = True
        try:
            self._site.serving.presences.leaving(number, grace_s=GRACE_S)
        except Unavailable:
            log.warning("leaving not noted: redis is away", who=number)

    def tell_if_gone(self, number: str) -> None:
        """Announce that a member left, unless another page of theirs lives."""
        serving = self._site.serving
        try:
            is_there = number in serving.presences.present()
        except Unavailable:
            return
        if not is_there:
            serving.live.publish(PRESENCE, {})

    def types(self, member: StaffMember, conversation_id: str) -> None:
        """Tell colleagues that this member writes, and the citizen if they are this member's."""
        try:
            with self._site.record.reading() as unit:
                conversation = unit.conversations.get(conversation_id)
        except Unavailable:
            return
        if conversation is None:
            return
        data: dict[str, object] = {
            "conversation": conversation.id,
            "number": member.number,
            "name": member.name,
        }
        self._site.serving.live.publish(TYPING, data)
        holds = conversation.holder is Holder.STAFF and conversation.agent == member.number
        if holds and conversation.following and conversation.citizen:
            self._tell_citizen(conversation.id, conversation.citizen)

    def _tell_citizen(self, conversation_id: str, citizen: str) -> None:
        now = self._site.clock.now().timestamp()
        if now - self._told_citizen_at.get(conversation_id, 0.0) < _CITIZEN_EVERY_S:
            return
        self._told_citizen_at = {conversation_id: now}
        try:
            self._site.serving.typing(citizen)
        except (RemoteError, Unavailable) as error:
            log.debug("typing is not shown", reason=type(error).__name__)
