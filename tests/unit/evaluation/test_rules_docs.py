"""The examples on the format pages are what the code makes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from bidding.form import check_form
from evaluation.rules.exact import MODES
from evaluation.rules.price import RULES
from evaluation.rules.relations import RESERVED
from ledger.basics.canonical import canonical
from tests.unit.evaluation.rules_kit import bid, certificate, run_checklist
from tests.unit.evaluation.test_rules_render_all import PARAMS

PAGES = Path(__file__).parents[3] / "docs" / "formats"


def example(page: str) -> Any:
    found = re.findall(r"```json\n(.*?)\n```", (PAGES / page).read_text("utf-8"), re.DOTALL)
    value = json.loads(found[-1])
    assert canonical(value) == found[-1].encode()
    return value


def test_the_certificate_on_its_page_is_the_one_we_make() -> None:
    report = run_checklist(bid("a1", "9570000"), bid("b2", "9500000"))
    assert certificate(report, "a1", "price") == example("certificate.md")


def test_the_form_on_its_page_is_one() -> None:
    assert check_form(example("form.md")).id == "lowest-price"


def test_every_code_of_the_linter_stands_on_its_page() -> None:
    page = (PAGES / "lint.md").read_text("utf-8")
    words = json.loads((Path(__file__).parents[3] / "web/words/rules.json").read_text("utf-8"))
    assert [code for code in words if code.startswith("lint.") and f"`{code}`" not in page] == []


def test_every_problem_of_an_answer_stands_on_its_page() -> None:
    page = (PAGES / "form.md").read_text("utf-8")
    words = json.loads((Path(__file__).parents[3] / "web/words/rules.json").read_text("utf-8"))
    unsaid = [code for code in words if code.startswith("form.") and f"`{code}`" not in page]
    assert unsaid == ["form.unknown_part"]  # a caller's mistake, not an answer's


def test_every_member_of_a_rule_set_stands_on_its_page() -> None:
    page = (PAGES / "rule-set.md").read_text("utf-8")
    schema = json.loads((PAGES / "rule-set.schema.json").read_text("utf-8"))
    assert [name for name in schema["properties"] if f"`{name}`" not in page] == []
    assert [mode for mode in MODES if f"`{mode}`" not in page] == []
    for kind in ("veto", "choice", "bands", "line", "count", "expert"):
        assert f"| `{kind}` |" in page


def test_every_price_rule_and_each_of_its_parameters_stands_on_its_page() -> None:
    page = (PAGES / "rule-set.md").read_text("utf-8")
    rows = {row.split("|")[1].strip(): row for row in page.splitlines() if re.match(r"\| F\d+ \|", row)}
    assert rows.keys() == RULES.keys()
    for rule, params in PARAMS.items():
        row = rows[rule] + (rows["F4"] if rule == "F5" else "") + (rows["F3"] if rule in ("F4", "F5") else "")
        assert [name for name in params if not re.search(rf"\b{name}\b", row)] == [], rule


def test_every_criterion_and_member_of_a_certificate_stands_on_its_page() -> None:
    page = (PAGES / "certificate.md").read_text("utf-8")
    wanted = RESERVED | {"abnormally_low", "floor_fen", "ceiling_fen", "explained", "set_aside"}
    assert [name for name in sorted(wanted) if f"`{name}" not in page] == []
    assert [name for name in RULES if not re.search(rf"\b{name}\b", page)] == []
