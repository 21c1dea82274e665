"""What somebody holds besides a bundle: a receipt, a proof, a checkpoint. What each proves, and what it doesn't."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast

import sqlalchemy as sa

from bidding.procedures import lot as lots
from ledger import checkpoint, merkle, proof
from ledger.basics import clock, signing
from ledger.basics.canonical import MAX_INT, members, parse_object, unhex
from ledger.basics.clock import parse_time
from ledger.basics.errors import Refusal
from ledger.basics.ids import check_id
from ledger.events import Event
from ledger.store import read, tree
from ledger.store.read import Stored
from ledger.trust import Trust
from web import texts

Kind = Literal["receipt", "proof", "checkpoint"]
Verdict = Literal["holds", "fails", "open"]
BOX: Final = "box"
LEAF: Final = 32  # bytes of a blinded entry; a raw one is longer


@dataclass(frozen=True)
class Point:
    """One thing that was looked at. `word`: the last part of its text's key; `values`: what its words name."""

    word: str
    verdict: Verdict
    values: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Paper:
    """What was found: the points in order, and the facts it states as (text key, value)."""

    kind: Kind
    points: tuple[Point, ...]
    facts: tuple[tuple[str, str], ...]
    tender: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return all(one.verdict != "fails" for one in self.points)


def kind_of(data: bytes) -> str:
    """What a file seems to be by its beginning: bundle, receipt, proof, checkpoint, "" for none of them."""
    if data.startswith(b"PK"):
        return "bundle"
    if data.startswith(b"c2sp.org/tlog-proof@"):
        return "proof"
    if data.lstrip()[:1] == b"{":
        return "receipt"
    return "checkpoint" if "\n\n\u2014 ".encode() in data else ""


def receipt(conn: sa.Connection, trust: Trust, interval: timedelta, data: bytes) -> Paper:
    """A receipt of the box: its signature, its minute in the log, and its message in that minute's list once disclosed.

    Before its lot is closed nothing is known of its hash here: whoever asks learns what they knew.
    Raises `Refusal("canonical.*")` and `id.malformed` for a file that is no receipt.
    """
    envelope = parse_object(data.strip())
    said = members(members(envelope, "key object signature")["object"], "lot submission_sha256 at minute")
    lot, minute = check_id(said["lot"], "lot"), parse_time(said["minute"], "minute")
    sha256 = unhex(said["submission_sha256"], 32, "submission_sha256").hex()
    facts = (
        ("paper.sha256", sha256),
        ("paper.lot", lot),
        ("paper.at", texts.time(clock.text(parse_time(said["at"], "at")))),
        ("paper.minute", texts.time(clock.text(minute))),
    )
    try:
        signing.verify("receipt", envelope, trust.box_key)
    except Refusal:
        return Paper("receipt", (Point("signed", "fails"),), facts)
    points = [Point("signed", "holds")]
    held = _minute(conn, minute, interval)
    if held is None:
        return Paper("receipt", (*points, Point("minute_waits", "open")), facts)
    points.append(Point("minute", "holds", {"index": held.index}))
    word, tender = _listed(conn, held, lot, sha256)
    verdict: Verdict = "fails" if word == "missing" else "open" if word == "not_disclosed" else "holds"
    return Paper("receipt", (*points, Point(word, verdict)), facts, tender)


