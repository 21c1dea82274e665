"""A bundle in which anything at all was changed fails, names a claim, and breaks nothing.

Bare: a bit, a cut, a piece more in the zip as it is. Redone: a change in one file, after which sums and zip are written
anew, so that only what the file says can give it away.
"""

from __future__ import annotations

import random
from functools import cache

import pytest

from evaluation.verify import verify
from ledger import bundle as bundles
from ledger import trust
from ledger.basics.canonical import canonical
from tests.forgeries import cast
from tests.forgeries.play import played
from tests.support.sampling import LONG

TRUST = trust.parse(canonical(cast.trust_object()))
COUNT = 1000 if LONG else 30


@cache
def _packed() -> bytes:
    return played().bundle().pack()


@cache
def _files() -> dict[str, bytes]:
    return played().bundle().files()


def _changed(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data)) if data else 0
    kind = rng.choice(("flip", "cut", "drop", "insert", "swap"))
    if kind == "flip" and data:
        return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
    if kind == "cut" and data:
        return data[:at]
    if kind == "drop" and data:
        return data[:at] + data[at + 1 :]
    if kind == "swap" and len(data) > 1 and data[at] != data[at - 1]:
        low, high = sorted((at, (at - 1) % len(data)))
        return data[:low] + data[high : high + 1] + data[low + 1 : high] + data[low : low + 1] + data[high + 1 :]
    return data[:at] + rng.randbytes(1) + data[at:]


def _refused(data: bytes, what: str) -> None:
    report = verify(data, TRUST)
    assert report.status == 1, what
    assert report.failing, what


@pytest.mark.parametrize("number", range(COUNT))
def test_a_changed_bundle_fails(number: int, rng: random.Random) -> None:
    changed = _changed(_packed(), rng)
    _refused(changed, f"{number}: {len(changed)} bytes")


@pytest.mark.parametrize("number", range(COUNT))
def test_a_changed_file_fails_though_the_sums_are_redone(number: int, rng: random.Random) -> None:
    files = dict(_files())
    path = rng.choice(sorted(files))
    files[path] = _changed(files[path], rng)
    _refused(bundles.pack({**files, bundles.SUMS: bundles.sums(files)}), f"{number}: {path}")


@pytest.mark.parametrize("number", range(COUNT // 3))
def test_a_bundle_with_files_missing_or_exchanged_fails(number: int, rng: random.Random) -> None:
    files = dict(_files())
    one, two = rng.sample([path for path in sorted(files) if files[path]], 2)
    # A checkpoint or a registration that nothing needs may be left out: what is left is as true as before.
    if rng.random() < 0.5 and not one.startswith(("checkpoints/", "streams/party/", "streams/person/")):
        del files[one]
    else:
        files[one], files[two] = files[two], files[one]
    _refused(bundles.pack({**files, bundles.SUMS: bundles.sums(files)}), f"{number}: {one} {two}")
