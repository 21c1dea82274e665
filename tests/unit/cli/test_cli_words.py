"""What the commands say has words, in both languages, with the very figures that the command gives them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.support.tree import sources, tree_of
from web.words import LANGS, book


def said() -> Iterator[tuple[str, set[str]]]:
    """(code, parameters) of each `shell.say("code", name=…)` and `words.say("code", {"name": …}, …)` of the client."""
    for path in sources():
        if path.parts[:2] != ("web", "cli"):
            continue
        for node in ast.walk(tree_of(path)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "say"):
                continue
            code, *others = node.args
            given = {str(one.arg) for one in node.keywords}
            if others and isinstance(others[0], ast.Dict):
                given = {str(key.value) for key in others[0].keys if isinstance(key, ast.Constant)}
            elif others:
                continue
            codes = [code.body, code.orelse] if isinstance(code, ast.IfExp) else [code]
            yield from ((one.value, given) for one in codes if isinstance(one, ast.Constant) and one.value is not None)  # type: ignore[misc]  # a code is text


def test_every_sentence_of_the_client_has_words() -> None:
    found = list(said())
    assert len(found) > 30
    assert sorted({code for code, _ in found} - set(book())) == []


def test_no_sentence_is_left_with_a_hole_in_it() -> None:
    for code, given in said():
        for lang in LANGS:
            assert set(re.findall(r"\{([a-z0-9_]+)\}", book()[code][lang])) <= given, code
