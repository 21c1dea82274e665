"""The first screen: what the READMEs and their twins promise is what there is, in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from evaluation.verify import CLAIMS
from tests.support.tree import ROOT
from web.words import LANGS

TWINS: Final = {"README.md": "README.zh-CN.md", "docs/own-tender.md": "docs/own-tender.zh-CN.md"}


def _text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _blocks(path: str) -> list[str]:
    """The code blocks of a document without their comments, which are in its language."""
    found = re.findall(r"^```[a-z]*\n(.*?)^```", _text(path), re.MULTILINE | re.DOTALL)
    return [re.sub(r"\s+#.*", "", block) for block in found]


@pytest.mark.parametrize("path", TWINS)
def test_both_languages_have_the_same_commands_to_the_letter(path: str) -> None:
    assert _blocks(path) == _blocks(TWINS[path])


@pytest.mark.parametrize("path", TWINS)
def test_both_languages_have_the_same_sections_and_pictures(path: str) -> None:
    one, other = _text(path), _text(TWINS[path])
    for mark in (r"^## ", r"^- ", r"^\|", r"!\["):
        assert len(re.findall(mark, one, re.MULTILINE)) == len(re.findall(mark, other, re.MULTILINE)), mark


@pytest.mark.parametrize("path", ["README.md", "README.zh-CN.md"])
def test_every_promise_names_claims_that_there_are(path: str) -> None:
    promises = re.split(r"^## ", _text(path), flags=re.MULTILINE)[2]
    bullets = re.split(r"^- ", promises, flags=re.MULTILINE)[1:]
    named = [re.findall(r"`([a-z]+\.[a-z_]+)`", bullet) for bullet in bullets]
    assert all(named)
    assert {one for some in named for one in some} <= {claim.id for claim in CLAIMS}
    assert len(CLAIMS) > 40


def test_the_readme_names_every_target_that_a_reader_wants() -> None:
    named = set(re.findall(r"^make ([a-z]+)", _text("README.md"), re.MULTILINE))
    targets = set(re.findall(r"^([a-z]+):.*## ", _text("Makefile"), re.MULTILINE))
    assert targets - named == {"help", "clean"}


@pytest.mark.parametrize("lang", LANGS)
def test_each_language_has_its_picture(lang: str) -> None:
    picture = Path("docs/img") / f"result.{lang}.png"
    assert str(picture) in _text("README.md" if lang == "en" else "README.zh-CN.md")
    assert (ROOT / picture).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
