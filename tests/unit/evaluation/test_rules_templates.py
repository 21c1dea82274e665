"""The templates are rule sets like any other, with nothing wrong with them; their worked examples come out."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest

from bidding.form import check_form
from evaluation.rules import Lot, OpenedBid, Report, check_rule_set, evaluate, lint
from evaluation.rules.templates import CATALOGUE, NAMES, example, load
from ledger.basics.canonical import canonical, parse
from ledger.basics.errors import Refusal
from tests.unit.evaluation.rules_kit import ALPHA, LOT


def worked(name: str) -> tuple[Report, dict[str, Any]]:
    """A template's example, evaluated, and the example. The coin decides nothing in any of them."""
    given = cast(dict[str, Any], example(name))
    rules, form = load(name)
    checked = check_form(form)
    bids = [OpenedBid(one["bid"], {"offer": one["offer"]}, _files(one["offer"])) for one in given["bids"]]
    lot = Lot(
        LOT,
        given["draws"],
        ALPHA,
        ceiling=given["ceiling_fen"],
        experts=given["experts"],
        explanations=given["explanations"],
    )
    return evaluate(check_rule_set(rules, checked), checked, lot, bids), given


def _files(offer: dict[str, str]) -> dict[str, list[str]]:
    return {"offer": [answer for answer in offer.values() if answer.endswith(".pdf")]}


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_whole(name: str) -> None:
    rules, form = load(name)
    assert check_rule_set(rules, check_form(form)).id == name
    assert parse(canonical(rules)) == rules


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wrong_with_a_template(name: str) -> None:
    assert lint(*load(name), cast(int, example(name)["ceiling_fen"])) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_worked_example_comes_out(name: str) -> None:
    report, given = worked(name)
    wanted = given["expected"]
    results = {
        bid: {one["criterion"]: one["result"] for one in sheet["certificates"]} for bid, sheet in report.sheets.items()
    }
    assert {bid: sheet["rank"] for bid, sheet in report.sheets.items() if "rank" in sheet} == wanted["ranks"]
    found = {bid: {name: results[bid].get(name) for name in marks} for bid, marks in wanted["marks"].items()}
    assert found == wanted["marks"]
    reasons = {
        bid: sorted(one["reason"]["code"] for one in sheet["certificates"] if "reason" in one)
        for bid, sheet in report.sheets.items()
        if sheet["state"] == "rejected"
    }
    assert reasons == wanted["rejected"]
    assert [bid for bid, sheet in report.sheets.items() if sheet["state"] == "same_brand"] == wanted["set_aside"]
    if "benchmark" in wanted:
        assert cast(dict[str, Any], report.summary["benchmark"])["result"] == wanted["benchmark"]
    costs = wanted.get("evaluated_price", {})
    assert {bid: results[bid]["evaluated_price"] for bid in costs} == costs


@pytest.mark.parametrize("name", NAMES)
def test_an_example_works_out_every_mark(name: str) -> None:
    """No bid that is ranked and no criterion of its rule set is left to the engine's word."""
    given, rules = cast(dict[str, Any], example(name)), cast(dict[str, Any], load(name)[0])
    wanted = given["expected"]
    assert {one["bid"] for one in given["bids"]} == wanted["ranks"].keys() | wanted["rejected"].keys() | set(
        wanted["set_aside"]
    )
    scored = {one["id"] for one in rules["criteria"] if one["kind"] != "veto"}
    for marks in wanted["marks"].values():
        assert marks.keys() >= scored | ({"price", "total"} if "price" in rules else set())
    assert wanted["marks"].keys() == (wanted["ranks"].keys() | set(wanted["set_aside"]) if "price" in rules else set())
    assert re.search(r"[\u4e00-\u9fff]", given["how"]["zh"])
    assert not re.search(r"[\u4e00-\u9fff]", given["how"]["en"])


def test_the_catalogue_has_every_category() -> None:
    kinds = {entry.kind for entry in CATALOGUE}
    assert kinds == {
        "works", "highways", "small_works", "goods", "services", "procurement_goods", "procurement_services",
        "consulting",
    }  # fmt: skip
    assert len({entry.rule for entry in CATALOGUE if entry.kind == "works"}) >= 3
    assert all(entry.title[lang] and entry.summary[lang] for entry in CATALOGUE for lang in ("zh", "en"))


def test_every_call_gives_its_own_copy() -> None:
    load("lowest-price")[0]["id"] = "changed"
    assert load("lowest-price")[0]["id"] == "lowest-price"


def test_an_unknown_template_is_refused_and_the_known_ones_are_named() -> None:
    for read in (load, example):
        with pytest.raises(Refusal) as caught:
            read("../secrets")
        assert caught.value.code == "rules.unknown_template"
        assert caught.value.params["known"] == "|".join(NAMES)
