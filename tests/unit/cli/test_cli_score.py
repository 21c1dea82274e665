"""`mingjing score`: the examples of docs/formats/score-inputs.md, its exit statuses, and every fault told at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from bidding.form import Form, check_form
from evaluation.inputs.bids import read_bids
from evaluation.inputs.derive import derive_form
from evaluation.inputs.documents import read_document
from evaluation.inputs.draws import read_draws
from evaluation.inputs.marks import read_marks
from evaluation.inputs.table import Faults
from evaluation.rules import RuleSet, check_rule_set
from evaluation.rules.document import read
from ledger.basics.canonical import parse
from tests.support.tree import ROOT
from web.cli.main import main

EXAMPLES: Final = ROOT / "docs/formats/examples"
RULES: Final = EXAMPLES / "services.yaml"
DRAWN: Final = ("--draws", EXAMPLES / "draws.json")
WIDE: Final = ("--experts", EXAMPLES / "marks-wide.csv")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["--lang", "en", "score", *map(str, arguments)])


def faults(*arguments: str | Path) -> list[tuple[str, int, str, str]]:
    """(file, row, column, code) of every fault, from the run's JSON."""
    result = run(*arguments, "--json")
    assert result.exit_code == 2, result.output
    return [(one["file"], one["row"], one["column"], one["code"]) for one in json.loads(result.stdout)["faults"]]


@pytest.mark.parametrize("bids", ["bids.csv", "bids.json", "bids.xlsx"])
@pytest.mark.parametrize("marks", ["marks-wide.csv", "marks-long.csv"])
def test_every_spelling_of_the_examples_gives_the_same_bytes(bids: str, marks: str) -> None:
    made = run(RULES, EXAMPLES / bids, "--experts", EXAMPLES / marks, *DRAWN, "--json")
    assert made.exit_code == 0, made.output
    assert made.stdout == run(RULES, EXAMPLES / "bids.csv", *WIDE, *DRAWN, "--json").stdout
    document: Any = parse(made.stdout.rstrip("\n").encode(), 64 << 20)
    totals = {
        lot["lot"]: {row["bid"]: row["total"] for row in lot["report"]["bids"] if "total" in row}
        for lot in document["lots"]
    }
    # gamma: 20 for time, (44 + 45 + 45.5) / 3 = 44.83, δ = -2.37 %: 30 - 0.5 · 2.37 = 28.82
    assert totals["north"] == {"alpha": "88.44", "beta": "77.35", "gamma": "93.65"}
    assert totals["south"] == {"alpha": "90.67", "beta": "88.65"}
    assert document["form_document"]["id"] == "services"


def test_people_get_a_ranking_and_on_demand_why() -> None:
    shown = run(RULES, EXAMPLES / "bids.csv", *WIDE, *DRAWN, "--certificates")
    assert shown.exit_code == 0
    assert "Candidates: gamma, alpha, beta" in shown.stdout
    prices = [line for line in shown.stdout.splitlines() if line.strip().startswith("3 · Price:")]
    assert any(all(number in line for number in ("905000.00", "927009", "2.37")) for line in prices), prices
    chinese = run(RULES, EXAMPLES / "bids.csv", *WIDE, *DRAWN, "--lang", "zh")
    assert "中标候选人：gamma、alpha、beta" in chinese.stdout
    assert "Service plan" not in chinese.stdout


def test_a_template_goes_by_its_name_and_a_tie_without_a_coin_stays(tmp_path: Path) -> None:
    bids = tmp_path / "bids.csv"
    bids.write_text("bid,price\na,5\nb,5\n", "utf-8")
    shown = run("lowest-price", bids)
    assert shown.exit_code == 0, shown.output
    assert "Only a draw parts a, b" in shown.stdout
    alpha = tmp_path / "draws.csv"
    alpha.write_text(f"name,value\nalpha,{'01' * 32}\n", "utf-8")
    assert "Only a draw" not in run("lowest-price", bids, "--draws", alpha).stdout


def test_a_failed_lot_is_told_by_the_exit_status(tmp_path: Path) -> None:
    bids = tmp_path / "bids.csv"
    bids.write_text("bid,ceiling,price\na,5,6\n", "utf-8")
    failed = run("lowest-price", bids)
    assert failed.exit_code == 1
    assert "This lot failed" in failed.stdout


