"""Makes the evidence bundle of a tender from the platform's own tables and files (docs/formats/bundle.md).

Everything in it is public already: nothing here decides what may be shown. That of a finished tender ends where the
tender does, and is the same whenever it is made.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

import sqlalchemy as sa

from bidding import opening
from bidding.parties import Party
from bidding.procedures import listing
from bidding.procedures import lot as lots
from bidding.procedures import tender as tenders
from bidding.procedures.notice import Notice
from bidding.store import directory, openings, procedures, tables
from bidding.store.book import Book
from bidding.store.box.minutes import STREAM as BOX
from ledger import bundle, merkle
from ledger.basics.canonical import MAX_DOCUMENT, parse_object
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.bundle import Bundle, Line, Value
from ledger.events import SLOT, Event, slot_entry, unblinded_prefix
from ledger.sealed.content import Ciphertext
from ledger.store import read, serve, tree
from ledger.store import tables as ledger
from ledger.store.engine import reading
from ledger.store.read import Stored
from web.files import Shelf
from web.services import Services

_SLOT: Final = unblinded_prefix(SLOT)


def bundle_of(services: Services, tender: str) -> bytes:
    """The bundle's zip, up to the newest witnessed checkpoint; a finished tender's up to the first over all of it.

    Raises `Refusal("tender.unknown")` before the tender's first event is public, `log.no_checkpoint`.
    """
    with reading(services.engine) as conn:
        return _Export(conn, services, tender).bundle().pack()


class _Export:
    """One bundle in one reading transaction."""

    def __init__(self, conn: sa.Connection, services: Services, tender: str) -> None:
        self._conn = conn
        self._services = services
        self._tender = tender
        self._size = _witnessed_size(serve.latest(conn))
        self._start = 0
        self._slots: frozenset[bytes] | None = None

    def bundle(self) -> Bundle:
        own = self._stream(tenders.stream_of(self._tender))
        if not own:
            raise Refusal("tender.unknown", tender=self._tender[:64])
        self._start = start = own[0].index
        self._size = self._end()
        entries = tuple(tree.entries(self._conn, start, self._size - start))
        self._slots = frozenset(entry for entry in entries if entry.startswith(_SLOT))
        nodes = tree.nodes(self._conn, self._size)
        streams = self._streams()
        if tenders.stream_of(self._tender) not in streams:
            raise Refusal("tender.unknown", tender=self._tender[:64])
        values = self._values(streams)
        submissions, withdrawals = self._published("submission"), self._published("withdrawal")
        return Bundle(
            tender=self._tender,
            edge=merkle.left_edge(nodes, start),
            entries=entries,
            proofs={
                index: tuple(merkle.inclusion_proof(nodes, index, self._size))
                for lines in streams.values()
                for line in lines
                if line.index < start
                for index in (line.index - 1, line.index)  # its slot and its leaf
            },
            notes=self._notes(start, streams, values),
            streams=streams,
            values=values,
            submissions=submissions,
            withdrawals=withdrawals,
            forms={sha256: self._services.forms.read(sha256) for sha256 in self._forms()},
            documents=self._documents(streams),
            trust=self._services.config.folders.trust.read_bytes().removesuffix(b"\n"),
        )

    def _end(self) -> int:
        """The size to which the bundle reaches.

        A tender whose closing account is its last event and lists its streams as they stand is finished: what it cites
        and who acted in it came before that, so the first witnessed checkpoint over the account is over everything.
        """
        own = self._own()
        if not _finished(own[tenders.stream_of(self._tender)], own):
            return self._size
        size = self._over(max(line.index for lines in own.values() for line in lines))
        slots = {slot_entry(name, bundle.decode(one).version, one.leaf) for name in own for one in own[name]}
        if slots <= set(tree.entries(self._conn, self._start, size - self._start)):
            return size
        # Tickets may be disclosed later than that, where a worker was stopped in between.
        places: dict[bytes, int] = {}
        for index, entry in enumerate(tree.entries(self._conn, self._start, self._size - self._start), self._start):
            if entry in slots:
                places.setdefault(entry, index)
        return self._over(max(places.values())) if slots == places.keys() else self._size

    def _over(self, index: int) -> int:
        """The size of the first witnessed checkpoint that holds the entry at `index`."""
        notes = ledger.checkpoints.c
        first = sa.select(sa.func.min(notes.size)).where(notes.witnessed, notes.size > index)
        return int(self._conn.execute(first).scalar_one())

    def _own(self) -> dict[str, tuple[Line, ...]]:
        """The tender's streams that have a disclosed event."""
        names = [tenders.stream_of(self._tender)]
        for prefix in (f"lot/{self._tender}/", f"issuance/{self._tender}/"):
            names += read.streams(self._conn, prefix)
        return {name: found for name in names if (found := self._stream(name))}

    def _streams(self) -> dict[str, tuple[Line, ...]]:
        """The tender's streams, the log's own, who acted or is named, and the box from the tender's first event on."""
        out = {**self._own(), "log": self._stream("log")}
        events = [bundle.decode(line) for lines in out.values() for line in lines]
        for name in self._registrations(events):
            if found := self._stream(name):
                out[name] = found
        box = self._stream(BOX, self._start)
        return {**out, BOX: box} if box else out

    def _registrations(self, events: list[Event]) -> Iterator[str]:
        """The streams of everybody whose registration a verifier asks for: signers, ticket takers, bidders."""
        keys: set[str] = set()
        parties: set[str] = set()
        for event in events:
            public = cast(dict[str, Any], event.public)
            keys |= {str(act["key"]) for act in public.get("acts", ())}
            if event.type in ("tender.drafted", "ticket.issued"):
                parties.add(str(public["party"]))
            elif event.type == "lot.announced":
                parties |= _asked_for(self._conn, self._services, self._tender, event)
        for person in directory.by_keys(self._conn, keys):
            parties.add(person.party)
            yield f"person/{person.person}"
        yield from (f"party/{party}" for party in sorted(parties))

    def _stream(self, name: str, since: int = 0) -> tuple[Line, ...]:
        """A stream's events that stand in the tree, from `since` on; of the tender's own time those that have a slot.

        An event that was hidden has its slot only from its disclosure on, which may be newer than the checkpoint.
        """
        return tuple(
            _line(one, one.index)
            for one in read.visible_between(self._conn, name, range(since, self._size))
            if one.index is not None
            if self._slots is None
            or one.index < self._start
            or slot_entry(name, one.event.version, one.leaf) in self._slots
        )

    def _notes(
        self, start: int, streams: dict[str, tuple[Line, ...]], values: dict[str, tuple[Value, ...]]
    ) -> dict[int, bytes]:
        """The witnessed checkpoints that say when something was seen, each with the cosignatures that made it so.

        Those are the first over each event, over each minute in which anything came, those that an event cites, and the
        last. The log makes one a minute at least: all of them would be more than a bundle holds after six weeks.
        """
        notes, lines = ledger.checkpoints, ledger.cosignatures
        found = self._conn.execute(
            sa.select(notes.c.size, notes.c.note)
            .where(notes.c.witnessed, notes.c.size > start, notes.c.size <= self._size)
            .order_by(notes.c.size)
        ).all()
        sizes = [row.size for row in found]
        came = {one.version for one in values.get(BOX, ()) if _came(one.value)}
        seen = {
            line.index
            for name, held in streams.items()
            for line in held
            if name != BOX or bundle.decode(line).version in came
        }
        cited = {size for held in streams.values() for line in held for size in self._cited(bundle.decode(line))}
        wanted = {sizes[at] for index in seen if (at := bisect_right(sizes, index)) < len(sizes)} | cited | {self._size}
        found = [row for row in found if row.size in wanted]
        out = {row.size: str(row.note) for row in found}
        signed = sa.select(lines.c.size, lines.c.line).where(~lines.c.late).order_by(lines.c.size, lines.c.name)
        for row in self._conn.execute(signed.where(lines.c.size > start, lines.c.size <= self._size)):
            if row.size in out:
                out[row.size] += row.line + "\n"
        return {size: text.encode() for size, text in out.items()}

    def _cited(self, event: Event) -> list[int]:
        """The sizes of the checkpoints that an event names."""
        public = cast(dict[str, Any], event.public)
        if event.type == "tickets.opened":
            return [public["checkpoint"]["size"]]
        if event.type == "lot.closed":
            minutes = listing.rows(event.type, public, self._services.documents.read)
            return [row["witnessed"]["size"] for row in minutes]
        return [public["release"]["object"]["checkpoint"]["size"]] if event.type == "release.recorded" else []

    def _values(self, streams: dict[str, tuple[Line, ...]]) -> dict[str, tuple[Value, ...]]:
        """What the box's minutes listed for this tender's lots, once disclosed."""
        if BOX not in streams:
            return {}
        table = ledger.sealed_values
        versions = {bundle.decode(line).version for line in streams[BOX]}
        rows = self._conn.execute(
            sa.select(table.c.version, table.c.salt, table.c.name, table.c.value)
            .where(table.c.stream == BOX, table.c.disclosed, table.c.salt.is_not(None))
            .where(table.c.name >= f"{self._tender}/", table.c.name < f"{self._tender}/\x7f")
            .order_by(table.c.version, table.c.name)
        )
        found = tuple(
            Value(row.version, bytes(row.salt), row.name, bytes(row.value)) for row in rows if row.version in versions
        )
        return {BOX: found} if found else {}

    def _published(self, kind: str) -> dict[str, bytes]:
        table = tables.published
        query = sa.select(table.c.sha256, table.c.envelope).where(table.c.tender == self._tender, table.c.kind == kind)
        return {row.sha256: row.envelope.encode("utf-8") for row in self._conn.execute(query)}

    def _forms(self) -> list[str]:
        table = tables.published_forms
        query = sa.select(table.c.sha256).where(table.c.tender == self._tender).order_by(table.c.sha256)
        return list(self._conn.execute(query).scalars())

    def _documents(self, streams: dict[str, tuple[Line, ...]]) -> dict[str, bytes]:
        """What rules the tender, the lists of its lots, offers, reports and sheets. Annexes stay where they are."""
        wanted: set[str] = set()
        for name, lines in streams.items():
            if name == tenders.stream_of(self._tender):
                wanted |= _ruling(map(bundle.decode, lines))
            elif name.startswith(lots.stream_of(self._tender, "")):
                for event in map(bundle.decode, lines):
                    wanted |= listing.named(event.type, event.public, self._services.documents.read)
                    if event.type == "lot.evaluated":
                        wanted |= _report(self._services.documents, str(event.public["report"]))
        return {sha256: self._services.documents.read(sha256) for sha256 in sorted(wanted)}


