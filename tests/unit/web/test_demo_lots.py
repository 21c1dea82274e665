"""Lot 3 of the demonstration: what its story says holds whatever is drawn, and is read from the report."""

from __future__ import annotations

import hmac
import itertools
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bidding.form import check_form
from evaluation.acts import evaluate
from evaluation.acts.publish import UNSERVED
from evaluation.rules import Lot, OpenedBid, Report, abnormal, check_rule_set, templates
from evaluation.rules.lint import TOUCHLESS, lint
from ledger.basics.canonical import canonical
from ledger.basics.hashing import H
from ledger.basics.money import parse_yuan
from web.cli.desk import drafting
from web.demo import figures, reading, rules
from web.demo.house import House
from web.demo.notice import FORM_3, LOT_3, LOTS, RULES_3, tender_document
from web.demo.stage import Stage

AT = datetime(2026, 12, 1, 1, tzinfo=UTC)
CEILING = parse_yuan(figures.CEILING_3, "ceiling")
RULES, FORM = rules.documents(LOT_3)
DRAWS: list[dict[str, Any]] = RULES["draws"]  # type: ignore[assignment]  # as the format has it
ALL_DRAWS = [
    dict(zip((one["name"] for one in DRAWS), values, strict=True))
    for values in itertools.product(*(one["values"] for one in DRAWS))
]
KEYS = [H(f"bidder {place}".encode()).hex() for place in range(len(figures.WORKS))]
FIRST, SMALL, LOW = KEYS[figures.FIRST], KEYS[figures.SMALL], KEYS[figures.LOW]
ALIKE = {KEYS[place] for place in figures.ALIKE}
COINS = [H(f"coin {number}".encode()) for number in range(8)]


def evaluated(values: dict[str, str], coin: bytes) -> Report:
    return evaluate.report(
        RULES,
        FORM,
        lot=LOT_3,
        ceiling_fen=CEILING,
        bids=bids(),
        coefficients={"values": dict(values), "alpha": coin.hex()},
        findings={LOW: True},
    )


def bids() -> list[OpenedBid]:
    return [OpenedBid(key, {"offer": answers}) for key, answers in zip(KEYS, figures.WORKS, strict=True)]


def certificate(report: Report, bid: str, criterion: str) -> Any:
    return next(one for one in report.sheets[bid]["certificates"] if one["criterion"] == criterion)


def test_the_rules_are_a_template_filled_in_and_nothing_is_wrong_with_them() -> None:
    template, form = templates.load(rules.TEMPLATE[LOT_3])
    own = {"id", "version", "title", "form", "draws", "evaluated_price", "abnormally_low"}
    assert {name: text for name, text in RULES.items() if name not in own} == {
        name: text for name, text in template.items() if name not in own
    }
    assert FORM["parts"]["offer"][:-1] == form["parts"]["offer"]  # type: ignore[index,call-overload]  # as above
    assert lint(RULES, FORM, CEILING, touch=TOUCHLESS) == []
    assert not RULES.keys() & set(UNSERVED)


def test_the_tender_of_three_lots_drafts_as_it_stands(tmp_path: Path) -> None:
    for name, document in ((RULES_3, RULES), (FORM_3, FORM)):
        (tmp_path / name).write_bytes(canonical(document))
    text = tender_document(House(tmp_path, Stage(tmp_path)), AT, "demonstration")
    made = drafting.build(tomllib.loads(text), tmp_path)
    assert made.problems == []
    lots: Any = made.body["lots"]
    assert [lot["lot"] for lot in lots] == list(LOTS)
    assert made.body["estimate_fen"] == sum(lot["ceiling_fen"] for lot in lots)


@pytest.mark.parametrize("values", ALL_DRAWS, ids=lambda values: " ".join(values.values()))
def test_whatever_is_drawn_the_small_one_moves_from_fourth_to_first(values: dict[str, str]) -> None:
    report = evaluated(values, COINS[0])
    assert [row["bid_key"] for row in report.ranking][:2] == [SMALL, FIRST]
    assert report.ranking[-1]["bid_key"] == LOW
    form = check_form(FORM)
    lot = Lot(LOT_3, values, COINS[0], CEILING, explanations={LOW: True})
    (moved,) = reading.lifted(check_rule_set(RULES, form), form, lot, bids())
    assert moved == reading.Lifted(SMALL, "4800000.00", "5", "4560000", 4, 1)
    assert certificate(report, SMALL, "evaluated_price")["result"] == "4560000"
    assert certificate(report, FIRST, "evaluated_price")["result"] == figures.WORKS[figures.FIRST]["price"]


def test_without_the_deduction_the_small_one_is_fourth() -> None:
    """By a rule set that has none, not by other answers."""
    plain = {name: text for name, text in RULES.items() if name != "evaluated_price"}
    for values in ALL_DRAWS:
        report = evaluate.report(
            plain,
            FORM,
            lot=LOT_3,
            ceiling_fen=CEILING,
            bids=bids(),
            coefficients={"values": dict(values), "alpha": COINS[0].hex()},
            findings={LOW: True},
        )
        assert {row["bid_key"]: row["rank"] for row in report.ranking}[SMALL] == 4


def test_another_coefficient_gives_another_benchmark() -> None:
    benchmarks = {evaluated(values, COINS[0]).summary["benchmark"]["result"] for values in ALL_DRAWS}
    assert len(benchmarks) == len(ALL_DRAWS)


@pytest.mark.parametrize("coin", COINS, ids=lambda coin: coin.hex()[:8])
def test_the_two_that_are_alike_are_parted_by_the_coin_alone(coin: bytes) -> None:
    report = evaluated(ALL_DRAWS[0], coin)
    assert len({certificate(report, bid, "total")["result"] for bid in ALIKE}) == 1
    assert len({report.sheets[bid]["price_fen"] for bid in ALIKE}) == 1

    def drawn(bid: str) -> bytes:
        return hmac.digest(coin, canonical({"bid": bid, "lot": LOT_3, "name": "tie"}), "sha256")

    first, second = sorted(ALIKE, key=drawn)
    assert list(reading.drawn_apart(report.summary)) == [[(3, first), (4, second)]]
    assert report.candidates == [SMALL, FIRST, first]


def test_either_of_the_two_can_be_the_candidate() -> None:
    assert {evaluated(ALL_DRAWS[0], coin).candidates[2] for coin in COINS} == ALIKE


def test_one_price_is_abnormally_low_by_each_of_the_three_tests() -> None:
    prices = {key: parse_yuan(answers["price"], "price") for key, answers in zip(KEYS, figures.WORKS, strict=True)}
    assert abnormal.screen(figures.SCREEN, prices, CEILING).flags == {LOW: abnormal.TESTS}
    assert check_rule_set(RULES, check_form(FORM)).abnormally_low == figures.SCREEN
