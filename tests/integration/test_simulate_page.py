"""The page that tries a rule set out: templates and files, hostile ones too, within bounds, without an account."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from werkzeug.test import TestResponse

from evaluation.rules.templates import load
from tests.support.office import OWN
from tests.support.town import Town, town
from web import trial
from web.public import simulate, trying

FEW: Final[dict[str, Any]] = {
    "template": "lowest-price",
    "bidders": "5",
    "trials": "100",
    "seed": "1",
    "mean": "90",
    "cv": "5",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("simulate")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as place:
        yield place


def post(made: Town, lang: str = "en", **fields: Any) -> TestResponse:
    """The form as a browser sends it; a file as its bytes."""
    parts = []
    for name, one in fields.items():
        file = '; filename="f.json"' if isinstance(one, bytes) else ""
        value = one if isinstance(one, bytes) else str(one).encode()
        parts.append(f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + value + b"\r\n")
    headers = {"Content-Type": "multipart/form-data; boundary=x", **OWN}
    return made.ask("POST", f"/simulate?lang={lang}", data=b"".join([*parts, b"--x--\r\n"]), headers=headers)


def mine(**changes: Any) -> dict[str, Any]:
    """The fields with a rule set and form of one's own."""
    rules, form = load("checklist-f4")
    return {**FEW, "template": "", "ruleset": spelled({**rules, **changes}), "form": spelled(form)}


def spelled(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def wrong(answer: TestResponse, status: int, name: str, said: str) -> None:
    """Refused, in the summary and beside the field of this name."""
    assert answer.status_code == status, answer.text
    assert f'<a href="#{name}">' in answer.text
    assert f'id="{name}-error"' in answer.text
    assert said in answer.text
    assert '<svg class="chart"' not in answer.text


@pytest.mark.parametrize(("lang", "said"), [("zh", "5 家投标人中有 2 家串通"), ("en", "2 of 5 firms acting together")])
def test_a_template_is_tried_out_without_an_account(made: Town, lang: str, said: str) -> None:
    answer = post(made, lang, **FEW)
    assert answer.status_code == 200
    main = answer.text[answer.text.index("<main") :]
    assert main.index(said) < main.index('<svg class="chart"') < main.index("<table")
    assert ("下限" if lang == "zh" else "lower bound") in main
    assert 'value="100"' in main  # what was typed stays


def test_the_same_seed_gives_the_same_page(made: Town) -> None:
    assert post(made, **FEW).data == post(made, **FEW).data
    assert post(made, **FEW).data != post(made, **{**FEW, "seed": "2"}).data


def test_ones_own_files_are_tried_out_and_their_words_escaped(made: Town) -> None:
    title = {"zh": "办法<script>", "en": "Rules <script>alert(1)</script>"}
    rules: dict[str, Any] = load("checklist-f4")[0]
    criteria = [dict(one) for one in rules["criteria"]]
    criteria[1]["title"] = {"zh": "<b>", "en": "<b>grade</b>"}
    answer = post(made, **mine(title=title, criteria=criteria))
    assert answer.status_code == 200, answer.text
    assert "<script>alert" not in answer.text
    assert "<b>grade" not in answer.text
    assert "&lt;b&gt;grade" in answer.text


def test_ten_formulas_stand_beside_it_where_that_is_asked_for(made: Town) -> None:
    assert "mean of nine bids, drawn" in post(made, **FEW, compare="yes").text
    assert "mean of nine bids, drawn" not in post(made, **FEW).text


def test_nothing_sent_is_refused_at_once(made: Town) -> None:
    for sent in ((), ("template",)):
        wrong(post(made, **dict.fromkeys(sent, "")), 400, "ruleset", "No file was chosen")


@pytest.mark.parametrize(
    ("changes", "name", "said"),
    [
        ({"bidders": "61"}, "bidders", "3 and 60"),
        ({"bidders": "1e1"}, "bidders", "3 and 60"),
        ({"bidders": "２０"}, "bidders", "3 and 60"),
        ({"bidders": "9" * 400}, "bidders", "3 and 60"),
        ({"trials": "5001"}, "trials", "100 and 5000"),
        ({"trials": ""}, "trials", "100 and 5000"),
        ({"seed": "-1"}, "seed", "whole number"),
        ({"seed": "9" * 90}, "seed", "whole number"),
        ({"mean": "nan"}, "mean", "lognormal"),
        ({"cv": "0"}, "mean", "lognormal"),
        ({"template": "nothing"}, "template", "no template"),
    ],
)
def test_what_is_out_of_bounds_is_refused_beside_its_field(
    made: Town, changes: dict[str, str], name: str, said: str
) -> None:
    wrong(post(made, **{**FEW, **changes}), 400, name, said)


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        b"[]",
        b"{}",
        b'"x"',
        b"NaN",
        b'{"v": 1e400}',
        b'{"\\ud800": 1}',
        b"1" * 9000,
    ],
)
@pytest.mark.parametrize("name", ["ruleset", "form"])
def test_a_hostile_file_is_refused_in_words(made: Town, data: bytes, name: str) -> None:
    answer = post(made, **{**mine(), name: data})
    assert answer.status_code == 400, answer.text
    assert 'role="alert"' in answer.text
    assert "Traceback" not in answer.text


