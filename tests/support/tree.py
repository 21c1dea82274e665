"""The repository as its tests see it."""

from __future__ import annotations

import ast
import configparser
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("bidding", "evaluation", "guarantees", "ledger", "web")


@cache
def files() -> tuple[Path, ...]:
    """Every file that git would commit (tracked or new, not ignored), relative to the root, sorted."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    names = sorted(name for name in listing.decode().split("\0") if name)
    return tuple(Path(name) for name in names if (ROOT / name).is_file())


def texts() -> Iterator[tuple[Path, str]]:
    """Every file of `files()` that is UTF-8 text, with its text."""
    for path in files():
        try:
            yield path, (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def sources() -> Iterator[Path]:
    """Every Python file of the five packages, relative to the root."""
    for path in files():
        if path.suffix == ".py" and path.parts[0] in PACKAGES:
            yield path


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of one file of `files()`."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def module_of(path: Path) -> str:
    """`ledger.basics` of `ledger/basics/__init__.py`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def setup_cfg() -> configparser.ConfigParser:
    """`setup.cfg`, parsed."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config


def assert_none(found: Iterable[str]) -> None:
    """Raises AssertionError that lists everything `found`, a line each."""
    lines = list(found)
    assert not lines, "\n" + "\n".join(lines)
