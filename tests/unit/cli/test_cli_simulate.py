"""`mingjing simulate`: a template or two files in, tables, JSON or a page out, and words for what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from evaluation.rules.templates import NAMES, load
from web.cli.main import main

FEW = ("--trials", "200", "--bidders", "5", "--no-compare")


def run(*arguments: str | Path, lang: str = "en") -> Result:
    return CliRunner().invoke(main, ["--lang", lang, "simulate", *map(str, arguments)])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, document in zip(("mine.json", "mine.form.json"), load("checklist-f4"), strict=True):
        (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("lang", "said"), [("zh", "家串通，100 次里中标"), ("en", "acting together win")])
def test_a_template_is_tried_out_in_both_languages(name: str, lang: str, said: str) -> None:
    done = run(name, *FEW, lang=lang)
    assert done.exit_code == 0, done.output
    assert said in done.output.splitlines()[0]
    assert ("下限" if lang == "zh" else "lower bound") in done.output


def test_json_is_the_report_and_nothing_else() -> None:
    done = run("lowest-price", *FEW, "--json", "--seed", "7")
    document: dict[str, Any] = json.loads(done.output)
    assert (document["seed"], document["bidders"], document["trials"]) == (7, 5, 200)
    assert json.loads(run("lowest-price", *FEW, "--json", "--seed", "7").output) == document
    assert json.loads(run("lowest-price", *FEW, "--json", "--seed", "8").output) != document


def test_files_are_read_the_form_beside_the_rule_set_or_named(files: Path) -> None:
    beside = run(files / "mine.json", *FEW, "--json")
    assert beside.exit_code == 0, beside.output
    (files / "mine.form.json").rename(files / "other.json")
    assert run(files / "mine.json", files / "other.json", *FEW, "--json").output == beside.output
    missing = run(files / "mine.json", *FEW)
    assert missing.exit_code == 1
    assert "[simulate.no_form]" in missing.output


def test_the_page_is_written(tmp_path: Path) -> None:
    done = run("checklist-f4", *FEW, "--html", tmp_path / "out.html", lang="zh")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "out.html").read_text("utf-8")
    assert page.startswith('<!doctype html>\n<html lang="zh-CN">')
    assert str(tmp_path / "out.html") in done.output


def test_history_answers_and_ceiling_count(files: Path) -> None:
    (files / "past.txt").write_text("\n".join(f"{share}%" for share in range(80, 96)), encoding="utf-8")
    (files / "answers.json").write_text('{"grade": {"special": 1, "first": "2.5"}}', encoding="utf-8")
    given = ("--history", files / "past.txt", "--answers", files / "answers.json", "--ceiling", "1,200,000.00")
    done = run(files / "mine.json", *FEW, "--json", *given[:4], "--ceiling", "1200000.00")
    document: dict[str, Any] = json.loads(done.output)
    assert document["prior"] == {"kind": "history", "mean": "0.8750", "cv": "0.0544", "markup": "0.0326", "history": 16}
    assert document["answers"] == {"grade": {"special": "1.0000", "first": "2.5000"}}
    assert document["ceiling_fen"] == 120_000_000
    assert document["honest"]["marks"][0]["quantiles"]["1"] == "8.00"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--bidders", "2"), "simulate.bidders"),
        (("--bidders", "61"), "simulate.bidders"),
        (("--trials", "20001"), "simulate.trials"),
        (("--seed", "-1"), "simulate.seed"),
        (("--prior", "best:1,2"), "simulate.prior"),
        (("--markup", "nan"), "simulate.prior"),
        (("--ceiling", "much"), "money.malformed"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_out_of_bounds_is_refused_in_words(arguments: tuple[str, ...], code: str, lang: str) -> None:
    done = run("lowest-price", *arguments, lang=lang)
    assert done.exit_code == 1
    assert f"[{code}]" in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"grade": 1}', '{"grade": {"special": "x"}}', '{"grade": {"special": [1]}}']
)
def test_a_file_that_is_no_answers_is_refused(files: Path, text: str) -> None:
    (files / "answers.json").write_text(text, encoding="utf-8")
    done = run(files / "mine.json", *FEW, "--answers", files / "answers.json")
    assert done.exit_code == 1
    assert "[home.not_json]" in done.output or "[simulate.answers]" in done.output


@pytest.mark.parametrize("text", ["", "90", "ninety\n" * 12, "90\n" * 12, "190\n91\n" * 12])
def test_a_file_that_is_no_history_is_refused(files: Path, text: str) -> None:
    (files / "past.txt").write_text(text, encoding="utf-8")
    done = run("lowest-price", *FEW, "--history", files / "past.txt")
    assert done.exit_code == 1
    assert "[simulate.history]" in done.output


def test_what_is_neither_template_nor_file_is_refused() -> None:
    done = run("nothing", *FEW)
    assert done.exit_code == 1
    assert "[rules.unknown_template]" in done.output
    assert "lowest-price" in done.output


def test_a_rule_set_that_cannot_be_applied_is_refused(files: Path) -> None:
    document = json.loads((files / "mine.json").read_text("utf-8"))
    document["draws"] = []
    (files / "mine.json").write_text(json.dumps(document), encoding="utf-8")
    done = run(files / "mine.json", *FEW)
    assert done.exit_code == 1
    assert "[rules.unknown_draw]" in done.output


def test_without_numpy_it_says_in_words_what_to_install() -> None:
    """The core install has no numpy: the command is there and says what it lacks."""
    hidden = (
        "import sys; sys.modules['numpy'] = None\n"
        "from web.cli.main import main\n"
        "main(['--lang', 'en', 'simulate', 'lowest-price'])"
    )
    done = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "[client.needs_server]" in done.stderr
    assert "numpy" in done.stderr
    assert "Traceback" not in done.stderr
