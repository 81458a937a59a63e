"""The citizen's complaint, filled in and filed by the member of staff who speaks with them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.model.conversation import Conversation, Direction
from bot.model.draft import Draft, Ranked
from bot.model.message import Kind
from bot.record import Unit
from bot.services import asked, open_form
from bot.services.directory import Directory
from bot.services.masking import stands_for_phone
from bot.services.on_behalf import Form
from console.pages.acting import Posted, clean, conversation_of, done, key_of, subject
from console.pages.lines import medium_of
from console.site import Site, linker, member_of, text

_MOST_LIKELY = 5


class FormPages:
    """The form beside the conversation."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return the routes with their paths."""
        path = "/conversations/{id:str}"
        questions = "/services/{id:str}.json"
        return [
            Route(path + "/form.json", self.show, methods=["GET"], name="form"),
            Route(path + "/file", self.file, methods=["POST"], name="file"),
            Route(questions, self.questions, methods=["GET"], name="service_questions"),
        ]

    def show(self, request: Request) -> Response:
        """The form as the bot left it, with what was told to a person since, and what may be chosen."""
        site, wanted = self._site, conversation_of(request)
        directory = site.serving.directory()  # may read the record: not inside the unit
        with site.record.reading() as unit:
            conversation = unit.conversations.get(wanted)
            if conversation is None:
                raise HTTPException(404)
            rows = [r for r in unit.conversations.transcript(wanted) if r.direction == _CITIZEN]
            draft = open_form.draft_of(conversation.snapshot)
            told = _told(unit, conversation, rows)
            media = _media(unit, draft, rows, told, linker(request))
        site.looked(request, "conversation viewed", subject=subject(wanted))
        answer = {
            "key": secrets.token_hex(16),
            "said": "\n".join(_said(draft, told)),
            "place": draft.place,
            "phone": draft.phone,
            "phones": _phones(draft, rows),
            "name": draft.name,
            "nature": draft.nature,
            "visibility": draft.visibility,
            "service_code": draft.category if directory.service(draft.category) else "",
            "natures": [{"code": n.code, "name": n.name} for n in site.natures.natures],
            "groups": _groups(directory),
            "likely": _likely(directory, draft, rows),
            "media": media,
            "answers": draft.answers,
        }
        return JSONResponse(answer)

    def questions(self, request: Request) -> Response:
        """What the backend asks for a service."""
        code, directory = request.path_params["id"], self._site.serving.directory()
        if directory.service(code) is None:
            raise HTTPException(404)
        shown = [
            {
                "code": question.code,
                "question": question.description,
                "hint": question.datatype_description,
                "datatype": question.datatype,
                "required": question.required,
                "values": [list(value) for value in question.values],
            }
            for question in asked.questions(directory, code)
        ]
        return JSONResponse({"questions": shown})

    async def file(self, request: Request) -> Response:
        """File it; the citizen is told the receipt number at once."""

        def act(posted: Posted) -> Mapping[str, Any]:
            wanted, serving = conversation_of(request), self._site.serving
            filed = serving.on_behalf.file(wanted, member_of(request), _posted(posted))
            self._site.noted(
                request, "complaint filed", subject=subject(wanted), detail=f"case {filed.id}"
            )
            return {"receipt": filed.receipt, "url": linker(request)("case", id=filed.id)}

        return await done(self._site, request, act)


_CITIZEN = Direction.CITIZEN.value


def _posted(posted: Posted) -> Form:
    answers, media = posted.get("answers"), posted.get("media")
    return Form(
        key=key_of(posted),
        service_code=text(posted, "service_code"),
        said=clean(posted, "said"),
        place=clean(posted, "place"),
        phone=clean(posted, "phone"),
        name=clean(posted, "name"),
        nature=text(posted, "nature"),
        visibility=text(posted, "visibility"),
        answers=answers if isinstance(answers, dict) else {},
        media=tuple(dict.fromkeys(str(m) for m in media)) if isinstance(media, list) else (),
    )


def _told(unit: Unit, conversation: Conversation, rows: Sequence[Any]) -> Sequence[Any]:
    """Return the citizen's lines since a person was wanted: they are in no draft, the bot being silent."""
    handoff = unit.handoffs.open_of(conversation.id)
    since = handoff.asked_at if handoff is not None else conversation.held_since
    return [row for row in rows if since is not None and row.at > since]


def _said(draft: Draft, told: Sequence[Any]) -> list[str]:
    words = [
        row.text for row in told if row.text and row.kind in (Kind.TEXT.value, Kind.VOICE.value)
    ]
    return list(dict.fromkeys([*draft.said, *words]))


def _phones(draft: Draft, rows: Sequence[Any]) -> list[str]:
    """Return the masks of the phone numbers that the citizen said, the latest first."""
    masks = [short for row in reversed(rows) for short in row.data.get("sealed") or ()]
    return [short for short in dict.fromkeys([*masks, *draft.sealed]) if stands_for_phone(short)]


def _groups(directory: Directory) -> list[dict[str, Any]]:
    """Return the services by group, each with the words by which it is found too."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for service in directory.services:
        keywords = list(service.keywords)
        entry = {"code": service.code, "name": service.name, "keywords": keywords}
        groups.setdefault(service.group or service.name, []).append(entry)
    return [{"name": name, "services": services} for name, services in groups.items()]


def _likely(directory: Directory, draft: Draft, rows: Sequence[Any]) -> list[str]:
    """Return the services it may be, likeliest first: as the form has it, else as the last words were understood."""
    codes = [code for code in (draft.category, *draft.wondered) if directory.service(code)]
    if not codes:
        found = [r for r in rows if (r.data.get("understood") or {}).get("services")][-1:]
        for row in found:
            guesses = [
                Ranked("", str(s["group"]), str(s["name"]), float(s["confidence"]))
                for s in row.data["understood"]["services"]
            ]
            codes = directory.rank(guesses, row.text)
    return list(dict.fromkeys(codes))[:_MOST_LIKELY]


def _media(
    unit: Unit,
    draft: Draft,
    rows: Sequence[Any],
    told: Sequence[Any],
    link: Callable[..., str],
) -> list[dict[str, Any]]:
    """Return the citizen's pictures and voices that belong to no complaint yet; those of this matter are chosen."""
    ids = [str(row.data["medium"]) for row in rows if row.data.get("medium")]
    chosen = {*draft.media, *(str(row.data.get("medium", "")) for row in told)}
    found = unit.media.several(ids)
    return [
        medium_of(found[id], link) | {"chosen": id in chosen}
        for id in ids
        if id in found and found[id].complaint_id is None
    ]