def tlog_proof(conn: sa.Connection, trust: Trust, data: bytes) -> Paper:
    """A proof of the log: its checkpoint's signatures, and that the entry at its index stands under it.

    The entry is not in a proof; it is taken from the log. Raises `Refusal("proof.malformed")`.
    """
    found = proof.parse(data)
    entries = tree.entries(conn, found.index, 1)
    facts = [("paper.index", str(found.index))]
    try:
        head = checkpoint.verify(found.note.encode(), trust.policy)
    except Refusal:
        return Paper("proof", (Point("witnessed", "fails"),), tuple(facts))
    points = [Point("witnessed", "holds", {"count": len(head.times)})]
    facts += _head(head.size, head.root, head.witnessed_at)
    try:
        found.verify(entries[0] if entries else b"", trust.policy)
    except Refusal:
        return Paper("proof", (*points, Point("included", "fails")), tuple(facts))
    points.append(Point("included", "holds"))
    event = _event(conn, entries[0])
    if event is None:
        points.append(Point("hidden" if len(entries[0]) == LEAF else "raw", "open"))
    else:
        points.append(Point("event", "holds", {"type": event.type, "stream": event.stream}))
    return Paper("proof", tuple(points), tuple(facts))


def note(conn: sa.Connection, trust: Trust, data: bytes) -> Paper:
    """A checkpoint: who signed it, and that this log has the same root at its size.

    Raises `Refusal("checkpoint.malformed")`.
    """
    parsed = checkpoint.parse_note(data)
    try:
        head = checkpoint.verify(data, trust.policy)
    except Refusal:
        said = checkpoint.Checkpoint.parse_body(parsed.body)
        return Paper("checkpoint", (Point("witnessed", "fails"),), tuple(_head(said.size, said.root, None)))
    facts = tuple(_head(head.size, head.root, head.witnessed_at))
    size = tree.frontier(conn).size
    if head.size > size:
        return Paper("checkpoint", (Point("witnessed", "holds"), Point("ahead", "fails")), facts)
    same = merkle.root(tree.nodes(conn, head.size), head.size) == head.root
    return Paper("checkpoint", (Point("witnessed", "holds"), Point("same_root", "holds" if same else "fails")), facts)


def _head(size: int, root: bytes, at: datetime | None) -> list[tuple[str, str]]:
    facts = [("paper.size", str(size)), ("paper.root", root.hex())]
    return [*facts, ("paper.witnessed_at", texts.time(clock.text(at)))] if at else facts


def _minute(conn: sa.Connection, minute: datetime, interval: timedelta) -> Stored | None:
    """The event of this box minute, if it stands in the tree."""
    first = read.visible(conn, BOX, limit=1)
    if not first:
        return None
    place, rest = divmod(minute - parse_time(first[0].event.public["minute"], "minute"), interval)
    if rest or not 0 <= place < MAX_INT:
        return None
    found = read.visible(conn, BOX, after=first[0].event.version + place - 1, limit=1)
    return found[0] if found and found[0].event.public["minute"] == clock.text(minute) else None


def _listed(conn: sa.Connection, held: Stored, lot: str, sha256: str) -> tuple[str, str]:
    """(what became of a message, its tender) by the lists of its minute; `missing`: all are public, and none has it."""
    hidden = False
    for name in sorted(held.event.sealed):
        if name.split("/")[1:] != [lot]:
            continue
        try:
            _, value = read.disclosed_value(conn, BOX, held.event.version, name)
        except Refusal:
            hidden = True
            continue
        lists = cast(dict[str, Any], value)
        if sha256 in lists["withdrawn"]:
            return "withdrawal", name.split("/")[0]
        if sha256 in lists["accepted"]:
            tender = name.split("/")[0]
            return ("on_roll" if _on_roll(conn, tender, lot, sha256) else "replaced"), tender
    return ("not_disclosed" if hidden else "missing"), ""


def _on_roll(conn: sa.Connection, tender: str, lot: str, sha256: str) -> bool:
    closed = [one for one in read.visible(conn, lots.stream_of(tender, lot)) if one.event.type == "lot.closed"]
    return any(sha256 in cast(dict[str, Any], one.event.public)["roll"]["submissions"] for one in closed)


def _event(conn: sa.Connection, entry: bytes) -> Event | None:
    """The disclosed event of an entry, None for one that is hidden or is none."""
    try:
        found = read.by_leaf(conn, entry) if len(entry) == LEAF else None
    except Refusal:
        return None
    return found.event if found is not None and found.visible else None
