"""What a custodian must never forget, each line on the disk before the thing itself leaves the house.

signed      {keyset}             one for a purpose, ever
postponed   {postponement}       the envelope
released    {kid, release}       the envelope, one for a key set, ever; the same bytes are sent until the log has them
recorded    {kid}                the log has our release
challenged  {answer}             the envelope
seeded      {kid, order}         a seed published on an order
restored    {}                   made from backup words: what was signed before is read from the log
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import takewhile
from pathlib import Path
from typing import Never, cast

from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.institution.journal import Journal, Record, peek
from ledger.sealed import keyset as keysets
from ledger.sealed.keyset import Keyset, Purpose
from ledger.sealed.postpone import Postponement

Envelope = dict[str, Json]


class Memory:
    """A custodian's records with their indices. Every `note_…` returns when the disk has it."""

    def __init__(self, records: Iterable[Record], write: Callable[[Record], None]) -> None:
        """`write` makes a record durable; a reader who must not write gives one that refuses."""
        self._write = write
        self._signed: dict[Purpose, Keyset] = {}
        self._by_kid: dict[str, Keyset] = {}
        self._postponed: list[Envelope] = []
        self._released: dict[str, Envelope] = {}
        self._recorded: set[str] = set()
        self._challenged: dict[tuple[str, str], Envelope] = {}
        self._challenged_at: dict[str, list[str]] = {}
        self._seeded: set[str] = set()
        self.restored = False
        for record in records:
            self._take(record)

    @classmethod
    def of(cls, journal: Journal) -> Memory:
        """The memory of the process that holds the journal."""
        return cls(list(journal.records), journal.append)

    @classmethod
    def peek(cls, path: Path) -> Memory:
        """The memory as it stands now, for looking at only, also while a process runs."""
        return cls(peek(path), _read_only)

    def signed(self, purpose: Purpose) -> Keyset | None:
        """The one key set signed for a purpose."""
        return self._signed.get(purpose)

    def keyset(self, kid: str) -> Keyset | None:
        """A signed key set by kid (hex)."""
        return self._by_kid.get(kid)

    def keysets(self) -> list[Keyset]:
        """All signed key sets, oldest first."""
        return list(self._signed.values())

    def lot(self, tender: str, lot: str) -> list[Keyset]:
        """The signed key sets of a lot."""
        return [one for one in self._signed.values() if (one.purpose.tender, one.purpose.lot) == (tender, lot)]

    def postponements(self) -> list[tuple[Postponement, Envelope]]:
        """Every postponement signed, with its envelope."""
        return [(Postponement.parse(one["object"]), one) for one in self._postponed]

    def release(self, kid: str) -> Envelope | None:
        """The one release made for a key set."""
        return self._released.get(kid)

    def unrecorded(self) -> list[tuple[str, Envelope]]:
        """Releases the log is not known to have."""
        return [(kid, one) for kid, one in self._released.items() if kid not in self._recorded]

    def challenge(self, kid: str, nonce: str) -> Envelope | None:
        """The answer already given to a challenge."""
        return self._challenged.get((kid, nonce))

    def challenges_since(self, kid: str, since: str) -> int:
        """How many different challenges of a key set were answered after a time (text), newest ones first."""
        return sum(1 for _ in takewhile(lambda at: at > since, reversed(self._challenged_at.get(kid, []))))

    def seeded(self, kid: str) -> bool:
        """Whether the seed of a key set was published."""
        return kid in self._seeded

    def note_signed(self, keyset: Keyset) -> None:
        """Remember a key set that is about to be signed. Raises `Refusal("custodian.second_keyset")`."""
        known = self._signed.get(keyset.purpose)
        if known == keyset:
            return
        if known is not None:
            raise Refusal(
                "custodian.second_keyset",
                tender=keyset.purpose.tender,
                lot=keyset.purpose.lot,
                part=keyset.purpose.part,
                signed=known.kid.hex(),
            )
        self._note({"kind": "signed", "keyset": keyset.to_json()})

    def note_postponed(self, envelope: Envelope) -> None:
        """Remember a postponement that is about to leave."""
        self._note({"kind": "postponed", "postponement": envelope})

    def note_released(self, kid: str, envelope: Envelope) -> Envelope:
        """Remember a release that is about to leave; gives the one that stands, which may be an earlier one."""
        if kid not in self._released:
            self._note({"kind": "released", "kid": kid, "release": envelope})
        return self._released[kid]

    def note_recorded(self, kid: str) -> None:
        """Remember that the log has our release."""
        if kid not in self._recorded:
            self._note({"kind": "recorded", "kid": kid})

    def note_challenged(self, envelope: Envelope) -> None:
        """Remember an answer to a challenge that is about to leave."""
        self._note({"kind": "challenged", "answer": envelope})

    def note_seeded(self, kid: str, order: str) -> None:
        """Remember that a seed is about to be published on `order`."""
        if kid not in self._seeded:
            self._note({"kind": "seeded", "kid": kid, "order": order})

    def note_restored(self) -> None:
        """Remember that this folder was made from backup words."""
        self._note({"kind": "restored"})

    def _note(self, record: dict[str, Json]) -> None:
        self._write(record)
        self._take(record)

    def _take(self, record: dict[str, Json]) -> None:
        kind = record.get("kind")
        if kind == "signed":
            one = keysets.parse(record["keyset"])
            self._signed[one.purpose] = self._by_kid[one.kid.hex()] = one
        elif kind == "postponed":
            self._postponed.append(cast(Envelope, record["postponement"]))
        elif kind == "released":
            self._released[cast(str, record["kid"])] = cast(Envelope, record["release"])
        elif kind == "recorded":
            self._recorded.add(cast(str, record["kid"]))
        elif kind == "challenged":
            answer = cast(Envelope, record["answer"])
            obj = cast(dict[str, str], answer["object"])
            self._challenged[obj["kid"], obj["nonce"]] = answer
            self._challenged_at.setdefault(obj["kid"], []).append(obj["at"])
        elif kind == "seeded":
            self._seeded.add(cast(str, record["kid"]))
        elif kind == "restored":
            self.restored = True
        else:
            raise Refusal("institution.journal_damaged", line=0)


def _read_only(_: Record) -> Never:
    raise ValueError("this memory is for looking at only")
