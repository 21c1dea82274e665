"""The box's access log: every line readable by the supervisor, none longer than another, whatever was asked for."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ledger.basics.errors import Refusal
from web.box.access_log import RECORD, AccessLog, read

AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))


def log(folder: Path) -> AccessLog:
    return AccessLog(folder, KEY.public_key().public_bytes_raw(), os.urandom)


@pytest.mark.parametrize(
    "path", ["/" + "\x01" * 500, '/"' * 300, "/\\" * 300, "/投标" * 300, "/\udcff" * 300, "/box/time"]
)
def test_no_path_spoils_the_lines_after_it(tmp_path: Path, path: str) -> None:
    made = log(tmp_path)
    made.write(AT, "10.0.0.1", "GET", path, 404)
    made.write(AT, "10.0.0.2", "\x01" * 8, "/box/time", 200)
    (file,) = tmp_path.iterdir()
    lines = list(read(file, KEY))
    assert [line["address"] for line in lines] == ["10.0.0.1", "10.0.0.2"]
    assert str(lines[0]["path"]).startswith("/")
    assert lines[1]["path"] == "/box/time"
    assert file.stat().st_size == 2 * RECORD


def test_nobody_else_reads_it_and_a_cut_is_seen(tmp_path: Path) -> None:
    log(tmp_path).write(AT, "10.0.0.1", "GET", "/box/time", 200)
    (file,) = tmp_path.iterdir()
    assert b"10.0.0.1" not in file.read_bytes()
    with pytest.raises(Refusal, match=r"access_log\.unreadable"):
        list(read(file, X25519PrivateKey.generate()))
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(Refusal, match=r"access_log\.cut"):
        list(read(file, KEY))


def test_it_is_kept_for_six_months_and_then_goes_by_itself(tmp_path: Path) -> None:
    made = log(tmp_path)
    for month in (1, 2, 3):
        made.write(datetime(2026, month, 20, tzinfo=UTC), "10.0.0.1", "GET", "/box/time", 200)
    made.write(datetime(2026, 9, 25, tzinfo=UTC), "10.0.0.1", "GET", "/box/time", 200)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "access-2026-02.sealed",
        "access-2026-03.sealed",
        "access-2026-09.sealed",
    ]
