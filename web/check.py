"""`mingjing check`: fold the whole ledger again and hold every table against it. A check of invariants, and a test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa

from bidding.procedures import lot as lots
from bidding.procedures import tender as tenders
from bidding.roll import roll_entry
from bidding.store import project, tables
from bidding.store.box import tables as box_tables
from bidding.store.box.minutes import STREAM as BOX
from ledger import checkpoint, events, merkle
from ledger.basics.canonical import Json
from ledger.basics.errors import Param, Refusal
from ledger.checkpoint import Policy
from ledger.merkle import Frontier
from ledger.store import read, tree
from ledger.store import tables as ledger
from ledger.store.engine import reading
from ledger.store.read import Stored
from web.config import Config
from web.files import Shelf
from web.services import read_trust

_BATCH: Final = 1000


@dataclass(frozen=True)
class Problem:
    """Something that is not as the ledger says: a code and parameters, as in `Refusal`."""

    code: str
    params: Mapping[str, Param]


@dataclass
class Found:
    """What was looked at, in words of the operator, and what is wrong."""

    done: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def run(engine: sa.Engine, config: Config) -> Found:
    """Checks everything; no problem stops the others."""
    policy = read_trust(config.folders.trust).policy
    documents = Shelf(config.folders.documents)
    found = Found()
    with reading(engine) as conn:
        for name, check in (
            ("leaves, slots, commitments and versions", _events(conn)),
            ("the tree and its checkpoints", _tree(conn, policy)),
            ("streams fold, every roll stands before its event", _streams(conn)),
            ("projections", _projections(conn)),
            ("the box against its minutes", _box(conn)),
            ("documents and forms", _files(conn, documents, Shelf(config.folders.documents / "forms"))),
        ):
            problems = list(check)
            found.problems += problems
            if not problems:
                found.done.append(name)
    return found


def _problem(code: str, /, **params: Param) -> Problem:
    return Problem(code, params)


def _events(conn: sa.Connection) -> Iterator[Problem]:
    """Every leaf commits to its event, which has its slot if it is public; no version is missing; commitments open."""
    table = ledger.events
    last: dict[str, int] = {}
    rows = conn.execute(
        sa.select(
            *(table.c.stream, table.c.version, table.c.body, table.c.salt, table.c.leaf, table.c.visible),
            ledger.entries.c.bytes,
        )
        .join(ledger.entries, ledger.entries.c.id == table.c.entry_id)
        .order_by(table.c.stream, table.c.version)
        .execution_options(yield_per=_BATCH)
    )
    slots = _slots(conn)
    for row in rows:
        if row.version != last.get(row.stream, 0) + 1:
            yield _problem("check.gap", stream=row.stream, version=row.version)
        last[row.stream] = row.version
        event = events.decode(bytes(row.body))
        if (event.stream, event.version) != (row.stream, row.version):
            yield _problem("check.event", stream=row.stream, version=row.version)
        leaf = events.leaf(bytes(row.salt), bytes(row.body))
        if not leaf == bytes(row.leaf) == bytes(row.bytes):
            yield _problem("check.leaf", stream=row.stream, version=row.version)
        if slots.pop(events.slot_subject(row.stream, row.version), None) != (leaf if row.visible else None):
            yield _problem("check.slot", stream=row.stream, version=row.version)
    for subject in slots:
        yield _problem("check.slot", stream=subject.hex(), version=0)
    yield from _values(conn)


def _slots(conn: sa.Connection) -> dict[bytes, bytes]:
    """What each slot is about → the leaf it gives the version to."""
    table, found = ledger.entries, dict[bytes, bytes]()
    rows = sa.select(table.c.bytes).order_by(table.c.idx.is_(None), table.c.idx, table.c.id)
    for row in conn.execute(rows.execution_options(yield_per=_BATCH)):
        split = events.split_unblinded(events.SLOT, bytes(row.bytes))
        if split is not None:
            found[split[0]] = split[1] if split[0] not in found else b""  # a second one is wrong in our own log
    return found


def _values(conn: sa.Connection) -> Iterator[Problem]:
    table = ledger.sealed_values
    for row in conn.execute(sa.select(table).where(table.c.salt.is_not(None)).execution_options(yield_per=_BATCH)):
        _, value = read.sealed_value(conn, row.stream, row.version, row.name)
        if events.commitment(bytes(row.salt), value) != bytes(row.commitment):
            yield _problem("check.sealed", stream=row.stream, version=row.version, name=row.name)


def _tree(conn: sa.Connection, policy: Policy) -> Iterator[Problem]:
    """The roots of all checkpoints follow from the entries; what is signed is signed by the log and the witnesses."""
    edge, heads = Frontier.empty(), {}
    size = tree.frontier(conn).size
    wanted = {row.size: row for row in conn.execute(sa.select(ledger.checkpoints).order_by(ledger.checkpoints.c.size))}
    for start in range(0, size, _BATCH):
        for entry in tree.entries(conn, start, min(_BATCH, size - start)):
            edge, _ = edge.extend(merkle.leaf_hash(entry))
            if edge.size in wanted:
                heads[edge.size] = edge.root()
    if edge.root() != tree.frontier(conn).root() or edge.size != size:
        yield _problem("check.tree", size=size)
    for at, row in wanted.items():
        if heads.get(at) != bytes(row.root):
            yield _problem("check.checkpoint", size=at)
        try:
            checkpoint.check_log(checkpoint.parse_note(row.note.encode()), policy.log)
        except Refusal:
            yield _problem("check.checkpoint", size=at)


def _streams(conn: sa.Connection) -> Iterator[Problem]:
    """Every tender and lot folds; the first roll of a lot stands directly before its closing event."""
    for stream in read.streams(conn, ""):
        kind = stream.split("/", 1)[0]
        stored = read.load(conn, stream) if kind in ("tender", "lot") else []
        try:
            if kind == "tender":
                tenders.fold(one.event for one in stored)
            elif kind == "lot":
                lots.fold(one.event for one in stored)
        except Refusal as refusal:
            yield _problem("check.fold", stream=stream, why=refusal.code)
        yield from _roll(conn, stored)


def _roll(conn: sa.Connection, stored: list[Stored]) -> Iterator[Problem]:
    for one in stored:
        roll = one.event.public.get("roll")
        if one.event.type != "lot.closed" or not isinstance(roll, dict) or one.index is None:
            continue
        before = tree.entries(conn, one.index - 1, 1) if one.index else []
        if before != [roll_entry(roll)]:
            yield _problem("check.roll", stream=one.event.stream, index=one.index)


def _projections(conn: sa.Connection) -> Iterator[Problem]:
    """Every row that pages read is the one the streams give, and there is no other."""
    expected = project.expected(conn, read.streams(conn, ""))
    for table in tables.PROJECTIONS:
        held = {}
        for row in conn.execute(sa.select(table)).mappings():
            values = dict(row)
            held[tuple(values[column.name] for column in table.primary_key)] = values
        for key in sorted(held.keys() | expected[table].keys(), key=str):
            if held.get(key) != expected[table].get(key):
                yield _problem("check.projection", table=table.name, row="/".join(str(part) for part in key))


def _box(conn: sa.Connection) -> Iterator[Problem]:
    """What a disclosed minute lists for a lot is what the box accepted in it, and the other way round."""
    listed: dict[str, tuple[str, str]] = {}
    minutes: set[tuple[str, str]] = set()
    for one in read.load(conn, BOX):
        minute = str(one.event.public["minute"])
        for name in one.event.sealed:
            minutes.add((minute, name))
            _, value = read.sealed_value(conn, BOX, one.event.version, name)
            for sha256 in _hashes(value):
                listed[sha256] = (minute, name)
    table = box_tables.submissions
    for row in conn.execute(sa.select(table.c.sha256, table.c.minute, table.c.tender, table.c.lot)):
        where = (row.minute, f"{row.tender}/{row.lot}")
        if where in minutes and listed.pop(row.sha256, None) != where:
            yield _problem("check.box", sha256=row.sha256, minute=row.minute)
    for sha256, (minute, _name) in sorted(listed.items()):
        yield _problem("check.box", sha256=sha256, minute=minute)


def _hashes(value: Json) -> Iterator[str]:
    for member in ("accepted", "withdrawn"):
        items = value.get(member) if isinstance(value, dict) else None
        if isinstance(items, list):
            yield from (str(item) for item in items)


def _files(conn: sa.Connection, documents: Shelf, forms: Shelf) -> Iterator[Problem]:
    """Every document and form that is noted lies there with its size."""
    for table, shelf in ((tables.documents, documents), (tables.published_forms, forms)):
        for row in conn.execute(sa.select(table.c.sha256, table.c.size)):
            try:
                same = shelf.size(row.sha256) == row.size
            except Refusal:
                same = False
            if not same:
                yield _problem("check.file", sha256=row.sha256)
