"""`mingjing verify`: a line a claim, an exit status, and never a traceback."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from evaluation.verify import CLAIMS
from ledger.basics.canonical import canonical
from tests.forgeries import cast
from tests.forgeries.play import played
from tests.support.tree import ROOT
from web.cli.main import main
from web.cli.verify import page


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A true bundle and a trust file."""
    made = tmp_path_factory.mktemp("evidence")
    (made / "true.zip").write_bytes(played().bundle().pack())
    (made / "trust.json").write_bytes(canonical(cast.trust_object()) + b"\n")
    return made


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_true_bundle_prints_every_claim_and_exits_0(folder: Path, lang: str) -> None:
    done = run("--lang", lang, "verify", folder / "true.zip", "--trust", folder / "trust.json")
    assert done.exit_code == 0, done.output
    for claim in CLAIMS:
        assert f"✓ {claim.id}: {claim.zh if lang == 'zh' else claim.en}" in done.output


def test_without_a_trust_file_it_exits_3_with_the_fingerprints(folder: Path) -> None:
    done = run("--lang", "en", "verify", folder / "true.zip")
    assert done.exit_code == 3
    assert "whose log this is" in done.output
    assert "witness witness-1.example: witness-1.example+" in done.output


def test_a_forged_bundle_exits_1_and_says_which_claim_fails(folder: Path) -> None:
    (folder / "forged.zip").write_bytes(played().bundle(witnesses=cast.WITNESSES[:1]).pack())
    done = run("--lang", "en", "verify", folder / "forged.zip", "--trust", folder / "trust.json")
    assert done.exit_code == 1
    assert "✗ log.witnessed" in done.output
    assert "[checkpoint.not_witnessed]" in done.output


@pytest.mark.parametrize("data", [b"", b"PK\3\4", b"\0" * 1000, b'{"a": 1}'])
def test_what_is_no_bundle_exits_1(folder: Path, data: bytes) -> None:
    (folder / "none.zip").write_bytes(data)
    done = run("--lang", "en", "verify", folder / "none.zip", "--trust", folder / "trust.json")
    assert done.exit_code == 1
    assert "✗ bundle.intact" in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)


def test_unusable_arguments_exit_2(folder: Path) -> None:
    (folder / "bad.json").write_bytes(b"{}")
    assert run("verify", folder / "nowhere.zip").exit_code == 2
    assert run("verify", folder / "true.zip", "--trust", folder / "bad.json").exit_code == 2
    assert run("verify", folder).exit_code == 2
    assert run("verify").exit_code == 2


def test_a_console_without_check_marks_gets_the_verdict_all_the_same(folder: Path) -> None:
    """A file written on a Chinese Windows is in GBK, which has no check mark: that may not look like a failed claim."""
    command = [sys.executable, "-m", "web.cli.main", "--lang", "zh", "verify", str(folder / "true.zip")]
    done = subprocess.run(
        [*command, "--trust", str(folder / "trust.json")],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "gbk"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert CLAIMS[0].zh in done.stdout.decode("gbk")


def test_a_verdict_that_cannot_be_written_is_no_failed_claim(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("web.cli.verify.click.echo", full)
    assert run("verify", folder / "true.zip", "--trust", folder / "trust.json").exit_code == 2


def test_json_says_the_same(folder: Path) -> None:
    done = run("verify", folder / "true.zip", "--trust", folder / "trust.json", "--json")
    said = json.loads(done.output)
    assert (said["tender"], said["status"], said["trusted"]) == (cast.TENDER, 0, True)
    assert [row["claim"] for row in said["claims"]] == [claim.id for claim in CLAIMS]
    assert all(set(one["words"]) == {"zh", "en"} for row in said["claims"] for one in row["remarks"])


def test_the_page_of_claims_is_current() -> None:
    assert (ROOT / "docs" / "formats" / "claims.md").read_text(encoding="utf-8") == page() + "\n"
