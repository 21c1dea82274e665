"""A report is bytes; whoever changes one of them is found at the place he changed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from bidding.submission import MAX_BIDS
from evaluation.acts import evaluate
from evaluation.rules import Report, recompute
from ledger.basics.canonical import MAX_BYTES, MAX_DOCUMENT, canonical, parse, parse_object
from ledger.basics.hashing import H
from tests.unit.evaluation.rules_kit import CEILING, DRAWS, bid, checked, checklist, lot, run_checklist

BIDS = [bid("a1", "9500000"), bid("b2", "9600000", grade="special"), bid("c3", "x")]


def found(claimed: Report) -> list[str]:
    rules, form = checked(checklist())
    refusals = recompute(claimed, rules, form, lot(draws=DRAWS, ceiling=CEILING), BIDS)
    return [refusal.code for refusal in refusals]


def forged(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> Report:
    """An honest report, changed."""
    honest = run_checklist(*BIDS)
    summary, sheets = copy.deepcopy(dict(honest.summary)), copy.deepcopy(dict(honest.sheets))
    change(summary, sheets)
    return Report(summary, sheets)


def test_an_honest_report_agrees() -> None:
    assert found(run_checklist(*BIDS)) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda summary, _: summary["bids"][0].update(total="99.99"), "report.bid_differs"),
        (lambda summary, _: summary["bids"][0].update(rank=1), "report.bid_differs"),
        (lambda summary, _: summary["bids"][2].update(state="ranked"), "report.bid_differs"),
        (lambda summary, _: summary["bids"][0].pop("total"), "report.bid_differs"),
        (lambda summary, _: summary["bids"].pop(), "report.bids_differ"),
        (lambda summary, _: summary["bids"].append({"bid": "zz"}), "report.bids_differ"),
        (lambda summary, _: summary.pop("bids"), "report.bids_differ"),
        (lambda summary, _: summary["candidates"].reverse(), "report.summary_differs"),
        (lambda summary, _: summary.update(outcome="failed"), "report.summary_differs"),
        (lambda summary, _: summary["draws"].update(c_high="5"), "report.summary_differs"),
        (lambda summary, _: summary["benchmark"].update(result="1"), "report.summary_differs"),
        (lambda summary, _: summary.update(note="by hand"), "report.summary_differs"),
        (lambda _, sheets: sheets.pop("b2"), "report.sheet_missing"),
        (lambda _, sheets: sheets.update(zz={}), "report.sheet_unknown"),
        (lambda _, sheets: sheets["b2"].update(certificates=[]), "report.sheet_differs"),
        (lambda _, sheets: sheets["b2"].update(certificates="none"), "report.sheet_differs"),
    ],
)
def test_a_changed_report_is_found_out(change: Callable[[Any, Any], object], code: str) -> None:
    assert code in found(forged(change))


def test_the_changed_mark_is_named() -> None:
    def nudge(_: dict[str, Any], sheets: dict[str, Any]) -> None:
        sheets["b2"]["certificates"][3]["result"] = "10.00"

    rules, form = checked(checklist())
    (refusal,) = recompute(forged(nudge), rules, form, lot(draws=DRAWS, ceiling=CEILING), BIDS)
    assert refusal.params == {"bid": "b2", "criterion": "time"}


def test_documents_stand_under_their_own_hash_and_the_summary_names_the_sheets() -> None:
    report = run_checklist(*BIDS)
    documents = report.documents()
    assert len(documents) == 1 + len(BIDS)
    for digest, data in documents.items():
        assert H(data).hex() == digest
    assert parse(documents[report.sha256]) == report.summary
    for row in report.summary["bids"]:
        assert parse(documents[row["sheet"]]) == report.sheets[row["bid"]]


def test_the_ranking_is_in_order_and_holds_what_the_event_needs() -> None:
    # avg 9,550,000, c 3.5: base 9,215,750; deviations 4.17 % and 3.08 %; checklists 29.17 and 27.17
    assert run_checklist(*BIDS).ranking == [
        {"rank": 1, "bid_key": "b2", "total": "85.00", "price_fen": 960_000_000},
        {"rank": 2, "bid_key": "a1", "total": "84.09", "price_fen": 950_000_000},
    ]


def test_a_report_holds_every_bid_that_a_lot_takes() -> None:
    """All of them equal, so that the ties are listed too: more than an event could hold, but a document can."""
    count = MAX_BIDS + 64
    report = run_checklist(*(bid(H(b"bid %d" % number).hex(), "8000000") for number in range(count)))
    body = evaluate.event_body(report, checklist()[0])
    assert MAX_BYTES < len(report.document()) <= MAX_DOCUMENT
    assert len(canonical(body)) < MAX_BYTES
    assert len(evaluate.prices(parse_object(report.document(), MAX_DOCUMENT))) == count
