"""What the log serves, as bytes, and what it takes from witnesses. No web framework here.

| path | function | content type |
|---|---|---|
| `checkpoint` | `latest` | text/plain; charset=utf-8 |
| `checkpoint.pending` | `pending` | text/plain; charset=utf-8 |
| `tile/…` | `tile` | application/octet-stream |
| `cosignature` (POST) | `add_cosignatures` | |
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from ledger import checkpoint, merkle
from ledger.basics.errors import Refusal
from ledger.checkpoint import Note, Policy, Signature, WitnessedCheckpoint
from ledger.proof import Proof
from ledger.store import folder as files
from ledger.store import tables, tree
from ledger.store.engine import from_ms, to_ms


def latest(conn: sa.Connection) -> bytes:
    """The newest checkpoint that enough witnesses have cosigned, with the cosignatures that made it so.

    Raises `Refusal("log.no_checkpoint")` before the first.
    """
    found = _note(conn, tables.checkpoints.c.witnessed, newest=True)
    if found is None:
        raise Refusal("log.no_checkpoint")
    return found.encode()


def pending(conn: sa.Connection) -> bytes:
    """The newest signed checkpoint, with every cosignature it has so far; `Refusal("log.no_checkpoint")`."""
    found = _note(conn, newest=True, late=True)
    if found is None:
        raise Refusal("log.no_checkpoint")
    return found.encode()


def tile(folder: Path, path: str) -> bytes:
    """The bytes of `tile/<L>/<N>[.p/<W>]`; `Refusal("log.bad_path")`, `Refusal("log.not_found")`."""
    return files.read_tile(folder, path)


def add_cosignatures(conn: sa.Connection, policy: Policy, note: bytes) -> bool:
    """Takes a note with cosignatures of known witnesses; gives whether the checkpoint is witnessed now.

    In a writing transaction. The note's text must be one the log has signed (`Refusal("checkpoint.unknown")`), every
    signature in it the log's or a known witness's (`checkpoint.unknown_witness`) and valid (`signature.invalid`). A
    witness's first cosignature of a checkpoint stays. One that comes when there were enough is kept as late.
    """
    parsed = checkpoint.parse_note(note)
    head = checkpoint.Checkpoint.parse_body(parsed.body)
    stored = _stored_note(conn, head.size)
    if stored is None or stored.body != parsed.body:
        raise Refusal("checkpoint.unknown", size=head.size)
    for signature in parsed.signatures:
        if signature not in stored.signatures:
            _add(conn, policy, head.size, parsed.body, signature)
    return settle(conn, policy, head.size)


def settle(conn: sa.Connection, policy: Policy, size: int) -> bool:
    """Notes that a signed checkpoint is witnessed if it has enough cosignatures under this policy; gives whether it is.

    In a writing transaction. A checkpoint once witnessed stays so.
    """
    names = [witness.name for witness in policy.witnesses]
    count = conn.execute(
        sa.select(sa.func.count()).where(tables.cosignatures.c.size == size, tables.cosignatures.c.name.in_(names))
    ).scalar_one()
    if count >= policy.threshold:
        conn.execute(sa.update(tables.checkpoints).where(tables.checkpoints.c.size == size).values(witnessed=True))
    table = tables.checkpoints
    return bool(conn.execute(sa.select(table.c.witnessed).where(table.c.size == size)).scalar_one())


def covering(conn: sa.Connection, index: int, policy: Policy) -> WitnessedCheckpoint | None:
    """The first witnessed checkpoint that holds the entry at `index`, None while there is none.

    Its `witnessed_at` is when the entry was witnessed.
    """
    found = _note(conn, tables.checkpoints.c.witnessed, tables.checkpoints.c.size > index)
    return checkpoint.verify(found.encode(), policy) if found else None


def note_over(conn: sa.Connection, index: int) -> tuple[int, str] | None:
    """Size and note of the first witnessed checkpoint that holds the entry at `index`, None while there is none."""
    note = _note(conn, tables.checkpoints.c.witnessed, tables.checkpoints.c.size > index)
    return (_size(note), note) if note is not None else None


def note_before(conn: sa.Connection, moment: datetime, policy: Policy) -> tuple[int, str] | None:
    """Size and note of the newest checkpoint that was witnessed before `moment`, None if there is none."""
    table, size = tables.checkpoints, tables.checkpoints.c.size
    below: int | None = None
    while True:
        earlier = (size < below,) if below is not None else ()
        note = _note(conn, table.c.witnessed, table.c.at < to_ms(moment), *earlier, newest=True)
        if note is None:
            return None
        head = checkpoint.verify(note.encode(), policy)
        if head.witnessed_at is not None and head.witnessed_at < moment:
            return head.size, note
        # Signed in time and witnessed later: some few at most, as the next one waits until its witnesses have come.
        below = head.size


def tlog_proof(conn: sa.Connection, leaf: bytes) -> str:
    """The C2SP tlog-proof of an event's leaf under the first witnessed checkpoint that holds it.

    Raises `Refusal("event.unknown")`, `log.not_sequenced`, `log.not_witnessed`.
    """
    index = tree.index_of(conn, leaf)
    found = note_over(conn, index)
    if found is None:
        raise Refusal("log.not_witnessed", event=leaf.hex())
    size, note = found
    return Proof(index, tuple(merkle.inclusion_proof(tree.nodes(conn, size), index, size)), note).text()


def _size(note: str) -> int:
    return checkpoint.Checkpoint.parse_body(checkpoint.parse_note(note.encode()).body).size


def _add(conn: sa.Connection, policy: Policy, size: int, body: bytes, signature: Signature) -> None:
    witness = next((one for one in policy.witnesses if (one.name, one.id) == (signature.name, signature.key_id)), None)
    if witness is None:
        raise Refusal("checkpoint.unknown_witness", name=signature.name[:64])
    at = checkpoint.check_cosignature(body, signature, witness)
    table = tables.cosignatures
    # The checkpoint's row is held, so that two cosignatures that arrive together see each other when they count.
    held = sa.select(tables.checkpoints.c.witnessed).where(tables.checkpoints.c.size == size).with_for_update()
    witnessed = bool(conn.execute(held).scalar_one())
    if conn.execute(sa.select(table.c.size).where(table.c.size == size, table.c.name == witness.name)).first() is None:
        # Where none is asked for none decides, and whoever looks for them finds them with the checkpoint.
        late = witnessed and policy.threshold > 0
        row = {"size": size, "name": witness.name, "line": signature.line(), "at": to_ms(at), "late": late}
        conn.execute(sa.insert(table).values(row))


def _stored_note(conn: sa.Connection, size: int) -> Note | None:
    note = _note(conn, tables.checkpoints.c.size == size, late=True)
    return checkpoint.parse_note(note.encode()) if note else None


def _note(conn: sa.Connection, *where: sa.ColumnElement[bool], newest: bool = False, late: bool = False) -> str | None:
    """The smallest (or the newest) checkpoint that fits, as a note with its cosignatures by name.

    `late`: with those that came when there were enough. Without them a witnessed checkpoint's note never changes.
    """
    table = tables.checkpoints
    row = conn.execute(
        sa.select(table.c.size, table.c.note)
        .where(*where)
        .order_by(table.c.size.desc() if newest else table.c.size)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    shown = sa.true() if late else ~tables.cosignatures.c.late
    lines = conn.execute(
        sa.select(tables.cosignatures.c.line)
        .where(tables.cosignatures.c.size == row.size, shown)
        .order_by(tables.cosignatures.c.name)
    ).scalars()
    return str(row.note) + "".join(line + "\n" for line in lines)


def last_cosigned(conn: sa.Connection) -> dict[str, tuple[int, datetime]]:
    """Witness → size and time of the largest checkpoint it has cosigned, by its own clock."""
    table = tables.cosignatures
    newest = sa.select(table.c.name, sa.func.max(table.c.size).label("size")).group_by(table.c.name).subquery()
    rows = conn.execute(
        sa.select(table.c.name, table.c.size, table.c.at).join(
            newest, (table.c.name == newest.c.name) & (table.c.size == newest.c.size)
        )
    )
    return {row.name: (row.size, from_ms(row.at)) for row in rows}