def test_every_fault_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    bids, marks, draws = tmp_path / "bids.csv", tmp_path / "marks.csv", tmp_path / "draws.json"
    bids.write_text(
        "lot,bid,ceiling,price,licence,minutes\n"
        "n,a,100,=9+9,yes,20\n"
        "n,a,100,90,yes,20\n"
        "n,b,101,9e1,maybe,\n"
        "N 1,c,100,90,yes,20\n"
        "n,,100,90,yes,20\n"
        "n,d,1e2,90,yes,20\n",
        "utf-8",
    )
    marks.write_text("lot,criterion,bid,e1,e2\nn,plan,a,51,49.3\nm,plan,a,1,2\nn,what,a,1,2\nn,plan,z,1,2\n", "utf-8")
    draws.write_text('{"n": {"c_high": "9", "c_what": "1", "alpha": "00"}, "m": {"c_mid": "1"}}', "utf-8")
    assert faults(RULES, bids, "--experts", marks, "--draws", draws) == [
        ("bids.csv", 2, "D", "score.formula"),
        ("bids.csv", 3, "B", "score.bid_doubled"),
        ("bids.csv", 4, "C", "score.limit_differs"),
        ("bids.csv", 4, "D", "form.not_money"),
        ("bids.csv", 4, "E", "form.not_a_choice"),
        ("bids.csv", 4, "F", "form.missing"),
        ("bids.csv", 5, "A", "score.id"),
        ("bids.csv", 6, "B", "score.cell_missing"),
        ("bids.csv", 7, "C", "money.malformed"),
        ("marks.csv", 2, "D", "rules.expert_mark"),
        ("marks.csv", 2, "E", "rules.expert_mark"),
        ("marks.csv", 3, "A", "score.lot_unknown"),
        ("marks.csv", 4, "B", "score.criterion_unknown"),
        ("marks.csv", 5, "C", "score.bid_unknown"),
        ("draws.json", 0, "n/c_high", "rules.draw_not_listed"),
        ("draws.json", 0, "n/c_what", "rules.unknown_draw"),
        ("draws.json", 0, "n/alpha", "canonical.bad_hex"),
        ("draws.json", 0, "m/c_mid", "score.lot_unknown"),
    ]
    said = run(RULES, bids)
    assert said.exit_code == 2
    assert "bids.csv, row 2, column D: The cell is a formula (=9+9)" in said.stderr
    assert said.stdout == ""


def test_what_only_the_engine_sees_is_told_for_every_lot() -> None:
    found = run(RULES, EXAMPLES / "bids.csv", *WIDE, "--json")
    assert found.exit_code == 2
    told = [(one["sheet"], one["code"]) for one in json.loads(found.stdout)["faults"]]
    assert told == [("lot=north", "rules.draw_missing"), ("lot=south", "rules.draw_missing")]


def test_as_opened_a_faulty_answer_rejects_its_bid(tmp_path: Path) -> None:
    bids = tmp_path / "bids.csv"
    bids.write_text("bid,price\na,1e9\nb,5\n", "utf-8")
    assert faults("lowest-price", bids) == [("bids.csv", 2, "B", "form.not_money")]
    opened = json.loads(run("lowest-price", bids, "--as-opened", "--json").stdout)
    assert {row["bid"]: row["state"] for row in opened["lots"][0]["report"]["bids"]} == {"a": "rejected", "b": "ranked"}


def test_a_form_beside_the_rule_set_is_taken(tmp_path: Path) -> None:
    rules, bids = tmp_path / "mine.yaml", tmp_path / "bids.csv"
    rules.write_bytes(RULES.read_bytes())
    bids.write_bytes((EXAMPLES / "bids.csv").read_bytes())
    (tmp_path / "mine.form.json").write_text('{"v": 1, "id": "other", "version": 1, "parts": {"offer": []}}', "utf-8")
    told = [code for *_, code in faults(rules, bids)]
    assert told == ["rules.other_form", *["rules.unknown_question"] * 3]


def test_a_rule_set_that_is_none_is_a_fault_and_a_file_that_is_not_there_wrong_use(tmp_path: Path) -> None:
    rules = tmp_path / "r.json"
    rules.write_text("{}", "utf-8")
    assert [code for *_, code in faults(rules, EXAMPLES / "bids.csv")] == ["shape.missing"]
    assert [code for *_, code in faults("no-template", EXAMPLES / "bids.csv")] == ["rules.unknown_template"]
    assert run(RULES, tmp_path / "none.csv").exit_code == 2


def test_everything_wrong_with_a_rule_set_is_told_at_once(tmp_path: Path) -> None:
    made: Any = read_document(RULES.read_bytes())
    made["criteria"][1]["bands"][1]["from"] = "40"
    made["criteria"][2]["step"] = "0.3"
    made["price"]["params"]["c_mid"] = "c_other"
    made["ranking"]["ties"] = ["draw", "lower_price"]
    rules = tmp_path / "r.json"
    rules.write_text(json.dumps(made), "utf-8")
    told = json.loads(run(rules, EXAMPLES / "bids.csv", "--json").stdout)["faults"]
    assert [(one["sheet"], one["code"]) for one in told] == [
        ("/price/params/c_mid", "rules.unknown_draw"),
        ("/draws/1", "rules.unused_draw"),
        ("/criteria/1/bands", "rules.bands_gap"),
        ("/criteria/2/step", "rules.step_misses"),
        ("/ranking/ties/1", "rules.tie_never_reached"),
    ]
    assert "r.json, /criteria/2/step: " in run(rules, EXAMPLES / "bids.csv").stderr


