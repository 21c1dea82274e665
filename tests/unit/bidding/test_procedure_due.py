"""What falls due when, what is late, and lots with limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bidding.acts import award, block, contribute, publish_candidates, record_evaluation
from bidding.procedures import due, late, phase
from ledger.basics import clock
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from tests.support.tender_notice import DEADLINE, PUBLISHED, beijing, hex_key
from tests.support.tenders import Run

LOT = "lot-1"


def machine(notice: dict[str, Any]) -> None:
    notice.update(no_touch="award", estimate_fen=399_999_999)
    for lot in notice["lots"]:
        lot["ceiling_fen"] = 399_999_999 // len(notice["lots"])


def kinds(run: Run) -> list[tuple[str, str]]:
    return [(item.kind, item.lot) for item in due(run.procedure, run.now)]


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        call()
    return refused.value.code


def test_a_tender_falls_due_step_by_step_to_its_account() -> None:
    run = Run(edit=machine)
    assert due(run.procedure, run.now)[0].at == DEADLINE  # tickets wait for contributions
    assert kinds(run) == [("close", LOT)]
    for party in ("contributor-1", "contributor-2", "contributor-3"):
        run.apply(contribute.decide(run.procedure, run.contribution(LOT, party), run.now))
    assert kinds(run) == [("open_tickets", ""), ("close", LOT)]
    assert due(run.procedure, run.now)[0].at == PUBLISHED

    run = Run(edit=machine)
    run.open_tickets()
    assert kinds(run) == [("close", LOT)]
    run.close(LOT, 4)
    assert kinds(run) == [("present", LOT)]
    run.present(LOT)
    assert kinds(run) == [("release_wait", LOT), ("block", LOT)]
    run.release(LOT, "coin")
    assert kinds(run) == [("coefficients", LOT)]
    run.coefficients(LOT)
    assert kinds(run) == [("release_wait", LOT), ("block", LOT)]
    run.release(LOT, "identity")
    assert kinds(run) == [("announce", LOT)]
    run.announce(LOT)
    run.release(LOT, "offer")
    assert kinds(run) == [("offers", LOT)]
    run.offers(LOT)
    (one,) = due(run.procedure, run.now)
    assert (one.kind, one.at) == ("evaluate", run.now + timedelta(minutes=30))
    run.evaluated(LOT)
    assert kinds(run) == [("candidates", LOT)]
    run.candidates(LOT)
    (one,) = due(run.procedure, run.now)
    assert (one.kind, one.at) == ("award", run.lots[LOT].until)
    run.award(LOT)
    assert kinds(run) == [("account", "")]


def test_nothing_is_due_of_a_suspended_tender_and_its_account_of_a_terminated_one() -> None:
    run = Run()
    run.open_tickets()
    run.act("tender.suspended", {"reason": "x"}, "buyer-1", "agent")
    assert due(run.procedure, DEADLINE) == []
    run.act("tender.terminated", {"reason": "x"}, "buyer-1", "agent")
    assert kinds(run) == [("account", "")]


def test_an_addendum_moves_what_is_due() -> None:
    run = Run()
    later = DEADLINE + timedelta(days=10)
    body = {
        "number": 1,
        "text": {"zh": "改", "en": "c"},
        "affects_bids": True,
        "deadline": clock.text(later),
        "documents": [],
    }
    run.act("addendum.issued", body, "buyer-1")
    assert due(run.procedure, run.now)[0].at == later


def test_an_unanswered_objection_takes_its_lot_off_the_list() -> None:
    run = Run(("lot-1", "lot-2"), edit=machine)
    run.open_tickets()
    for lot in ("lot-1", "lot-2"):
        run.close(lot, 4)
        run.opened(lot)
    run.object("opening", "lot-1", "lot-1 bid 0")
    assert kinds(run) == [("evaluate", "lot-2")]


def test_under_precheck_no_award_falls_due_by_itself() -> None:
    run = Run()
    run.to_candidates(LOT)
    assert due(run.procedure, DEADLINE + timedelta(days=30)) == []


def test_a_failed_lot_rests_while_the_others_go_on() -> None:
    run = Run(("lot-1", "lot-2"))
    run.open_tickets()
    run.close("lot-1", 2)
    run.close("lot-2", 3)
    assert [phase(run.procedure, lot, run.now) for lot in ("lot-1", "lot-2")] == ["failed", "closed"]
    assert kinds(run) == [("present", "lot-2")]


# --- lamps ----------------------------------------------------------------------------------------------------------


def lamps(run: Run) -> list[tuple[str, str]]:
    return [(item.step, item.lamp) for item in late(run.procedure, run.now)]


def test_an_objection_is_answered_within_three_days_or_the_lamp_shows_it() -> None:
    """实施条例 art. 22."""
    run = Run()
    run.object("documents", "", "bid-1")  # Tuesday 1 December, 09:00
    assert lamps(run) == []
    run.now = beijing("2026-12-04 12:00")
    assert lamps(run) == [("objection_reply", "yellow")]
    run.now = beijing("2026-12-05 00:00")
    assert lamps(run) == [("objection_reply", "red")]
    assert late(run.procedure, run.now)[0].article


def test_candidates_award_and_contract_have_their_lamps() -> None:
    run = Run()
    run.open_tickets()
    run.close(LOT, 4)
    run.opened(LOT)
    run.evaluated(LOT)
    run.now += timedelta(days=10)
    assert lamps(run) == [("candidates_published", "red")]
    run.candidates(LOT)
    assert lamps(run) == []
    run.now += timedelta(days=40)
    assert lamps(run) == [("award", "red")]
    run.award(LOT)
    run.now += timedelta(days=29)
    assert lamps(run) == [("contract", "yellow")]
    run.now += timedelta(days=10)
    assert lamps(run) == [("contract", "red")]


def test_a_draft_has_no_lamps_and_a_blocked_opening_has() -> None:
    run = Run()
    run.open_tickets()
    run.close(LOT, 4)
    run.present(LOT)
    run.now += timedelta(hours=1)
    run.apply(block.decide(run.procedure, block.Block(LOT), run.now))
    assert lamps(run) == [("opening_wait", "red")]


# --- lots with limits -----------------------------------------------------------------------------------------------


def limited(bid: int, win: int) -> Callable[[dict[str, Any]], None]:
    return lambda notice: notice["lot_limits"].update(bid=bid, win=win)


def two_lots(bid: int, win: int) -> Run:
    run = Run(("lot-1", "lot-2"), edit=limited(bid, win))
    run.open_tickets()
    run.close("lot-1", 4)
    run.close("lot-2", 4)
    return run


def test_who_stands_first_in_as_many_lots_as_allowed_is_no_candidate_in_the_next() -> None:
    run = two_lots(0, 1)
    run.opened("lot-1")
    run.opened("lot-2")
    run.evaluated("lot-2")
    # the order of the notice decides, so lot 2 waits for lot 1
    assert ("candidates", "lot-2") not in kinds(run)
    assert code_of(lambda: run.candidates("lot-2")) == "candidates.earlier_lots"
    run.evaluated("lot-1")
    run.candidates("lot-1")
    run.candidates("lot-2")
    first = run.lots["lot-1"].candidates[0]
    assert first.bid_key == hex_key("lot-1 bid 0")
    assert [item.bid_key for item in run.lots["lot-2"].candidates] == [hex_key("lot-2 bid 1"), hex_key("lot-2 bid 2")]
    run.refold()


def test_the_next_candidate_keeps_the_limit_too() -> None:
    run = two_lots(0, 1)
    for lot in ("lot-1", "lot-2"):
        run.opened(lot)
        run.evaluated(lot)
        run.candidates(lot)
    # in lot 1 the second is organisation 1, who stands first in lot 2
    body = {"from": hex_key("lot-1 bid 0"), "to": hex_key("lot-1 bid 1"), "reason": "gave up"}
    found = code_of(lambda: run.keyed("lot.next_candidate", body, "buyer-1", "agent", lot="lot-1"))
    assert found == "next_candidate.win_limit"


def test_where_the_limit_leaves_nobody_the_lot_fails() -> None:
    run = two_lots(0, 1)
    run.opened("lot-1")
    run.opened("lot-2", organisations=[0, 11, 12, 13])
    run.evaluated("lot-1")
    run.candidates("lot-1")
    run.now = max(run.now, DEADLINE + timedelta(hours=1))
    alone = record_evaluation.RecordEvaluation("lot-2", run.evaluated_body("lot-2", candidates=1))
    run.apply(record_evaluation.decide(run.procedure, alone, run.now))
    run.apply(publish_candidates.decide(run.procedure, publish_candidates.PublishCandidates("lot-2", {}, {}), run.now))
    assert (run.lots["lot-2"].status, run.lots["lot-2"].failure["code"]) == ("failed", "lot.win_limit")


def test_bids_for_more_lots_than_allowed_take_no_part_in_the_later_ones() -> None:
    run = two_lots(1, 0)
    run.opened("lot-2", organisations=[0, 11, 12, 13])
    assert run.procedure.over_bid_limit("lot-2") is None
    assert kinds(run) == [("present", "lot-1")]
    run.opened("lot-1")
    assert run.procedure.over_bid_limit("lot-1") == frozenset()
    beyond = run.procedure.over_bid_limit("lot-2")
    assert beyond == frozenset({hex_key("lot-2 bid 0")})
    assert code_of(lambda: run.evaluated("lot-2")) == "evaluation.over_bid_limit"
    body: dict[str, Json] = run.evaluated_body("lot-2", left_out=beyond)
    run.apply(record_evaluation.decide(run.procedure, record_evaluation.RecordEvaluation("lot-2", body), run.now))
    assert len(run.lots["lot-2"].ranking) == 3


def test_without_limits_lots_do_not_wait_for_each_other() -> None:
    run = two_lots(0, 0)
    run.opened("lot-2")
    run.evaluated("lot-2")
    run.candidates("lot-2")
    assert run.lots["lot-1"].status == "closed"


def test_an_award_needs_its_candidate() -> None:
    run = Run()
    assert code_of(lambda: award.body(run.procedure.lot(LOT))) == "award.no_candidate"
