"""Our own checker and the published JSON Schema accept and refuse the same rule sets."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from evaluation.rules.price.f11 import VARIANTS
from evaluation.rules.schema import check_shape
from ledger.basics.errors import Refusal
from tests.unit.evaluation import whole_rules
from tests.unit.evaluation.rules_kit import F1_PRICE, F3_PRICE, HALF_UP_2, checklist, lowest, priced

SCHEMA: Final = json.loads((Path(__file__).parents[2] / "docs/formats/rule-set.schema.json").read_text("utf-8"))
VALIDATOR: Final = jsonschema.Draft202012Validator(SCHEMA)
RANGE: Final = {
    "id": "r", "kind": "veto", "clause": "1", "title": {"zh": "否", "en": "veto"}, "question": "q",
    "min": "2026-01-01", "max": "-5.5",
}  # fmt: skip
PARAMS: Final[dict[str, dict[str, Any]]] = {
    "F5": {"many": 15, **checklist()[0]["price"]["params"]},
    "F6": {**dict.fromkeys(("delta", "k"), "d"), **dict.fromkeys(("mean_share", "limit_share", "below"), "1"),
           **dict.fromkeys("abc", "1"), **F3_PRICE["params"]},
    "F7": {**dict.fromkeys(("q1", "k1", "k2"), "d"), "trim": "20", **F3_PRICE["params"]},
    "F8": {**dict.fromkeys(("a", "b", "c", "e", "f", "c1", "r"), "d"), "base": HALF_UP_2, "mark": HALF_UP_2,
           **dict.fromkeys(("drop", "trim_low", "trim_high"), "10")},
    "F9": {**dict.fromkeys(("limit", "mu", "free", "up", "down", "floor"), "1"), "base": HALF_UP_2, "mark": HALF_UP_2},
    "F10": {"floor": "0", "base": HALF_UP_2, "mark": HALF_UP_2},
    "F11": {"variant": VARIANTS[0], **F3_PRICE["params"]},
    "F15": {"score": HALF_UP_2, "mark": HALF_UP_2},
}  # fmt: skip
WHOLE: Final = [
    whole_rules.rules(floor={"clause": "1", "fen": 5}),
    whole_rules.rules(
        evaluated_price={
            "clause": "1",
            "features": [
                {"id": "f", "clause": "2", "title": {"zh": "特", "en": "f"}, "question": "q", "points": {"x": "1.5"}}
            ],
        }
    ),
    *(priced({**F1_PRICE, "rule": rule, "params": params})[0] for rule, params in PARAMS.items()),
]
SEEDS: Final[list[dict[str, Any]]] = [
    checklist(ceiling=1)[0],
    lowest(criteria=[RANGE])[0],
    priced(F1_PRICE, min_valid=3)[0],
    priced(F3_PRICE)[0],
    *WHOLE,
]
POOL: Final[list[Any]] = [
    None, True, False, 0, 1, -1, 2, 7, 20, 21, 100, 101, 1_000_001, 2**53 - 1, 2**53, "", "0", "-0", "00", "1", "01",
    "1.", ".5", "-1.5", "1.50", "1e9", "NaN", "１", "1\n", " 1", "9" * 15, "9" * 16, "0." + "1" * 10, "0." + "1" * 11,
    "2026-01-01", "2026-01-01\n", "2026-1-1", "id", "Id", "a" * 64, "a" * 65, "a\n", "mark:time", "mark:", "draw",
    "lower_price", "half_up", "half_even", "F1", "F3", "F4", "F5", "veto", "choice", "bands", "line", "count",
    "expert", "INT", "CN", "same", "words", "items", "share", "each",
    "marks", "lowest_price", "works", "x" * 100, "x" * 101, "字" * 200, "字" * 201, [], {}, ["1"], [None], {"a": "1"},
    {"A": "1"}, {"mode": "down", "places": 6}, {"mode": "down", "places": 7}, {"zh": "x", "en": "y"}, {"zh": "x"},
]  # fmt: skip


def ours(document: object) -> bool:
    refused: Refusal | None = None
    try:
        check_shape(document)
    except Refusal as refusal:
        refused = refusal
    assert refused is None or (refused.code.startswith("shape.") and str(refused.params["path"]).isprintable())
    return refused is None


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a document."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    found = [(value, key) for key in keys]
    for key in keys:
        found.extend(places(value[key]))
    return found


def mutate(document: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    mutant = copy.deepcopy(document)
    for _ in range(rng.choice((1, 1, 1, 2))):
        container, key = rng.choice(places(mutant))
        match rng.randrange(5):
            case 0:
                del container[key]
            case 1 if isinstance(container, dict):
                container[rng.choice(("note", "id", "min", "allow", "from", "points", "V", "a b"))] = rng.choice(POOL)
            case 2 if isinstance(container, list):
                container.extend([copy.deepcopy(container[key])] * rng.choice((1, 100)))
            case 3:
                other, at = rng.choice(places(document))
                container[key] = copy.deepcopy(other[at])
            case _:
                container[key] = copy.deepcopy(rng.choice(POOL))
    return mutant


@pytest.mark.parametrize("document", SEEDS, ids=lambda document: str(document["id"]))
def test_the_seeds_pass_both(document: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(document)
    assert ours(document)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_both_agree_on_four_thousand_changed_documents() -> None:
    rng = random.Random(20261201)
    passed = 0
    for number in range(4000):
        mutant = mutate(SEEDS[number % len(SEEDS)], rng)
        verdict = ours(mutant)
        assert verdict == VALIDATOR.is_valid(mutant), json.dumps(mutant, ensure_ascii=False)
        passed += verdict
    assert 200 < passed < 3000  # the changes are neither all harmless nor all fatal
