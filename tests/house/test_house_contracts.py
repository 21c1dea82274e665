"""The import contracts of setup.cfg: complete, and they bite."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.support.tree import PACKAGES, ROOT, assert_none, module_of, setup_cfg, sources

# Modules that decide and touch nothing, wherever they come to stand (a package stands for all below it).
PURE: Final = (
    "ledger.basics",
    "ledger.checkpoint",
    "ledger.claims",
    "ledger.custodian.rulebook",
    "ledger.events",
    "ledger.merkle",
    "ledger.proof",
    "ledger.sealed",
    "ledger.tiles",
    "ledger.trust",
    "bidding.acts",
    "bidding.calendar",
    "bidding.cms",
    "bidding.custody",
    "bidding.form",
    "bidding.opening",
    "bidding.parties",
    "bidding.presence",
    "bidding.procedures",
    "bidding.profiles",
    "bidding.roll",
    "bidding.shape",
    "bidding.statement",
    "bidding.submission",
    "bidding.tickets",
    "evaluation.rules",
)
# What runs on the core install, besides.
CORE: Final = (
    *PURE,
    "ledger.bundle",
    "ledger.contributor",
    "ledger.custodian",
    "ledger.files",
    "ledger.http",
    "ledger.institution",
    "ledger.log_client",
    "ledger.mirror",
    "ledger.witness",
    "web.words",
)


def _listed(contract: str) -> set[str]:
    return set(setup_cfg()[f"importlinter:contract:{contract}"]["source_modules"].split())


def _modules() -> set[str]:
    return {module_of(path) for path in sources()}


@pytest.mark.parametrize(("contract", "wanted"), [("pure", PURE), ("core", CORE)])
def test_every_module_that_must_stay_clean_is_under_contract(contract: str, wanted: tuple[str, ...]) -> None:
    present = {module for module in wanted if module in _modules()}
    assert_none(f"{module} (setup.cfg, contract {contract})" for module in sorted(present - _listed(contract)))
    assert "*.verify" in _listed(contract)


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
        broken = [line for line in _lint(clean).splitlines() if line.endswith("BROKEN")]
    finally:
        if before is None:
            target.unlink()
        else:
            target.write_text(before, encoding="utf-8")
        if made:
            package.unlink()
    assert any(line.startswith(contract) for line in broken), broken
