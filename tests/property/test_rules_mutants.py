"""Whatever a rule set says: the linter answers with findings, and what it lets through can be applied."""

from __future__ import annotations

import copy
import random
from typing import Any

from bidding.form import check_form
from evaluation.rules import Lot, OpenedBid, check_rule_set, evaluate, lint, render
from ledger.basics.errors import Refusal
from tests.property.test_rules_schema import POOL, places
from tests.unit.evaluation.rules_kit import ALPHA, CEILING, F3_PRICE, bid, checklist, lowest, priced

SEEDS = [checklist(), checklist(law="procurement", min_valid=3), lowest(), priced({**F3_PRICE, "weight": "100"})]
# What makes well-shaped nonsense: values that are right somewhere else.
NEAR = [value for value in POOL if isinstance(value, (str, int)) and not isinstance(value, bool)]
PRICES = ("0.01", "9000000", "9500000.55", "10000000", "10000000.01")


def mutant(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    rules, form = copy.deepcopy(rng.choice(SEEDS))
    for _ in range(rng.randrange(1, 4)):
        container, key = rng.choice(places(rules if rng.random() < 0.8 else form))
        others = [other[at] for other, at in places(rules) if type(other[at]) is type(container[key])]
        container[key] = copy.deepcopy(rng.choice(others) if others and rng.random() < 0.7 else rng.choice(NEAR))
    return rules, form


def bids(form: dict[str, Any]) -> list[OpenedBid]:
    if form["id"] == "lowest-price":
        return [OpenedBid(f"b{n}", {"offer": {"price": price}}) for n, price in enumerate(PRICES)]
    return [bid(f"b{n}", price) for n, price in enumerate(PRICES)]


def test_the_linter_never_stumbles_and_what_passes_can_be_applied() -> None:
    rng = random.Random(20261202)
    applied = 0
    for _ in range(3000):
        rules, form_document = mutant(rng)
        clean = not [finding for finding in lint(rules, form_document, CEILING) if finding.level == "error"]
        try:
            form = check_form(form_document)
            checked = check_rule_set(rules, form)
        except Refusal:
            assert not clean
            continue
        if not clean:
            continue
        applied += 1
        draws = {name: values[-1] for name, values in checked.draws.items()}
        report = evaluate(checked, form, Lot("lot", draws, ALPHA, CEILING), bids(form_document))
        for sheet in report.sheets.values():
            for certificate in sheet["certificates"]:
                assert render(certificate, "zh")
                assert render(certificate, "en")
    assert applied > 100
