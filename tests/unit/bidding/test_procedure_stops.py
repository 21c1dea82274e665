"""Stopping a tender, objecting to its documents, and orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bidding.acts import ask, close, make_objection, suspend
from bidding.procedures import phase
from bidding.procedures import tender as tenders
from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.events import Event
from tests.support.tender_notice import DEADLINE, TENDER, hex_key, sha, signed
from tests.support.tenders import Run, leaves


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        call()
    return refused.value.code


def in_two_minutes(run: Run) -> None:
    run.now += timedelta(minutes=2)


# --- stopping -------------------------------------------------------------------------------------------------------


def test_a_tender_is_suspended_and_resumed_by_two_with_a_reason() -> None:
    run = Run()
    run.act("tender.suspended", {"reason": "a complaint"}, "buyer-1", "watcher-1")
    assert phase(run.procedure, "lot-1", run.now) == "suspended"
    assert code_of(lambda: run.keyed("tender.suspended", {"reason": "x"}, "buyer-1", "agent")) == "tender.wrong_state"
    in_two_minutes(run)
    run.act("tender.resumed", {"reason": "settled", "deadline": clock.text(DEADLINE)}, "buyer-1", "watcher-1")
    assert run.drafted().status == "published"


@pytest.mark.parametrize("act", ["tender.suspended", "tender.terminated"])
@pytest.mark.parametrize(("body", "people"), [({"reason": ""}, ("buyer-1", "agent")), ({"reason": "x"}, ("buyer-1",))])
def test_nobody_stops_alone_or_without_a_reason(act: str, body: dict[str, Any], people: tuple[str, ...]) -> None:
    assert code_of(lambda: Run().keyed(act, body, *people)) == "shape.length"


def test_the_signed_order_to_stop_serves_once() -> None:
    """Else a tender could be stopped again with signatures from before it was resumed."""
    run = Run()
    old = signed("tender.suspended", f"tender/{TENDER}", {"reason": "x"}, ("buyer-1", "agent"), run.now)
    run.apply(suspend.decide(run.procedure, old, run.now))
    in_two_minutes(run)
    run.act("tender.resumed", {"reason": "settled", "deadline": clock.text(DEADLINE)}, "buyer-1", "agent")
    assert code_of(lambda: suspend.decide(run.procedure, old, run.now)) == "act.used_twice"
    event = Event(f"tender/{TENDER}", run.drafted().version + 1, "tender.suspended", run.now, "tester", old.public())
    assert code_of(lambda: tenders.apply(run.drafted(), event)) == "act.used_twice"


def test_a_deadline_that_passed_during_a_suspension_is_set_anew() -> None:
    run = Run()
    run.act("tender.suspended", {"reason": "x"}, "buyer-1", "agent")
    run.now = DEADLINE + timedelta(days=1)
    stale = {"reason": "settled", "deadline": clock.text(DEADLINE)}
    assert code_of(lambda: run.keyed("tender.resumed", stale, "buyer-1", "agent")) == "resume.deadline"
    later = DEADLINE + timedelta(days=3)
    run.act("tender.resumed", {"reason": "settled", "deadline": clock.text(later)}, "buyer-1", "agent")
    assert run.drafted().deadline == later


def test_once_the_roll_is_written_no_deadline_moves() -> None:
    run = Run(("lot-1", "lot-2"))
    run.open_tickets()
    run.close("lot-1", 4)
    run.act("tender.suspended", {"reason": "x"}, "buyer-1", "agent")
    moved = {"reason": "settled", "deadline": clock.text(DEADLINE + timedelta(days=3))}
    assert code_of(lambda: run.keyed("tender.resumed", moved, "buyer-1", "agent")) == "deadline.after_roll"
    run.act("tender.resumed", {"reason": "settled", "deadline": clock.text(DEADLINE)}, "buyer-1", "agent")


def test_nothing_happens_in_a_suspended_tender() -> None:
    run = Run()
    run.open_tickets()
    run.act("tender.suspended", {"reason": "x"}, "buyer-1", "agent")
    run.now = DEADLINE
    command = close.Close("lot-1", run.roll("lot-1", 4), leaves(4))
    assert code_of(lambda: close.decide(run.procedure, command, run.now)) == "tender.wrong_state"


def test_nothing_comes_after_termination_but_the_account() -> None:
    """实施条例 art. 31."""
    run = Run()
    run.open_tickets()
    run.act("tender.terminated", {"reason": "the road is not built"}, "buyer-1", "agent")
    assert phase(run.procedure, "lot-1", run.now) == "terminated"
    assert code_of(lambda: ask.decide(run.procedure, ask.Ask("e-1", "?"), run.now)) == "tender.wrong_state"
    resumed = {"reason": "no", "deadline": clock.text(DEADLINE)}
    assert code_of(lambda: run.keyed("tender.resumed", resumed, "buyer-1", "agent")) == "tender.wrong_state"


def test_a_contracted_tender_is_not_terminated() -> None:
    run = Run()
    run.to_candidates("lot-1")
    run.award("lot-1")
    won = run.lots["lot-1"].awarded
    run.act("lot.contracted", {"bid_key": won, "contract": sha("contract")}, "buyer-1", lot="lot-1")
    body = {"reason": "x"}
    assert code_of(lambda: run.keyed("tender.terminated", body, "buyer-1", "agent")) == "terminate.contracted"


# --- objections to the documents ------------------------------------------------------------------------------------


def test_an_objection_to_the_documents_makes_the_tender_stand_still_until_answered() -> None:
    """实施条例 art. 22."""
    run = Run()
    run.open_tickets()
    objection = run.object("documents", "", "bid-1")
    assert phase(run.procedure, "lot-1", run.now) == "objection"
    run.now = DEADLINE
    command = close.Close("lot-1", run.roll("lot-1", 4), leaves(4))
    assert code_of(lambda: close.decide(run.procedure, command, run.now)) == "objection.unanswered"
    run.answer_objection(objection, upheld=False)
    run.close("lot-1", 4)
    again = {"objection": objection, "text": "x", "upheld": True}
    assert code_of(lambda: run.keyed("objection.answered", again, "buyer-1")) == "objection.already_answered"


def test_the_last_day_for_it_is_ten_days_before_the_deadline() -> None:
    run = Run()
    run.now = run.procedure.notice.objections_until
    command = run.objection("documents", "", "bid-1")
    assert code_of(lambda: make_objection.decide(run.procedure, command, run.now)) == "objection.too_late"


def test_a_moved_deadline_moves_the_last_day_for_objections() -> None:
    run = Run()
    later = DEADLINE + timedelta(days=10)
    text = {"zh": "延期", "en": "Later"}
    body = {"number": 1, "text": text, "affects_bids": True, "deadline": clock.text(later), "documents": []}
    run.act("addendum.issued", body, "buyer-1")
    run.now = run.procedure.notice.objections_until + timedelta(days=1)
    run.object("documents", "", "bid-1")


def test_an_objection_is_signed_for_its_own_words() -> None:
    run = Run()
    command = run.objection("documents", "", "bid-1")
    for change, code in (
        ({"text": "other words"}, "objection.other_body"),
        ({"bid_key": hex_key("bid-2")}, "signature.wrong_key"),
        ({"kind": "taste"}, "objection.other_body"),
        ({"lot": "lot-1"}, "objection.other_body"),
        ({"text": ""}, "shape.length"),
    ):
        changed = make_objection.MakeObjection(**{**command.__dict__, **change})
        assert code_of(lambda changed=changed: make_objection.decide(run.procedure, changed, run.now)) == code  # type: ignore[misc]  # a lambda with a default


@pytest.mark.parametrize("act", ["enquiry.answered", "objection.answered"])
def test_an_agency_acts_only_in_tenders_whose_notice_it_signed(act: str) -> None:
    run = Run()
    run.apply(ask.decide(run.procedure, ask.Ask("e-1", "?"), run.now))
    run.object("documents", "", "bid-1")
    bodies: dict[str, dict[str, Any]] = {
        "enquiry.answered": {"enquiry": "e-1", "text": "yes"},
        "objection.answered": {"objection": "o-1", "text": "no", "upheld": False},
    }
    body = bodies[act]
    assert code_of(lambda: run.keyed(act, body, "other-agent")) == "act.other_agency"
    run.act(act, body, "agent")


# --- orders ---------------------------------------------------------------------------------------------------------


def order(**changes: Any) -> dict[str, Any]:
    return {"order": "r-1", "kind": "void_lot", "lot": "lot-1", "custodian": "", "reason": "by decision 7", **changes}


def test_two_persons_one_of_them_a_supervisor_void_a_lot() -> None:
    run = Run()
    run.act("order.issued", order(), "watcher-1", "clerk")
    assert phase(run.procedure, "lot-1", run.now) == "failed"
    assert run.lots["lot-1"].failure["code"] == "lot.voided"


@pytest.mark.parametrize("people", [("buyer-1", "watcher-1"), ("agent", "clerk")])
def test_the_buying_side_orders_nothing(people: tuple[str, str]) -> None:
    assert code_of(lambda: Run().keyed("order.issued", order(), *people)) == "act.role"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (order(lot=""), "order.subject"),
        (order(custodian="custodian-1"), "order.subject"),
        (order(kind="publish_seed"), "order.subject"),
        (order(kind="publish_seed", custodian="nobody"), "order.custodian_unknown"),
        (order(kind="publish_seed", custodian="custodian-1"), "order.before_present"),
        (order(lot="lot-9"), "lot.unknown"),
        (order(kind="award_me"), "shape.value"),
    ],
)
def test_an_order_names_what_it_is_about(body: dict[str, Any], code: str) -> None:
    assert code_of(lambda: Run().keyed("order.issued", body, "watcher-1", "watcher-2")) == code


def test_an_order_to_open_the_access_log_changes_no_state() -> None:
    run = Run()
    run.act("order.issued", order(kind="open_access_log", lot=""), "watcher-1", "watcher-2")
    assert phase(run.procedure, "lot-1", run.now) == "published"
