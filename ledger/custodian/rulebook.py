"""The seam between a custodian and the rules of what it opens: two protocols and their values.

A custodian gathers `Evidence` from the platform and checks it against its own mirror of the log. A `Rulebook` is pure:
it reads the evidence and says whether a key set may answer now, and for which seals. It never trusts anything that is
not in the mirror below the witnessed checkpoint, and whatever it can't find it answers with `NotYet`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ledger.basics.canonical import Json
from ledger.basics.errors import Param
from ledger.checkpoint import WitnessedCheckpoint
from ledger.events import Event


@dataclass(frozen=True)
class Seen:
    """A disclosed event that stands in the mirror at `index`, below the witnessed size."""

    event: Event
    salt: bytes
    leaf: bytes
    index: int


@dataclass(frozen=True)
class Answerable:
    """What a custodian may answer for: exactly these seals, under this roll and checkpoint.

    `roll`: H(canonical(roll)), hex; `checkpoint`: (size, root as hex) of the witnessed checkpoint the conditions were
    checked under; `seals`: (author_key hex, seal object), each author once; `forms`: SHA-256 (hex) of the forms that
    the custodian must hold before it answers.
    """

    roll: str
    checkpoint: tuple[int, str]
    seals: Sequence[tuple[str, dict[str, Json]]]
    forms: Sequence[str] = ()


@dataclass(frozen=True)
class NotYet:
    """Why not, as an error code and its parameters. `final`: it never will (roll before the deadline, failed lot)."""

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)
    final: bool = False


class Evidence(Protocol):
    """What a rulebook may look at. Every method raises `Refusal` when the platform lies, hangs or lacks the thing."""

    @property
    def witnessed(self) -> WitnessedCheckpoint:
        """The checkpoint everything below is judged under; it does not move while one question is answered."""

    def index_of(self, entry: bytes) -> int | None:
        """Where `entry` first stands in the tree, None if not below the witnessed size."""

    def raw_entries(self, label: str) -> Sequence[tuple[int, bytes]]:
        """(index, entry) of every unblinded entry of this label ("roll"; `ledger.events.unblinded`), in tree order."""

    def slot(self, stream: str, version: int) -> tuple[int, bytes] | None:
        """(index, leaf) of the first slot of a stream's version, None if there is none below the witnessed size.

        With one, the event has been shown to the public; without, it is not there for anybody.
        """

    def witnessed_at(self, index: int) -> datetime | None:
        """By when the entry at `index` stood in the tree, by the witnesses' clocks; None if unknown.

        It is `witnessed_at` of the earliest witnessed checkpoint this mirror has seen that holds the entry.
        """

    def events(self, stream: str) -> Sequence[Seen]:
        """The disclosed events of a stream, versions rising, each verified: leaf from event and salt, in its slot.

        Raises `Refusal("evidence.twin")` for another event than its slot's, `evidence.kept_back` where a version has
        a slot and is not shown.
        """

    def document(self, sha256: str) -> bytes:
        """A published document, its hash checked."""

    def submission(self, sha256: str) -> dict[str, Json]:
        """A submission's envelope `{object, key, signature}`; `H(canonical(object))` is `sha256`, no more checked."""

    def blob(self, sha256: str) -> bytes:
        """A form's ciphertext (our own kept copy, else the platform's), its hash checked."""


class Rulebook(Protocol):
    """The rules of the parts whose key sets a custodian signs."""

    def check_keyset(self, keyset: dict[str, Json], evidence: Evidence) -> None:
        """Raises `Refusal` unless purpose and conditions are ones this rulebook knows (docs/formats/sealing.md §2)."""

    def answerable(self, keyset: dict[str, Json], not_before: datetime, evidence: Evidence) -> Answerable | NotYet:
        """May this key set answer, `not_before` being the one in force? Raises `Refusal` when evidence is missing.

        The custodian has checked already that its own clock reads `not_before` or later.
        """