# Lots whose bidders are announced: whose registrations opening them asked for. It never changes, and costs an opening.
_ASKED: Final[dict[bytes, frozenset[str]]] = {}
_MOST_ASKED: Final = 256


def _asked_for(conn: sa.Connection, services: Services, tender: str, announced: Event) -> frozenset[str]:
    """The parties that the identities of a lot name, registered or not: a verifier must come to the same reasons.

    Who registered after the closing is nobody in it, as for the verifier: else they would be more as time passes.
    """
    key = H(announced.encode())
    if key not in _ASKED:
        book, lot, named = Book(conn), announced.stream.rsplit("/", 1)[1], set[str]()
        procedure = procedures.load(book, tender, services.documents.read)
        found = openings.load(book, procedure, lot, services.documents.read, services.trust.cas)
        closed = openings.closed_at(conn, tender, lot)

        def form(sha256: str) -> Ciphertext | None:
            forms = services.forms
            return Ciphertext.hashed(forms.read(sha256), sha256) if forms.has(sha256) else None

        def registered(party: str) -> Party | None:
            named.add(party)
            return openings.registered(conn, closed, party)

        opening.read_identities(
            found.lot,
            found.on_roll,
            found.present,
            found.releases,
            form,
            registered,
            lambda party: openings.issued(conn, tender, lot, party),
            found.seeds.get("identity"),
        )
        while len(_ASKED) >= _MOST_ASKED:
            _ASKED.pop(next(iter(_ASKED)), None)
        _ASKED[key] = frozenset(named)
    return _ASKED[key]


