"""Appending: the only way anything comes into the book of record. Always inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ledger import events
from ledger.basics.canonical import Json, canonical
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy, system_entropy
from ledger.events import Committed, Draft, Event
from ledger.store import tables
from ledger.store.engine import to_ms


@dataclass(frozen=True)
class Appended:
    """An event as it was written: its salt and its entry (both 32 bytes; `leaf` is what goes into the tree)."""

    event: Event
    salt: bytes
    leaf: bytes


def append(
    conn: sa.Connection,
    stream: str,
    expected_version: int,
    drafts: Sequence[Draft],
    *,
    at: datetime,
    actor: str,
    entropy: Entropy = system_entropy,
) -> list[Appended]:
    """Writes drafts as versions `expected_version` + 1, … of a stream (0: the stream is new), with their entries.

    `at`: the time that was judged in this transaction (`engine.database_now`). Raises `Refusal("stream.conflict")`
    if the stream stands at another version, or if another writer took the version first; the caller's transaction
    is then lost, to be decided anew.
    """
    found = version(conn, stream)
    if found != expected_version:
        raise Refusal("stream.conflict", stream=stream, expected=expected_version, found=found)
    out = []
    for number, draft in enumerate(drafts, expected_version + 1):
        try:
            out.append(_append_one(conn, stream, number, draft, at, actor, entropy))
        except IntegrityError as exc:
            raise Refusal("stream.conflict", stream=stream, expected=expected_version, found=number) from exc
    return out


def version(conn: sa.Connection, stream: str) -> int:
    """The last version of a stream, 0 if there is none."""
    query = sa.select(sa.func.max(tables.events.c.version)).where(tables.events.c.stream == stream)
    return conn.execute(query).scalar_one() or 0


def add_entry(conn: sa.Connection, entry: bytes, at: datetime) -> int:
    """Writes an entry that belongs to no event (32 to 65,535 bytes); gives its row's id, which is no index."""
    return _insert_entry(conn, entry, at, None, 0)


def _append_one(
    conn: sa.Connection, stream: str, number: int, draft: Draft, at: datetime, actor: str, entropy: Entropy
) -> Appended:
    sealed = {name: _Sealed.of(value, entropy) for name, value in sorted(draft.sealed.items())}
    event = Event(
        stream,
        number,
        draft.type,
        at,
        actor,
        draft.public,
        {name: one.commitment.hex() for name, one in sealed.items()},
    )
    body, salt = event.encode(), entropy(events.SALT)
    leaf = events.leaf(salt, body)
    entry_id = _insert_entry(conn, leaf, at, None, 0)
    # The slot of what is hidden would tell that it is there, and when: it comes with the disclosure.
    before = (events.slot_entry(stream, number, leaf), *draft.before) if draft.visible else draft.before
    for place, raw in enumerate(before, -len(before)):
        _insert_entry(conn, raw, at, entry_id, place)
    conn.execute(
        sa.insert(tables.events).values(
            stream=stream,
            version=number,
            type=draft.type,
            at=to_ms(at),
            actor=actor,
            body=body,
            salt=salt,
            leaf=leaf,
            visible=draft.visible,
            entry_id=entry_id,
        )
    )
    _insert_sealed(conn, stream, number, sealed)
    return Appended(event, salt, leaf)


@dataclass(frozen=True)
class _Sealed:
    commitment: bytes
    salt: bytes | None = None
    value: bytes | None = None

    @classmethod
    def of(cls, value: Json | Committed, entropy: Entropy) -> _Sealed:
        if isinstance(value, Committed):
            return cls(bytes.fromhex(value.commitment))
        salt = entropy(events.SALT)
        return cls(events.commitment(salt, value), salt, canonical(value))


def _insert_sealed(conn: sa.Connection, stream: str, number: int, sealed: Mapping[str, _Sealed]) -> None:
    rows = [
        {
            "stream": stream,
            "version": number,
            "name": name,
            "commitment": one.commitment,
            "salt": one.salt,
            "value": one.value,
            "disclosed": False,
        }
        for name, one in sealed.items()
    ]
    if rows:
        conn.execute(sa.insert(tables.sealed_values), rows)


def _insert_entry(conn: sa.Connection, entry: bytes, at: datetime, anchor: int | None, place: int) -> int:
    row = {"bytes": events.check_entry(entry), "created": to_ms(at), "anchor": anchor, "place": place}
    found: int = conn.execute(sa.insert(tables.entries).values(**row).returning(tables.entries.c.id)).scalar_one()
    return found
