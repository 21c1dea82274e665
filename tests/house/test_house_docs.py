"""The documents: short, linked, and true about the commands they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final

import click
import pytest

from tests.support.tree import ROOT, files

ONE_PAGE: Final = 80  # lines
DECISIONS: Final = [
    path
    for path in files()
    if path.parts[:2] == ("docs", "decisions") and path.suffix == ".md" and path.name != "README.md"
]
READMES: Final = [Path("README.md"), Path("README.zh-CN.md")]
DOCUMENTS: Final = [path for path in files() if path.suffix == ".md"]


def _text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _commands(path: Path) -> Iterator[list[str]]:
    """The words of each command in a document's code blocks; continued lines joined, comments cut."""
    for block in re.findall(r"^```[a-z]*\n(.*?)^```", _text(path), re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            words = re.sub(r"(^|\s)#.*", "", line).removeprefix("$ ").split()
            if words:
                yield words


@cache
def _targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", _text(Path("Makefile")), re.MULTILINE))


@pytest.mark.parametrize("path", DECISIONS, ids=str)
def test_a_decision_is_one_page_with_a_title(path: Path) -> None:
    lines = _text(path).splitlines()
    assert re.match(r"# \S", lines[0])
    assert len(lines) < ONE_PAGE


def test_decisions_are_numbered_without_doubles() -> None:
    numbers = [path.name[:5] for path in DECISIONS]
    assert [number for number in numbers if not re.fullmatch(r"\d{4}-", number)] == []
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", re.sub(r"```.*?```", "", _text(path), flags=re.DOTALL))
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (ROOT / path.parent / target).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_make_targets_that_a_document_names_exist(path: Path) -> None:
    named = [words[1] for words in _commands(path) if words[0] == "make" and len(words) > 1]
    assert [target for target in named if target not in _targets() and "=" not in target] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_commands_that_a_document_names_exist(path: Path) -> None:
    for words in _commands(path):
        if Path(words[0]).name != "mingjing":
            continue
        command: click.Command = import_module("web.cli.main").main
        context = click.Context(command)
        for word in words[1:]:
            if not isinstance(command, click.Group) or word.startswith("-"):
                break
            found = command.get_command(context, word)
            assert found is not None, f"{path} names `{' '.join(words)}`"
            command, context = found, click.Context(found, parent=context)
        flags = {word.split("=")[0] for word in words if word.startswith("--")} - {"--help"}
        known = {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}
        assert sorted(flags - known) == [], f"{path} names `{' '.join(words)}`"


@pytest.mark.parametrize("path", READMES, ids=str)
def test_both_readmes_name_the_same_commands(path: Path) -> None:
    assert list(_commands(path)) == list(_commands(READMES[0]))


def test_every_target_says_what_it_does() -> None:
    described = set(re.findall(r"^([a-z]+):.*## \S", _text(Path("Makefile")), re.MULTILINE))
    assert described == _targets()
