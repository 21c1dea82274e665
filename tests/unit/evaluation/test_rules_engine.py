"""The evaluation as a whole: who is out and why, who is first, and what cannot be done to it."""

from __future__ import annotations

import copy

import pytest

from evaluation.rules import OpenedBid, Report, evaluate, recompute
from evaluation.rules.ranking import tie_order
from ledger.basics.canonical import canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from tests.unit.evaluation.rules_kit import (
    ALPHA,
    CEILING,
    DRAWS,
    F1_PRICE,
    F3_PRICE,
    LOT,
    bid,
    certificate,
    checked,
    checklist,
    lot,
    lowest,
    marks,
    offer,
    priced,
    run,
    run_checklist,
)

# Auction 994 of Tsuchiura city, 2011-03-01: S. Chassang and co-authors, `missing_bids` (MIT). Bids in yen by bidder
# number; reserve price 16,450,000; the recorded winner is bidder 305.
AUCTION_994 = {
    "305": "12980000", "245": "14470000", "3": "14310000", "13": "14140000", "69": "13650000", "105": "13810000",
    "109": "13980000", "111": "13480000", "136": "13400000", "178": "13160000", "185": "13320000",
    "192": "14800000", "196": "14640000",
}  # fmt: skip
RESERVE_994 = 1_645_000_000


def reasons(report: Report, key: str) -> list[tuple[str, str]]:
    """The codes and clauses by which a bid is out."""
    return [
        (found["reason"]["code"], found["clause"])
        for found in report.sheets[key]["certificates"]
        if found["result"] == "rejected"
    ]


def states(report: Report) -> dict[str, str]:
    return {row["bid"]: row["state"] for row in report.summary["bids"]}


def test_a_real_auction_goes_to_its_recorded_winner() -> None:
    report = run(lowest(), *(offer(f"bidder-{k}", v) for k, v in AUCTION_994.items()), ceiling=RESERVE_994)
    assert [row["bid_key"] for row in report.ranking[:3]] == ["bidder-305", "bidder-178", "bidder-185"]
    assert report.ranking[0]["price_fen"] == 1_298_000_000
    assert report.candidates == ["bidder-305", "bidder-178", "bidder-185"]
    assert not report.failed


def test_a_bid_strictly_above_the_ceiling_is_rejected_by_its_clause() -> None:
    report = run(lowest(), offer("a", "100.00"), offer("b", "100.01"), ceiling=10_000)
    assert states(report) == {"a": "ranked", "b": "rejected"}
    assert reasons(report, "b") == [("rules.over_ceiling", "2.2")]


def test_without_a_ceiling_no_price_is_too_high() -> None:
    assert states(run(lowest(), offer("a", "9999999999"))) == {"a": "ranked"}


@pytest.mark.parametrize("price", ["NaN", "1e-9", "-5", "１２", "true", "", "0", " 5", "05", True, 5, None])
def test_a_price_only_the_opening_could_see_is_rejected_with_its_reason(price: object) -> None:
    report = run(lowest(), offer("a", "100"), offer("b", price))
    assert states(report) == {"a": "ranked", "b": "rejected"}
    ((code, clause),) = reasons(report, "b")
    assert code.startswith("form.")
    assert clause == "2.1"


def test_a_form_that_was_not_filled_is_rejected() -> None:
    report = run(lowest(), offer("a", "100"), OpenedBid("b", {"offer": {}}), OpenedBid("c", {}))
    assert [reasons(report, key) for key in ("b", "c")] == [[("form.missing", "2.1")]] * 2


def test_a_veto_rejects_by_its_clause() -> None:
    report = run_checklist(bid("a1", "9500000"), bid("b2", "9500000", safety_licence="no"))
    assert reasons(report, "b2") == [("rules.vetoed", "3.1.3")]


def test_all_reasons_are_given_at_once() -> None:
    out = bid("b2", "10000000.01", safety_licence="no", grade="fifth", extra="1")
    report = run_checklist(bid("a1", "9500000"), out)
    assert sorted(reasons(report, "b2")) == [
        ("form.not_a_choice", "3.1.1"),
        ("form.unknown_question", "3.1.1"),
        ("rules.over_ceiling", "3.1.2"),
        ("rules.vetoed", "3.1.3"),
    ]


def test_a_rejected_bid_has_no_mark_no_total_and_no_rank() -> None:
    report = run_checklist(bid("a1", "9500000"), bid("b2", "9500000", safety_licence="no"))
    assert {"total", "rank", "price_fen"}.isdisjoint(report.sheets["b2"])
    assert {found["result"] for found in report.sheets["b2"]["certificates"]} <= {"passed", "rejected"}


