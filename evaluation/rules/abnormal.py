"""F12, abnormally low bids (异常低价投标审查).

    flagged when strictly below   mean    % of the mean of the conforming bids
                                  second  % of the second-lowest: the lowest bid only
                                  ceiling % of the ceiling price

Source: 财库〔2026〕2号: 50, 50 and 45 per cent; the tender may raise each to at most 65. Prices enter as corrected, but
before any deduction. A flag rejects nobody: it asks for an explanation, and gives at least `minutes` for it; a bid that
is flagged and not proved reasonable is rejected. Thresholds are made once, from all conforming bids, flagged or not.
Example: 1,000,000/950,000/420,000/880,000, ceiling 1,200,000: 420,000 is below half of 880,000 and below 540,000.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from bidding import shape
from evaluation.rules.certificate import Certificate, Step, certify, step, with_reason
from evaluation.rules.exact import decimal
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.basics.money import yuan

CRITERION: Final = "abnormally_low"
RULE: Final = "F12"
EXPLAINED: Final = "explained"
TESTS: Final = ("mean", "second", "ceiling")
SHAPE: Final = shape.record(
    {"clause": shape.text(100), "minutes": shape.integer(1, 100_000)}, dict.fromkeys(TESTS, shape.decimal)
)


@dataclass(frozen=True, slots=True)
class Screen:
    """`certificate`: the thresholds and how they came about; `flags`: bid key → the tests that it fails."""

    certificate: Certificate
    flags: Mapping[str, tuple[str, ...]]
    thresholds: Mapping[str, Fraction]


def screen(document: Mapping[str, Any], prices: Mapping[str, int], ceiling: int | None) -> Screen:
    """Who is flagged among the conforming bids. `prices`: bid key → fen, at least one; `ceiling`: fen or None."""
    ordered = sorted(prices.values())
    bases: dict[str, Fraction] = {"mean": Fraction(sum(ordered), 100 * len(ordered))}
    if len(ordered) > 1:
        bases["second"] = Fraction(ordered[1], 100)
    if ceiling is not None:
        bases["ceiling"] = Fraction(ceiling, 100)
    steps: list[Step] = [step("count", Fraction(len(ordered)), "bids")]
    thresholds: dict[str, Fraction] = {}
    for name in TESTS:
        if name in document and name in bases:
            thresholds[name] = bases[name] * decimal(document[name]) / 100
            steps += [step(f"{name}_base", bases[name], "yuan"), step(name, thresholds[name], "yuan")]
    flags: dict[str, tuple[str, ...]] = {}
    for bid, price in prices.items():
        failed = tuple(
            name
            for name, threshold in thresholds.items()
            if Fraction(price, 100) < threshold and (name != "second" or price == ordered[0])
        )
        if failed:
            flags[bid] = failed
    inputs: dict[str, Json] = {"prices_fen": dict(prices)}
    if ceiling is not None:
        inputs["ceiling_fen"] = ceiling
    result = str(len(flags))
    return Screen(certify(CRITERION, RULE, document["clause"], inputs, steps, result), flags, thresholds)


def judge(document: Mapping[str, Any], found: Screen, bid: str, price: int, *, proved: bool | None) -> Certificate:
    """The certificate of a flagged bid. `proved`: what was found of its explanation, None where there is none."""
    inputs: dict[str, Json] = {
        "price_fen": price,
        "explanation": "none" if proved is None else "proved" if proved else "unproved",
        "thresholds_inputs_hash": found.certificate["inputs_hash"],
    }
    steps = [step(name, found.thresholds[name], "yuan") for name in found.flags[bid]]
    made = certify(CRITERION, RULE, document["clause"], inputs, steps, EXPLAINED if proved else "rejected")
    if proved:
        return made
    refusal = Refusal(
        "rules.abnormally_low",
        price=yuan(price),
        tests=", ".join(found.flags[bid]),
        explanation="" if proved is None else "unproved",
    )
    return with_reason(made, refusal.code, refusal.params)
