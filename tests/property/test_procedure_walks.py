"""Random walks: whatever legal commands come in whatever order, the procedure keeps its promises."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bidding.acts import account, block
from bidding.procedures import due
from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.events import Event
from tests.support.sampling import sample
from tests.support.tender_notice import TENDER, sha
from tests.support.tenders import Run

LOTS = ("lot-1", "lot-2")
STEPS = 80
Move = Callable[[Run, random.Random], object]


def _addendum(run: Run, rng: random.Random) -> None:
    state = run.drafted()
    deadline = run.procedure.deadline + timedelta(minutes=rng.choice((-1, 0, 0, 1, 30_000)))
    body = {
        "number": len(state.addenda) + rng.choice((1, 1, 1, 2)),
        "text": {"zh": "改", "en": "change"},
        "affects_bids": rng.random() < 0.5,
        "deadline": clock.text(deadline),
        "documents": [],
    }
    run.act("addendum.issued", body, "buyer-1")


def _stop(act: str) -> Move:
    def move(run: Run, rng: random.Random) -> None:
        body: dict[str, Any] = {"reason": f"reason {rng.random()}"}
        if act == "tender.resumed":
            body["deadline"] = clock.text(run.procedure.deadline + timedelta(minutes=rng.choice((0, 0, 60, -60))))
        run.act(act, body, "buyer-1", "watcher-1")

    return move


def _objection(run: Run, rng: random.Random) -> None:
    lot = rng.choice(LOTS)
    kind = rng.choice(("documents", "opening", "result"))
    run.object(kind, "" if kind == "documents" else lot, f"{lot} bid {rng.randrange(4)}")


def _answer(run: Run, rng: random.Random) -> None:
    for objection in run.drafted().unanswered(""):
        run.answer_objection(objection.objection, upheld=rng.random() < 0.2)


def _next(run: Run, rng: random.Random) -> None:
    lot = rng.choice(LOTS)
    keys = [item.bid_key for item in run.state(lot).candidates]
    if len(keys) > 1:
        here, there = rng.sample(keys, 2) if rng.random() < 0.3 else keys[:2]
        body = {"from": here, "to": there, "reason": "gave up"}
        run.act("lot.next_candidate", body, "buyer-1", "agent", lot=lot)


def _contract(run: Run, rng: random.Random) -> None:
    lot = rng.choice(LOTS)
    if run.state(lot).awarded:
        body = {"bid_key": run.state(lot).awarded, "contract": sha("contract")}
        run.act("lot.contracted", body, "buyer-1", lot=lot)


def _retender(run: Run, rng: random.Random) -> None:
    run.act("lot.retendered", {"successor": "t-2", "reason": "again"}, "buyer-1", "agent", lot=rng.choice(LOTS))


def _void(run: Run, rng: random.Random) -> None:
    body = {"order": f"r-{rng.random()}", "kind": "void_lot", "lot": rng.choice(LOTS), "custodian": "", "reason": "x"}
    run.act("order.issued", body, "watcher-1", "clerk")


def _account(run: Run, _rng: random.Random) -> None:
    streams = {f"tender/{TENDER}": run.drafted().version}
    streams |= {f"lot/{TENDER}/{lot}": state.version for lot, state in run.lots.items()}
    run.apply(account.decide(run.procedure, account.Account(streams), run.now))


def _time(run: Run, rng: random.Random) -> None:
    pending = [item.at for item in due(run.procedure, run.now) if item.at > run.now]
    run.now = min(pending) if pending and rng.random() < 0.4 else run.now + timedelta(hours=rng.randrange(1, 100))


def _lot(step: Callable[[Run, str, random.Random], object]) -> Move:
    return lambda run, rng: step(run, rng.choice(LOTS), rng)


# What the worker does; releases are the custodians' business.
SWEEP: dict[str, Callable[[Run, str], object]] = {
    "close": lambda run, lot: run.close(lot, 4 if run.drafted().tickets_open else 0),
    "present": lambda run, lot: run.present(lot),
    "coefficients": lambda run, lot: run.coefficients(lot),
    "announce": lambda run, lot: run.announce(lot),
    "offers": lambda run, lot: run.offers(lot),
    "evaluate": lambda run, lot: run.evaluated(lot),
    "candidates": lambda run, lot: run.candidates(lot),
    "block": lambda run, lot: run.apply(block.decide(run.procedure, block.Block(lot), run.now)),
    "account": lambda run, _lot: _account(run, random.Random(0)),
}


def _forward(run: Run, rng: random.Random) -> None:
    """Mostly a step that is due, or what it waits for."""
    ready = [item for item in due(run.procedure, run.now) if item.at <= run.now]
    if not ready:
        _time(run, rng)
        return
    item = rng.choice(ready)
    if item.kind == "release_wait":
        part = {"present": "coin", "coefficients": "identity", "announced": "offer"}[run.state(item.lot).status]
        run.release(item.lot, part, rng.choice((1, 2)))
    elif item.kind in SWEEP:
        SWEEP[item.kind](run, item.lot)


# The ordinary steps stand more than once, so that walks get far.
MOVES: list[tuple[int, Move]] = [
    (45, _forward),
    (5, lambda run, _rng: run.open_tickets()),
    (3, _time),
    (3, _addendum),
    (1, _stop("tender.suspended")),
    (6, _stop("tender.resumed")),
    (5, _objection),
    (3, _answer),
    (4, _lot(lambda run, lot, rng: run.close(lot, rng.choice((2, 4, 4, 4, 4))))),
    (4, _lot(lambda run, lot, _rng: run.present(lot))),
    (4, _lot(lambda run, lot, rng: run.release(lot, rng.choice(("coin", "identity", "offer")), rng.choice((1, 2, 2))))),
    (4, _lot(lambda run, lot, _rng: run.coefficients(lot))),
    (4, _lot(lambda run, lot, rng: run.announce(lot, rng.choice((2, None, None, None))))),
    (4, _lot(lambda run, lot, _rng: run.offers(lot))),
    (4, _lot(lambda run, lot, _rng: run.evaluated(lot))),
    (4, _lot(lambda run, lot, _rng: run.candidates(lot))),
    (4, _lot(lambda run, lot, _rng: run.award(lot))),
    (1, _lot(lambda run, lot, _rng: run.apply(block.decide(run.procedure, block.Block(lot), run.now)))),
    (1, _next),
    (2, _contract),
    (1, _retender),
    (1, _account),
]
RARE: list[tuple[int, Move]] = [(1, _stop("tender.terminated")), (1, _void)]


def walk(rng: random.Random, *, rare: bool) -> Run:
    """A tender of two lots after a random walk; what is refused changes nothing."""
    run = Run(LOTS, edit=lambda notice: notice["lot_limits"].update(win=rng.choice((0, 1))))
    moves = MOVES + (RARE if rare else [])
    weights = [weight for weight, _ in moves]
    if rng.random() < 0.85:
        run.open_tickets()
    for _ in range(STEPS):
        (_, move) = rng.choices(moves, weights)[0]
        try:
            move(run, rng)
        except Refusal:
            run.refold()
    return run


def of(run: Run, type_: str, lot: str = "") -> list[Event]:
    """The events of a type, of a lot."""
    return [event for event in run.events if event.type == type_ and event.stream.endswith(lot)]


def check(run: Run) -> None:
    """The promises."""
    run.refold()
    ended = next((i for i, event in enumerate(run.events) if event.type == "tender.terminated"), len(run.events))
    assert {event.type for event in run.events[ended + 1 :]} <= {"tender.accounted"}

    deadlines = [event.public["deadline"] for event in run.events if "deadline" in event.public]
    assert deadlines == sorted(deadlines, key=str)  # never earlier; the text of a time sorts as the time

    for lot in LOTS:
        rolls = of(run, "lot.closed", lot)
        assert len(rolls) <= 1
        if rolls:
            closed_at = run.events.index(rolls[0])
            assert rolls[0].at >= run.procedure.deadline
            later = {event.type for event in run.events[closed_at:]}
            assert run.drafted().tickets_open or not rolls[0].public["roll"]["submissions"]  # type: ignore[index,call-overload]  # a roll
            assert not later & {"addendum.issued", "tickets.opened"}
        order = [
            event.type
            for event in run.events
            if event.stream == f"lot/{TENDER}/{lot}" and event.type != "release.recorded"
        ]
        steps = ["lot.closed", "lot.present", "lot.coefficients", "lot.announced", "lot.offers_opened", "lot.evaluated"]
        steps += ["lot.candidates_published"]
        taken = [type_ for type_ in order if type_ in steps]
        assert taken == steps[: len(taken)]  # each once, in order, none left out
        for event in of(run, "lot.awarded", lot):
            (published,) = of(run, "lot.candidates_published", lot)
            assert event.at >= clock.parse_time(published.public["until"])
        for event in of(run, "release.recorded", lot):
            after = "lot.announced" if event.public["part"] == "offer" else "lot.present"
            assert run.events.index(of(run, after, lot)[0]) < run.events.index(event)
        if of(run, "lot.contracted", lot):
            assert run.lots[lot].status == "contracted"

    stopped = False
    for event in run.events:
        kind = event.type
        stopped = (stopped or kind == "tender.suspended") and kind not in ("tender.resumed", "tender.terminated")
        if stopped and event.stream.startswith("lot/"):
            assert kind in ("release.recorded", "lot.failed")  # what institutions do, and a voiding order


@settings(max_examples=sample(2000, 25), deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_no_walk_breaks_a_promise(start: int, rare: bool) -> None:  # noqa: FBT001 - Hypothesis passes values by position
    check(walk(random.Random(start), rare=rare))


def test_walks_get_somewhere() -> None:
    """Walks that end at the first step would prove nothing."""
    seen: set[str] = set()
    for start in range(sample(200, 40)):
        run = walk(random.Random(start), rare=start % 4 == 0)
        seen |= {event.type for event in run.events}
    wanted = "lot.contracted lot.failed lot.blocked tender.suspended addendum.issued objection.answered"
    assert set(wanted.split()) <= seen


@settings(max_examples=sample(500, 15), deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_due_can_be_done(start: int) -> None:
    """Every step the sweep calls due by now, but waiting for others, is one the act allows."""
    run = walk(random.Random(start), rare=False)
    for _ in range(30):
        ready = [item for item in due(run.procedure, run.now) if item.at <= run.now and item.kind in SWEEP]
        if not ready:
            break
        SWEEP[ready[0].kind](run, ready[0].lot)
    check(run)