def test_a_rejected_bid_takes_no_part_in_the_average() -> None:
    valid = [bid("a1", "9500000"), bid("b2", "9600000")]
    alone = run_checklist(*valid)
    crowd = run_checklist(*valid, bid("c3", "1", safety_licence="no"), bid("d4", "10000001"))
    assert alone.summary["benchmark"] == crowd.summary["benchmark"]
    assert marks(alone, "price") == marks(crowd, "price")


def test_f3_in_a_report() -> None:
    # domain/formulas.md, worked numbers for F3
    prices = ["950", "980", "1000", "1020", "1100"]
    report = run(priced(F3_PRICE), *(offer(f"b{place}", price) for place, price in enumerate(prices)))
    assert marks(report, "price") == ["47.50", "49.00", "50.00", "48.00", "40.00"]
    assert report.candidates == ["b2", "b1", "b3"]


def test_f1_in_a_report() -> None:
    # domain/formulas.md, worked numbers for F1
    report = run(priced(F1_PRICE), offer("a", "100"), offer("b", "110"), offer("c", "125"))
    assert marks(report, "price") == ["30.00", "27.27", "24.00"]


def test_f4_in_a_report_says_which_coefficient_counted() -> None:
    # domain/formulas.md, worked numbers for F4: avg 9,570,000, c 3.5 % → 9,235,050
    report = run_checklist(bid("a1", "9560000"), bid("b2", "9580000"))
    benchmark = report.summary["benchmark"]
    assert benchmark["result"] == "9235050"
    assert {step["name"]: step["value"] for step in benchmark["steps"]}["c_high"] == "3.5"
    assert benchmark["inputs"]["draws"] == DRAWS


def test_the_total_is_the_sum_of_the_marks_shown() -> None:
    report = run_checklist(bid("a1", "9570000"), bid("b2", "9500000", grade="special"))
    total = certificate(report, "a1", "total")
    # 8 + 8 + 3.67 + 7.5, and the price: base 9,201,275, deviation 4.01 %
    assert total["inputs"]["marks"] == {
        "qualification": "8.00",
        "time": "8.00",
        "warranty": "3.67",
        "experience": "7.50",
        "price": "55.99",
    }
    assert total["result"] == "83.16"
    assert report.sheets["a1"]["total"] == "83.16"


def test_no_more_candidates_than_the_rule_set_says() -> None:
    report = run(lowest(candidates=2), *(offer(f"b{n}", str(100 + n)) for n in range(5)))
    assert report.candidates == ["b0", "b1"]


def test_equals_go_to_the_draw_and_the_draw_is_shown() -> None:
    report = run(lowest(), *(offer(key, "100") for key in "abcd"))
    order = tie_order(ALPHA, LOT, list("abcd"))
    assert [row["bid_key"] for row in report.ranking] == order
    (tie,) = report.summary["ties"]
    assert tie["by"] == "draw"
    assert tie["bids"] == order


def test_too_few_valid_bids_fail_the_lot_and_get_no_marks() -> None:
    report = run(checklist(min_valid=3), bid("a1", "9500000"), bid("b2", "9500000"), draws=DRAWS, ceiling=CEILING)
    assert report.failed
    assert report.summary["reason"] == {"code": "rules.too_few", "params": {"valid": 2, "wanted": 3}}
    assert states(report) == {"a1": "unranked", "b2": "unranked"}
    assert report.candidates == []
    assert "benchmark" not in report.summary
    assert marks(report, "price") == []


def test_no_valid_bid_always_fails_the_lot() -> None:
    assert run(lowest()).failed
    assert run(lowest(), offer("a", "x")).failed


def test_a_price_rule_that_cannot_be_applied_fails_the_lot_with_its_reason() -> None:
    report = run_checklist(bid("a1", "0.40"))
    assert report.failed
    assert report.summary["reason"]["code"] == "price.benchmark_not_positive"


def test_the_rule_sets_own_ceiling_holds_and_another_is_refused() -> None:
    assert states(run(lowest(ceiling=10_000), offer("a", "101"))) == {"a": "rejected"}
    with pytest.raises(Refusal) as caught:
        run(lowest(ceiling=10_000), offer("a", "101"), ceiling=20_000)
    assert caught.value.code == "rules.other_ceiling"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"draws": {}}, "rules.draw_missing"),
        ({"draws": {**DRAWS, "c_high": "3.6"}}, "rules.draw_not_listed"),
        ({"draws": {**DRAWS, "c_high": "3.50"}}, "rules.draw_not_listed"),
        ({"draws": {**DRAWS, "k": "1"}}, "rules.unknown_draw"),
        ({"alpha": b"short"}, "rules.alpha_length"),
        ({"ceiling": None}, "price.no_ceiling"),
        ({"id": "Lot 2"}, "id.malformed"),
    ],
)
def test_inputs_that_do_not_belong_together_are_refused(given: dict[str, object], code: str) -> None:
    with pytest.raises(Refusal) as caught:
        run_checklist(bid("a1", "9500000"), **given)
    assert caught.value.code == code


