"""Whatever is written into a template: the linter answers, soon, and each path leads to a field or where it belongs."""

from __future__ import annotations

import copy
import random
from typing import Any

from evaluation.rules import lint
from evaluation.rules.templates import NAMES, load
from tests.property.test_rules_schema import POOL, places
from tests.unit.evaluation import whole_rules

SEEDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    *(load(name) for name in NAMES),
    (whole_rules.rules(law="procurement", jurisdiction="CN"), whole_rules.form()),
]
NEAR = [value for value in POOL if isinstance(value, (str, int)) and not isinstance(value, bool)]
WORDS = ("2026-12-01", "-1", "0", "1000000000", "品牌", "本地", "local firms", "none", "works", "price")


def mutant(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    rules, form = copy.deepcopy(rng.choice(SEEDS))
    for _ in range(rng.randrange(1, 4)):
        container, key = rng.choice(places(rules if rng.random() < 0.7 else form))
        others = [other[at] for other, at in places(rules) if type(other[at]) is type(container[key])]
        taken = rng.random()
        if taken < 0.1 and isinstance(container, dict):
            del container[key]
        elif taken < 0.3 and isinstance(container[key], str):
            container[key] = rng.choice(WORDS)
        else:
            container[key] = copy.deepcopy(rng.choice(others) if others and taken < 0.8 else rng.choice(NEAR))
    return rules, form


def leads(document: object, path: str) -> bool:
    """Whether a pointer's last step but one is there: a missing member is named where it belongs."""
    found: Any = document
    for step in path.split("/")[1:-1]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        elif isinstance(found, dict) and name in found:
            found = found[name]
        else:
            return False
    return isinstance(found, (dict, list))


def test_the_linter_answers_to_anything() -> None:
    rng, codes = random.Random(20261203), set()
    for _ in range(6000):
        rules, form = mutant(rng)
        touch = rng.choice(("panel", "none"))
        for finding in lint(rules, rng.choice((form, form, None)), rng.choice((None, 100_000_000)), touch=touch):
            codes.add(finding.code)
            document = rules if finding.document == "rules" else form
            # What a missing member holds is missing with it.
            missing = finding.path.startswith(("/evaluated_price/", "/floor"))
            assert missing or leads(document, finding.path), (finding.code, finding.path)
    assert len({code for code in codes if code.startswith("lint.")}) > 20
