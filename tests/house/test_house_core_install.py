"""The core install: `pip install .` without extras, in an environment that never saw the server's libraries."""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.tree import PACKAGES, ROOT, assert_none, files, module_of, sources

# Modules that stand on the server's libraries. Everything else belongs to the core.
SERVER: Final = re.compile(
    r"(?:ledger\.store|bidding\.(?:store|box_\w+)|evaluation\.(?:store|acts|simulate|vector)|guarantees\.(?:store|acts))(?:\..+)?"
    r"|web\.cli\.server|web\.(?!cli(?:\.|$)|words(?:\.|$)).+"
)
SERVER_LIBRARIES: Final = (
    *("alembic", "argon2", "brotli", "flask", "gmpy2", "greenlet", "gunicorn", "jinja2", "msgspec"),
    *("numpy", "openpyxl", "psycopg", "scipy", "segno", "sqlalchemy", "webauthn", "websockets", "werkzeug", "yaml"),
)
BUILD_FILES: Final = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "NOTICE")

# Imports each module alone in the order given; prints {module: error}.
PROBE: Final = """
import importlib, json, sys
sys.path = [entry for entry in sys.path if entry]
errors = {}
for name in json.load(sys.stdin):
    try:
        importlib.import_module(name)
    except Exception as exc:
        errors[name] = f"{type(exc).__name__}: {exc}"
print(json.dumps(errors))
"""


def _shipped() -> list[Path]:
    return [path for path in files() if str(path) in BUILD_FILES or path.parts[0] in PACKAGES]


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in paths:
        data = (ROOT / path).read_bytes()
        digest.update(f"{path}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()[:16]


def _pip(python: Path | str, *arguments: str | Path) -> None:
    command = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def alone() -> Iterator[None]:
    """The environment below build/ belongs to one test run at a time."""
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "core.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="module")
def wheel(alone: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built package; kept in build/ as long as nothing that it is built from changes."""
    kept = ROOT / "build" / "core-wheel" / _digest(_shipped())
    if not list(kept.glob("*.whl")):
        # Built from a copy: setuptools leaves files of older builds in the tree it builds from.
        source = tmp_path_factory.mktemp("source")
        for path in _shipped():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, source / path)
        shutil.rmtree(kept.parent, ignore_errors=True)
        _pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", kept, source)
    return next(kept.glob("*.whl"))


@pytest.fixture(scope="module")
def core(wheel: Path) -> Path:
    """The Python of an environment with the core install alone."""
    environment = ROOT / "build" / "core-venv" / _digest([Path("setup.cfg"), Path("deploy/constraints.txt")])
    python = environment / "bin" / "python"
    installed = environment / "installed"
    if not installed.exists():
        shutil.rmtree(environment.parent, ignore_errors=True)
        venv.create(environment, with_pip=True)
        _pip(python, "install", "--constraint", ROOT / "deploy/constraints.txt", wheel)
        installed.write_text(wheel.parent.name, encoding="utf-8")
    if installed.read_text(encoding="utf-8") != wheel.parent.name:
        _pip(python, "install", "--no-deps", "--force-reinstall", wheel)
        installed.write_text(wheel.parent.name, encoding="utf-8")
    return python


def _run(core: Path, folder: Path, *command: str, given: str = "") -> subprocess.CompletedProcess[str]:
    # -I: neither this folder nor the caller's environment lends a module.
    return subprocess.run(
        [str(core), "-I", *command], cwd=folder, input=given, capture_output=True, text=True, check=False
    )


def test_every_core_module_runs_on_the_core_install(core: Path, tmp_path: Path) -> None:
    modules = sorted(module_of(path) for path in sources() if not SERVER.fullmatch(module_of(path)))
    result = _run(core, tmp_path, "-c", PROBE, given=json.dumps(modules))
    assert result.returncode == 0, result.stderr
    assert_none(f"{module}: {error}" for module, error in json.loads(result.stdout).items())


@pytest.mark.parametrize("library", SERVER_LIBRARIES)
def test_the_core_install_brings_no_server_library(core: Path, tmp_path: Path, library: str) -> None:
    absent = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({library!r}) is not None)"
    assert _run(core, tmp_path, "-c", absent).returncode == 0


def test_the_command_line_starts_on_the_core_install(core: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [str(core.with_name("mingjing")), "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("Usage: mingjing")


def test_the_package_ships_every_file_of_its_folders(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = set(archive.namelist())
    assert_none(str(path) for path in files() if path.parts[0] in PACKAGES and str(path) not in shipped)


def test_the_package_carries_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {Path(name).name for name in archive.namelist() if ".dist-info/" in name}
    assert {"LICENSE", "NOTICE"} <= names
