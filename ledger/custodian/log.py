"""The custodian's own copy of the log, and the highest checkpoint it ever saw, kept apart from the copy.

A mirror folder that is deleted or put back from an old backup can't make a custodian accept another tree: each
witnessed checkpoint is a line of its own journal, and the mirror must still lead to the last one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.checkpoint import WitnessedCheckpoint
from ledger.institution.journal import Journal
from ledger.log_client import LogClient
from ledger.mirror import Mirror


class Log:
    """A mirror with a memory for when things were witnessed."""

    def __init__(self, mirror: Mirror, journal: Journal) -> None:
        self._mirror = mirror
        self._journal = journal
        # A year of minutes is half a million checkpoints: numbers, not objects.
        self._sizes = array("Q")
        self._seconds = array("q")
        self._root = ""
        for record in journal.hand_over():
            self._note(cast(int, record["size"]), cast(str, record["root"]), clock.parse_time(record["at"]))

    @property
    def witnessed(self) -> WitnessedCheckpoint:
        """The newest checkpoint with enough witnesses; `Refusal("custodian.no_checkpoint")` before the first."""
        if self._mirror.head is None or not self._sizes:
            raise Refusal("custodian.no_checkpoint")
        return self._mirror.head

    def index_of(self, entry: bytes) -> int | None:
        """The first place of an entry in the tree."""
        return self._mirror.index_of(entry)

    def raw_entries(self, label: str) -> Sequence[tuple[int, bytes]]:
        """The unblinded entries of a label, in tree order."""
        return self._mirror.raw_entries(label)

    def slot(self, stream: str, version: int) -> tuple[int, bytes] | None:
        """Where a stream's version has its first slot, and for which leaf."""
        return self._mirror.slot(stream, version)

    def witnessed_at(self, index: int) -> datetime | None:
        """When the earliest checkpoint seen that holds the entry had enough witnesses, by their clocks."""
        place = bisect_right(self._sizes, index)
        if place == len(self._sizes):
            return None
        return datetime.fromtimestamp(self._seconds[place], UTC)

    def update(self, client: LogClient) -> WitnessedCheckpoint:
        """Fetch what is new and check it.

        Raises as `Mirror.update`, and `Refusal("custodian.no_witnesses")` under a trust file that asks for none,
        `log.fork` or `log.rolled_back` where the mirror no longer leads to the highest checkpoint ever seen.
        """
        if self._mirror.policy.threshold < 1:
            raise Refusal("custodian.no_witnesses")
        head = self._mirror.update(client)
        at = head.witnessed_at
        if at is None:
            raise Refusal("custodian.no_witnesses")
        if self._sizes:
            if head.size < self._sizes[-1]:
                raise Refusal("log.rolled_back", signed=self._sizes[-1], found=head.size)
            if self._mirror.root_at(self._sizes[-1]).hex() != self._root:
                raise Refusal("log.fork", size=self._sizes[-1], held=self._sizes[-1])
        if not self._sizes or head.size > self._sizes[-1]:
            self._journal.append({"size": head.size, "root": head.root.hex(), "at": clock.text(at)})
            self._journal.hand_over()
            self._note(head.size, head.root.hex(), at)
        return head

    def _note(self, size: int, root: str, at: datetime) -> None:
        self._sizes.append(size)
        self._seconds.append(int(at.timestamp()))
        self._root = root
