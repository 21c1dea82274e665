"""How far a postponement has come: who is counted, from when on it is in force, until when anybody may still sign."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bidding.acts import record_postponement
from bidding.acts.decision import Decision
from bidding.procedures import Postponed, postponed
from ledger.basics import clock, signing
from ledger.basics.canonical import Json
from tests.support.tender_notice import CUSTODIANS, DEADLINE, sha
from tests.support.tenders import Run

DAY = timedelta(days=1)
FIRST, SECOND = DEADLINE + 20 * DAY, DEADLINE + 40 * DAY
ALL = sorted(CUSTODIANS)


def moved(run: Run, number: int, to: datetime) -> None:
    body: dict[str, Any] = {
        "number": number,
        "text": {"zh": "延期", "en": "Later"},
        "affects_bids": False,
        "deadline": clock.text(to),
        "documents": [],
    }
    run.act("addendum.issued", body, "buyer-1")


def sign(run: Run, custodian: str, to: datetime, lot: str = "lot-1", addendum: str = "addendum") -> Decision:
    kids = list[Json](sorted(run.procedure.notice.lot(lot).kids.values()))
    obj: dict[str, Json] = {"kids": kids, "not_before": clock.text(to), "addendum": sha(addendum)}
    envelope = signing.sign("postpone", obj, CUSTODIANS[custodian])
    command = record_postponement.RecordPostponement(custodian, envelope)
    return record_postponement.decide(run.procedure, command, run.now)


def only(run: Run) -> Postponed:
    (found,) = postponed(run.drafted())
    return found


def test_nothing_is_postponed_where_no_deadline_moved() -> None:
    run = Run()
    moved(run, 1, DEADLINE)
    assert postponed(run.drafted()) == ()


def test_two_of_three_are_enough_and_the_third_still_counts() -> None:
    run = Run()
    moved(run, 1, FIRST)
    new, old = clock.text(FIRST), clock.text(DEADLINE)
    assert only(run) == Postponed("lot-1", new, old, old, (), tuple(ALL), 2)
    for number, custodian in enumerate(reversed(ALL), 1):
        run.apply(sign(run, custodian, FIRST))
        assert only(run).confirmed == tuple(ALL[3 - number :])
        assert only(run).waiting == tuple(ALL[: 3 - number])
        assert only(run).enough is (number >= 2)
        assert only(run).before == old


def test_each_lot_has_its_own() -> None:
    run = Run(("lot-1", "lot-2"))
    moved(run, 1, FIRST)
    run.apply(sign(run, ALL[0], FIRST, "lot-2"))
    assert [(one.lot, one.confirmed) for one in postponed(run.drafted())] == [("lot-1", ()), ("lot-2", (ALL[0],))]


def test_a_second_move_counts_from_what_the_first_brought_into_force() -> None:
    run = Run()
    moved(run, 1, FIRST)
    run.apply(sign(run, ALL[0], FIRST))
    moved(run, 2, SECOND)
    # One alone brought nothing into force, but it keeps to its word, and may sign until then.
    assert (only(run).before, only(run).until) == (clock.text(DEADLINE), clock.text(FIRST))
    run.apply(sign(run, ALL[1], FIRST))
    assert (only(run).before, only(run).until) == (clock.text(FIRST), clock.text(FIRST))
    assert only(run).confirmed == ()


def test_two_addenda_with_one_time_are_two_postponements() -> None:
    run = Run()
    moved(run, 1, FIRST)
    run.apply(sign(run, ALL[0], FIRST, addendum="another"))
    run.apply(sign(run, ALL[1], FIRST))
    assert len(only(run).confirmed) == 1
    run.apply(sign(run, ALL[2], FIRST))
    assert only(run).confirmed == tuple(ALL[1:])


def test_what_comes_when_the_lot_has_its_roll_is_not_recorded() -> None:
    run = Run()
    run.open_tickets()
    moved(run, 1, FIRST)
    assert sign(run, ALL[0], FIRST) != {}
    run.close("lot-1", 4)
    assert sign(run, ALL[0], FIRST) == {}
