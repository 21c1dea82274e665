"""Files named by their SHA-256 in a folder: documents, forms, reports. Written once, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from ledger.basics.canonical import unhex
from ledger.basics.errors import Refusal

_PIECE: Final = 1 << 20
# So many files are synced one by one before one sync of everything costs less.
_FEW: Final = 8


class Shelf:
    """A content-addressed folder; safe for several processes, as every file appears by a rename."""

    def __init__(self, folder: Path) -> None:
        """`folder` is created when first written to."""
        self._folder = folder

    def path(self, sha256: str) -> Path:
        """Where a file lies, there or not. Raises `Refusal("canonical.bad_hex")` for what is no hash."""
        unhex(sha256, 32, "sha256")
        return self._folder / sha256[:2] / sha256

    def has(self, sha256: str) -> bool:
        """Whether the file is there."""
        return self.path(sha256).is_file()

    def size(self, sha256: str) -> int:
        """Its length in bytes; `Refusal("file.not_found")`."""
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError as exc:
            raise Refusal("file.not_found", sha256=sha256) from exc

    def read(self, sha256: str) -> bytes:
        """The whole file, its hash checked again; `Refusal("file.not_found")`, `Refusal("file.damaged")`."""
        try:
            data = self.path(sha256).read_bytes()
        except FileNotFoundError as exc:
            raise Refusal("file.not_found", sha256=sha256) from exc
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Refusal("file.damaged", sha256=sha256)
        return data

    def intact(self, sha256: str) -> bool:
        """Whether the file is there with every byte as it was: reads it once."""
        try:
            with self.path(sha256).open("rb") as source:
                return hashlib.file_digest(source, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False

    def pieces(self, sha256: str) -> Iterator[bytes]:
        """The file in pieces of 1 MiB, unchecked."""
        try:
            source = self.path(sha256).open("rb")
        except FileNotFoundError as exc:
            raise Refusal("file.not_found", sha256=sha256) from exc
        with source:
            while piece := source.read(_PIECE):
                yield piece

    def put(self, sha256: str, source: Iterable[bytes], limit: int, *, settled: bool = True) -> int:
        """Stores a file of at most `limit` bytes; its length.

        Not `settled`: it may be lost with the power until `settle` is called; for many files at once.
        Raises `Refusal("http.too_long")`, `Refusal("file.other_hash")` if the bytes are not what the hash says.
        """
        target = self.path(sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, length = hashlib.sha256(), 0
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as out:
                for piece in source:
                    length += len(piece)
                    if length > limit:
                        raise Refusal("http.too_long", limit=limit)
                    digest.update(piece)
                    out.write(piece)
                out.flush()
                if settled:
                    os.fsync(out.fileno())
            if digest.hexdigest() != sha256:
                raise Refusal("file.other_hash", wanted=sha256, found=digest.hexdigest())
            Path(name).replace(target)
            if settled:
                _sync_folder(target.parent)
        finally:
            Path(name).unlink(missing_ok=True)
        return length

    def settle(self) -> None:
        """What was stored unsettled is on the disk. One call for a thousand files costs less than fsync for ten."""
        os.sync()

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Stores many files, by SHA-256; all of them are whole and on the disk when this returns."""
        new = [sha256 for sha256 in files if not self.intact(sha256)]
        few = len(new) <= _FEW
        for sha256 in new:
            self.put(sha256, [files[sha256]], len(files[sha256]), settled=few)
        if not few:
            self.settle()

    def put_bytes(self, data: bytes) -> str:
        """Stores `data`; its SHA-256."""
        sha256 = hashlib.sha256(data).hexdigest()
        if not self.has(sha256):
            self.put(sha256, [data], len(data))
        return sha256


def _sync_folder(folder: Path) -> None:
    """A rename is durable once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
