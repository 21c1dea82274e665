"""What an event of a lot says in its hall: from a disclosed event, the state before it and documents to messages. Pure.

One function a type of event; most give one message, the lists of an opening one for each bid. What is said follows from
the ledger alone, in the tree's order, so that whoever tells it again, in another process or after a crash, says the
same under the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, cast

from bidding.procedures import listing
from ledger.basics import clock
from ledger.events import Event
from web import texts
from web.live import messages as m
from web.live import telling_bids
from web.live.messages import Step, Text
from web.live.names import members, reason, text, who, why
from web.live.scene import Line, Scene
from web.live.telling_bids import LONGEST

# Where an opening stands after an event; types that are not here leave it where it was.
STEPS: Final[Mapping[str, Step]] = {
    "lot.closed": "presence",
    "lot.present": "coefficients",
    "lot.coefficients": "bidders",
    "lot.announced": "offers",
    "lot.offers_opened": "sheet",
    "lot.explanations_asked": "evaluation",
    "lot.evaluated": "candidates",
    "lot.candidates_published": "award",
}


def lines(event: Event, scene: Scene) -> Iterator[Line]:
    """What is said of an event; nothing for one that does not concern this lot's hall."""
    tell = _TELL.get(event.type)
    if tell is not None:
        yield from tell(cast(dict[str, Any], event.public), event, scene)


# --- before the deadline ----------------------------------------------------------------------------------------------


def _published(_: dict[str, Any], __: Event, scene: Scene) -> Iterator[Line]:
    notice, row = scene.procedure.notice, scene.row
    deadline, title, lot = clock.text(notice.deadline), Text(**notice.title), Text(**row.title)
    custodians = [m.Custodian(id=id_, name=scene.names.custodian(id_)) for id_ in notice.custodians]
    yield (
        m.Notice,
        {
            "title": title,
            "lot_title": lot,
            "deadline": deadline,
            "ceiling_fen": row.ceiling_fen,
            "custodians": custodians,
            "need": notice.t,
            "contributors": list(notice.contributors),
            "min_bids": scene.min_bids,
        },
        text("hall.say.notice", title=title, lot=lot, time=texts.time(deadline), count=len(custodians), need=notice.t),
    )