def _finished(own: tuple[Line, ...], streams: Mapping[str, tuple[Line, ...]]) -> bool:
    """Whether the closing account is the last event of the tender's stream, and lists its streams as they are shown."""
    last = bundle.decode(own[-1])
    if last.type != "tender.accounted":
        return False
    found = {name: len(lines) for name, lines in streams.items()}
    found[last.stream] -= 1  # the account itself is the one event that it can't list
    listed = cast(dict[str, int], last.public["streams"])
    announced = {
        f"issuance/{name.removeprefix('lot/')}"
        for name, lines in streams.items()
        if any(bundle.decode(line).type == "lot.announced" for line in lines)
    }
    # Who took a ticket for a lot that never came so far is never told.
    shown = {name: version for name, version in listed.items() if not name.startswith("issuance/") or name in announced}
    return found == shown


def _came(value: bytes) -> bool:
    """Whether a minute's list has anything in it."""
    listed = parse_object(value)
    return bool(listed["accepted"] or listed["withdrawn"])


def _line(one: Stored, index: int) -> Line:
    return Line(index, one.salt, one.event.encode())


def _witnessed_size(note: bytes) -> int:
    return int(note.split(b"\n", 2)[1])


def _ruling(events: Iterable[Event]) -> set[str]:
    """Profile, calendar, forms and rule sets of the notice."""
    for event in events:
        if event.type == "tender.published":
            notice = Notice.parse(event.public["notice"])
            listed = {notice.profile_sha256, notice.documents["calendar.json"][0]}
            return listed | {sha256 for lot in notice.lots for sha256 in (lot.form, lot.rules)}
    return set()


def _report(documents: Shelf, sha256: str) -> set[str]:
    summary = cast(dict[str, Any], parse_object(documents.read(sha256), MAX_DOCUMENT))
    return {sha256, *(str(row["sheet"]) for row in summary["bids"])}
