"""The verdict: lost, filed twice, told twice, out of order. Judged from outside, never from the product's tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.soak import order
from bench.soak.evidence import Evidence, Role, Said
from bench.soak.index import FILED, Index, receipt_of

LEAST_KILLS = 3


@dataclass(frozen=True)
class Finding:
    """One thing that went wrong, with where to look."""

    token: str
    citizen: str
    why: str
    exchanges: tuple[int, ...] = ()


@dataclass
class Verdict:
    """What is found; only `faulted` and `ambiguous` are no fault of the product."""

    lost: list[Finding] = field(default_factory=list)
    filed_twice: list[Finding] = field(default_factory=list)
    told_twice: list[Finding] = field(default_factory=list)
    out_of_order: list[Finding] = field(default_factory=list)
    ambiguous: list[Finding] = field(default_factory=list)
    faulted: list[Finding] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    too_few: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """0 / 0 / 0 / 0, and enough was killed for that to mean something."""
        wrong = (self.lost, self.filed_twice, self.told_twice, self.out_of_order, self.too_few)
        return not any(wrong)


def judge(evidence: Evidence, kinds: tuple[str, ...]) -> Verdict:
    """Judge a run; `kinds` are the kinds of process that had to be killed."""
    index, verdict = Index(evidence), Verdict()
    verdict.kills = Counter(kill.kind for kill in evidence.kills)
    verdict.too_few = [kind for kind in kinds if verdict.kills[kind] < LEAST_KILLS]
    verdict.lost += [*_unanswered(index), *_unfiled(index), *_incomplete(index)]
    verdict.filed_twice += _filed_twice(index)
    for telling in _tellings(index):
        _judge_telling(index, verdict, telling)
    verdict.out_of_order += [
        Finding(token, citizen, why) for token, citizen, why in order.violations(index)
    ]
    verdict.faulted += _faulted(index)
    return verdict


@dataclass(frozen=True)
class _Telling:
    """Something that a citizen is to be told exactly once."""

    token: str
    citizen: str
    what: str
    since: float
    exchanges: tuple[int, ...] = ()
    is_due: bool = True
    times: int = 1


def _tellings(index: Index) -> Iterator[_Telling]:
    for own in index.said.values():
        for said in {said.token: said for said in own if said.role is Role.PROBE}.values():
            yield _answer(index, said, own)
    for receipt, citizen in index.owners.items():
        yield _Telling(
            f"已提交，受理编号 {receipt}",
            citizen,
            "a receipt",
            _confirmed_at(index, receipt, citizen),
        )
    for update in index.evidence.updates:
        case = index.by_id.get(update.case)
        owner = index.owners.get(receipt_of(case), "") if case else ""
        if owner:
            yield _Telling(update.token, owner, "an update", update.at)
    for answer in index.evidence.answers:
        yield _Telling(answer.token, answer.citizen, "a person's answer", answer.at)


def _answer(index: Index, said: Said, own: list[Said]) -> _Telling:
    """A question that was asked again, because of the fault notice, may be answered each time."""
    asked = [index.push(each) for each in own if each.token == said.token]
    return _Telling(
        said.token,
        said.citizen,
        "an answer",
        asked[-1].at,
        tuple(push.id for push in asked),
        is_due=any(push.is_accepted and not index.with_a_person(push) for push in asked),
        times=len(asked),
    )


def _confirmed_at(index: Index, receipt: str, citizen: str) -> float:
    """Return when the matter of a case was confirmed last; its receipt is owed from then on."""
    case = index.cases[receipt][0].id
    matters = {s.matter for s in index.said[citizen] if case in index.holders[s.token]}
    confirmed = [
        index.push(said).at
        for said in index.said[citizen]
        if said.role is Role.CONFIRM and said.matter in matters
    ]
    return max(confirmed, default=0.0)


def _judge_telling(index: Index, verdict: Verdict, telling: _Telling) -> None:
    told = index.told(telling.citizen, telling.token)
    others = index.shown_to(telling.token) - {telling.citizen}
    if others:
        why = f"{telling.what}, told to {', '.join(sorted(others))}"
        verdict.told_twice.append(Finding(telling.token, telling.citizen, why, telling.exchanges))
    if not told:
        if telling.is_due and not index.left_after(telling.citizen, telling.since):
            why = f"{telling.what} was never told"
            verdict.lost.append(Finding(telling.token, telling.citizen, why, telling.exchanges))
        return
    if len(told) <= telling.times:
        return
    seen = tuple(line.id for line in told)
    doubtful = sum(1 for line in told[:-1] if index.is_ambiguous(line, telling.token))
    found = Finding(telling.token, telling.citizen, f"{telling.what}, {len(told)} times", seen)
    # An unknown outcome is repeated at most once.
    is_excused = len(told) - telling.times <= min(doubtful, 1)
    (verdict.ambiguous if is_excused else verdict.told_twice).append(found)


def _unanswered(index: Index) -> Iterator[Finding]:
    """Messages that were accepted and after which nothing was ever said."""
    for citizen, own in index.said.items():
        lines = index.lines[citizen]
        last = lines[-1].id if lines else 0
        for said in own:
            push = index.push(said)
            due = said.role in (Role.WORDS, Role.CONFIRM, Role.FREE, Role.TO_STAFF)
            if (
                due
                and push.is_accepted
                and last < push.id
                and not index.left_after(citizen, push.at)
            ):
                yield Finding(
                    said.token or push.text, citizen, "no answer came after it", (push.id,)
                )


def _unfiled(index: Index) -> Iterator[Finding]:
    """Receipts without a case, and confirmations that led to none."""
    for citizen, lines in index.lines.items():
        for receipt in sorted({r for line in lines for r in FILED.findall(line.text)}):
            if receipt not in index.cases:
                yield Finding(receipt, citizen, "a receipt was told, the backend has no such case")
    for receipt, cases in index.cases.items():
        if receipt not in index.owners:
            yield Finding(receipt, "", f"{cases[0].id} is a case in nobody's words")
    for citizen, own in index.said.items():
        for said in own:
            push = index.push(said)
            if said.role is not Role.CONFIRM or not push.is_accepted:
                continue
            words = [s.token for s in own if s.matter == said.matter and s.role is Role.WORDS]
            if not any(index.holders[token] for token in words):
                yield Finding(said.matter, citizen, "confirmed and never filed", (push.id,))


def _incomplete(index: Index) -> Iterator[Finding]:
    """Accepted words on a matter that was filed and that its case lacks."""
    for citizen, own in index.said.items():
        words = [said for said in own if said.role is Role.WORDS]
        filed = {s.matter for s in words if index.holders[s.token]}
        for said in words:
            push = index.push(said)
            if said.matter not in filed or not push.is_accepted or index.holders[said.token]:
                continue
            if index.with_a_person(push):  # they read it; the bot adds nothing meanwhile
                continue
            yield Finding(said.token, citizen, f"missing in the case of {said.matter}", (push.id,))


def _filed_twice(index: Index) -> Iterator[Finding]:
    for receipt, cases in index.cases.items():
        if len(cases) > 1:
            ids = ", ".join(case.id for case in cases)
            yield Finding(
                receipt, index.owners.get(receipt, ""), f"stored {len(cases)} times: {ids}"
            )
    times = Counter(said.token for said in index.evidence.said)
    for said in index.evidence.said:
        if said.role is not Role.WORDS or times[said.token] > 1:
            continue  # what was said again may stand in two
        if len({_receipt(index, i) for i in index.holders[said.token]}) > 1:
            yield Finding(said.token, said.citizen, "one message in two cases", (said.push,))


def _receipt(index: Index, case_id: str) -> str:
    return receipt_of(index.by_id[case_id])


def _faulted(index: Index) -> Iterator[Finding]:
    """Messages that the platform gave up: the citizen saw its fault notice and knows it."""
    for push in index.evidence.pushes.values():
        if push.outcome == "fault":
            why = ", ".join(push.attempts)
            yield Finding(push.text or push.title, push.citizen, why, (push.id,))
