"""What happened to a tender, and what comes when: from its disclosed events and its clocks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, cast

from bidding.acts import make_objection
from bidding.procedures import phase
from bidding.procedures.procedure import Procedure
from ledger.basics.clock import parse_time
from ledger.store.read import Stored

Kind = Literal[
    "enquiries_until",
    "objections_until",
    "deadline",
    "objection_reply",
    "opening_objection",
    "explanation",
    "standstill",
    "award",
    "contract",
]

EXPLANATION: Final = "财库〔2026〕2号"
_MOVING: Final = ("addendum.issued", "tender.resumed")
_OVER: Final = ("failed", "retendered")


@dataclass(frozen=True)
class Step:
    """Something that happened. `lot` is "" for the tender's own; `count`: so many of the kind came in a row.

    `leaf`: the event's entry in the log (hex), of several the last one's.
    """

    at: datetime
    type: str
    lot: str
    leaf: str
    count: int = 1


@dataclass(frozen=True, order=True)
class Milestone:
    """A limit that runs or has run. `article`: what sets it; `sequence`: how often it was moved, `before`: from when.

    `since`: when it was last said; `about`: the objection that is to be answered.
    """

    at: datetime
    lot: str
    kind: Kind
    since: datetime
    article: str = ""
    sequence: int = 0
    before: datetime | None = None
    about: str = ""


@dataclass(frozen=True)
class Next:
    """What comes next of a lot. `at` is None for what waits for somebody; `word`: the last part of its text's key."""

    word: str
    at: datetime | None = None
    article: str = ""


def steps(streams: Mapping[str, Sequence[Stored]]) -> list[Step]:
    """Everything disclosed, in the order of the tree; streams are `tender/…` and `lot/…`."""
    found = sorted((one for stored in streams.values() for one in stored), key=lambda one: one.index or 0)
    out: list[Step] = []
    for one in found:
        made = Step(one.event.at, one.event.type, lot_of(one.event.stream), one.leaf.hex())
        if out and (out[-1].type, out[-1].lot) == (made.type, made.lot):
            made = replace(made, count=out.pop().count + 1)
        out.append(made)
    return out


def milestones(procedure: Procedure, events: Sequence[Stored]) -> list[Milestone]:
    """Every limit of a tender, sorted by time. `events`: its own disclosed ones."""
    tender, notice = procedure.tender, procedure.notice
    published = cast(datetime, tender.published_at)
    moves = list(_moves(procedure, events))
    moved, before = (moves[-1][0], moves[-1][1]) if moves else (published, None)
    _, objections = make_objection.window(procedure, "documents", "")
    later = moved if objections is not None and objections > notice.objections_until else published
    found = [
        Milestone(notice.enquiries_until, "", "enquiries_until", published),
        Milestone(
            objections or notice.objections_until,
            "",
            "objections_until",
            later,
            sequence=len(moves) if later == moved else 0,
        ),
        Milestone(procedure.deadline, "", "deadline", moved, "", len(moves), before),
    ]
    found += [
        _duty(procedure, "objection_reply", one.lot, one.at, one.objection)
        for one in tender.objections.values()
        if one.answered is None
    ]
    for state in procedure.all_lots():
        found += _of_lot(procedure, state.lot)
    return sorted(found)


def _moves(procedure: Procedure, events: Sequence[Stored]) -> Iterator[tuple[datetime, datetime]]:
    """(when it was said, the deadline before) of each move of the deadline."""
    held = procedure.notice.deadline
    for one in events:
        if one.event.type in _MOVING:
            told = parse_time(one.event.public["deadline"], "deadline")
            if told != held:
                yield one.event.at, held
            held = told


def _of_lot(procedure: Procedure, lot: str) -> Iterator[Milestone]:
    state, clocks = procedure.lot(lot), procedure.clocks
    _, opening = make_objection.window(procedure, "opening", lot)
    if opening is not None:
        since = state.times.get("lot.offers_opened", state.times["lot.announced"])
        yield Milestone(opening, lot, "opening_objection", since, clocks.article("opening_objection"))
    if state.explain_until is not None:
        asked = state.times["lot.explanations_asked"]
        yield Milestone(state.explain_until, lot, "explanation", asked, EXPLANATION)
    if state.until is not None:
        published = state.times["lot.candidates_published"]
        yield Milestone(state.until, lot, "standstill", published, clocks.article("standstill"))
        if procedure.notice.no_touch == "precheck":
            yield Milestone(clocks.end("award", state.until), lot, "award", published, clocks.article("award"))
    if state.awarded:
        yield _duty(procedure, "contract", lot, state.times["lot.awarded"])


def _duty(
    procedure: Procedure, kind: Literal["objection_reply", "contract"], lot: str, since: datetime, about: str = ""
) -> Milestone:
    limit, article = procedure.clocks.end(kind, since), procedure.clocks.article(kind)
    return Milestone(limit, lot, kind, since, article, about=about)


def following(procedure: Procedure, lot: str, now: datetime) -> Next | None:
    """What comes next of a lot, None where nothing comes any more."""
    word, state = phase(procedure, lot, now), procedure.lot(lot)
    clocks = procedure.clocks
    if state.status in (*_OVER, "contracted") or word == "terminated":
        return None
    if word in ("published", "tickets_open"):
        return Next("deadline", procedure.deadline)
    if word == "objection":
        held = procedure.tender.unanswered(lot)[0]
        return Next("objection", clocks.end("objection_reply", held.at), clocks.article("objection_reply"))
    if word == "offers_opened":
        at = clocks.end("opening_objection", state.times["lot.offers_opened"])
        return Next("evaluate", at, clocks.article("opening_objection"))
    if word in ("standstill", "candidates_published", "next_candidate"):
        touch = "award" if procedure.notice.no_touch == "award" else "precheck"
        return Next(touch, state.until, clocks.article("standstill"))
    if word == "awarded":
        since = state.times["lot.awarded"]
        return Next("contract", clocks.end("contract", since), clocks.article("contract"))
    if word == "explaining":
        return Next("explanation", state.explain_until, EXPLANATION)
    return Next({"suspended": "suspended", "judging": "finding"}.get(word, "opening"))


def lot_of(stream: str) -> str:
    """The lot whose stream this is, "" for the tender's own."""
    return stream.split("/")[2] if stream.startswith("lot/") else ""
