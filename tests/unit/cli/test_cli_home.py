"""A bidder's folder: secrets are made once, kept to their owner, and never overwritten."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ledger.basics.errors import Refusal
from tests.support.desk import done, refused
from web.cli.bid import draft as drafts
from web.cli.bid.home import PASSPHRASE, Home, Settings

SECRET = bytes(range(32))


def _code(what: object) -> str:
    with pytest.raises(Refusal) as caught:
        what()  # type: ignore[operator]  # a callable
    return caught.value.code


def test_a_secret_is_never_overwritten(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.put_secret(SECRET)
    assert _code(lambda: home.put_secret(bytes(32))) == "secret.exists"
    assert home.secret() == SECRET
    assert stat.S_IMODE((tmp_path / "secret.json").stat().st_mode) == 0o600


def test_a_pass_phrase_encrypts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSPHRASE, "open sesame")
    home = Home(tmp_path)
    home.put_secret(SECRET)
    assert SECRET.hex() not in (tmp_path / "secret.json").read_text()
    assert home.secret() == SECRET
    monkeypatch.setenv(PASSPHRASE, "close sesame")
    assert _code(home.secret) == "institution.wrong_passphrase"


def test_backup_words_bring_it_back_on_another_machine(tmp_path: Path) -> None:
    said = done("secret", "new", "--home", str(tmp_path / "one"))
    words = tmp_path / "words"
    lines = [line for line in said.splitlines() if line.startswith("  ")]
    words.write_text(" ".join(word for line in lines for word in line.split() if word.isalpha()))
    done("secret", "restore", "--words-file", str(words), "--home", str(tmp_path / "two"))
    assert Home(tmp_path / "one").secret() == Home(tmp_path / "two").secret()
    refused("secret.exists", "secret", "new", "--home", str(tmp_path / "one"))


def test_a_mistaken_word_is_refused_and_nothing_written(tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text("abandon " * 23 + "zebra")
    refused("sealed.backup_checksum", "secret", "restore", "--words-file", str(words), "--home", str(tmp_path / "new"))
    assert not (tmp_path / "new" / "secret.json").exists()


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("settings", "home.not_set_up"),
        ("trust", "home.no_trust"),
        ("token", "home.no_token"),
        ("secret", "secret.missing"),
    ],
)
def test_what_is_not_there_is_named(tmp_path: Path, what: str, code: str) -> None:
    assert _code(getattr(Home(tmp_path), what)) == code


def test_settings_come_back(tmp_path: Path) -> None:
    home, settings = Home(tmp_path), Settings("http://office", "http://box", "ant")
    home.put_settings(settings)
    assert home.settings() == settings


def test_a_damaged_bid_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "bid.json").write_text('{"v": 1')
    assert _code(lambda: drafts.read(tmp_path, "t", "l")) == "home.damaged"


def test_a_bid_of_another_lot_is_not_taken_for_ours(tmp_path: Path) -> None:
    drafts.Draft(tmp_path, "t", "l").save()
    assert _code(lambda: drafts.read(tmp_path, "t", "other")) == "bid.other_lot"


def test_keys_are_made_once(tmp_path: Path) -> None:
    home = str(tmp_path)
    assert done("keys", "--home", home) == done("keys", "--home", home)
