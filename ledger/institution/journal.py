"""An institution's memory: one JSON object a line, appended and on the disk before anything leaves the house.

A crash can tear only the last line, and what it was about has not left; it is cut off on opening. Any other damage
is refused: a custodian that forgot what it signed must be restored by a person, not go on.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.files import sync_directory

# The longest record is a release: at most 1 MiB of canonical JSON, and what stands around it.
_LONGEST: Final = 2 << 20

Record = dict[str, Json]


class Journal:
    """The records of `path`, held open and locked against a second process; `append` returns once they are durable."""

    def __init__(self, path: Path) -> None:
        """Raises `Refusal("institution.folder_busy")`, `Refusal("institution.journal_damaged", line=…)`."""
        self._path = path
        new = not path.exists()
        self._file = path.open("a+b", buffering=0)
        try:
            path.chmod(0o600)
            self._lock()
            self.records, whole = _read(path)
            # What stands beyond the last whole line was torn by a crash.
            os.ftruncate(self._file.fileno(), whole)
            os.fsync(self._file.fileno())
        except BaseException:
            self._file.close()
            raise
        if new:
            sync_directory(path.parent)

    def append(self, record: Record) -> None:
        """Write a record and wait for the disk. After an OSError the journal is closed: nobody may go on with it."""
        line = json.dumps(record, separators=(",", ":"), sort_keys=True).encode("ascii") + b"\n"
        if len(line) > _LONGEST:
            raise ValueError("a record is too long")
        try:
            view = memoryview(line)
            while view:
                view = view[self._file.write(view) or 0 :]
            os.fsync(self._file.fileno())
        except OSError:
            # Whether the line is on the disk is unknown now; the next start reads what is there.
            self._file.close()
            raise
        self.records.append(record)

    def hand_over(self) -> list[Record]:
        """The records read and written so far, to somebody who keeps them in a form of its own."""
        records, self.records = self.records, []
        return records

    def close(self) -> None:
        """Give the lock back."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise Refusal("institution.folder_busy", folder=self._path.parent.name) from exc


def peek(path: Path) -> list[Record]:
    """The records as they stand now, also while a process holds the journal; none where there is no file."""
    return _read(path)[0] if path.exists() else []


def _read(path: Path) -> tuple[list[Record], int]:
    """The whole records, and how many bytes they take."""
    records: list[Record] = []
    whole = 0
    with path.open("rb") as lines:
        for number, line in enumerate(iter(lambda: lines.readline(_LONGEST + 1), b""), 1):
            if not line.endswith(b"\n"):
                if len(line) > _LONGEST:
                    raise Refusal("institution.journal_damaged", line=number)
                break
            try:
                record = json.loads(line)
            except ValueError as why:
                raise Refusal("institution.journal_damaged", line=number) from why
            if not isinstance(record, dict):
                raise Refusal("institution.journal_damaged", line=number)
            whole += len(line)
            records.append(record)
    return records, whole