def test_files_that_are_too_long_are_refused(made: Town) -> None:
    long = spelled(" " * simulate.MOST_FILE)
    wrong(post(made, **{**mine(), "ruleset": long}), 413, "ruleset", "longer than 256 KB")
    wrong(post(made, **{**mine(), "ruleset": long * 3}), 413, "ruleset", "longer than 256 KB")


def test_all_that_is_wrong_is_said_at_once(made: Town) -> None:
    answer = post(made, **{**FEW, "template": "", "ruleset": b"{", "trials": "9"})
    for name in ("ruleset", "form", "trials"):
        assert f'<a href="#{name}">' in answer.text


def test_a_rule_set_that_cannot_be_applied_names_what_is_wrong(made: Town) -> None:
    wrong(post(made, **mine(draws=[])), 400, "ruleset", "draw")


def test_one_is_tried_out_at_a_time(made: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "_PATIENCE", 0.01)
    with trying.TRYING:
        answer = post(made, **FEW)
    assert answer.status_code == 503
    assert "one is under way" in answer.text
    assert post(made, **FEW).status_code == 200


def test_what_takes_too_long_is_stopped_and_the_next_is_tried(made: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "SECONDS", 0.05)
    assert post(made, **FEW).status_code == 413
    monkeypatch.undo()
    assert post(made, **FEW).status_code == 200


def test_what_needs_too_much_memory_is_stopped(made: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The child's own limits hold: with less than numpy needs it ends, and the page says so."""
    (tmp_path / "sitecustomize.py").write_text(
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 27, 1 << 27))", encoding="utf-8"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    answer = post(made, **FEW)
    assert answer.status_code == 413
    assert "memory" in answer.text


def test_the_child_has_bounds_and_says_what_it_refuses() -> None:
    assert set(trial.LIMITS.values()) >= {60, 0}
    rules, form = load("lowest-price")
    asked = {
        "rules": rules,
        "form": form,
        "bidders": 2,
        "trials": 100,
        "seed": 1,
        "prior": "normal:90,5",
        "compare": False,
    }
    assert trial.answer(asked)["refused"]["code"] == "simulate.bidders"
    assert trial.answer({**asked, "bidders": 3})["report"]["bidders"] == 3


def test_another_site_cannot_send_the_form(made: Town) -> None:
    assert made.ask("POST", "/simulate", data=FEW).status_code in (403, 400)


def test_requests_running_side_by_side_are_all_answered(made: Town) -> None:
    """Who waits longer than the patience is told so; nobody gets another's figures."""
    found: list[TestResponse] = []
    threads = [threading.Thread(target=lambda: found.append(post(made, **FEW))) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {one.status_code for one in found} <= {200, 503}
    assert len({one.data for one in found if one.status_code == 200}) == 1
