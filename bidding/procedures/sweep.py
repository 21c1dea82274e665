"""What falls due when. A deadline is never a timer: the worker asks, does what is due, and asks again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from bidding.procedures.lot import LotState
from bidding.procedures.procedure import Procedure

Kind = Literal[
    "open_tickets",
    "close",
    "present",
    "release_wait",
    "block",
    "coefficients",
    "announce",
    "offers",
    "evaluate",
    "candidates",
    "award",
    "account",
]
Lamp = Literal["yellow", "red"]

# The codes of what `phase` and `late` give (`phase.` and `late.` before the word), for whoever shows them in words.
PHASES: Final = (
    "phase.draft",
    "phase.published",
    "phase.tickets_open",
    "phase.closing",
    "phase.closed",
    "phase.opening",
    "phase.opening_blocked",
    "phase.offers_opened",
    "phase.explaining",
    "phase.judging",
    "phase.explained",
    "phase.evaluated",
    "phase.candidates_published",
    "phase.standstill",
    "phase.objection",
    "phase.next_candidate",
    "phase.awarded",
    "phase.contracted",
    "phase.failed",
    "phase.retendered",
    "phase.suspended",
    "phase.terminated",
)
LATE_STEPS: Final = (
    "late.objection_reply",
    "late.opening_wait",
    "late.candidates_published",
    "late.award",
    "late.contract",
)

# What comes next in an opening, and whose releases it needs; None: the step needs none that are still to come.
_NEXT: dict[str, tuple[Kind, str, str]] = {
    "present": ("coefficients", "coin", "lot.present"),
    "coefficients": ("announce", "identity", "lot.coefficients"),
    "announced": ("offers", "offer", "lot.announced"),
}


@dataclass(frozen=True, order=True)
class Due:
    """A step of the platform's own, due from `at` on; `at` may lie in the future. `lot` is "" for the tender's."""

    at: datetime
    lot: str
    kind: Kind


@dataclass(frozen=True, order=True)
class Late:
    """A step that people owe: `limit` by the article; yellow in the last quarter of its time, red after it."""

    limit: datetime
    lot: str
    step: str
    article: str
    lamp: Lamp


def due(procedure: Procedure, now: datetime) -> list[Due]:
    """Every step that comes by itself, sorted by time. Nothing of a draft or a suspended tender is due."""
    tender = procedure.tender
    found: list[Due] = []
    if tender.status == "published":
        published = tender.published_at or now
        contributors = set(procedure.notice.contributors)
        complete = all(contributors <= set(state.contributors) for state in procedure.all_lots())
        if not tender.tickets_open and complete and now < procedure.deadline:
            found.append(Due(published, "", "open_tickets"))
        for state in procedure.all_lots():
            found += _lot(procedure, state, now)
    if procedure.at_rest() and not procedure.accounted():
        found.append(Due(now, "", "account"))
    return sorted(found)


def _lot(procedure: Procedure, state: LotState, now: datetime) -> Iterator[Due]:
    still = bool(procedure.tender.unanswered(state.lot))
    if state.status == "open" and not still:
        yield Due(procedure.deadline, state.lot, "close")
    elif state.status == "closed":
        yield Due(state.times["lot.closed"], state.lot, "present")
    elif state.status in _NEXT and not (state.status == "announced" and state.announced_failed):
        yield from _opening(procedure, state)
    elif state.status == "offers_opened" and not still:
        at = procedure.clocks.end("opening_objection", state.times["lot.offers_opened"])
        if procedure.over_bid_limit(state.lot) is not None:
            yield Due(at, state.lot, "evaluate")
    elif state.status == "explaining" and not still and not state.given:
        # Who did not explain has nothing to be judged.
        yield Due(state.explain_until or now, state.lot, "evaluate")
    elif state.status == "explained" and not still:
        yield Due(state.times["lot.explanations_judged"], state.lot, "evaluate")
    elif state.status == "evaluated" and not still and procedure.eligible(state.lot) is not None:
        yield Due(state.times["lot.evaluated"], state.lot, "candidates")
    elif (
        state.status in ("candidates_published", "next_candidate")
        and procedure.notice.no_touch == "award"
        and not still
        and not procedure.upheld(state.lot)
        and state.standing() is not None
    ):
        yield Due(state.until or now, state.lot, "award")


def _opening(procedure: Procedure, state: LotState) -> Iterator[Due]:
    kind, part, after = _NEXT[state.status]
    since = state.times[after]
    if len(state.released(part)) >= procedure.notice.t:
        yield Due(since, state.lot, kind)
        return
    yield Due(since, state.lot, "release_wait")
    if state.blocked != part:
        yield Due(procedure.clocks.end("opening_wait", since), state.lot, "block")


def late(procedure: Procedure, now: datetime) -> list[Late]:
    """The lamps: what people owe soon or owe already, sorted by its limit."""
    if procedure.tender.status not in ("published", "suspended"):
        return []
    found = [
        _lamp(procedure, now, "objection_reply", item.lot, item.at)
        for item in procedure.tender.objections.values()
        if item.answered is None
    ]
    for state in procedure.all_lots():
        if state.status == "evaluated":
            found.append(_lamp(procedure, now, "candidates_published", state.lot, state.times["lot.evaluated"]))
        elif state.status in ("candidates_published", "next_candidate") and state.until and now >= state.until:
            since = max(state.until, state.times.get("lot.next_candidate", state.until))
            found.append(_lamp(procedure, now, "award", state.lot, since))
        elif state.status == "awarded":
            found.append(_lamp(procedure, now, "contract", state.lot, state.times["lot.awarded"]))
        if state.blocked:
            after = next(since for _, part, since in _NEXT.values() if part == state.blocked)
            found.append(_lamp(procedure, now, "opening_wait", state.lot, state.times[after]))
    return sorted(item for item in found if item is not None)


def _lamp(procedure: Procedure, now: datetime, step: str, lot: str, since: datetime) -> Late | None:
    limit = procedure.clocks.end(step, since)
    if now >= limit:
        lamp: Lamp = "red"
    elif now >= limit - (limit - since) / 4:
        lamp = "yellow"
    else:
        return None
    return Late(limit, lot, step, procedure.clocks.article(step), lamp)


def phase(procedure: Procedure, lot: str, now: datetime) -> str:
    """The public word for where a lot stands (words for each in web/words/procedure.json as `phase.WORD`)."""
    tender = procedure.tender
    if tender.status == "drafted":
        return "draft"
    state = procedure.lot(lot)
    over = state.status in ("failed", "retendered", "contracted")
    if tender.status != "published" and not over:
        return tender.status
    if tender.unanswered(lot) and not over:
        return "objection"
    if state.status == "open":
        if now >= procedure.deadline:
            return "closing"
        return "tickets_open" if tender.tickets_open else "published"
    if state.status in _NEXT:
        return "opening_blocked" if state.blocked else "opening"
    return _later(state, now)


def _later(state: LotState, now: datetime) -> str:
    """The word for a lot whose offers are open."""
    if state.status == "explaining" and state.given and state.explain_until and now >= state.explain_until:
        return "judging"
    if state.status == "candidates_published" and state.until and now < state.until:
        return "standstill"
    return state.status
