"""The import contracts of setup.cfg: complete, and they bite."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.support.tree import PACKAGES, ROOT, assert_none, module_of, setup_cfg, sources

# Rooms whose modules decide and touch nothing, but for those named here. A package stands for all below it.
DECIDING: Final = ("bidding", "evaluation", "guarantees", "ledger")
TOUCHING: Final = re.compile(
    r"(?:bidding|evaluation|guarantees|ledger)\.store|(?:evaluation|guarantees)\.acts|bidding\.box_\w+"
    r"|ledger\.(?:bundle|contributor|custodian|files|http|institution|keyfile|log_client|mirror|witness)"
)
# What of these stands on the server's libraries; the rest, and the words, run on the core install.
SERVER: Final = re.compile(
    r"(?:bidding|evaluation|guarantees|ledger)\.store|(?:evaluation|guarantees)\.acts|bidding\.box_\w+"
    r"|evaluation\.(?:simulate|vector)"
)


def _listed(contract: str) -> set[str]:
    return set(setup_cfg()[f"importlinter:contract:{contract}"]["source_modules"].split())


def _rooms() -> set[str]:
    """`bidding.acts`, `ledger.merkle`, …: what stands directly in a deciding package; its `verify` has a wildcard."""
    modules = {".".join(module_of(path).split(".")[:2]) for path in sources() if path.parts[0] in DECIDING}
    return {module for module in modules if "." in module and not module.endswith(".verify")}


def test_every_module_that_decides_is_under_contract() -> None:
    wanted = {module for module in _rooms() if not TOUCHING.fullmatch(module)} | {"*.verify"}
    assert_none(sorted(wanted - _listed("pure")))


def test_every_module_of_the_core_install_is_under_contract() -> None:
    wanted = {module for module in _rooms() if not SERVER.fullmatch(module)} | {"*.verify", "web.words"}
    assert_none(sorted(wanted - _listed("core")))


def test_the_street_has_all_five_rooms() -> None:
    assert setup_cfg()["importlinter"]["root_packages"].split() == sorted(PACKAGES)


def _lint(folder: Path) -> str:
    result = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout + result.stderr


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages' sources."""
    folder = tmp_path_factory.mktemp("street")
    for path in sources():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    shutil.copyfile(ROOT / "setup.cfg", folder / "setup.cfg")
    return folder


@pytest.mark.parametrize(
    ("path", "statement", "contract"),
    [
        ("ledger/basics/ids.py", "import bidding", "One street"),
        ("bidding/__init__.py", "import evaluation", "One street"),
        ("evaluation/__init__.py", "import web", "One street"),
        ("ledger/basics/clock.py", "import time", "Pure modules decide"),
        ("ledger/basics/clock.py", "import socket", "Pure modules decide"),
        ("ledger/basics/probe/verify.py", "import sqlite3", "Pure modules decide"),
        ("evaluation/rules/exact.py", "import evaluation.vector", "The core install"),
        ("evaluation/vector/rounding.py", "import evaluation.rules.exact", "The vectorised twin"),
        ("guarantees/verify.py", "import sqlalchemy", "The core install"),
        ("guarantees/__init__.py", "import flask", "Only web/"),
    ],
)
def test_a_breach_is_found(clean: Path, path: str, statement: str, contract: str) -> None:
    target = clean / path
    before = target.read_text(encoding="utf-8") if target.exists() else None
    target.parent.mkdir(exist_ok=True)
    package = target.parent / "__init__.py"
    made = not package.exists()
    if made:
        package.touch()
    target.write_text(f"{before or ''}\n{statement}\n", encoding="utf-8")
    try:
        broken = [line for line in _lint(clean).splitlines() if " BROKEN" in line]  # and "(2 ignored imports)"
    finally:
        if before is None:
            target.unlink()
        else:
            target.write_text(before, encoding="utf-8")
        if made:
            package.unlink()
    assert any(line.startswith(contract) for line in broken), broken
