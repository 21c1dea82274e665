"""Reading the book of record: streams, events by leaf, what may be shown; and disclosing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

import sqlalchemy as sa

from ledger import events
from ledger.basics.canonical import Json, parse
from ledger.basics.errors import Refusal
from ledger.events import Event
from ledger.store import tables
from ledger.store.append import add_entry, version
from ledger.store.engine import database_now

__all__ = [
    "Stored",
    "by_leaf",
    "disclose_event",
    "disclose_value",
    "disclosed_value",
    "erase_value",
    "last_shown",
    "load",
    "sealed_value",
    "sequenced",
    "streams",
    "version",
    "visible",
    "visible_between",
    "visible_in",
    "visible_since",
]

_AT_ONCE: Final = 400  # streams named in one question


@dataclass(frozen=True)
class Stored:
    """An event with its salt and leaf (32 bytes each); `index`: its place in the tree, None before sequencing."""

    event: Event
    salt: bytes
    leaf: bytes
    visible: bool
    index: int | None


def load(conn: sa.Connection, stream: str, after: int = 0, limit: int | None = None) -> list[Stored]:
    """The events of a stream with a version greater than `after`, in order, disclosed or not; at most `limit`."""
    return _stored(conn, tables.events.c.stream == stream, tables.events.c.version > after, limit=limit)


def by_leaf(conn: sa.Connection, leaf: bytes) -> Stored:
    """The event with this leaf, disclosed or not; `Refusal("event.unknown")`."""
    found = _stored(conn, tables.events.c.leaf == leaf)
    if not found:
        raise Refusal("event.unknown", event=leaf.hex())
    return found[0]


def visible(
    conn: sa.Connection, stream: str, after: int = 0, limit: int = 1000, most: int | None = None
) -> list[Stored]:
    """The disclosed and sequenced events of a stream with a version greater than `after`, in order.

    A version that is not disclosed yet leaves a gap: the reader sees that something is there. `most`: of their bytes,
    though one event at least; an event may have 1 MiB, and who reads takes only so much at once.
    """
    where = (
        tables.events.c.stream == stream,
        tables.events.c.version > after,
        tables.events.c.visible,
        tables.entries.c.idx.is_not(None),
    )
    return _stored(conn, *where, limit=limit if most is None else _fitting(conn, where, limit, most))


def _fitting(conn: sa.Connection, where: Sequence[sa.ColumnElement[bool]], limit: int, most: int) -> int:
    """How many of these events, in order, have at most `most` bytes together; one at least."""
    table = tables.events
    query = (
        sa.select(sa.func.length(table.c.body))
        .join(tables.entries, tables.entries.c.id == table.c.entry_id)
        .where(*where)
        .order_by(table.c.version)
        .limit(limit)
    )
    sums = accumulate(conn.execute(query).scalars())
    return max(1, sum(1 for total in sums if total <= most))


def visible_between(conn: sa.Connection, stream: str, places: range) -> list[Stored]:
    """All disclosed events of a stream whose leaves stand at these places of the tree, in order."""
    return _stored(
        conn,
        tables.events.c.stream == stream,
        tables.events.c.visible,
        tables.entries.c.idx >= places.start,
        tables.entries.c.idx < places.stop,
    )


def visible_in(conn: sa.Connection, streams: Sequence[str], places: range) -> list[Stored]:
    """All disclosed events of these streams whose leaves stand at these places of the tree, in the tree's order."""
    found = [
        one
        for start in range(0, len(streams), _AT_ONCE)
        for one in _stored(
            conn,
            tables.events.c.stream.in_(streams[start : start + _AT_ONCE]),
            tables.events.c.visible,
            tables.entries.c.idx >= places.start,
            tables.entries.c.idx < places.stop,
        )
    ]
    return sorted(found, key=lambda one: one.index or 0)


def sequenced(conn: sa.Connection) -> int:
    """How many entries have their place in the tree: one row, for whoever looks often whether there is more."""
    return conn.execute(sa.select(tables.tree.c.size)).scalar_one_or_none() or 0


def visible_since(conn: sa.Connection, index: int, limit: int = 1000) -> list[Stored]:
    """The disclosed events of all streams from this place in the tree on, in the tree's order.

    What is disclosed later stands where it stood: a reader that has passed it finds it by its leaf.
    """
    return _stored(
        conn, tables.entries.c.idx >= index, tables.events.c.visible, order=tables.entries.c.idx, limit=limit
    )


