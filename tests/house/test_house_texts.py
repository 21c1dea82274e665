"""Every text that a page shows exists in Chinese and in English, and none is there that no page shows.

Keys stand in templates (`t('…')`, `has('…')`) and in Python (`texts.text("…")`), whole or as a beginning that a value
follows: `t('phase.' ~ lot.phase)`, `f"category.{one}"`. A key that is all value cannot be told: a comment names it, of
the template, `{# texts: one two.* #}`, or of the line in Python, `# texts: one two.*`, where `relayed` says that the
line only passes on a key which stands elsewhere.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import jinja2
import pytest
from jinja2 import nodes

from tests.support.tree import ROOT, assert_none, files, sources, tree_of

AREAS: Final = [path for path in files() if path.parts[:2] == ("web", "texts") and path.suffix == ".json"]
TEMPLATES: Final = [path for path in files() if path.parts[:2] == ("web", "templates")]
KEY: Final = re.compile(r"[a-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")
FIELD: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
NAMED: Final = re.compile(r"#\s*texts:\s*([^#\n]+?)\s*(?:#\}|$)", re.MULTILINE)


@dataclass
class Uses:
    """`whole`: key → places; `begun`: beginning → places; `unknown`: places where a key cannot be told."""

    whole: dict[str, list[str]] = field(default_factory=dict)
    begun: dict[str, list[str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def add(self, found: list[tuple[str, bool]] | None, place: str) -> None:
        """Adds what an expression gives: (text, is it the whole key)."""
        if found is None:
            self.unknown.append(place)
        for text, whole in found or ():
            (self.whole if whole else self.begun).setdefault(text, []).append(place)

    def named(self, text: str, place: str) -> bool:
        """Adds what comments name; whether there is any."""
        words = " ".join(NAMED.findall(text)).split()
        self.add([(word.removesuffix("*"), not word.endswith("*")) for word in words if word != "relayed"], place)
        return bool(words)


def _in_template(node: nodes.Node) -> list[tuple[str, bool]] | None:
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        return [(node.value, True)]
    if isinstance(node, nodes.CondExpr) and node.expr2 is not None:
        one, other = _in_template(node.expr1), _in_template(node.expr2)
        return None if one is None or other is None else one + other
    first = node.nodes[0] if isinstance(node, nodes.Concat) else node.left if isinstance(node, nodes.Add) else None
    begun = _in_template(first) if first is not None else None
    return [(text, False) for text, _ in begun] if begun else None


def _in_python(node: ast.expr) -> list[tuple[str, bool]] | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [(node.value, True)]
    if isinstance(node, ast.IfExp):
        one, other = _in_python(node.body), _in_python(node.orelse)
        return None if one is None or other is None else one + other
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        return [(str(node.values[0].value), False)]
    if isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant):
        return [(str(node.left.value), False)]
    return None


@cache
def uses() -> Uses:
    found = Uses()
    environment = jinja2.Environment(autoescape=True)
    for path in TEMPLATES:
        text = (ROOT / path).read_text(encoding="utf-8")
        comments = found.named(text, str(path))
        for call in environment.parse(text).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in {"t", "has"} and call.args:
                keys = _in_template(call.args[0])
                if keys is not None or not comments:
                    found.add(keys, f"{path}:{call.lineno}")
    for path in sources():
        if path.parts[0] != "web" or path == Path("web/texts/__init__.py"):
            continue
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and _is_text(node.func) and node.args:
                comments = found.named("\n".join(lines[node.lineno - 1 : node.end_lineno]), f"{path}:{node.lineno}")
                keys = _in_python(node.args[0])
                if keys is not None or not comments:
                    found.add(keys, f"{path}:{node.lineno}")
    return found


def _is_text(called: ast.expr) -> bool:
    """`texts.text(…)`, and the hall's own `text(…)`, which says it in both languages."""
    if isinstance(called, ast.Name):
        return called.id == "text"
    return (
        isinstance(called, ast.Attribute)
        and called.attr == "text"
        and isinstance(called.value, ast.Name)
        and called.value.id == "texts"
    )


@cache
def book() -> dict[str, dict[str, str]]:
    merged: dict[str, dict[str, str]] = {}
    for path in AREAS:
        merged |= json.loads((ROOT / path).read_text(encoding="utf-8"))
    return merged


def test_every_key_can_be_told_from_the_source() -> None:
    assert_none(uses().unknown)


def test_every_key_that_is_used_has_a_text() -> None:
    assert_none(f"{key} ({places[0]})" for key, places in uses().whole.items() if key not in book())
    assert_none(
        f"{begun}… ({places[0]})"
        for begun, places in uses().begun.items()
        if not any(key.startswith(begun) for key in book())
    )


def test_no_text_is_left_over() -> None:
    # What the texts' own module makes keys of: names of regions, of documents, of laws.
    begun = (*uses().begun, "region.", "document.", "article.")
    assert_none(sorted(key for key in book() if key not in uses().whole and not key.startswith(begun)))


@pytest.mark.parametrize("path", AREAS, ids=str)
def test_an_areas_texts_are_in_both_languages_and_in_order(path: Path) -> None:
    texts = json.loads((ROOT / path).read_text(encoding="utf-8"))
    assert list(texts) == sorted(texts)
    for key, said in texts.items():
        assert KEY.fullmatch(key), key
        assert sorted(said) == ["en", "zh"], key
        assert said["zh"].strip(), key
        assert said["en"].strip(), key
        assert set(FIELD.findall(said["zh"])) == set(FIELD.findall(said["en"])), key


def test_no_english_text_has_chinese_in_it_but_the_name_of_the_language() -> None:
    chinese = {key for key, said in book().items() if re.search(r"[\u4e00-\u9fff]", said["en"])}
    assert chinese == {"lang.other"}


def test_no_key_stands_in_two_areas() -> None:
    keys = [key for path in AREAS for key in json.loads((ROOT / path).read_text(encoding="utf-8"))]
    assert len(keys) == len(set(keys)), sorted({key for key in keys if keys.count(key) > 1})
