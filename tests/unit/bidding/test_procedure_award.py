"""Candidates, standstill, award, and what follows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bidding.acts import account, award, make_objection, publish_candidates
from bidding.procedures import phase
from ledger.basics import clock
from ledger.basics.errors import Refusal
from tests.support.tender_notice import TENDER, sha
from tests.support.tenders import Run

LOT = "lot-1"


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        call()
    return refused.value.code


def closed(count: int) -> Run:
    run = Run()
    run.open_tickets()
    run.close(LOT, count)
    return run


def to_offers() -> Run:
    run = closed(4)
    run.opened(LOT)
    return run


def to_candidates(edit: Callable[[dict[str, Any]], None] = lambda _notice: None) -> Run:
    run = Run(edit=edit)
    run.to_candidates(LOT)
    return run


def machine(notice: dict[str, Any]) -> None:
    notice.update(no_touch="award", estimate_fen=399_999_999)
    notice["lots"][0]["ceiling_fen"] = 399_999_999


# --- candidates, standstill, award ----------------------------------------------------------------------------------


def test_candidates_are_published_for_three_days_at_least() -> None:
    """实施条例 art. 54; Thursday to Sunday, and so to the end of Monday."""
    run = to_candidates()
    state = run.lots[LOT]
    assert state.until is not None
    assert clock.text(state.until) == "2026-12-28T16:00:00.000Z"
    assert [item.rank for item in state.candidates] == [1, 2, 3]
    assert phase(run.procedure, LOT, run.now) == "standstill"
    assert phase(run.procedure, LOT, state.until) == "candidates_published"


def test_candidates_are_those_of_the_report_with_their_announced_organisations() -> None:
    run = to_offers()
    run.evaluated(LOT)
    counted = run.procedure.counted(LOT)
    prices = dict.fromkeys(counted, 1)
    mixed: dict[str, list[Any]] = {key: [{"uscc": "x", "role": "lead", "share": "100"}] for key in counted}
    command = publish_candidates.PublishCandidates(LOT, mixed, prices)
    assert code_of(lambda: publish_candidates.decide(run.procedure, command, run.now)) == "candidates.other_bids"
    nobody = publish_candidates.PublishCandidates(LOT, {}, {})
    assert code_of(lambda: publish_candidates.decide(run.procedure, nobody, run.now)) == "candidates.other_bids"


def test_under_precheck_a_person_awards_and_only_to_the_first() -> None:
    run = to_candidates()
    first, second = run.lots[LOT].candidates[:2]
    until = run.lots[LOT].until
    assert until is not None
    assert code_of(lambda: award.decide(run.procedure, award.Award(LOT), until)) == "award.wants_key"
    body = award.body(run.lots[LOT])
    assert code_of(lambda: run.keyed("lot.awarded", body, "buyer-1", lot=LOT)) == "award.standstill"
    run.now = until
    other = {"bid_key": second.bid_key, "rank": second.rank, "price_fen": second.price_fen}
    assert code_of(lambda: run.keyed("lot.awarded", other, "buyer-1", lot=LOT)) == "award.not_first"
    cheaper = {**body, "price_fen": first.price_fen - 1}
    assert code_of(lambda: run.keyed("lot.awarded", cheaper, "buyer-1", lot=LOT)) == "award.not_first"
    assert code_of(lambda: run.keyed("lot.awarded", body, "agent", lot=LOT)) == "act.role"
    run.award(LOT)
    assert run.lots[LOT].awarded == first.bid_key


def test_under_award_nobody_has_a_key_for_it() -> None:
    run = to_candidates(machine)
    until = run.lots[LOT].until
    assert until is not None
    early = until - timedelta(milliseconds=1)
    assert code_of(lambda: award.decide(run.procedure, award.Award(LOT), early)) == "award.standstill"
    body = award.body(run.lots[LOT])
    run.now = until
    assert code_of(lambda: run.keyed("lot.awarded", body, "buyer-1", lot=LOT)) == "award.no_key"
    run.award(LOT)
    assert "acts" not in run.events[-1].public


def test_an_objection_to_the_result_holds_the_award_until_it_is_answered() -> None:
    """实施条例 art. 54."""
    run = to_candidates(machine)
    objection = run.object("result", LOT, f"{LOT} bid 2")
    assert phase(run.procedure, LOT, run.now) == "objection"
    assert code_of(lambda: run.award(LOT)) == "objection.unanswered"
    late = run.objection("result", LOT, f"{LOT} bid 2")
    assert code_of(lambda: make_objection.decide(run.procedure, late, run.now)) == "objection.too_late"
    run.answer_objection(objection, upheld=False)
    run.award(LOT)


def test_an_upheld_objection_stops_the_award_to_that_candidate() -> None:
    run = to_candidates(machine)
    first, second = run.lots[LOT].candidates[:2]
    run.answer_objection(run.object("result", LOT, f"{LOT} bid 2"), upheld=True)
    assert code_of(lambda: run.award(LOT)) == "objection.upheld"
    run.now += timedelta(minutes=1)
    run.act(
        "lot.next_candidate",
        {"from": first.bid_key, "to": second.bid_key, "reason": "false certificate"},
        "buyer-1",
        "agent",
        lot=LOT,
    )
    run.award(LOT)
    assert run.lots[LOT].awarded == second.bid_key


def test_the_next_candidate_follows_in_order_until_there_is_none() -> None:
    """实施条例 art. 55."""
    run = to_candidates()
    run.award(LOT)
    first, second, third = (item.bid_key for item in run.lots[LOT].candidates)

    def pass_on(here: str, there: str) -> Callable[[], object]:
        body = {"from": here, "to": there, "reason": "gave up"}
        return lambda: run.act("lot.next_candidate", body, "buyer-1", "agent", lot=LOT)

    assert code_of(pass_on(first, third)) == "next_candidate.to"
    assert code_of(pass_on(second, third)) == "next_candidate.from"
    pass_on(first, second)()
    assert phase(run.procedure, LOT, run.now) == "next_candidate"
    pass_on(second, third)()
    assert code_of(pass_on(third, first)) == "next_candidate.to"
    run.award(LOT)
    assert run.lots[LOT].awarded == third


def test_a_contract_is_made_with_the_awarded_bidder() -> None:
    run = to_candidates()
    run.award(LOT)
    second = run.lots[LOT].candidates[1].bid_key
    body = {"bid_key": second, "contract": sha("contract")}
    assert code_of(lambda: run.keyed("lot.contracted", body, "buyer-1", lot=LOT)) == "contract.not_awarded"
    run.act("lot.contracted", {**body, "bid_key": run.lots[LOT].awarded}, "buyer-1", lot=LOT)
    assert phase(run.procedure, LOT, run.now) == "contracted"
    assert code_of(lambda: run.keyed("lot.contracted", body, "buyer-1", lot=LOT)) == "lot.wrong_state"


def test_a_failed_lot_is_linked_to_the_tender_that_takes_its_place() -> None:
    run = closed(2)
    body = {"successor": "t-2", "reason": "two bids"}
    own = {**body, "successor": TENDER}
    assert code_of(lambda: run.keyed("lot.retendered", own, "buyer-1", "agent", lot=LOT)) == "retender.itself"
    run.act("lot.retendered", body, "buyer-1", "agent", lot=LOT)
    assert (phase(run.procedure, LOT, run.now), run.lots[LOT].successor) == ("retendered", "t-2")


# --- the account ----------------------------------------------------------------------------------------------------


def test_the_account_lists_every_stream_with_its_last_version() -> None:
    run = to_candidates()

    def streams() -> dict[str, int]:
        return {f"tender/{TENDER}": run.drafted().version, f"lot/{TENDER}/{LOT}": run.lots[LOT].version}

    found = code_of(lambda: account.decide(run.procedure, account.Account(streams()), run.now))
    assert found == "account.not_at_rest"
    run.award(LOT)
    short = {f"tender/{TENDER}": run.drafted().version}
    assert code_of(lambda: account.decide(run.procedure, account.Account(short), run.now)) == "account.incomplete"
    foreign = {**streams(), "lot/t-2/lot-1": 3}
    assert code_of(lambda: account.decide(run.procedure, account.Account(foreign), run.now)) == "account.foreign"
    complete = {**streams(), f"issuance/{TENDER}/{LOT}": 4}
    run.apply(account.decide(run.procedure, account.Account(complete), run.now))
    assert account.decide(run.procedure, account.Account(complete), run.now) == {}
    # something follows: another account
    run.act("lot.contracted", {"bid_key": run.lots[LOT].awarded, "contract": sha("c")}, "buyer-1", lot=LOT)
    run.apply(account.decide(run.procedure, account.Account(streams()), run.now))
    assert run.procedure.accounted()
    run.refold()
