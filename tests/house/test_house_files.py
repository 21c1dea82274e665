"""What stands in the repository, and what must not."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.support.tree import PACKAGES, ROOT, assert_none, files, setup_cfg, sources, texts

# Written in pieces, so that this file does not find itself.
FORBIDDEN: Final = {
    "a path of one machine": r"(?<![\w.$}~])/(?:wo" + r"rk|home/\w+|ro" + r"ot|Users/\w+|t" + r"mp)(?:/|\b)",
    "a registry's address": r"(?i)\b(?:py" + r"pi\.(?:org|python\.org)|files\.python" + r"hosted\.org|registry\.np"
    r"mjs\.org|proxy\.gol" + r"ang\.org|index-" + r"url)",
    "a private key": "-----BEGIN [A-Z ]*PRIVATE " + "KEY-----",
    "an access token": r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|AKIA[0-9A-Z]{16}|xox[abp]-[0-9A-Za-z-]{20,})",
    "an author that is no person": r"(?i)\b(?:chat" + r"gpt|co" + r"pilot|clau" + r"de|anth" + r"ropic|open" + r"ai)\b",
}
TEST_FORBIDDEN: Final = {
    "a test that does not run": r"\bpytest\.(?:mark\.)?(?:sk" + r"ip|skip" + r"if|xf" + r"ail|importor" + r"skip)\b",
    "waiting in hope": r"\btime\.sl" + r"eep\(",
}
# Where somebody may sleep: the one place that looks again until a deadline, and programs run as children of a test.
SLEEPERS: Final = frozenset({Path("tests/support/waiting.py"), Path("tests/house/test_house_harness.py")})
EXEMPTION: Final = re.compile(r"#\s*(noqa|type:\s*ignore|nosec)\b(?P<rest>.*)")
REASONED: Final = re.compile(r"(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|\[[a-z, -]+\]|\s+B\d+)\s*(?:-|#)\s*\w+.*")
LONGEST: Final = 440  # lines of one source file: small enough to read in one sitting


def _found(pattern: str, text: str, path: Path) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(pattern, line)
    ]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    assert_none(hit for path, text in texts() for hit in _found(FORBIDDEN[what], text, path))


@pytest.mark.parametrize("what", TEST_FORBIDDEN)
def test_no_test_is(what: str) -> None:
    tests = ((path, text) for path, text in texts() if path.parts[0] == "tests" and path.suffix == ".py")
    pattern = TEST_FORBIDDEN[what]
    assert_none(hit for path, text in tests if path not in SLEEPERS for hit in _found(pattern, text, path))


def test_every_exemption_from_a_rule_names_the_rule_and_the_reason() -> None:
    assert_none(
        f"{path}:{number}: {line.strip()}"
        for path, text in texts()
        if path.suffix == ".py" and path != Path("tests/house/test_house_files.py")
        for number, line in enumerate(text.splitlines(), 1)
        for found in [EXEMPTION.search(line)]
        if found and not REASONED.fullmatch(found["rest"])
    )


def test_a_source_file_can_be_read_in_one_sitting() -> None:
    lengths = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert_none(f"{path}: {length} lines" for path, length in lengths.items() if length > LONGEST)


def test_test_files_have_names_of_their_own() -> None:
    names = [path.name for path in files() if path.parts[0] == "tests" and re.match(r"test_.*\.py$", path.name)]
    assert_none(sorted({name for name in names if names.count(name) > 1}))


def test_every_python_folder_of_a_package_is_a_package() -> None:
    folders = {path.parent for path in sources() if "migrations" not in path.parts}
    assert_none(str(folder) for folder in sorted(folders) if folder / "__init__.py" not in files())


def test_scripts_can_be_run() -> None:
    scripts = [path for path, text in texts() if text.startswith("#!")]
    assert_none(str(path) for path in scripts if not (ROOT / path).stat().st_mode & 0o100)


def test_shell_scripts_parse_and_stop_at_the_first_error() -> None:
    for path in (Path(".ci/run"), Path("deploy/setup.sh")):
        subprocess.run(["bash", "-n", ROOT / path], check=True)
        assert "set -euo pipefail" in (ROOT / path).read_text(encoding="utf-8")


def test_continuous_integration_runs_what_a_person_runs() -> None:
    lines = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines[1:] if line and not line.startswith("#")] == [
        "set -euo pipefail",
        'cd "$(dirname "$0")/.."',
        "exec make test",
    ]


def test_the_pins_of_setup_cfg_are_the_versions_that_were_tested() -> None:
    config = setup_cfg()
    wanted = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    pins = {line.strip().lower() for block in wanted for line in block.splitlines() if line.strip()}
    tested = {
        line.lower()
        for line in (ROOT / "deploy/constraints.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    }
    assert all("==" in pin for pin in pins)
    assert sorted(re.sub(r"\[.*\]", "", pin) for pin in pins if re.sub(r"\[.*\]", "", pin) not in tested) == []


def test_the_core_install_needs_three_libraries() -> None:
    required = setup_cfg()["options"]["install_requires"].split()
    assert [pin.split("==")[0] for pin in required] == ["click", "cryptography", "rich"]


def test_every_package_is_shipped() -> None:
    include = set(setup_cfg()["options.packages.find"]["include"].split())
    assert include == {pattern for package in PACKAGES for pattern in (package, f"{package}.*")}


def test_the_licence_is_apache() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