def _contribution(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    party = str(public["contribution"]["object"]["party"])
    have, of = len(scene.procedure.lot(scene.lot).contributors), len(scene.procedure.notice.contributors)
    yield (
        m.Contribution,
        {"party": party, "have": have, "of": of},
        text("hall.say.contribution", party=party, have=have, of=of),
    )


def _tickets(_: dict[str, Any], __: Event, ___: Scene) -> Iterator[Line]:
    yield m.Tickets, {}, text("hall.say.tickets")


def _addendum(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    number, deadline = public["number"], public["deadline"]
    addenda = scene.procedure.tender.addenda
    before = addenda[-2].deadline if len(addenda) > 1 else scene.procedure.notice.deadline
    moved = clock.parse_time(deadline) != before
    key = "hall.say.addendum.moved" if moved else "hall.say.addendum.same"
    yield (
        m.Addendum,
        {"number": number, "deadline": deadline, "moved": moved},
        text(key, number=number, time=texts.time(deadline)),  # texts: hall.say.addendum.*
    )


def _postponed(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    signed = public["postponement"]
    ids = {key: id_ for id_, key in scene.procedure.notice.custodians.items()}
    if sorted(signed["object"]["kids"]) != sorted(scene.row.kids.values()) or signed["key"] not in ids:
        return
    custodian, until = ids[signed["key"]], str(signed["object"]["not_before"])
    yield (
        m.Postponed,
        {"custodian": custodian, "not_before": until},
        text("hall.say.postponed", custodian=scene.names.custodian(custodian), time=texts.time(until)),
    )


def _halted(public: dict[str, Any], event: Event, __: Scene) -> Iterator[Line]:
    how = event.type.removeprefix("tender.")
    deadline = public.get("deadline", "")
    why_ = public["reason"][:LONGEST]
    yield (
        m.Halted,
        {"how": how, "reason": why_, "deadline": deadline},
        text(f"hall.say.{how}", reason=why_[:200], time=texts.time(deadline)),
    )


# --- the opening ------------------------------------------------------------------------------------------------------


def _closed(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    bids, need = len(public["roll"]["submissions"]), scene.min_bids
    state = scene.procedure.lot(scene.lot)
    yield (
        m.Closed,
        {"bids": bids, "need": need, "roll": state.roll_sha256},
        text("hall.say.closed" if bids >= need else "hall.say.closed.few", bids=bids, need=need),
    )


def _present(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    listed = listing.rows("lot.present", public, scene.read)
    lost = {row["submission"] for row in listed if not row["present"]}
    bids = len(scene.procedure.lot(scene.lot).roll)
    yield (
        m.Present,
        {"bids": bids, "complete": bids - len(lost)},
        text("hall.say.present.lost" if lost else "hall.say.present", bids=bids, lost=len(lost)),
    )


def _release(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    custodian, part, notice = public["custodian"], public["part"], scene.procedure.notice
    have = len(scene.procedure.lot(scene.lot).released(part))
    yield (
        m.Release,
        {"custodian": custodian, "part": part, "have": have, "need": notice.t, "of": len(notice.custodians)},
        text(
            "hall.say.release",
            custodian=scene.names.custodian(custodian),
            part=text(f"part.{part}"),
            have=have,
            need=notice.t,
        ),
    )


def _seed(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    custodian, part = public["custodian"], public["part"]
    yield (
        m.Seed,
        {"custodian": custodian, "part": part},
        text("hall.say.seed", custodian=scene.names.custodian(custodian), part=text(f"part.{part}")),
    )


def _blocked(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    part, notice = public["part"], scene.procedure.notice
    missing = sorted(notice.custodians.keys() - scene.procedure.lot(scene.lot).released(part))
    yield (
        m.Blocked,
        {"part": part, "have": public["have"], "need": public["need"], "missing": missing},
        text("hall.say.blocked", part=text(f"part.{part}"), have=public["have"], need=public["need"]),
    )


# --- objections, orders, and how it ends ------------------------------------------------------------------------------


def _objection(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    if public["lot"] not in ("", scene.lot):
        return
    yield (
        m.Objection,
        {
            "objection": public["objection"],
            "about": public["kind"],
            "lot": public["lot"],
            "bid_key": public["bid_key"],
            "text": public["text"],
        },
        text(f"hall.say.objection.{public['kind']}"),
    )


def _answer(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    if scene.procedure.tender.objections[public["objection"]].lot not in ("", scene.lot):
        return
    yield (
        m.Answer,
        {"objection": public["objection"], "text": public["text"], "upheld": public["upheld"]},
        text("hall.say.answer.upheld" if public["upheld"] else "hall.say.answer.dismissed"),
    )


def _order(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    if public["lot"] not in ("", scene.lot):
        return
    custodian = public["custodian"]
    yield (
        m.Order,
        {"what": public["kind"], "custodian": custodian, "reason": public["reason"][:LONGEST]},
        text(
            f"hall.say.order.{public['kind']}",
            custodian=scene.names.custodian(custodian) if custodian else "",
            reason=public["reason"][:200],
        ),
    )


def _failed(public: dict[str, Any], _: Event, __: Scene) -> Iterator[Line]:
    found = reason(public["reason"])
    yield m.Failed, {"reason": found}, text("hall.say.failed", why=why(found))


def _evaluated(public: dict[str, Any], _: Event, __: Scene) -> Iterator[Line]:
    ranked, failed = len(public["ranking"]), public["failed"]
    yield (
        m.Evaluated,
        {"ranked": ranked, "candidates": len(public["candidates"]), "failed": failed, "report": public["report"]},
        text("hall.say.evaluated.failed" if failed else "hall.say.evaluated", ranked=ranked),
    )


def _candidates(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    rows = [
        m.Candidate(
            rank=row["rank"],
            bid_key=row["bid_key"],
            parties=members(row["parties"], scene.names, scene.place),
            price_fen=row["price_fen"],
            total=row["total"],
        )
        for row in public["candidates"]
    ]
    first, until = rows[0], public["until"]
    yield (
        m.Candidates,
        {"candidates": rows, "until": until},
        text(
            "hall.say.candidates",
            count=len(rows),
            who=who(first.parties, first.bid_key),
            price=texts.money(first.price_fen),
            time=texts.time(until),
        ),
    )


def _awarded(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    bid_key, fen = public["bid_key"], public["price_fen"]
    yield (
        m.Awarded,
        {"bid_key": bid_key, "rank": public["rank"], "price_fen": fen},
        text("hall.say.awarded", who=scene.who(bid_key), price=texts.money(fen)),
    )


def _followed(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    why_ = public["reason"][:LONGEST]
    yield (
        m.Followed,
        {"gone": public["from"], "next": public["to"], "reason": why_},
        text("hall.say.followed", gone=scene.who(public["from"]), next=scene.who(public["to"]), reason=why_[:200]),
    )


def _contracted(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    yield (
        m.Contracted,
        {"bid_key": public["bid_key"], "contract": public["contract"]},
        text("hall.say.contracted", who=scene.who(public["bid_key"])),
    )


def _retendered(public: dict[str, Any], _: Event, __: Scene) -> Iterator[Line]:
    why_ = public["reason"][:LONGEST]
    yield (
        m.Retendered,
        {"successor": public["successor"], "reason": why_},
        text("hall.say.retendered", successor=public["successor"], reason=why_[:200]),
    )


_TELL: Final[Mapping[str, Callable[[dict[str, Any], Event, Scene], Iterable[Line]]]] = {
    "tender.published": _published,
    "contribution.recorded": _contribution,
    "tickets.opened": _tickets,
    "addendum.issued": _addendum,
    "postponement.recorded": _postponed,
    "tender.suspended": _halted,
    "tender.resumed": _halted,
    "tender.terminated": _halted,
    "lot.closed": _closed,
    "lot.present": _present,
    "release.recorded": _release,
    "seed.recorded": _seed,
    "lot.blocked": _blocked,
    "lot.coefficients": telling_bids.coefficients,
    "lot.announced": telling_bids.announced,
    "lot.offers_opened": telling_bids.offers,
    "objection.made": _objection,
    "objection.answered": _answer,
    "order.issued": _order,
    "lot.failed": _failed,
    "lot.explanations_asked": telling_bids.asked,
    "lot.explanation_given": telling_bids.explained,
    "lot.explanations_judged": telling_bids.found,
    "lot.evaluated": _evaluated,
    "lot.candidates_published": _candidates,
    "lot.awarded": _awarded,
    "lot.next_candidate": _followed,
    "lot.contracted": _contracted,
    "lot.retendered": _retendered,
}
