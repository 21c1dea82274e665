"""A lot from its roll to its contract, and what may not come when."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_args

import pytest

from bidding import roll
from bidding.acts import (
    announce,
    block,
    close,
    coefficients,
    make_objection,
    opened,
    present,
    record_evaluation,
    record_release,
    record_seed,
)
from bidding.procedures import lot as lots
from bidding.procedures import payloads, phase
from ledger.basics.errors import Refusal
from ledger.events import Event
from ledger.sealed import keyset as keysets
from tests.support.tender_notice import DEADLINE, MASTERS, TENDER, hex_key, keyset, sha
from tests.support.tenders import Run, leaves

LOT = "lot-1"


def refusal(call: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as refused:
        call()
    return refused.value


def code_of(call: Callable[[], object]) -> str:
    return refusal(call).code


def closed(count: int = 4) -> Run:
    run = Run()
    run.open_tickets()
    run.close(LOT, count)
    return run


def to_present(count: int = 4) -> Run:
    run = closed(count)
    run.present(LOT)
    return run


def to_offers() -> Run:
    run = closed()
    run.opened(LOT)
    return run


def to_candidates(edit: Callable[[dict[str, Any]], None] = lambda _notice: None) -> Run:
    run = Run(edit=edit)
    run.to_candidates(LOT)
    return run


def machine(notice: dict[str, Any]) -> None:
    notice.update(no_touch="award", estimate_fen=399_999_999)
    notice["lots"][0]["ceiling_fen"] = 399_999_999


# --- the roll -------------------------------------------------------------------------------------------------------


def test_the_roll_is_written_at_the_deadline_with_its_raw_entry_before_it() -> None:
    run = Run()
    run.open_tickets()
    body = run.roll(LOT, 4)
    early = DEADLINE - timedelta(milliseconds=1)
    assert code_of(lambda: close.decide(run.procedure, close.Close(LOT, body, leaves(4)), early)) == "close.too_early"
    (one,) = close.decide(run.procedure, close.Close(LOT, body, leaves(4)), DEADLINE)[f"lot/{TENDER}/{LOT}"]
    assert one.before == (roll.issued_entry(TENDER, LOT, leaves(4)), roll.roll_entry(body["roll"]))
    run.close(LOT, 4)
    assert run.lots[LOT].roll_sha256 == roll.roll_hash(body["roll"]).hex()


def test_there_is_one_roll() -> None:
    run = closed()
    again = close.Close(LOT, run.roll(LOT, 5), leaves(5))
    assert code_of(lambda: close.decide(run.procedure, again, run.now)) == "lot.wrong_state"


def test_a_roll_of_another_lot_or_out_of_order_is_none() -> None:
    run = Run(("lot-1", "lot-2"))
    run.open_tickets()
    other = close.Close(LOT, run.roll("lot-2", 4), leaves(4))
    assert code_of(lambda: close.decide(run.procedure, other, DEADLINE)) == "roll.other_lot"
    body = run.roll(LOT, 4)
    body["roll"]["submissions"].reverse()
    assert code_of(lambda: close.decide(run.procedure, close.Close(LOT, body, leaves(4)), DEADLINE)) == "roll.unsorted"


def test_without_tickets_there_are_no_bids_and_the_lot_fails() -> None:
    run = Run()
    assert code_of(lambda: run.close(LOT, 4)) == "close.without_tickets"
    run.close(LOT, 0)
    assert run.lots[LOT].status == "failed"


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_bids_and_the_opening_does_not_happen(count: int) -> None:
    """招标投标法 art. 28: the tender fails, bids stay sealed."""
    run = closed(count)
    assert phase(run.procedure, LOT, run.now) == "failed"
    reason = run.lots[LOT].failure
    assert (reason["code"], reason["params"]) == ("lot.too_few_bids", {"found": count, "wanted": 3})
    command = present.Present(LOT, run.said("lot.present", run.present_body(LOT)))
    assert code_of(lambda: present.decide(run.procedure, command, run.now)) == "lot.wrong_state"


# --- present --------------------------------------------------------------------------------------------------------


def test_what_is_missing_at_present_is_withdrawn_and_may_fail_the_lot() -> None:
    run = closed(4)
    run.present(LOT, missing=[run.lots[LOT].roll[0]])
    assert run.lots[LOT].status == "present"
    short = closed(3)
    short.present(LOT, missing=[short.lots[LOT].roll[0]])
    assert short.lots[LOT].status == "failed"


def test_presence_is_stated_for_the_whole_roll_and_nothing_else() -> None:
    run = closed()
    body = run.present_body(LOT)
    body["ciphertexts"].pop()
    command = present.Present(LOT, run.said("lot.present", body))
    assert code_of(lambda: present.decide(run.procedure, command, run.now)) == "present.other_roll"


def test_no_event_names_a_list_that_is_not_stored() -> None:
    run = closed()
    command = present.Present(LOT, run.said("lot.present", run.present_body(LOT)))
    run.documents.clear()
    assert code_of(lambda: present.decide(run.procedure, command, run.now)) == "file.not_found"


# --- releases -------------------------------------------------------------------------------------------------------


def release(run: Run, part: str, custodian: str = "custodian-1", **changes: Any) -> Callable[[], object]:
    command = record_release.RecordRelease(
        custodian, run.release_of(LOT, part, changes.pop("by", custodian), **changes)
    )
    return lambda: record_release.decide(run.procedure, command, run.now)


def test_nothing_is_released_before_present() -> None:
    assert code_of(release(closed(), "coin")) == "lot.wrong_state"


def test_no_offer_is_released_before_the_announcement() -> None:
    assert code_of(release(to_present(), "offer")) == "release.too_early"


def test_no_offer_is_released_where_too_few_bids_count() -> None:
    run = to_present()
    run.release(LOT, "coin")
    run.coefficients(LOT)
    run.release(LOT, "identity")
    run.announce(LOT, counted=2)
    assert run.lots[LOT].status == "failed"
    assert code_of(release(run, "offer")) == "release.too_early"
    # its identities may still be answered for: the announcement is checked by more than a quorum
    release(run, "identity", "custodian-3")()


def test_a_release_names_this_roll_and_a_custodian_answers_once() -> None:
    run = to_present()
    assert code_of(release(run, "coin", roll=sha("another roll"))) == "release.other_roll"
    assert code_of(release(run, "coin", "custodian-2", by="custodian-1")) == "signature.wrong_key"
    run.release(LOT, "coin", 1)
    assert code_of(release(run, "coin")) == "release.second"


def test_a_custodian_that_was_away_answers_after_the_award() -> None:
    run = to_candidates()
    run.award(LOT)
    for part in ("coin", "identity", "offer"):
        command = record_release.RecordRelease("custodian-3", run.release_of(LOT, part, "custodian-3"))
        run.apply(record_release.decide(run.procedure, command, run.now))
    assert len(run.lots[LOT].released("offer")) == 3
    assert run.lots[LOT].status == "awarded"


def seed(run: Run, part: str = "coin", value: bytes | None = None) -> Callable[[], Any]:
    made = keyset(LOT, part)
    own = keysets.custodian_seed(MASTERS["custodian-1"], made.purpose, made.t, made.ids, made.conditions)
    command = record_seed.RecordSeed("custodian-1", LOT, part, (value or own).hex())
    return lambda: record_seed.decide(run.procedure, command, run.now)


def test_a_seed_is_recorded_on_a_two_key_order_only() -> None:
    run = to_present()
    assert code_of(seed(run)) == "seed.not_ordered"
    body = {"order": "r-1", "kind": "publish_seed", "lot": LOT, "custodian": "custodian-1", "reason": "bad shares"}
    run.act("order.issued", body, "watcher-1", "clerk")
    assert code_of(seed(run, value=bytes(32))) == "sealed.not_my_key"
    run.apply(seed(run)())
    assert code_of(seed(run)) == "seed.second"


# --- the three steps ------------------------------------------------------------------------------------------------


def test_steps_wait_for_a_quorum() -> None:
    run = to_present()
    run.release(LOT, "coin", 1)
    found = refusal(lambda: run.coefficients(LOT))
    assert (found.code, found.params["have"], found.params["need"]) == ("opening.waiting", 1, 2)


def test_coefficients_come_before_names_and_names_before_prices() -> None:
    run = to_present()
    run.release(LOT, "coin")
    run.release(LOT, "identity")
    assert code_of(lambda: run.announce(LOT)) == "lot.wrong_state"
    run.coefficients(LOT)
    assert code_of(lambda: run.coefficients(LOT)) == "lot.wrong_state"
    run.announce(LOT)
    assert code_of(lambda: run.announce(LOT)) == "lot.wrong_state"
    run.release(LOT, "offer")
    run.offers(LOT)
    assert code_of(lambda: run.offers(LOT)) == "lot.wrong_state"


def test_the_coefficients_are_those_of_the_notices_contributors() -> None:
    run = to_present()
    run.release(LOT, "coin")
    body: dict[str, Any] = {
        "contributions": [{"party": "contributor-1", "verdict": "open", "value": sha("v")}],
        "alpha": sha("a"),
        "values": {},
    }
    command = opened.Opened(LOT, body)
    assert code_of(lambda: coefficients.decide(run.procedure, command, run.now)) == "coefficients.other_parties"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda body: body.update(counted=3), "announced.count"),
        (lambda body: body.update(failed=True), "announced.failed"),
        (lambda body: body["bids"].pop(), "announced.other_roll"),
        (lambda body: body["bids"][0].update(state="maybe"), "shape.value"),
        (lambda body: body["bids"][0].update(reason={"code": "x"}), "shape.missing"),
    ],
)
def test_an_announcement_accounts_for_every_bid_on_the_roll(change: Callable[[Any], object], code: str) -> None:
    run = to_present()
    run.release(LOT, "coin")
    run.coefficients(LOT)
    run.release(LOT, "identity")
    body = run.announced_body(LOT)
    change(body)
    command = opened.Opened(LOT, run.said("lot.announced", body))
    assert code_of(lambda: announce.decide(run.procedure, command, run.now)) == code


# --- blocked --------------------------------------------------------------------------------------------------------


def test_an_opening_without_a_quorum_is_shown_as_blocked_and_goes_on_when_custodians_return() -> None:
    run = to_present()
    assert phase(run.procedure, LOT, run.now) == "opening"
    assert code_of(lambda: block.decide(run.procedure, block.Block(LOT), run.now)) == "block.too_early"
    run.now += timedelta(hours=1)
    run.apply(block.decide(run.procedure, block.Block(LOT), run.now))
    assert phase(run.procedure, LOT, run.now) == "opening_blocked"
    assert run.events[-1].public == {"part": "coin", "have": 0, "need": 2}
    assert code_of(lambda: block.decide(run.procedure, block.Block(LOT), run.now)) == "block.too_early"
    run.release(LOT, "coin")
    run.coefficients(LOT)
    assert phase(run.procedure, LOT, run.now) == "opening"


def test_a_quorum_is_never_blocked() -> None:
    run = to_present()
    run.release(LOT, "coin")
    run.now += timedelta(hours=2)
    assert code_of(lambda: block.decide(run.procedure, block.Block(LOT), run.now)) == "block.too_early"


# --- objections on the spot, evaluation -----------------------------------------------------------------------------


def test_objections_to_the_opening_are_made_on_the_spot_and_answered_before_the_evaluation() -> None:
    """实施条例 art. 44."""
    run = to_offers()
    objection = run.object("opening", LOT, f"{LOT} bid 1")
    run.now = run.clocks.end("opening_objection", run.lots[LOT].times["lot.offers_opened"])
    late = run.objection("opening", LOT, f"{LOT} bid 1")
    assert code_of(lambda: make_objection.decide(run.procedure, late, run.now)) == "objection.too_late"
    assert code_of(lambda: run.evaluated(LOT)) == "objection.unanswered"
    run.answer_objection(objection, upheld=False)
    run.evaluated(LOT)


def test_only_who_stands_on_the_opening_sheet_objects_to_it() -> None:
    run = to_offers()
    command = run.objection("opening", LOT, "a stranger")
    assert code_of(lambda: make_objection.decide(run.procedure, command, run.now)) == "objection.not_a_bidder"
    before = to_present()
    early = before.objection("opening", LOT, f"{LOT} bid 1")
    assert code_of(lambda: make_objection.decide(before.procedure, early, before.now)) == "objection.too_early"


def test_who_was_announced_void_may_object_too() -> None:
    run = closed(5)
    run.present(LOT)
    run.release(LOT, "coin")
    run.coefficients(LOT)
    run.release(LOT, "identity")
    run.announce(LOT, counted=4)
    run.object("opening", LOT, f"{LOT} bid 4")


def test_where_too_few_count_the_window_runs_from_the_announcement() -> None:
    run = closed(3)
    run.present(LOT)
    run.release(LOT, "coin")
    run.coefficients(LOT)
    run.release(LOT, "identity")
    run.announce(LOT, counted=2)
    run.object("opening", LOT, f"{LOT} bid 2")
    run.now += timedelta(minutes=30)
    late = run.objection("opening", LOT, f"{LOT} bid 2")
    assert code_of(lambda: make_objection.decide(run.procedure, late, run.now)) == "objection.too_late"


def test_the_evaluation_waits_till_the_window_is_over() -> None:
    run = to_offers()
    command = record_evaluation.RecordEvaluation(LOT, run.evaluated_body(LOT))
    assert code_of(lambda: record_evaluation.decide(run.procedure, command, run.now)) == "evaluation.too_early"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda body: body.update(rules=sha("other rules")), "evaluation.other_rules"),
        (lambda body: body["ranking"][0].update(bid_key=hex_key("nobody")), "evaluation.other_bids"),
        (lambda body: body["ranking"].append(body["ranking"][0]), "evaluation.other_bids"),
        (lambda body: body["candidates"].append(hex_key("nobody")), "evaluation.other_bids"),
    ],
)
def test_a_report_is_about_the_opened_bids_and_the_published_rules(change: Callable[[Any], object], code: str) -> None:
    run = to_offers()
    run.now += timedelta(hours=1)
    body = run.evaluated_body(LOT)
    change(body)
    command = record_evaluation.RecordEvaluation(LOT, body)
    assert code_of(lambda: record_evaluation.decide(run.procedure, command, run.now)) == code


@pytest.mark.parametrize("body", [{"failed": True}, {"candidates": []}])
def test_where_all_bids_are_rejected_the_lot_fails(body: dict[str, Any]) -> None:
    """招标投标法 art. 42."""
    run = to_offers()
    run.now += timedelta(hours=1)
    command = record_evaluation.RecordEvaluation(LOT, {**run.evaluated_body(LOT), **body})
    run.apply(record_evaluation.decide(run.procedure, command, run.now))
    assert (run.lots[LOT].status, run.lots[LOT].failure["code"]) == ("failed", "lot.all_rejected")


# --- every event in every state -------------------------------------------------------------------------------------

_ORDER = get_args(lots.Status)


def test_every_type_of_event_of_a_lot_has_its_states() -> None:
    assert lots.ALLOWED.keys() == payloads.LOT.keys()
    assert set().union(*lots.ALLOWED.values()) <= set(_ORDER)
    ends = {"contracted", "retendered"}
    for type_ in payloads.LOT.keys() - {"release.recorded", "seed.recorded"}:
        assert not lots.ALLOWED[type_] & ends, type_


@pytest.mark.parametrize(("type_", "status"), list(itertools.product(sorted(payloads.LOT), _ORDER)))
def test_an_event_out_of_place_is_refused_by_code(type_: str, status: str) -> None:
    """The whole table: what may not come in a state is refused by `require`, and so by act and verifier alike."""
    state = lots.LotState(TENDER, LOT, version=1, status=status)  # type: ignore[arg-type]  # one of the Literal's values
    if status in lots.ALLOWED[type_]:
        lots.require(state, type_)
        return
    found = refusal(lambda: lots.require(state, type_))
    assert (found.code, found.params) == ("lot.wrong_state", {"event": type_, "lot": LOT, "state": status})


def test_a_lots_stream_is_its_own() -> None:
    run = closed()
    state = run.lots[LOT]
    body = run.said("lot.present", run.present_body(LOT))
    for stream, version, code in (
        (f"lot/{TENDER}/lot-2", state.version + 1, "event.wrong_stream"),
        (f"lot/{TENDER}/{LOT}", state.version + 2, "event.gap"),
    ):
        event = Event(stream, version, "lot.present", run.now, "tester", body)
        assert code_of(lambda event=event: lots.apply(state, event)) == code  # type: ignore[misc]  # a lambda with a default
    first = Event("tender/t-1", 1, "lot.closed", run.now, "tester", run.roll(LOT, 3))
    assert code_of(lambda: lots.apply(None, first)) == "event.wrong_stream"