def last_shown(conn: sa.Connection, names: Sequence[str]) -> dict[str, int]:
    """When the newest disclosed and sequenced event of each stream happened, in ms of Unix time; none: not in it."""
    table = tables.events
    query = (
        sa.select(table.c.stream, sa.func.max(table.c.at))
        .join(tables.entries, tables.entries.c.id == table.c.entry_id)
        .where(table.c.stream.in_(names), table.c.visible, tables.entries.c.idx.is_not(None))
        .group_by(table.c.stream)
    )
    return {str(stream): int(at) for stream, at in conn.execute(query)}


def streams(conn: sa.Connection, prefix: str) -> dict[str, int]:
    """The last version of every stream whose name begins with `prefix`."""
    column = tables.events.c.stream
    query = (
        sa.select(column, sa.func.max(tables.events.c.version).label("last"))
        # A stream's characters all stand before DEL, and the column sorts by bytes.
        .where(column >= prefix, column < prefix + "\x7f")
        .group_by(column)
        .order_by(column)
    )
    return {row.stream: row.last for row in conn.execute(query)}


def disclose_event(conn: sa.Connection, stream: str, number: int) -> None:
    """From now on this event is served with its salt, and has its slot; again does nothing. `event.unknown`."""
    table = tables.events
    one = (table.c.stream == stream, table.c.version == number)
    # Whoever finds it hidden writes the slot: the database lets one of two do that.
    leaf = conn.execute(
        sa.update(table).where(*one, sa.not_(table.c.visible)).values(visible=True).returning(table.c.leaf)
    ).scalar_one_or_none()
    if leaf is not None:
        add_entry(conn, events.slot_entry(stream, number, bytes(leaf)), database_now(conn))
    elif conn.execute(sa.select(table.c.leaf).where(*one)).first() is None:
        raise Refusal("event.unknown", event=f"{stream}@{number}")


def disclose_value(conn: sa.Connection, stream: str, number: int, name: str) -> None:
    """From now on this sealed value is served with its salt; again does nothing.

    Raises `Refusal("sealed_value.unknown")`, or `sealed_value.not_held` if it is held elsewhere or was erased.
    """
    sealed_value(conn, stream, number, name)
    conn.execute(sa.update(tables.sealed_values).where(*_value(stream, number, name)).values(disclosed=True))


def erase_value(conn: sa.Connection, stream: str, number: int, name: str) -> None:
    """Forgets a sealed value and its salt for ever; the commitment stays. An event must cite the ground."""
    sealed_value(conn, stream, number, name)
    conn.execute(
        sa.update(tables.sealed_values)
        .where(*_value(stream, number, name))
        .values(salt=None, value=None, disclosed=False)
    )


def sealed_value(conn: sa.Connection, stream: str, number: int, name: str) -> tuple[bytes, Json]:
    """`(salt, value)` of a sealed value, disclosed or not.

    Raises `Refusal("sealed_value.unknown")`, or `sealed_value.not_held` if it is held elsewhere or was erased.
    """
    return _open(conn, stream, number, name, shown=False)


def disclosed_value(conn: sa.Connection, stream: str, number: int, name: str) -> tuple[bytes, Json]:
    """`(salt, value)` of a disclosed value; one that is not disclosed is `sealed_value.not_disclosed`."""
    return _open(conn, stream, number, name, shown=True)


def _open(conn: sa.Connection, stream: str, number: int, name: str, *, shown: bool) -> tuple[bytes, Json]:
    table = tables.sealed_values
    row = conn.execute(
        sa.select(table.c.salt, table.c.value, table.c.disclosed).where(*_value(stream, number, name))
    ).one_or_none()
    if row is None:
        raise Refusal("sealed_value.unknown", event=f"{stream}@{number}", name=name)
    if shown and not row.disclosed:
        raise Refusal("sealed_value.not_disclosed", event=f"{stream}@{number}", name=name)
    if row.salt is None:
        raise Refusal("sealed_value.not_held", event=f"{stream}@{number}", name=name)
    return bytes(row.salt), parse(bytes(row.value))


def _value(stream: str, number: int, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    table = tables.sealed_values
    return table.c.stream == stream, table.c.version == number, table.c.name == name


def _stored(
    conn: sa.Connection,
    *where: sa.ColumnElement[bool],
    order: sa.ColumnElement[Any] | None = None,
    limit: int | None = None,
) -> list[Stored]:
    table = tables.events
    query = (
        sa.select(table.c.body, table.c.salt, table.c.leaf, table.c.visible, tables.entries.c.idx)
        .join(tables.entries, tables.entries.c.id == table.c.entry_id)
        .where(*where)
        .order_by(table.c.version if order is None else order)
        .limit(limit)
    )
    return [_row(row) for row in conn.execute(query)]


def _row(row: Sequence[Any]) -> Stored:
    body, salt, leaf, shown, index = row
    return Stored(events.decode(bytes(body)), bytes(salt), bytes(leaf), bool(shown), index)
