"""Modules are served without comments and needless spaces, and with every token of their source."""

from __future__ import annotations

from typing import Final

import pytest
from pygments.lexers import JavascriptLexer
from pygments.token import Comment

from tests.support.tree import ROOT, assert_none
from web import assets
from web.slim import slim

STATIC: Final = ROOT / "web/static"
MODULES: Final = sorted(path.relative_to(STATIC).as_posix() for path in (STATIC / "js").rglob("*.js"))
HARD: Final = r"""
/** Not served. */
const a = b / c / d; // nor this: "
const re = /[/"'`]\/\/ no comment/giu.test(s) ? /x/ : y /* gone */ / 2;
const url = "https://a/b" + 'it\'s // not' + "\"/*";
const nested = `// kept ${ f({ a: `}${ 1 /* gone */ }` }) /* gone */ } $ {x} \${ /* kept */`;
const sum = a + +b - -c + 1 .toFixed(2) + (x) / 2 + z;
const of = x.of / 2 + i++ / 2;
const at = 1. in y;
return /* a break
is a break */ value
/ 3
label: for (const of of /a b/g) continue
label
"""
SLIM: Final = r"""
const a=b / c / d;
const re= /[/"'`]\/\/ no comment/giu.test(s)? /x/ :y / 2;
const url="https://a/b"+'it\'s // not'+"\"/*";
const nested=`// kept ${f({a:`}${1}`})} $ {x} \${ /* kept */`;
const sum=a+ +b- -c+1 .toFixed(2)+(x) / 2+z;
const of=x.of / 2+i++ / 2;
const at=1. in y;
return
value
/ 3
label:for(const of of /a b/g)continue
label
"""


def tokens(source: str) -> list[tuple[str, str, bool]]:
    """What a reader of JavaScript that is not ours finds: kind and text of each token, and whether it begins a line."""
    found: list[tuple[str, str, bool]] = []
    breaks = True
    for _, kind, text in JavascriptLexer().get_tokens_unprocessed(source):
        if kind in Comment or not text.strip():
            breaks = breaks or "\n" in text
            continue
        found.append((str(kind), text.strip(), breaks))
        breaks = text.endswith("\n")
    return found


def test_a_module_keeps_its_tokens_and_its_line_breaks() -> None:
    """A template with braces in an expression is more than that reader takes: give what stands there a name."""
    assert len(MODULES) > 90
    changed = []
    for name in MODULES:
        source, served = (STATIC / name).read_text("utf-8"), assets.tree().files[name].decode()
        if tokens(source) != tokens(served) or len(served) >= len(source):
            changed.append(name)
    assert_none(changed)


def test_what_looks_like_a_comment_and_is_none_stays() -> None:
    assert slim(HARD) == SLIM.lstrip("\n")
    assert slim(SLIM) == SLIM.lstrip("\n")


@pytest.mark.parametrize("source", ["const a = `no end", "a = `${b", "a = /no end", "a = /[/"])
def test_what_has_no_end_is_not_guessed_at(source: str) -> None:
    with pytest.raises(ValueError, match="no end"):
        slim(source)


def test_everything_but_our_modules_is_served_as_it_lies_there() -> None:
    for name, data in assets.tree().files.items():
        if name not in MODULES:
            assert data == (STATIC / name).read_bytes(), name


@pytest.mark.parametrize("source", ['if (x) /"/.test(s); f("a  b");', "} /a  b/.test(s)", "i++ /a/ 2"])
def test_what_only_a_grammar_could_tell_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="divide or begin"):
        slim(source)


@pytest.mark.parametrize("end", ["\r\n", "\u2028", "\u2029"])
def test_lines_end_in_one_way(end: str) -> None:
    with pytest.raises(ValueError, match="line feed"):
        slim(f"const a = 1;{end}const b = 2;")
