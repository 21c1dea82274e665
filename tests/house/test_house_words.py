"""Every code that a person can meet has words, in Chinese and in English, with the same figures in them."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.support.tree import ROOT, assert_none, files, sources, tree_of

# Calls whose first argument is a code that a person will read.
CODED: Final = frozenset({"Refusal", "NotYet", "Failure", "Remark", "NotApplicable"})
# Where a code is not a literal, the line says which codes can stand there, or that it only passes on another's:
#     raise Refusal(kind)  # codes: late bad_ticket
#     raise Refusal(answer["code"], **answer["params"])  # codes: relayed
REMARK: Final = re.compile(r"#\s*codes:\s*(.+)$")
CODE: Final = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")
FIELD: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")  # as web/words reads it
AREAS: Final = [
    path for path in files() if path.parts[:2] == ("web", "words") and path.suffix == ".json" and len(path.parts) == 3
]


@dataclass(frozen=True)
class Site:
    """A place where codes are made: None where they cannot be told; parameters None where not known."""

    place: str
    codes: tuple[str, ...] | None
    given: frozenset[str] | None


def _words() -> dict[str, dict[str, str]]:
    merged: dict[str, dict[str, str]] = {}
    for path in AREAS:
        merged.update(json.loads((ROOT / path).read_text(encoding="utf-8")))
    return merged


def _literals(node: ast.expr) -> tuple[str, ...] | None:
    """The codes an expression can give, if they are all written out; none if it passes on another error's code."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, ast.IfExp):
        one, other = _literals(node.body), _literals(node.orelse)
        return None if one is None or other is None else one + other
    if isinstance(node, ast.Attribute) and node.attr == "code":
        return ()
    return None


def _names(call: ast.Call) -> frozenset[str] | None:
    """The names of the parameters that a call gives, as keywords or as one dict display."""
    given: list[object] = [keyword.arg for keyword in call.keywords]
    for argument in call.args[1:]:
        if not isinstance(argument, ast.Dict):
            return None
        given += [key.value if isinstance(key, ast.Constant) else None for key in argument.keys]
    return None if None in given else frozenset(str(name) for name in given)


def _site(path: Path, lines: list[str], node: ast.AST) -> Site | None:
    """The site that a node is, if it is one: a call of `CODED`, or a dict display with a literal `code`."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "code" and isinstance(value, ast.Constant):
                return Site(f"{path}:{node.lineno}", (str(value.value),), None)
    if not isinstance(node, ast.Call) or not node.args:
        return None
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name not in CODED:
        return None
    codes = _literals(node.args[0])
    for line in lines[node.lineno - 1 : node.end_lineno]:
        remark = REMARK.search(line)
        if codes is None and remark:
            codes = () if remark[1].strip() == "relayed" else tuple(remark[1].split())
    return Site(f"{path}:{node.lineno}", codes, _names(node))


@cache
def _sites() -> tuple[Site, ...]:
    found = []
    for path in sources():
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        found += [site for node in ast.walk(tree_of(path)) for site in [_site(path, lines, node)] if site]
    return tuple(found)


@cache
def _strings() -> frozenset[str]:
    """Every string literal of the sources and every word-like string of their data files: where a code may be used."""
    code = {
        node.value
        for path in sources()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    data: set[str] = set()
    for path in files():
        if path.suffix == ".json" and path.parts[0] in {"bidding", "evaluation", "guarantees"}:
            data.update(re.findall(r'"([a-z0-9_.]+)"', (ROOT / path).read_text(encoding="utf-8")))
    return frozenset(code | data)


def test_every_code_can_be_told_from_the_source() -> None:
    assert_none(site.place for site in _sites() if site.codes is None)


def test_every_code_has_words() -> None:
    words = _words()
    missing = {code: site.place for site in _sites() for code in site.codes or () if code not in words}
    assert_none(f"{code} ({place})" for code, place in sorted(missing.items()))


def test_words_name_only_parameters_that_every_refusal_of_that_code_gives() -> None:
    words = _words()
    assert_none(
        f"{site.place}: {code} gives no {name}"
        for site in _sites()
        if site.given is not None
        for code in site.codes or ()
        if code in words
        for name in sorted(set(FIELD.findall(words[code]["en"])) - site.given)
    )


def test_no_words_are_left_over() -> None:
    used = _strings() | {code for site in _sites() for code in site.codes or ()}
    assert_none(sorted(code for code in _words() if code not in used))


@pytest.mark.parametrize("path", AREAS, ids=str)
def test_an_areas_words_are_in_both_languages_and_in_order(path: Path) -> None:
    words = json.loads((ROOT / path).read_text(encoding="utf-8"))
    assert list(words) == sorted(words)
    for code, said in words.items():
        assert CODE.fullmatch(code), code
        assert sorted(said) == ["en", "zh"], code
        assert set(FIELD.findall(said["zh"])) == set(FIELD.findall(said["en"])), code
        assert re.search(r"[\u4e00-\u9fff]", said["zh"]), f"{code}: no Chinese"
        assert said["en"].strip(), code
        assert not re.search(r"[\u4e00-\u9fff]", said["en"]), f"{code}: Chinese in the English words"


def test_two_areas_say_the_same_of_a_code() -> None:
    said: dict[str, set[str]] = {}
    for path in AREAS:
        for code, words in json.loads((ROOT / path).read_text(encoding="utf-8")).items():
            said.setdefault(code, set()).add(json.dumps(words, sort_keys=True))
    assert_none(sorted(code for code, versions in said.items() if len(versions) > 1))
