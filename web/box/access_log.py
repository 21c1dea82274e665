"""The box's access log: sealed to a supervisor's key line by line as it is written, so that it lies nowhere in clear.

Kept for the six months the law asks for (电子招标投标办法 keeps the records; 网络安全法 art. 21 (3): not less than six
months), opened by a two-key order (docs/operations.md). Every line has the same length: a length would tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ledger.basics import clock
from ledger.basics.canonical import Json, canonical, parse_object
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy
from ledger.sealed import hpke

INFO: Final = b"mingjing/box-access-log/v1\0"
LINE: Final = 512  # bytes of a plain line, padded with spaces
RECORD: Final = 32 + LINE + 16
KEPT: Final = timedelta(days=184)

_SPELLED_LONGER: Final = re.compile(r"[^ !#-\[\]-~]")


class AccessLog:
    """Appends to `access-YYYY-MM.sealed` in a folder. Records have `RECORD` bytes and nothing between them."""

    def __init__(self, folder: Path, supervisor_key: bytes, entropy: Entropy) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._entropy, self._lock = folder, entropy, Lock()
        self._key = hpke.public_key(supervisor_key)

    def write(self, at: datetime, address: str, method: str, path: str, status: int) -> None:
        """One request. Method and path are the caller's words: cut, and without what JSON would spell longer."""
        entry: dict[str, Json] = {"at": clock.text(at), "address": _plain(address, 64), "status": status}
        plain = canonical({**entry, "method": _plain(method, 8), "path": _plain(path, 200)})
        record = hpke.seal(self._key, INFO, plain.ljust(LINE, b" "), hpke.derive_key_pair(self._entropy(32)))
        month = self._folder / f"access-{at:%Y-%m}.sealed"
        with self._lock:
            if not month.exists():
                self.purge(at)  # what was kept long enough goes
            with month.open("ab") as file:
                file.write(record)

    def purge(self, now: datetime) -> list[str]:
        """Delete the files that have been kept long enough; returns their names."""
        gone = []
        oldest = f"access-{now - KEPT - timedelta(days=31):%Y-%m}.sealed"
        for path in sorted(self._folder.glob("access-????-??.sealed")):
            if path.name < oldest:
                path.unlink()
                gone.append(path.name)
        return gone


def _plain(text: str, most: int) -> str:
    return _SPELLED_LONGER.sub("?", text[:most])


def read(path: Path, supervisor_key: X25519PrivateKey) -> Iterator[dict[str, Json]]:
    """The lines of a sealed log, for who holds the supervisor's key; `Refusal("access_log.unreadable")` otherwise."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for number in range(size // RECORD):
            plain = hpke.open_capsule(supervisor_key, INFO, file.read(RECORD))
            if plain is None:
                raise Refusal("access_log.unreadable", record=number)
            yield parse_object(plain.rstrip(b" "))
    if size % RECORD:
        raise Refusal("access_log.cut", path=path.name)