def what_if(*changes: str, more: tuple[str | Path, ...] = ()) -> Result:
    asked = [word for change in changes for word in ("--what-if", change)]
    return run(RULES, EXAMPLES / "bids.csv", *WIDE, *DRAWN, *asked, *more)


def test_what_if_shows_what_moves_and_leaves_the_result_as_it_is() -> None:
    plain = json.loads(what_if(more=("--json",)).stdout)
    found = json.loads(what_if("north/alpha=price:900000.00", "north/beta=licence:no", more=("--json",)).stdout)
    (moved,) = found.pop("what_if")
    assert found == plain
    assert (moved["lot"], moved["changed"]["beta"]) == ("north", {"licence": "no"})
    # two prices are left of three: their mean 902,500, less 0.5 per cent, in whole yuan
    assert moved["marks"][0] == {"bid": "", "criterion": "benchmark", "before": "927009", "after": "897988"}
    assert {"bid": "beta", "criterion": "licensed", "before": "passed", "after": "rejected"} in moved["marks"]
    assert moved["ranks"] == [{"bid": "beta", "criterion": "rank", "before": "3", "after": "rejected"}]
    assert moved["report_sha256"] not in {lot["report_sha256"] for lot in plain["lots"]}


def test_what_if_is_what_another_table_gives(tmp_path: Path) -> None:
    (moved,) = json.loads(what_if("south/alpha=minutes:45", more=("--json",)).stdout)["what_if"]
    rows: Any = json.loads((EXAMPLES / "bids.json").read_text("utf-8"))
    for row in rows:
        if (row["lot"], row["bid"]) == ("south", "alpha"):
            row["minutes"] = "45"
    (tmp_path / "bids.json").write_text(json.dumps(rows), "utf-8")
    other = json.loads(run(RULES, tmp_path / "bids.json", *WIDE, *DRAWN, "--json").stdout)
    assert moved["report_sha256"] == {lot["lot"]: lot["report_sha256"] for lot in other["lots"]}["south"]


@pytest.mark.parametrize(
    ("lang", "said"), [("en", ("What if, lot north", "passed")), ("zh", ("假设分析，标段north", "通过"))]
)
def test_what_if_in_words(lang: str, said: tuple[str, ...]) -> None:
    shown = what_if("north/beta=licence:no", more=("--lang", lang))
    assert shown.exit_code == 0
    assert all(one in shown.stdout for one in said)
    nothing = what_if("north/beta=licence:yes", more=("--lang", lang))
    assert ("Nothing moves" if lang == "en" else "没有变动") in nothing.stdout


def test_what_cannot_be_tried_is_told_at_once() -> None:
    asked = ("alpha=price:1", "beta", "north/q=price:1", "north/beta=wat:1", "north/beta=price:1e9")
    twice = ("north/alpha=minutes:5", "north/alpha=minutes:6")
    told = json.loads(what_if(*asked, *twice, more=("--json",)).stdout)["faults"]
    assert [one["code"] for one in told] == [
        "score.what_if_lot",
        "score.what_if",
        "rules.what_if_bid",
        "score.what_if_question",
        "form.not_money",
        "score.what_if_doubled",
    ]
    opened = json.loads(what_if("north/beta=price:1e9", more=("--json", "--as-opened")).stdout)["what_if"]
    assert opened[0]["ranks"][-1] == {"bid": "beta", "criterion": "rank", "before": "3", "after": "rejected"}


def test_a_fault_moves_no_cursor(tmp_path: Path) -> None:
    bids = tmp_path / "bids.csv"
    bids.write_text("bid,price,\x1b[2J\na,5,x\n", "utf-8")
    assert "\x1b" not in run("lowest-price", bids).stderr


def _services() -> tuple[RuleSet, Form]:
    document = read_document(RULES.read_bytes())
    form = check_form(derive_form(read(document)))
    return check_rule_set(document, form), form


SERVICES: Final = _services()
CELLS: Final = st.sampled_from(
    [
        *("lot", "bid", "price", "criterion", "plan", "a", "1", "1e9", "=1", "yes", "", "alpha", "name", "value"),
        '"',
        "{",
    ]
) | st.text(max_size=5)
SHEETS: Final = st.one_of(
    st.lists(st.lists(CELLS, max_size=6), max_size=5).map(
        lambda rows: "\n".join(",".join(row) for row in rows).encode()
    ),
    st.recursive(CELLS | st.none() | st.floats(), lambda one: st.lists(one) | st.dictionaries(CELLS, one)).map(
        lambda value: json.dumps(value).encode()
    ),
    st.binary(max_size=60),
    st.binary(max_size=60).map(lambda tail: b"PK\x03\x04" + tail),
)


@given(SHEETS)
def test_any_bytes_are_a_table_or_faults(data: bytes) -> None:
    rules, form = SERVICES
    found = Faults()
    lots = read_bids(data, "f", rules, form, found)
    marks = read_marks(data, "f", rules, {"1": {"a"}}, found)
    drawn = read_draws(data, "f", rules, {"1"}, found)
    assert lots or marks or drawn or found.found
