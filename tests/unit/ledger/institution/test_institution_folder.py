"""An institution's folder: its secret, its trust file, its journal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger import trust as trust_file
from ledger.basics.canonical import canonical
from ledger.institution import folder as folders
from ledger.institution import secretfile
from ledger.institution.folder import Folder
from ledger.institution.journal import Journal, peek
from ledger.sealed import backup
from tests.support.custody import custodian, make_folder, master, trust
from tests.support.custody_names import IDS, PASSPHRASE, counted
from tests.support.log import refused

SECRET = bytes(range(32))


def test_a_locked_secret_opens_with_its_pass_phrase_only() -> None:
    data = secretfile.lock(SECRET, PASSPHRASE, counted(b""), cost=10)
    assert SECRET.hex().encode() not in data
    assert secretfile.unlock(data, PASSPHRASE) == SECRET
    with refused("institution.wrong_passphrase"):
        secretfile.unlock(data, PASSPHRASE + " ")


def test_an_empty_pass_phrase_is_refused() -> None:
    with refused("institution.empty_passphrase"):
        secretfile.lock(SECRET, "", counted(b""), cost=10)


@pytest.mark.parametrize("change", [{"v": 2}, {"kdf": {"name": "md5"}}, {"nonce": "00"}, {"box": "00" * 47}])
def test_a_secret_file_of_another_shape_is_refused(change: dict[str, Any]) -> None:
    obj = json.loads(secretfile.lock(SECRET, PASSPHRASE, counted(b""), cost=10))
    kdf = {**obj["kdf"], **change.pop("kdf", {})}
    with pytest.raises(Exception, match=r"secret_malformed|bad_hex"):
        secretfile.unlock(canonical({**obj, "kdf": kdf, **change}), PASSPHRASE)


def test_a_secret_file_cannot_ask_for_endless_work() -> None:
    obj = json.loads(secretfile.lock(SECRET, PASSPHRASE, counted(b""), cost=10))
    for n in (1 << 30, 1 << 9, 3000, 0):
        with refused("institution.secret_malformed"):
            secretfile.unlock(canonical({**obj, "kdf": {**obj["kdf"], "n": n}}), PASSPHRASE)


def test_backup_words_bring_back_the_same_institution(tmp_path: Path) -> None:
    first = make_folder(tmp_path / "first")
    words = backup.to_words(first.unlock(PASSPHRASE).master)
    again = folders.create(
        tmp_path / "again", "custodian", IDS[0], backup.from_words(" ".join(words)), "other", counted(b"x"), cost=10
    )
    assert again.unlock("other").public == first.unlock(PASSPHRASE).public == custodian(IDS[0]).public


def test_a_folder_is_never_overwritten(tmp_path: Path) -> None:
    make_folder(tmp_path / "one")
    with refused("institution.folder_taken"):
        folders.create(tmp_path / "one", "custodian", IDS[0], master(IDS[1]), "x", counted(b"x"), cost=10)


def test_only_the_owner_can_read_the_secret(tmp_path: Path) -> None:
    made = make_folder(tmp_path / "one")
    with Journal(made.state):
        pass
    for path in (made.root / "secret.json", made.state):
        assert path.stat().st_mode & 0o077 == 0
    assert "master" not in repr(made.unlock(PASSPHRASE))


def test_another_institutions_secret_is_noticed(tmp_path: Path) -> None:
    one, two = make_folder(tmp_path / "one"), make_folder(tmp_path / "two", IDS[1])
    (one.root / "secret.json").write_bytes((two.root / "secret.json").read_bytes())
    with refused("institution.wrong_secret", id=IDS[0]):
        one.unlock(PASSPHRASE)


def test_an_empty_folder_says_what_is_missing(tmp_path: Path) -> None:
    with refused("institution.no_folder"):
        Folder(tmp_path).public()
    bare = folders.create(tmp_path / "bare", "custodian", IDS[0], master(IDS[0]), "x", counted(b"x"), cost=10)
    with refused("institution.no_trust"):
        bare.trust()


def test_a_trust_file_without_us_is_refused(tmp_path: Path) -> None:
    stranger = folders.create(tmp_path / "s", "custodian", IDS[0], SECRET, "x", counted(b"x"), cost=10)
    with refused("institution.not_in_trust", id=IDS[0]):
        stranger.put_trust(trust())
    contributor = folders.create(tmp_path / "c", "contributor", IDS[0], master(IDS[0]), "x", counted(b"x"), cost=10)
    with refused("institution.not_in_trust"):
        contributor.put_trust(trust())


def test_a_custodians_and_a_contributors_identity_differ() -> None:
    assert folders.identity("custodian", "x", SECRET).public != folders.identity("contributor", "x", SECRET).public


# --- the trust file -----------------------------------------------------------------------------------------------


def test_a_trust_file_is_read_whole() -> None:
    read = trust_file.parse(trust() + b"\n")
    assert read.custodian_keys() == {one: custodian(one).public for one in IDS}
    assert read.policy.threshold == 2
    assert len(read.policy.witnesses) == 3
    assert list(read.supervisors) == ["supervisor"]
    assert read.fingerprint == trust_file.parse(trust()).fingerprint != trust_file.parse(trust(1)).fingerprint


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda obj: obj | {"v": 2}, "trust.malformed"),
        (lambda obj: obj | {"v": True}, "trust.malformed"),
        (lambda obj: obj | {"more": 1}, "canonical.unknown_member"),
        (lambda obj: obj | {"custodians": {}}, "trust.malformed"),
        (lambda obj: obj | {"custodians": [*obj["custodians"], obj["custodians"][0]]}, "trust.doubled"),
        (lambda obj: obj | {"custodians": [*obj["custodians"], {**obj["custodians"][0], "id": "x"}]}, "trust.doubled"),
        (lambda obj: obj | {"box_key": "00" * 32}, "signature.bad_key"),
        (lambda obj: obj | {"box_key": "ff"}, "canonical.bad_hex"),
        (lambda obj: obj | {"witness_threshold": 4}, "checkpoint.bad_policy"),
        (lambda obj: obj | {"witness_threshold": "2"}, "trust.malformed"),
        (lambda obj: obj | {"log": {**obj["log"], "origin": "another"}}, "trust.malformed"),
        (lambda obj: obj | {"log": {**obj["log"], "key": "x"}}, "checkpoint.bad_vkey"),
        (lambda obj: obj | {"cas": [1]}, "trust.malformed"),
    ],
)
def test_a_trust_file_of_another_shape_is_refused(edit: Any, code: str) -> None:
    with refused(code):
        trust_file.parse(canonical(edit(json.loads(trust()))))


# --- the journal --------------------------------------------------------------------------------------------------


def test_a_journal_remembers(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        journal.append({"kind": "a"})
        journal.append({"kind": "b", "text": "明镜"})
        assert peek(path) == journal.records
    with Journal(path) as journal:
        assert [one["kind"] for one in journal.records] == ["a", "b"]


@pytest.mark.parametrize("cut", [1, 2, 9, 11])
def test_a_line_that_a_crash_tore_is_cut_off(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        journal.append({"kind": "a"})
        journal.append({"kind": "b"})
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal(path) as journal:
        assert [one["kind"] for one in journal.records] == ["a"]
        journal.append({"kind": "c"})
    assert [one["kind"] for one in peek(path)] == ["a", "c"]


@pytest.mark.parametrize("damage", [b"{\n", b"[]\n", b"\xff\n", b"\n", b"x" * (3 << 20)])
def test_any_other_damage_is_a_persons_business(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "j"
    path.write_bytes(b'{"kind":"a"}\n' + damage + b'{"kind":"b"}\n')
    with refused("institution.journal_damaged", line=2):
        Journal(path)


def test_a_journal_serves_one_process(tmp_path: Path) -> None:
    with Journal(tmp_path / "j"), refused("institution.folder_busy"):
        Journal(tmp_path / "j")


def test_a_disk_that_fails_ends_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError("no space")

    with Journal(tmp_path / "j") as journal:
        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="no space"):
            journal.append({"kind": "a"})
        with pytest.raises(ValueError, match="closed"):
            journal.append({"kind": "b"})
        assert journal.records == []
