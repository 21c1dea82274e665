"""The templates are rule sets like any other."""

from __future__ import annotations

import pytest

from bidding.form import check_form
from evaluation.rules import check_rule_set
from evaluation.rules.templates import NAMES, load
from ledger.basics.canonical import canonical, parse
from ledger.basics.errors import Refusal


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_whole(name: str) -> None:
    rules, form = load(name)
    assert check_rule_set(rules, check_form(form)).id == name
    assert parse(canonical(rules)) == rules


def test_every_call_gives_its_own_copy() -> None:
    load("lowest-price")[0]["id"] = "changed"
    assert load("lowest-price")[0]["id"] == "lowest-price"


def test_an_unknown_template_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(Refusal) as caught:
        load("../secrets")
    assert caught.value.code == "rules.unknown_template"
    assert caught.value.params["known"] == "checklist-f4|lowest-price"
