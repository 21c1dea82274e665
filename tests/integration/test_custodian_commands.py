"""What institutions type, and their processes as they run on a machine."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bidding.custody import BidRulebook
from ledger import checkpoint
from ledger.basics import clock
from ledger.basics.canonical import canonical
from ledger.basics.clock import system_clock
from ledger.checkpoint import VerifierKey
from ledger.contributor.cli import contributor
from ledger.custodian.cli import group
from ledger.witness.cli import witness
from tests.support.custody import trust
from tests.support.custody_names import IDS
from tests.support.custody_platform import FakePlatform
from tests.support.log import ORIGIN, policy, refused
from tests.support.processes import Children

CUSTODIAN = group(BidRulebook)
ENVIRONMENT = {"MINGJING_PASSPHRASE": "correct horse"}
RUN = "from bidding.custody import BidRulebook; from ledger.custodian.cli import group; group(BidRulebook)()"


def typed(command: Any, *words: str | Path, **how: Any) -> Result:
    """A command that must work."""
    made = CliRunner().invoke(command, [str(word) for word in words], env=ENVIRONMENT, catch_exceptions=False, **how)
    assert made.exit_code == 0, made.output
    return made


def trusting(root: Path, id_: str, identity: str) -> Path:
    """The trust file of all tests, with this key for one custodian."""
    obj = json.loads(trust())
    for row in obj["custodians"]:
        if row["id"] == id_:
            row["key"] = identity
    path = root / "trust.json"
    path.write_bytes(canonical(obj) + b"\n")
    return path


def made_custodian(root: Path) -> tuple[Path, list[str], str]:
    """A folder made by command: (folder, backup words, identity key), with its trust file in place."""
    said = typed(CUSTODIAN, "init", "--folder", root / "c", "--id", IDS[0]).output
    words = [word for _, word in sorted((int(n), word) for n, word in re.findall(r"(\d+) ([a-z]+)", said))]
    match = re.search(r"identity key: ([0-9a-f]{64})", said)
    assert match is not None
    typed(CUSTODIAN, "trust", "--folder", root / "c", trusting(root, IDS[0], match[1]))
    return root / "c", words, match[1]


@pytest.fixture
def platform() -> Iterator[FakePlatform]:
    made = FakePlatform()
    made.append("log", "log.opened", {})
    made.sign(system_clock())
    with made.serving():
        yield made


def test_words_written_down_make_the_same_custodian(tmp_path: Path) -> None:
    folder, words, identity = made_custodian(tmp_path)
    assert len(words) == 24
    assert re.findall(r"\d+ ([a-z]+)", typed(CUSTODIAN, "words", "--folder", folder).output) == words
    paper = tmp_path / "paper.txt"
    paper.write_text(" ".join(words).upper(), encoding="utf-8")
    said = typed(
        CUSTODIAN, "restore", "--folder", tmp_path / "r", "--id", IDS[0], "--words-file", paper,
        "--trust", tmp_path / "trust.json",
    ).output  # fmt: skip
    assert f"identity key: {identity}" in said
    status = json.loads(typed(CUSTODIAN, "status", "--folder", tmp_path / "r", "--json").output)
    assert (status["id"], status["key"], status["keysets"]) == (IDS[0], identity, [])


def test_a_pass_phrase_is_asked_for_twice_when_there_is_none_in_the_environment(tmp_path: Path) -> None:
    typed_twice = "no word of a backup"  # among its words, a short one can stand by chance
    made = CliRunner().invoke(
        CUSTODIAN,
        ["init", "--folder", str(tmp_path / "c"), "--id", "x"],
        input=f"{typed_twice}\n{typed_twice}\n",
        env={"MINGJING_PASSPHRASE": ""},
    )
    assert made.exit_code == 0, made.output
    assert typed_twice not in made.output
    phrase = tmp_path / "phrase"
    phrase.write_text(f"{typed_twice}\n", encoding="utf-8")
    typed(CUSTODIAN, "words", "--folder", tmp_path / "c", "--passphrase-file", phrase)


def test_a_wrong_pass_phrase_is_refused(tmp_path: Path) -> None:
    folder, _, _ = made_custodian(tmp_path)
    phrase = tmp_path / "phrase"
    phrase.write_text("wrong", encoding="utf-8")
    with refused("institution.wrong_passphrase"):
        typed(CUSTODIAN, "words", "--folder", folder, "--passphrase-file", phrase)


def test_one_look_answers_what_is_asked(tmp_path: Path, platform: FakePlatform) -> None:
    folder, _, identity = made_custodian(tmp_path)
    platform.ask("k", "rehearsal-key", {"nonce": "n1", "part": "coin"})
    said = typed(CUSTODIAN, "run", "--folder", folder, "--platform", platform.url, "--once").output
    assert "answered request=k kind=rehearsal-key" in said
    assert platform.answers("k")[0]["key"] == identity
    (row,) = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (row["did"], row["request"]) == ("answered", "k")
    clock.parse_time(row["at"])


def test_a_process_runs_until_it_is_told_to_end_and_stands_up_after_a_kill(
    tmp_path: Path, platform: FakePlatform, processes: Children
) -> None:
    folder, _, _ = made_custodian(tmp_path)
    command = (sys.executable, "-c", RUN, "run", "--folder", folder, "--platform", platform.url, "--interval", "0.05")
    first = processes.start(*command, environment=ENVIRONMENT)
    first.wait_for(r"custodian-1 watches")
    platform.ask("k1", "rehearsal-key", {"nonce": "n1", "part": "coin"})
    first.wait_for(r"answered request=k1")
    assert json.loads(typed(CUSTODIAN, "status", "--folder", folder, "--json").output)["id"] == IDS[0]
    second = processes.start(*command, environment=ENVIRONMENT)
    assert second.wait() != 0
    assert "institution.folder_busy" in second.output
    first.kill()
    platform.requests.clear()
    third = processes.start(*command, environment=ENVIRONMENT)
    platform.ask("k2", "rehearsal-key", {"nonce": "n2", "part": "coin"})
    third.wait_for(r"answered request=k2")
    assert third.stop() == 0


def test_a_witness_cosigns_by_command(tmp_path: Path, platform: FakePlatform) -> None:
    said = typed(witness, "init", "--folder", tmp_path / "w", "--name", "witness.example/new").output
    match = re.search(r"verifier key: (\S+)", said)
    assert match is not None
    run = ("run", "--folder", tmp_path / "w", "--platform", platform.url, "--log-key", policy().log.text, "--once")
    assert "cosigned size=2" in typed(witness, *run).output
    ((path, body),) = platform.posted
    assert path == "/log/cosignature"
    note = checkpoint.parse_note(body)
    key = VerifierKey.parse(match[1])
    assert [checkpoint.check_cosignature(note.body, one, key) for one in note.by(key)]
    assert checkpoint.check_log(note, policy().log).origin == ORIGIN
    platform.log.entries[0] = bytes(32)
    platform.sign(system_clock())
    assert "witness.fork" in typed(witness, *run).output
    status = json.loads(typed(witness, "status", "--folder", tmp_path / "w").output)
    assert len(status["evidence"]) == 1


def test_a_contributor_starts_by_command(tmp_path: Path, platform: FakePlatform) -> None:
    said = typed(contributor, "init", "--folder", tmp_path / "k", "--id", "party-1").output
    match = re.search(r"identity key: ([0-9a-f]{64})", said)
    assert match is not None
    obj = json.loads(trust())
    obj["contributors"][0]["key"] = match[1]
    path = tmp_path / "trust.json"
    path.write_bytes(canonical(obj))
    typed(contributor, "trust", "--folder", tmp_path / "k", path)
    said = typed(contributor, "run", "--folder", tmp_path / "k", "--platform", platform.url, "--once").output
    assert "party-1 watches" in said
    assert "contributions: 0" in typed(contributor, "status", "--folder", tmp_path / "k").output