def test_a_bid_given_twice_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        run(lowest(), offer("a", "1"), offer("a", "2"))
    assert caught.value.code == "rules.doubled_bid"


def test_only_the_parts_the_rule_set_reads_are_asked_for() -> None:
    rules, form = lowest()
    asked = {"id": "seat", "kind": "text", "title": {"zh": "地址", "en": "Seat"}, "required": True}
    form["parts"]["identity"].append(asked)
    assert states(run((rules, form), offer("a", "1"))) == {"a": "ranked"}


def test_every_certificate_hashes_its_inputs() -> None:
    report = run_checklist(bid("a1", "9500000"), bid("b2", "1e-9"))
    for sheet in report.sheets.values():
        for found in (*sheet["certificates"], report.summary["benchmark"]):
            assert found["inputs_hash"] == H(b"mingjing/inputs/v1\0", canonical(found["inputs"])).hex()
            assert found["clause"]


def test_a_price_mark_names_the_benchmark_it_was_made_from() -> None:
    report = run_checklist(bid("a1", "9500000"))
    wanted = report.summary["benchmark"]["inputs_hash"]
    assert certificate(report, "a1", "price")["inputs"]["benchmark_inputs_hash"] == wanted


def test_a_faulty_answer_of_any_length_leaves_a_small_sheet() -> None:
    report = run(lowest(), offer("a", "1"), offer("b", "9" * 500_000))
    found = report.sheets["b"]["certificates"][0]
    assert found["inputs"]["answer_sha256"] == H(b"9" * 500_000).hex()
    assert len(canonical(dict(report.sheets["b"]))) < 2000


def test_recomputing_an_honest_report_finds_nothing() -> None:
    bids = [bid("a1", "9500000"), bid("b2", "9600000"), bid("c3", "x")]
    report = run_checklist(*bids)
    rules, form = checked(checklist())
    assert recompute(report, rules, form, lot(draws=DRAWS, ceiling=CEILING), bids[::-1]) == []


def test_the_summary_of_a_thousand_bids_is_one_document() -> None:
    report = run(lowest(), *(offer(f"{n:064x}", str(1000 + n)) for n in range(1000)))
    assert len(report.document()) < 1 << 19


def test_a_rule_set_and_another_form_are_refused() -> None:
    rules, _ = checked(checklist())
    _, other = checked(lowest())
    with pytest.raises(Refusal) as caught:
        evaluate(rules, other, lot(draws=DRAWS, ceiling=CEILING), [])
    assert caught.value.code == "rules.other_form"


def test_a_file_the_form_asks_for_is_among_the_bids_files() -> None:
    rules, form = copy.deepcopy(lowest())
    form["parts"]["offer"].append(
        {"id": "plan", "kind": "file", "title": {"zh": "方案", "en": "Plan"}, "required": True}
    )
    answers = {"offer": {"price": "100", "plan": "plan.pdf"}}
    there = OpenedBid("a", answers, {"offer": ["plan.pdf"]})
    gone = OpenedBid("b", answers, {"offer": []})
    report = run((rules, form), there, gone)
    assert states(report) == {"a": "ranked", "b": "rejected"}
    assert reasons(report, "b") == [("form.file_missing", "2.1")]


def test_a_mark_of_a_criterion_may_part_equals() -> None:
    rules, form = copy.deepcopy(checklist())
    rules["ranking"]["ties"] = ["mark:qualification", "draw"]
    # 8 + 10 + 10 + 0 and 10 + 8 + 10 + 0 for the checklists, and the same price
    first = bid("a1", "9500000", grade="first", duration="100", similar_works="0", warranty="5")
    second = bid("b2", "9500000", grade="special", duration="170", similar_works="0", warranty="5")
    report = run((rules, form), first, second, draws=DRAWS, ceiling=CEILING)
    assert len({row["total"] for row in report.ranking}) == 1
    assert report.candidates == ["b2", "a1"]
    assert [tie["by"] for tie in report.summary["ties"]] == ["mark:qualification"]
