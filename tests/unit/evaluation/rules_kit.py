"""Rule sets, forms and bids for the tests of the evaluation: the templates, and changes of them."""

from __future__ import annotations

from typing import Any

from bidding.form import Form, check_form
from evaluation.rules import Lot, OpenedBid, Report, RuleSet, check_rule_set, evaluate
from evaluation.rules.templates import load

ALPHA = bytes(range(32))
LOT = "lot-2"
CEILING = 1_000_000_000
DRAWS = {"c_high": "3.5", "c_mid": "0.5", "c_low": "-2.5"}
ANSWERS = {
    "safety-licence": "yes",
    "grade": "first",
    "duration": "170",
    "warranty": "3.1",
    "similar-works": "3",
}
HALF_UP_2: dict[str, Any] = {"mode": "half_up", "places": 2}
F1_PRICE: dict[str, Any] = {
    "rule": "F1",
    "clause": "5",
    "title": {"zh": "价格", "en": "Price"},
    "weight": "30",
    "params": {"mark": HALF_UP_2},
}
F3_PRICE: dict[str, Any] = {
    **F1_PRICE,
    "rule": "F3",
    "weight": "50",
    "params": {
        "base": HALF_UP_2,
        "up": "1",
        "down": "0.5",
        "floor": "0",
        "deviation": {"mode": "half_up", "places": 4},
        "mark": HALF_UP_2,
    },
}


def checklist(**changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The checklist template's documents, with members of the rule set replaced (taken out where None)."""
    rules, form = load("checklist-f4")
    merged = {**rules, **changes}
    return {name: value for name, value in merged.items() if value is not None}, form


def lowest(**changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The lowest-price template's documents, changed likewise."""
    rules, form = load("lowest-price")
    merged = {**rules, **changes}
    return {name: value for name, value in merged.items() if value is not None}, form


def priced(price: dict[str, Any], **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A rule set with nothing but a price rule."""
    ranking = {"order": "marks", "ties": ["lower_price", "draw"]}
    return lowest(price=price, ranking=ranking, **changes)


def checked(documents: tuple[dict[str, Any], dict[str, Any]]) -> tuple[RuleSet, Form]:
    form = check_form(documents[1])
    return check_rule_set(documents[0], form), form


def bid(key: str, price: str, **answers: str) -> OpenedBid:
    """A bid to the checklist form; answers by question id with `_` for `-`."""
    changed = {name.replace("_", "-"): answer for name, answer in answers.items()}
    return OpenedBid(key, {"offer": {"price": price, **ANSWERS, **changed}})


def offer(key: str, price: object) -> OpenedBid:
    """A bid to the lowest-price form."""
    return OpenedBid(key, {"offer": {"price": price}})


def run(documents: tuple[dict[str, Any], dict[str, Any]], *bids: OpenedBid, **given: Any) -> Report:
    rules, form = checked(documents)
    return evaluate(rules, form, lot(**given), bids)


def lot(**given: Any) -> Lot:
    """The lot of these tests, with other members."""
    return Lot(**{"id": LOT, "draws": {}, "alpha": ALPHA, **given})


def run_checklist(*bids: OpenedBid, **given: Any) -> Report:
    return run(checklist(), *bids, **{"draws": DRAWS, "ceiling": CEILING, **given})


def marks(report: Report, criterion: str) -> list[str]:
    """The results of a criterion, in the order of bid keys, of the bids that have one."""
    return [
        certificate["result"]
        for sheet in report.sheets.values()
        for certificate in sheet["certificates"]
        if certificate["criterion"] == criterion
    ]


def certificate(report: Report, key: str, criterion: str) -> dict[str, Any]:
    """The certificate of a criterion on a bid's sheet."""
    return next(dict(c) for c in report.sheets[key]["certificates"] if c["criterion"] == criterion)
