"""The ground of the play: a log in memory, the box's minutes, states, and the bundle of what is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any, Final, Self, cast

from bidding import acts
from bidding import roll as rolls
from bidding.acts.decision import Decision
from bidding.acts.keys import Signed, act_object
from bidding.parties import Party, Person, by_key
from bidding.procedures import Procedure, listing
from bidding.procedures import lot as lots
from bidding.procedures import tender as tenders
from bidding.procedures.listing import Body
from bidding.profiles import Clocks, Profile, packaged_calendar
from bidding.profiles.packaged import profile_document
from bidding.submission import Withdrawal
from ledger import checkpoint, merkle
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.bundle import Bundle, Line, Value
from ledger.checkpoint import Checkpoint, Note, Signature
from ledger.events import Draft, Event, commitment, leaf, slot_entry
from tests.forgeries import cast as people
from tests.forgeries.cast import INTERVAL, LOTS, TENDER, key, secret
from tests.support.stored import stored

TENDER_STREAM: Final = f"tender/{TENDER}"
SECOND: Final = timedelta(seconds=1)

Hook = Callable[[Any, str, Draft], "Draft | None"]


@dataclass(frozen=True)
class Record:
    """An event in the tree; `before`: raw entries that stand directly before its leaf, behind its slot if `visible`."""

    event: Event
    salt: bytes
    before: tuple[bytes, ...] = ()
    visible: bool = True

    @cached_property
    def leaf(self) -> bytes:
        """Its entry."""
        return leaf(self.salt, self.event.encode())

    @cached_property
    def slot(self) -> bytes:
        """The raw entry that makes it public."""
        return slot_entry(self.event.stream, self.event.version, self.leaf)


@dataclass
class Stage:
    """The platform as it stands; see the module."""

    now: datetime = people.OPENED
    written: list[Record] = field(default_factory=list)
    heads: list[tuple[int, datetime]] = field(default_factory=list)
    values: dict[tuple[int, str], tuple[bytes, dict[str, Json]]] = field(default_factory=dict)
    waiting: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    bids: dict[str, people.Bid] = field(default_factory=dict)
    withdrawals: dict[str, Withdrawal] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    minute: datetime = people.OPENED
    done: tuple[str, ...] = ()
    hooks: dict[str, Hook] = field(default_factory=dict)
    cached: dict[object, Any] = field(default_factory=dict)

    def fork(self) -> Self:
        """A copy of its own."""
        return replace(
            self,
            written=list(self.written),
            heads=list(self.heads),
            values=dict(self.values),
            waiting={name: (list(one), list(two)) for name, (one, two) in self.waiting.items()},
            bids=dict(self.bids),
            withdrawals=dict(self.withdrawals),
            documents=dict(self.documents),
            lost=set(self.lost),
            hooks=dict(self.hooks),
            cached=dict(self.cached),
        )

    # --- writing ------------------------------------------------------------------------------------------------------

    def groups(self) -> list[tuple[Record, list[bytes]]]:
        """Every record, and what stands before its leaf: slots of what it discloses, its own, its raw entries."""
        hidden: dict[str, list[Record]] = {}
        out = []
        for record in self.written:
            stream, type_ = record.event.stream, record.event.type
            disclosed = {"tender.published": stream, "lot.announced": f"issuance/{stream.removeprefix('lot/')}"}
            raw = [one.slot for one in hidden.pop(disclosed.get(type_, ""), [])]
            if record.visible:
                raw.append(record.slot)
            else:
                hidden.setdefault(stream, []).append(record)
            out.append((record, [*raw, *record.before]))
        return out

    def entries(self) -> list[bytes]:
        """The tree's entries."""
        return [entry for record, raw in self.groups() for entry in (*raw, record.leaf)]

    def indexed(self) -> list[tuple[int, Record]]:
        """Every record with its index."""
        out, at = [], 0
        for record, raw in self.groups():
            at += len(raw)
            out.append((at, record))
            at += 1
        return out

    def stream(self, name: str) -> list[Record]:
        """A stream's records."""
        return [record for record in self.written if record.event.stream == name]

    def last(self, type: str, lot: str = "") -> Record:
        """The last event of a type (of a lot)."""
        return [r for r in self.written if r.event.type == type and (not lot or r.event.stream.endswith("/" + lot))][-1]

    def said(self, body: Body) -> dict[str, Json]:
        """Public of a body whose documents are stored."""
        self.documents |= body.documents
        return body.public

    def read(self, sha256: str) -> bytes:
        """A stored document."""
        return stored(self.documents)(sha256)

    def rows(self, type: str, lot: str) -> list[dict[str, Any]]:
        """The list that the last event of a type of a lot names."""
        return listing.rows(type, self.last(type, lot).event.public, self.read)

    def size(self) -> int:
        """Entries in the tree."""
        return sum(1 + len(raw) for _, raw in self.groups())

    def root(self, size: int | None = None) -> bytes:
        """The root at a size."""
        return merkle.root_of_entries(self.entries()[: self.size() if size is None else size])

    def add(self, stream: str, one: Draft, at: datetime | None = None) -> Record | None:
        """Appends an event, as a hook leaves it, without letting time pass."""
        for name in (one.type, f"{one.type}@{stream.rsplit('/', 1)[-1]}"):
            if name in self.hooks:
                changed = self.hooks[name](self, stream, one)
                if changed is None:
                    return None
                one = changed
        version = len(self.stream(stream)) + 1
        sealed: dict[str, str] = {}
        for name, value in one.sealed.items():
            salt = secret(f"value {stream} {version} {name}")
            self.values[version, name] = (salt, cast(dict[str, Json], value))
            sealed[name] = commitment(salt, value).hex()
        event = Event(stream, version, one.type, at or self.now, "platform", dict(one.public), sealed)
        record = Record(event, secret(f"salt {stream} {version} {one.type}"), one.before, one.visible)
        self.written.append(record)
        return record

    def write(self, stream: str, type: str, public: Mapping[str, Any], **options: Any) -> None:
        """One event, witnessed a second later."""
        self.decide({stream: [Draft(type, dict(public), **options)]})

    def decide(self, decision: Decision) -> None:
        """A decision's events, witnessed a second later."""
        for stream, drafts in decision.items():
            for one in drafts:
                self.add(stream, one)
        self.until(self.now + SECOND)
        self.witness()

    def witness(self) -> None:
        """The witnesses sign the tree as it is."""
        self.heads = [head for head in self.heads if head[0] != self.size()] + [(self.size(), self.now)]

    def until(self, at: datetime) -> None:
        """Time passes; the box writes every minute that ends."""
        while self.minute + INTERVAL <= at:
            self.now = max(self.now, self.minute + INTERVAL)
            listed: dict[str, Json] = {}
            for lot in self.open_lots():
                came, back = self.waiting.pop(lot, ([], []))
                listed[f"{TENDER}/{lot}"] = rolls.minute_value(TENDER, lot, came, back)
            self.add("box", Draft("box.minute", {"minute": clock.text(self.minute)}, sealed=dict(listed)), self.now)
            self.minute += INTERVAL
            self.now += SECOND
            self.witness()
        self.now = max(self.now, at)

    def open_lots(self) -> list[str]:
        """Lots that the box takes bids for."""
        if not any(record.event.type == "tickets.opened" for record in self.written):
            return []
        closed = {r.event.stream.rsplit("/", 1)[1] for r in self.written if r.event.type == "lot.closed"}
        return [lot for lot in LOTS if lot not in closed]

    def rewritten(self, change: Callable[[Record], Record | None]) -> Self:
        """The log written anew: `change` gives what stands in a record's place; checkpoints and witnesses follow."""
        play, old, versions = self.fork(), 0, dict[str, int]()
        play.cached = {}
        at_size, play.written, play.heads, play.values = dict(self.heads), [], [], {}
        for record, raw in self.groups():
            old += 1 + len(raw)
            made = change(record)
            if made is not None:
                stream = made.event.stream
                versions[stream] = versions.get(stream, 0) + 1
                event = replace(made.event, version=versions[stream])
                play.written.append(replace(made, event=event))
                for (version, name), value in self.values.items():
                    if stream == "box" and version == record.event.version:
                        play.values[event.version, name] = value
            if old in at_size:
                size = play.size()
                play.heads = [head for head in play.heads if head[0] != size] + [(size, at_size[old])]
        return play

    def renumbered(self, type: str, by: int) -> Self:
        """The log with the last event of a type under a later version than it has."""
        play, told = self.fork(), self.last(type)
        made = replace(told, event=replace(told.event, version=told.event.version + by))
        play.written = [made if record is told else record for record in self.written]
        return play

    # --- states -------------------------------------------------------------------------------------------------------

    @property
    def procedure(self) -> Procedure:
        """What acts look at."""
        tender = self._folded(TENDER_STREAM, tenders.apply)
        states = {lot: self._folded(f"lot/{TENDER}/{lot}", lots.apply) for lot in LOTS}
        stored = {name: len(data) for name, data in self.documents.items()}
        found = {lot: state for lot, state in states.items() if state is not None}
        return Procedure(tender, found, clocks(), self.persons(), stored, self.read)

    def _folded(self, stream: str, apply: Callable[[Any, Event], Any]) -> Any:
        """A stream's state; what was folded before is not folded again."""
        count, state = self.cached.get(stream, (0, None))
        records = self.stream(stream)
        for record in records[count:]:
            state = apply(state, record.event)
        self.cached[stream] = (len(records), state)
        return state

    def once(self, key: object, compute: Callable[[], Any]) -> Any:
        if key not in self.cached:
            self.cached[key] = compute()
        return self.cached[key]

    def persons(self) -> dict[str, Person]:
        """Registered people by key."""
        found = [Person.parse(r.event.public) for r in self.written if r.event.type == "person.registered"]
        return by_key(found)

    def registered(self, name: str) -> Party | None:
        """A party's registration."""
        found = self.stream(f"party/{name}")
        return Party.parse(found[-1].event.public) if found else None

    def signed(self, type: str, body: Mapping[str, Any], *names: str, lot: str = "") -> Signed:
        """A keyed act."""
        subject = f"lot/{TENDER}/{lot}" if lot else TENDER_STREAM
        obj = act_object(type, subject, body, "as the file says", self.now)
        return Signed(subject, dict(body), tuple(signing.sign("act", obj, key(name)) for name in names))

    def act(self, type: str, body: Mapping[str, Any], *names: str, lot: str = "") -> None:
        """A keyed act, decided by the rules."""
        self.decide(acts.OFFICE[type](self.procedure, self.signed(type, body, *names, lot=lot), self.now))

    # --- the bundle ---------------------------------------------------------------------------------------------------

    def bundle(self, *, witnesses: Iterable[str] = people.WITNESSES[:2], log: str = "log") -> Bundle:
        """The bundle of it."""
        indexed, entries = self.indexed(), self.entries()
        start = next(index for index, record in indexed if record.event.stream == TENDER_STREAM)
        nodes = merkle.nodes_of([merkle.leaf_hash(entry) for entry in entries])
        streams: dict[str, tuple[Line, ...]] = {}
        public = set(entries)
        for index, record in indexed:
            name = record.event.stream
            if (name != "box" or index > start) and (record.slot in public or name == TENDER_STREAM):
                streams[name] = (*streams.get(name, ()), Line(index, record.salt, record.event.encode()))
        size = self.heads[-1][0]
        closed = [lot for lot in LOTS if any(r.event.type == "lot.closed" for r in self.stream(f"lot/{TENDER}/{lot}"))]
        shown = tuple(
            Value(version, salt, name, canonical(value))
            for (version, name), (salt, value) in sorted(self.values.items())
            if name.split("/")[1] in closed
        )
        listed = {sha256 for lot in closed for row in _minutes(self, lot) for sha256 in row}
        named = [self.bids[sha256] for sha256 in sorted(listed) if sha256 in self.bids]
        on_roll = {
            sha256
            for record in self.written
            if record.event.type == "lot.present"
            for row in listing.rows("lot.present", record.event.public, self.read)
            if row["kind"] == "form" and row["present"]
            for sha256 in [row["sha256"]]
        }
        return Bundle(
            tender=TENDER,
            edge=merkle.left_edge(nodes, start),
            entries=tuple(entries[start:size]),
            proofs={
                at: tuple(merkle.inclusion_proof(nodes, at, size))
                for index, _ in indexed
                if index < start and _.event.stream != "box"
                for at in (index - 1, index)
            },
            notes={at: self.note(at, when, witnesses, log) for at, when in self.heads if at > start},
            streams=streams,
            values={"box": shown} if shown else {},
            submissions={bid.sha256: canonical(bid.submission.envelope) for bid in named},
            withdrawals={
                sha256: canonical(self.withdrawals[sha256].envelope) for sha256 in listed & self.withdrawals.keys()
            },
            forms={sha256: bid.forms[sha256] for bid in named for sha256 in bid.forms if sha256 in on_roll},
            documents=dict(self.documents),
            trust=canonical(people.trust_object()),
        )

    def note(self, size: int, at: datetime, witnesses: Iterable[str], log: str = "log") -> bytes:
        """A checkpoint, signed and cosigned."""
        return signed_note(size, self.root(size), at, tuple(witnesses), log)


def _minutes(play: Stage, lot: str) -> list[list[str]]:
    return [[*row["accepted"], *row["withdrawn"]] for row in play.rows("lot.closed", lot)]


@cache
def clocks() -> Clocks:
    return Clocks(Profile.parse(profile_document("demonstration")), packaged_calendar())


@cache
def signed_note(size: int, root: bytes, at: datetime, witnesses: tuple[str, ...], log: str) -> bytes:
    head = Checkpoint(people.ORIGIN, size, root)
    note = checkpoint.parse_note(checkpoint.sign(head, key(log)).encode())
    lines = [checkpoint.cosign(head.body(), name, key(name), at) for name in witnesses]
    return Note(note.body, (*note.signatures, *map(Signature.parse, lines))).text().encode()
