"""A tender document is read whole: everything that is wrong is said at once, each with the name of its member."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from bidding.store import draft_shape
from ledger.basics.errors import Refusal
from web.cli.desk import drafting

GOOD = """
category = "works"
estimate = "100.50"
region = "CN-44"
profile = "demonstration"
deadline = 2026-12-01T09:00:00+08:00
enquiries_until = 2026-12-01T08:00:00+08:00
objections_until = 2026-12-01T08:30:00+08:00
custodians = ["a", "b", "c"]
t = 2
contributors = ["x", "y", "z"]
title = {zh = "工程", en = "Works"}
[[lots]]
lot = "lot-1"
title = {zh = "一", en = "One"}
ceiling = "1000"
template = "lowest-price"
"""


def _doc(**changed: Any) -> dict[str, Any]:
    doc = tomllib.loads(GOOD)
    doc.update(changed)
    return {name: value for name, value in doc.items() if value is not None}


def _problems(doc: dict[str, Any], base: Path = Path()) -> list[tuple[str, str]]:
    return [(problem.member, problem.code) for problem in drafting.build(doc, base).problems]


def test_a_good_document_becomes_a_draft_that_the_office_takes() -> None:
    built = drafting.build(_doc(), Path())
    assert built.problems == []
    draft_shape.check(built.body)
    assert built.body["estimate_fen"] == 10050
    times: Any = built.body["published_for"]
    assert times["deadline"] == "2026-12-01T01:00:00.000Z"
    listed: Any = built.body["documents"]
    assert {row["sha256"] for row in listed} == set(built.documents)


def test_everything_wrong_is_found_in_one_go() -> None:
    doc = _doc(estimate="1e3", profile="none", deadline="tomorrow", title={"zh": "只有中文"}, colour="red", region=None)
    found = _problems(doc)
    assert ("estimate", "money.malformed") in found
    assert ("profile", "profile.unknown") in found
    assert ("deadline", "draft.time") in found
    assert ("title", "draft.two_languages") in found
    assert ("colour", "draft.unknown") in found
    assert ("region", "draft.missing") in found


def test_a_lot_is_named_by_its_place() -> None:
    lots = [{"lot": "1", "title": {"zh": "一", "en": "one"}, "ceiling": "-1"}, {"lot": "2"}]
    found = _problems(_doc(lots=lots))
    assert ("lots[1].ceiling", "money.malformed") in found
    assert ("lots[1]", "draft.rules_missing") in found
    assert ("lots[2].title", "draft.missing") in found


def test_a_time_without_its_zone_is_no_time() -> None:
    naive = tomllib.loads("at = 2026-12-01T09:00:00")["at"]
    assert ("deadline", "draft.time") in _problems(_doc(deadline=naive))


def test_a_document_that_is_not_there_is_named(tmp_path: Path) -> None:
    doc = _doc(documents=[{"name": "drawing.pdf", "file": "nowhere.pdf"}])
    assert ("documents[1].file", "bid.no_such_file") in _problems(doc, tmp_path)


def test_what_is_no_toml_says_where(tmp_path: Path) -> None:
    path = tmp_path / "tender.toml"
    path.write_text("title = ")
    with pytest.raises(Refusal, match=r"draft\.not_toml"):
        drafting.read(path)
