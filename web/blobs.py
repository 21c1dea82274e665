"""Where ciphertexts lie: a folder. Partial uploads by their id, whole ones by the SHA-256 of their bytes.

A whole blob is written once and never changed. The interface is what an object store would have to offer too.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from ledger.basics.errors import Refusal

PIECE: Final = 1 << 16

# Entered around each write; raises where another writer has taken over.
Turn = Callable[[], AbstractContextManager[None]]


class Blobs(Protocol):
    """What box and worker ask of a store."""

    def append(
        self, upload_id: str, offset: int, pieces: Iterable[bytes], limit: int, turn: Turn = nullcontext
    ) -> Iterator[bytes]:
        """Write behind `offset`, each piece in a `turn`, yielding each as it lies there."""

    def partial(self, upload_id: str) -> BinaryIO:
        """What is there of an upload."""

    def has_partial(self, upload_id: str) -> bool:
        """Whether anything is there of an upload that has no name yet."""

    def finish(self, upload_id: str, sha256: str) -> None:
        """Name a whole upload."""

    def discard(self, upload_id: str) -> None:
        """Drop a partial upload."""

    def put(self, sha256: str, pieces: Iterable[bytes]) -> None:
        """Store whole bytes under the hash they must have."""

    def open(self, sha256: str) -> BinaryIO:
        """The bytes of a whole blob."""

    def holds(self, sha256: str) -> bool:
        """Whether the blob is there and unspoilt."""


class Folder:
    """`partial/<id>` and `whole/<2>/<sha256>` below a root folder on one file system."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "partial").mkdir(parents=True, exist_ok=True)
        (root / "whole").mkdir(parents=True, exist_ok=True)

    def append(
        self, upload_id: str, offset: int, pieces: Iterable[bytes], limit: int, turn: Turn = nullcontext
    ) -> Iterator[bytes]:
        """Write `pieces` from `offset` on, at most `limit` bytes, and yield each as it lies there; synced at the end.

        Whatever lay behind `offset` (a piece whose line was cut) is dropped first. Nothing is written outside a `turn`,
        and nothing is kept back to be written later.
        """
        with turn():
            file = self._open_partial(upload_id, offset)
        with file:
            room = limit
            for piece in pieces:
                if len(piece) > room:
                    raise Refusal("upload.too_long", limit=limit)
                with turn():
                    file.write(piece)
                    file.flush()
                room -= len(piece)
                yield piece
            _sync(file)

    def _open_partial(self, upload_id: str, offset: int) -> BinaryIO:
        try:
            file = self._partial(upload_id).open("r+b" if offset else "wb")
        except FileNotFoundError as exc:
            # Another request of the same upload finished it meanwhile.
            raise Refusal("upload.superseded") from exc
        file.truncate(offset)
        file.seek(offset)
        return file

    def partial(self, upload_id: str) -> BinaryIO:
        """The bytes of a partial upload so far."""
        return self._partial(upload_id).open("rb")

    def has_partial(self, upload_id: str) -> bool:
        """Whether bytes of this upload lie here under its id."""
        return self._partial(upload_id).exists()

    def finish(self, upload_id: str, sha256: str) -> None:
        """Give a whole upload its name. Doing it twice is harmless."""
        path, target = self._partial(upload_id), self._whole(sha256)
        if path.exists():
            target.parent.mkdir(exist_ok=True)
            path.replace(target)
            _sync_folder(target.parent)
        elif not target.exists():
            raise Refusal("upload.unknown")

    def discard(self, upload_id: str) -> None:
        """Drop a partial upload."""
        self._partial(upload_id).unlink(missing_ok=True)

    def put(self, sha256: str, pieces: Iterable[bytes]) -> None:
        """Store whole bytes that must have this hash; `Refusal("blob.hash_mismatch")` and nothing stored otherwise."""
        target = self._whole(sha256)
        target.parent.mkdir(exist_ok=True)
        path = self.root / "partial" / f"put-{sha256}-{os.urandom(8).hex()}"
        digest = hashlib.sha256()
        try:
            with path.open("wb") as file:
                for piece in pieces:
                    digest.update(piece)
                    file.write(piece)
                _sync(file)
            if digest.hexdigest() != sha256:
                raise Refusal("blob.hash_mismatch", expected=sha256, found=digest.hexdigest())
            path.replace(target)
            _sync_folder(target.parent)
        finally:
            path.unlink(missing_ok=True)

    def open(self, sha256: str) -> BinaryIO:
        """The bytes of a whole blob; `Refusal("blob.missing")` if it is not there."""
        try:
            return self._whole(sha256).open("rb")
        except FileNotFoundError as exc:
            raise Refusal("blob.missing", sha256=sha256) from exc

    def holds(self, sha256: str) -> bool:
        """Whether the blob is there with every byte as it was: reads it once."""
        try:
            with self._whole(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False

    def _partial(self, upload_id: str) -> Path:
        return self.root / "partial" / upload_id

    def _whole(self, sha256: str) -> Path:
        return self.root / "whole" / sha256[:2] / sha256


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
