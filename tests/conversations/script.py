"""Conversations written down as YAML, and how one is played.

A file holds a list of conversations; each has
  name       what it proves
  weak       optional: what is not understood yet; the conversation may fail until it is (shown as xfail)
  at         optional: when it begins (Hangzhou time, "2026-11-28 22:00"); a working Monday at ten if left out
  there      optional: work numbers of staff who are at their desks; nobody if left out
  questions  optional: questions the office asks besides those of the catalogue, each
             {service: name of the service, code, description, datatype, required, values: [[key, name]]}
  steps      what happens, in order

A step is one deed and what must follow:
  say: words | tap: part of an option's label | image: n | voice: recognised words or "" | pin: [lat, long, label]
  scan: scene | follow: scene or "" | unfollow: | menu: key | sticker: | link: | wait: minutes
  news       what the office says of the citizen's newest case, {status, code, text, agency, due}: `expect` looks at the
             notice; case: number of the case if it is not the newest, 1 = the oldest
  who        the citizen who does it (甲 if left out)
  expect     a text or list: all of it must stand in the answer; /.../ is a regular expression
  expect_any at least one of these must
  expect_not none of these may
  kind       a domain or service (or /.../): if the category is asked for, it must be among the options and
             is tapped; else it must stand in the read-back. The other checks look at the answer after that.
  options    [least, most] numbered options under the answer
  silent     true: nothing is answered
  files      how many complaints this step files; 0 if left out, so nothing is ever filed unasked
  case       fields of the newest complaint: group, service, place, visibility, name, nature, division, repeated: equal;
             words, summary, wish: these must stand in the description, summary or wish; not_words: these must not;
             answers: equal; media: how many; located: WGS84 point near [lat, long]
  office     what the office got of the citizen's words by now, newest last: a list of "act: text", or of /regular
             expressions/ over "act: text {verdict}"; the clock goes on by an hour
  holder     who has the conversation after the step: bot, waiting or staff
  waiting    why the conversation waits for a person ("" = it does not)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from bot.model.backend import Attribute
from bot.model.complaint import Complaint
from tests.conversations.harness import Citizen, City

SCENARIOS = Path(__file__).parent / "scenarios"
_DEEDS = (
    "say", "tap", "image", "voice", "pin", "scan", "follow", "unfollow", "menu", "sticker", "link", "wait", "news",
)  # fmt: skip
_CHECKS = {
    "who", "kind", "expect", "expect_any", "expect_not", "options", "silent", "files", "case", "waiting", "holder", "office",
}  # fmt: skip


@dataclass(frozen=True)
class Conversation:
    """One conversation as written."""

    file: str
    name: str
    steps: tuple[dict[str, Any], ...]
    at: str = ""
    weak: str = ""
    questions: tuple[dict[str, Any], ...] = ()
    there: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"

    def said(self) -> list[str]:
        """Return every line a citizen types in it."""
        return [str(step["say"]) for step in self.steps if "say" in step]


def load(folder: Path = SCENARIOS) -> list[Conversation]:
    """Read all conversations; ValueError names a step that is none."""
    found = []
    for path in sorted(folder.glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            steps = tuple(entry["steps"])
            for step in steps:
                _check_step(step, f"{path.name}: {entry['name']}")
            found.append(
                Conversation(
                    file=path.stem,
                    name=entry["name"],
                    steps=steps,
                    at=str(entry.get("at", "")),
                    weak=str(entry.get("weak", "")),
                    questions=tuple(entry.get("questions", ())),
                    there=tuple(entry.get("there", ())),
                )
            )
    return found


def weak(entries: list[Any], reason: Callable[[Any], str]) -> list[Any]:
    """Return entries as test parameters; those with a reason are known to fail, and must."""
    return [
        pytest.param(e, marks=pytest.mark.xfail(strict=True, reason=reason(e))) if reason(e) else e
        for e in entries
    ]


def _check_step(step: dict[str, Any], where: str) -> None:
    deeds = [deed for deed in _DEEDS if deed in step]
    unknown = set(step) - set(_DEEDS) - _CHECKS
    if len(deeds) != 1 or unknown:
        raise ValueError(f"{where}: not one deed, or unknown {sorted(unknown)}: {step}")


def play(conversation: Conversation, city: City) -> None:
    """Play it; AssertionError shows the conversation so far."""
    if conversation.at:
        local = datetime.fromisoformat(conversation.at)
        city.clock.set(local.replace(tzinfo=ZoneInfo("Asia/Shanghai")))
    city.presences.come(*conversation.there)
    for question in conversation.questions:
        city.require(question["service"], _question(question))
    heard: list[str] = []
    for step in conversation.steps:
        citizen = city.citizen(str(step.get("who", "甲")))
        before = len(citizen.cases())
        answer = _news(city, citizen, step["news"]) if "news" in step else _do(citizen, step)
        deed = next(d for d in _DEEDS if d in step)
        heard.append(f"民: [{deed}] {step[deed]}\n声: {answer}")
        faults: list[str] = []
        if "kind" in step:
            answer, faults = settle_kind(citizen, answer, str(step["kind"]))
            heard.append(f"声: {answer}")
        faults += _faults(citizen, step, answer, before)
        if "office" in step:
            faults += _office_faults(city, _listed(step["office"]))
        assert not faults, "\n".join([*heard, "", *faults])


def settle_kind(citizen: Citizen, answer: str, kind: str) -> tuple[str, list[str]]:
    """Choose the kind of matter if it is asked for; return the answer after that, and what was wrong."""
    if not stands("/哪一类|类别是/", answer):
        line = re.search(r"【类别】(.*)", answer)
        wrong = line is None or not stands(kind, line.group(1))
        return answer, [f"not read back as {kind}"] if wrong else []
    offered = [o.label for o in citizen.last.options if stands(kind, o.label)]
    if not offered:
        return answer, [f"{kind} is not among the options"]
    return citizen.tap(offered[0]), []


def _do(citizen: Citizen, step: dict[str, Any]) -> str:
    deed = next(d for d in _DEEDS if d in step)
    given = step[deed]
    if deed == "image":
        return [citizen.send_image() for _ in range(int(given or 1))][-1]
    if deed == "pin":
        return citizen.send_location(*given)
    if deed == "wait":
        citizen.wait(minutes=float(given))
        return ""
    if deed in ("unfollow", "sticker", "link"):
        plain = {
            "unfollow": citizen.unfollow, "sticker": citizen.send_sticker, "link": citizen.send_link,
        }  # fmt: skip
        return plain[deed]()
    deeds = {
        "say": citizen.say, "tap": citizen.tap, "voice": citizen.send_voice, "scan": citizen.scan,
        "follow": citizen.follow, "menu": citizen.menu,
    }  # fmt: skip
    return deeds[deed](str(given or ""))


def _news(city: City, citizen: Citizen, said: dict[str, Any]) -> str:
    case = citizen.cases()[int(said.get("case", 0)) - 1]
    due = said.get("due")
    expected = (
        datetime.fromisoformat(due).replace(tzinfo=ZoneInfo("Asia/Shanghai")) if due else None
    )
    return city.news(
        case,
        said.get("status", "in_progress"),
        code=said.get("code", ""),
        description=said.get("text", ""),
        agency_responsible=said.get("agency", ""),
        expected_datetime=expected,
    )


def _office_faults(city: City, wanted: list[str]) -> list[str]:
    got = []
    for word in city.amended():
        verdict = " ".join(f"{name}={value}" for name, value in sorted(word.verdict.items()))
        pictures = f" +{len(word.media_urls)}" if word.media_urls else ""
        got.append(f"{word.act.value}: {word.description}{pictures} {verdict}".strip())
    if len(got) == len(wanted) and all(map(stands, wanted, got)):
        return []
    return [f"the office got: {got}"]


def _faults(citizen: Citizen, step: dict[str, Any], answer: str, before: int) -> list[str]:
    faults = [f"expected: {e}" for e in _listed(step.get("expect")) if not stands(e, answer)]
    faults += [f"not expected: {e}" for e in _listed(step.get("expect_not")) if stands(e, answer)]
    some = _listed(step.get("expect_any"))
    if some and not any(stands(e, answer) for e in some):
        faults.append(f"expected one of: {some}")
    quiet = step.get("silent") or any(deed in step for deed in ("wait", "unfollow"))
    if bool(answer) == bool(quiet):
        faults.append("expected silence" if quiet else "expected an answer")
    if "options" in step:
        least, most = step["options"]
        if not least <= len(citizen.last.options) <= most:
            faults.append(f"{len(citizen.last.options)} options instead of {least} to {most}")
    if "waiting" in step:
        reason = citizen.conversation().waiting_reason
        if (reason.value if reason else "") != step["waiting"]:
            faults.append(f"waits for a person because of: {reason}")
    if step.get("holder", holder := citizen.conversation().holder.value) != holder:
        faults.append(f"held by: {holder}")
    filed = len(citizen.cases()) - before
    if filed != step.get("files", 0):
        faults.append(f"{filed} complaints filed by this step")
    elif step.get("case"):
        faults += _case_faults(citizen, citizen.cases()[-1], step["case"])
    return faults


def _case_faults(citizen: Citizen, case: Complaint, wanted: dict[str, Any]) -> list[str]:
    plain = {
        "group": case.service_group, "service": case.service_name, "place": case.place,
        "visibility": case.visibility, "name": case.contact_name, "answers": case.answers,
        "media": len(citizen.media_of(case)), "datum": case.datum,
        "nature": case.nature, "division": case.division, "repeated": case.repeated,
    }  # fmt: skip
    faults = [
        f"case.{name}: {plain[name]!r} instead of {value!r}"
        for name, value in wanted.items()
        if name in plain and plain[name] != value
    ]
    told = (("words", case.description), ("summary", case.summary), ("wish", case.wish))
    for name, text in told:
        faults += [
            f"case.{name} lacks {w!r}: {text!r}" for w in _listed(wanted.get(name)) if w not in text
        ]
    faults += [
        f"case.description has {w!r}"
        for w in _listed(wanted.get("not_words"))
        if w in case.description
    ]
    if "located" in wanted:
        latitude, longitude = wanted["located"]
        near = (
            abs((case.latitude or 0) - latitude) < 1e-4
            and abs((case.longitude or 0) - longitude) < 1e-4
        )
        if not near:
            faults.append(f"case is at {case.latitude}, {case.longitude}")
    known = {*plain, "words", "summary", "wish", "not_words", "located"}
    return faults + [f"unknown check {name}" for name in wanted if name not in known]


def stands(expected: str, text: str) -> bool:
    """True if the expectation, a text or a /regular expression/, stands in the text."""
    if len(expected) > 2 and expected.startswith("/") and expected.endswith("/"):
        return re.search(expected[1:-1], text, re.DOTALL) is not None
    return expected in text


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def _question(data: dict[str, Any]) -> Attribute:
    return Attribute(
        code=data["code"],
        description=data["description"],
        datatype=data.get("datatype", "string"),
        required=bool(data.get("required", True)),
        datatype_description=data.get("hint", ""),
        order=int(data.get("order", 1)),
        values=tuple((str(k), str(n)) for k, n in data.get("values", ())),
    )
