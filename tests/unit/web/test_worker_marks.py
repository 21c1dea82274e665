"""What the worker hashed at presence it knows again at the opening; what changed since, it does not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from web.blobs import Folder
from web.worker.marks import BLOCK, Marks, blocks

SIZES = (1, BLOCK - 1, BLOCK, 2 * BLOCK + 7)


def stored(folder: Path, size: int) -> tuple[Folder, str, Path]:
    data = bytes(number % 251 for number in range(size))
    blobs, sha256 = Folder(folder), hashlib.sha256(data).hexdigest()
    blobs.put(sha256, [data])
    return blobs, sha256, folder / "whole" / sha256[:2] / sha256


def digest_again(marks: Marks, blobs: Folder, sha256: str) -> bytes:
    again = marks.again(sha256)
    assert again is not None
    for block in blocks(blobs, sha256):
        again.update(block)
    return again.digest()


@pytest.mark.parametrize("size", SIZES)
def test_the_same_bytes_have_their_hash_again(tmp_path: Path, size: int) -> None:
    blobs, sha256, _ = stored(tmp_path, size)
    marks = Marks()
    assert marks.holds(blobs, sha256)
    for _ in range(2):
        assert digest_again(marks, blobs, sha256).hex() == sha256


@pytest.mark.parametrize("size", SIZES)
def test_changed_bytes_have_no_hash_at_all(tmp_path: Path, size: int) -> None:
    blobs, sha256, path = stored(tmp_path, size)
    marks = Marks()
    assert marks.holds(blobs, sha256)
    whole = path.read_bytes()
    for spoilt in (whole[:-1], whole + b"\0", bytes([whole[0] ^ 1]) + whole[1:], whole[:-1] + bytes([whole[-1] ^ 1])):
        path.write_bytes(spoilt)
        assert digest_again(marks, blobs, sha256) == b""


def test_what_was_never_seen_whole_is_not_known_again(tmp_path: Path) -> None:
    blobs, sha256, path = stored(tmp_path, 100)
    marks = Marks()
    assert marks.again(sha256) is None
    path.write_bytes(b"other")
    assert not marks.holds(blobs, sha256)
    path.unlink()
    assert not marks.holds(blobs, sha256)
    assert marks.again(sha256) is None


def test_blocks_that_trade_places_are_other_bytes(tmp_path: Path) -> None:
    data = b"a" * BLOCK + b"b" * BLOCK
    blobs, sha256 = Folder(tmp_path), hashlib.sha256(data).hexdigest()
    blobs.put(sha256, [data])
    marks = Marks()
    assert marks.holds(blobs, sha256)
    again = marks.again(sha256)
    assert again is not None
    again.update(data[BLOCK:])
    again.update(data[:BLOCK])
    assert again.digest() == b""
