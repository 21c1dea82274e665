"""A contest without a price: every tool gives a result, or says clearly why it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bidding.form import check_form
from evaluation.inputs.derive import derive_form
from evaluation.rules import check_rule_set, lint
from evaluation.rules.document import read
from evaluation.simulate.study import Asked, study
from ledger.basics.errors import Refusal
from tests.unit.evaluation.rules_kit import HALF_UP_2, lowest
from tests.unit.evaluation.whole_rules import expert, text
from web.cli.main import main

PANEL = {"drop": 0, "from": 5, "least": 5, "experts": "same", "mean": HALF_UP_2, "outlier": "25"}
CRITERIA: list[dict[str, Any]] = [
    {"id": "licensed", "kind": "veto", "clause": "2", "title": text("l"), "question": "licence", "allow": ["yes"]},
    {
        "id": "grade", "kind": "choice", "clause": "3", "title": text("g"), "question": "grade",
        "points": {"a": "10", "b": "5"},
    },
]  # fmt: skip


def contest(**changes: Any) -> dict[str, Any]:
    made, _ = lowest(**{
        "price_question": None, "law": "none", "ceiling": None, "criteria": CRITERIA,
        "ranking": {"order": "marks", "ties": ["draw"]}, "jurisdiction": "INT", **changes,
    })  # fmt: skip
    return made


def form_of(made: dict[str, Any]) -> Any:
    return derive_form(read(made))


@pytest.mark.parametrize("touch", ["panel", "none"])
@pytest.mark.parametrize("ceiling", [None, 100])
def test_the_linter_needs_neither_form_nor_price(touch: str, ceiling: int | None) -> None:
    made = contest()
    assert lint(made, None, ceiling, touch=touch) == []
    assert lint(made, form_of(made), ceiling, touch=touch) == []


def test_under_a_law_the_linter_says_that_there_must_be_a_price_and_nothing_about_marking_it() -> None:
    plan = {name: value for name, value in expert("plan", "90").items() if name != "stage"}
    made = contest(law="procurement", jurisdiction="CN", criteria=[*CRITERIA, plan], panel=PANEL)
    for form in (None, form_of(made)):
        found = {one.code for one in lint(made, form) if one.level == "error"}
        assert "rules.priceless_law" in found
        assert "lint.price_marked_twice" not in found


def test_there_is_nothing_to_simulate() -> None:
    made = contest()
    form = check_form(form_of(made))
    with pytest.raises(Refusal) as caught:
        study(check_rule_set(made, form), form, Asked(bidders=5, trials=100))
    assert caught.value.code == "simulate.no_price"


BIDS = {
    "bid,grade,licence\na,b,yes\nb,a,yes\nc,a,no\n": (0, ""),
    "bid,ceiling,grade,licence\na,100,b,yes\nb,100,a,yes\n": (0, ""),
    "bid,floor,grade,licence\na,100,b,yes\nb,100,a,yes\n": (2, "rules.other_floor"),
    "bid,explained,grade,licence\na,yes,b,yes\nb,,a,yes\n": (2, "rules.explained_unflagged"),
    "bid,price,grade,licence\na,1,b,yes\nb,2,a,yes\n": (2, "score.column_unknown"),
    "bid,grade,licence\na,b,no\n": (1, "rules.too_few"),
}


@pytest.mark.parametrize(("table", "wanted"), BIDS.items())
def test_the_command_ranks_by_marks_or_says_what_is_wrong(tmp_path: Path, table: str, wanted: tuple[int, str]) -> None:
    (tmp_path / "r.json").write_text(json.dumps(contest()), "utf-8")
    (tmp_path / "b.csv").write_text(table, "utf-8")
    done = command("score", tmp_path / "r.json", tmp_path / "b.csv", "--certificates", "--json")
    assert (done.exit_code, wanted[1] in done.stdout) == (wanted[0], True)
    if not wanted[0]:
        ranks = {row["bid"]: row.get("rank") for row in json.loads(done.stdout)["lots"][0]["report"]["bids"]}
        assert (ranks["b"], ranks["a"]) == (1, 2)


def test_the_other_commands_do_not_stumble(tmp_path: Path) -> None:
    rules = tmp_path / "r.json"
    rules.write_text(json.dumps(contest()), "utf-8")
    assert command("lint", rules).exit_code == 0
    (tmp_path / "r.form.json").write_text(json.dumps(form_of(contest())), "utf-8")
    assert command("lint", rules, "--ceiling", "1", "--touch", "none").exit_code == 0
    simulated = command("simulate", rules)
    assert (simulated.exit_code, "[simulate.no_price]" in simulated.output) == (1, True)


def command(*arguments: object) -> Result:
    done = CliRunner().invoke(main, ["--lang", "en", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done
