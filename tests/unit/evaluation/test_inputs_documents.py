"""Rule sets in YAML, forms that follow from rule sets, and rule sets without a price."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from bidding.form import check_form
from evaluation.inputs.derive import derive_form
from evaluation.inputs.documents import read_document
from evaluation.rules import Lot, OpenedBid, check_rule_set, evaluate
from evaluation.rules.document import read
from evaluation.rules.templates import load
from ledger.basics.errors import Refusal
from tests.support.tree import ROOT
from tests.unit.evaluation import whole_rules
from tests.unit.evaluation.rules_kit import ALPHA, lowest

EXAMPLES = ROOT / "docs/formats/examples"


def refused(data: bytes) -> str:
    with pytest.raises(Refusal) as why:
        read_document(data)
    return why.value.code


def test_yaml_and_json_are_one_document() -> None:
    plain = b"a: 1\nb: '1'\nc: 1.50\nd: [yes, true, 2026-01-31, -3, 007]\ne: {f: \"null\"}\n"
    found = read_document(plain)
    assert found == {
        "a": 1,
        "b": "1",
        "c": "1.50",
        "d": ["yes", True, "2026-01-31", -3, "007"],
        "e": {"f": "null"},
    }
    assert read_document(json.dumps(found, indent=2).encode()) == found


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"a: &x 1\nb: *x\n", "score.yaml_anchor"),
        (b"a: !!python/object/apply:os.system [ls]\n", "score.yaml_tag"),
        (b"a: !!str 1\n", "score.yaml_tag"),
        (b"a: 1\na: 2\n", "score.yaml_key"),
        (b"[1, 2]: 3\n", "canonical.not_json"),
        (b"? [1, 2]\n: 3\n", "score.yaml_key"),
        (b"a:\n", "score.yaml_null"),
        (b"", "score.yaml_null"),
        (b"a: ~\n", "score.yaml_null"),
        (b"a: [1\n", "score.yaml"),
        (b"a: 1\n---\nb: 2\n", "score.yaml"),
        (b"a: \x01\n", "score.yaml"),
        (b"- " * 40 + b"1", "canonical.too_deep"),
        (b'{"a": 1.5}', "canonical.bad_type"),
        (b'{"a": 1, "a": 2}', "canonical.doubled_member"),
        (b"{" * 100_000, "canonical.not_json"),
        (b"a" * ((1 << 20) + 1), "canonical.too_long"),
        (b"\xff\xff", "score.encoding"),
    ],
)
def test_what_has_no_plain_meaning_is_refused(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_a_missing_yaml_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert refused(b"a: 1\n") == "score.needs_library"
    assert read_document(b'{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.yaml")))
def test_every_example_rule_set_fits_the_form_that_follows_from_it(name: str) -> None:
    document = read_document((EXAMPLES / name).read_bytes())
    check_rule_set(document, check_form(derive_form(read(document))))


def test_a_rule_set_with_every_member_has_its_form() -> None:
    document = whole_rules.rules()
    form = check_form(derive_form(read(document)))
    rules = check_rule_set(document, form)
    kinds = {question.id: question.kind for question in form.parts["offer"]}
    money, yes_no = dict.fromkeys(("price", "part-a", "part-b"), "money"), {"iso": "boolean", "size": "choice"}
    assert kinds == money | yes_no | {"words": "text", "brand": "text", "days": "decimal"}
    assert rules.price_question == "price"


@pytest.mark.parametrize(
    "criteria",
    [
        [("veto", {"allow": ["first", "second"]})],
        [("choice", {"points": {"a": "1", "b": "2"}}), ("choice", {"points": {"a": "1", "c": "2"}})],
        [("count", {"each": "1", "cap": "2"}), ("bands", {"bands": [{"points": "1"}]})],
    ],
)
def test_a_question_with_two_readings_has_no_form(criteria: list[tuple[str, dict[str, Any]]]) -> None:
    title = {"zh": "问", "en": "q"}
    made = [
        {"id": f"c{number}", "kind": kind, "clause": "1", "title": title, "question": "q", **body}
        for number, (kind, body) in enumerate(criteria)
    ]
    with pytest.raises(Refusal, match="form_not_derived"):
        derive_form(read(lowest(criteria=made)[0]))


def test_a_negative_edge_lets_answers_be_negative() -> None:
    veto = {"id": "v", "kind": "veto", "clause": "1", "title": {"zh": "问", "en": "q"}, "question": "q", "min": "-5"}
    band = {**veto, "id": "w", "min": "3"}
    form = check_form(derive_form(read(lowest(criteria=[band, veto])[0])))
    question = form.question("q")
    assert question is not None
    assert question.low == -999999999999999


def priceless(**changed: Any) -> dict[str, Any]:
    document: Any = read_document((EXAMPLES / "judging-1.0.yaml").read_bytes())
    return {**document, **changed}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"law": "procurement"}, "rules.priceless_law"),
        ({"ranking": {"order": "lowest_price", "ties": []}}, "rules.priceless_order"),
        ({"ceiling": 5}, "rules.priceless_member"),
        ({"floor": {"clause": "1"}}, "rules.priceless_member"),
        ({"ranking": {"order": "marks", "ties": ["lower_price"]}}, "rules.priceless_member"),
        ({"abnormally_low": {"clause": "5", "minutes": 30, "mean": "50"}}, "rules.priceless_member"),
        ({"evaluated_price": {"clause": "5"}}, "rules.priceless_member"),
        ({"price": load("checklist-f4")[0]["price"]}, "rules.priceless_member"),
    ],
)
def test_a_rule_set_without_a_price_asks_nothing_of_one(changed: dict[str, Any], code: str) -> None:
    document = priceless(**changed)
    with pytest.raises(Refusal) as why:
        check_rule_set(document, check_form(derive_form(read(document))))
    assert why.value.code == code


def test_without_a_coin_a_tie_stays_and_says_so() -> None:
    document, form_document = lowest(ranking={"order": "lowest_price", "ties": ["draw"]})
    form = check_form(form_document)
    rules = check_rule_set(document, form)
    bids = [OpenedBid(key, {"offer": {"price": price}}) for key, price in (("a", "5"), ("b", "5"), ("c", "4"))]
    left = evaluate(rules, form, Lot("1", {}, None), bids)
    assert [(row["bid_key"], row["rank"]) for row in left.ranking] == [("c", 1), ("a", 2), ("b", 2)]
    assert left.summary["ties"] == [{"by": "draw", "bids": ["a", "b"], "values": {}}]
    assert "alpha" not in left.summary
    drawn = evaluate(rules, form, Lot("1", {}, ALPHA), bids)
    assert sorted(row["rank"] for row in drawn.ranking) == [1, 2, 3]
    assert drawn.summary["alpha"] == ALPHA.hex()
