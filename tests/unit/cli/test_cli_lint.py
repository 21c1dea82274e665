"""`mingjing lint` in both languages, as lines and as JSON, with the exit status that a script goes by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from evaluation.rules.templates import load
from tests.support.tree import ROOT
from web.cli.main import main


def run(*args: str) -> Result:
    return CliRunner().invoke(main, args)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    rules, form = load("lowest-price")
    (tmp_path / "form.json").write_text(json.dumps(form), "utf-8")
    (tmp_path / "rules.json").write_text(json.dumps(rules | {"candidates": 4}), "utf-8")
    return str(tmp_path / "rules.json")


def test_a_template_is_clean() -> None:
    found = run("--lang", "en", "lint", "lowest-price", "--ceiling", "1000000")
    assert (found.exit_code, found.output) == (0, "0 errors, 0 warnings.\n")


def test_a_bad_rule_set_ends_with_one_and_names_article_and_field(bad: str) -> None:
    form = str(Path(bad).with_name("form.json"))
    for lang, said in (("en", "Tendering and Bidding Law Regulations art. 53"), ("zh", "实施条例 art. 53")):
        found = run("--lang", lang, "lint", bad, form)
        assert found.exit_code == 1
        assert said in found.output
        assert "[lint.too_many_candidates rules#/candidates]" in found.output


def test_programs_get_json(bad: str) -> None:
    found = run("lint", bad, "--json")
    said = json.loads(found.output)
    assert (found.exit_code, said["errors"], said["warnings"]) == (1, 1, 0)
    assert said["findings"][0]["path"] == "/candidates"
    assert sorted(said["findings"][0]["words"]) == ["en", "zh"]


@pytest.mark.parametrize("args", [("nothing.json",), ("lowest-price", "--ceiling", "1e3")])
def test_what_cannot_be_read_is_wrong_use(args: tuple[str, ...]) -> None:
    found = run("lint", *args)
    assert found.exit_code == 2
    assert "Traceback" not in found.output


def test_yaml_says_the_same_as_json(bad: str, tmp_path: Path) -> None:
    rules, form = json.loads(Path(bad).read_text("utf-8")), Path(bad).with_name("form.json")
    (tmp_path / "yours.yaml").write_text(yaml.safe_dump(rules, allow_unicode=True), "utf-8")
    (tmp_path / "asked.yml").write_text(yaml.safe_dump(json.loads(form.read_text("utf-8"))), "utf-8")
    json_said = run("lint", bad, str(form), "--json")
    assert run("lint", str(tmp_path / "yours.yaml"), str(tmp_path / "asked.yml"), "--json").output == json_said.output
    assert run("lint", str(tmp_path / "yours.yaml"), str(form), "--json").output == json_said.output


def test_the_example_in_yaml_is_looked_at() -> None:
    found = run("--lang", "en", "lint", str(ROOT / "docs/formats/examples/services.yaml"), "--ceiling", "1000000")
    assert (found.exit_code, "0 errors" in found.output) == (0, True)


def test_the_form_beside_is_taken(bad: str) -> None:
    Path(bad).with_name("form.json").write_text('{"v": 2}', "utf-8")
    assert "form#" not in run("lint", bad).output
    Path(bad).with_name("form.json").rename(Path(bad).with_name("rules.form.json"))
    assert "form#" in run("lint", bad).output


@pytest.mark.parametrize("text", ["a: &x 1\n", "{", '{"a": 1.5}', "a:\n", "\x00"])
def test_a_file_that_is_no_document_is_named(bad: str, text: str) -> None:
    Path(bad).write_text(text, "utf-8")
    found = run("lint", bad)
    assert found.exit_code == 2
    assert "rules.json: " in found.output
