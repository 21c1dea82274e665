"""What a bidder's browser checks instead of believing us: events with their proofs, and the log where a lot closed.

The same for everybody: nothing here depends on who asks, so what is fetched tells nothing about who bids (decision
0017). The browser's side: `web/static/js/bid/{head,known,edge,outcome}.js`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, cast

import sqlalchemy as sa

from bidding.procedures import listing
from bidding.procedures.listing import ReadDocument
from ledger import merkle
from ledger.basics.canonical import MAX_DOCUMENT, Json, parse_object
from ledger.basics.errors import Refusal
from ledger.checkpoint import Policy
from ledger.store import read, serve, tree
from ledger.store.read import Stored

# What a lot's page tells of its stream: what becomes of a bid. Contributions, releases and the ciphertexts that were
# present say nothing about one, and are in the bundle.
_OUTCOME: Final = frozenset(
    {
        "lot.closed",
        "lot.announced",
        "lot.offers_opened",
        "lot.failed",
        "lot.explanations_asked",
        "lot.explanations_judged",
        "lot.evaluated",
        "lot.candidates_published",
        "lot.next_candidate",
        "lot.awarded",
        "lot.contracted",
        "lot.retendered",
    }
)
# The time whose minutes of the box stand in one answer: more than passes from one quiet round of a browser to the next.
# Where minutes are shorter, on a demonstration, there are some more of them, but not all.
_RECENT: Final = timedelta(minutes=12)
_MOST: Final = 60


def proved(conn: sa.Connection, one: Stored) -> dict[str, Json]:
    """An event as anybody can check it: `{event, salt, index, proof}`; no proof before witnesses have seen it."""
    shown: dict[str, Json] = {"event": one.event.object(), "salt": one.salt.hex(), "index": cast(int, one.index)}
    return {**shown, "proof": _proof(conn, one)}


def head(conn: sa.Connection) -> str:
    """The newest witnessed checkpoint's note, empty before the first: no browser takes an older one later."""
    try:
        return serve.latest(conn).decode()
    except Refusal as why:
        if why.code != "log.no_checkpoint":
            raise
        return ""


def minutes(conn: sa.Connection, interval: timedelta) -> list[Json]:
    """The last minutes of the box, each `interval` long, proved; some still wait for witnesses; the newest last."""
    count = min(_MOST, -(-_RECENT // interval))
    newest = read.version(conn, "box")
    return [proved(conn, one) for one in read.visible(conn, "box", after=max(0, newest - count))]


@dataclass
class Heard:
    """What everybody is told of the log, kept as long as neither the tree nor its newest witnessed checkpoint grows."""

    size: int = -1
    head: str = ""
    said: dict[str, Json] = field(default_factory=dict)

    def tell(self, conn: sa.Connection, interval: timedelta) -> dict[str, Json]:
        """`{head, log, minutes}`; `interval`: the length of a minute of the box."""
        size, newest = read.sequenced(conn), head(conn)
        found = self.said
        if (size, newest) != (self.size, self.head) or not found:
            found = {"head": newest, "log": opened(conn), "minutes": minutes(conn, interval)}
            self.size, self.head, self.said = size, newest, found
        return found


def opened(conn: sa.Connection) -> list[Json]:
    """`log.opened`, proved: how long a minute of the box is, and how long it may wait for its witnesses."""
    return [proved(conn, one) for one in read.visible(conn, "log", limit=1)]


def outcome(conn: sa.Connection, shown: Sequence[Stored], documents: ReadDocument) -> dict[str, Json]:
    """`{events, lists}` of a lot: what decides about its bids, proved, and the lists and reports that they name.

    `shown`: the lot's disclosed events; `lists`: SHA-256 → the document.
    """
    found = [one for one in shown if one.event.type in _OUTCOME]
    names = {name for one in found for name in _named(one)}
    lists: dict[str, Json] = {name: parse_object(documents(name), MAX_DOCUMENT) for name in sorted(names)}
    return {"events": [proved(conn, one) for one in found], "lists": lists}


def closing(conn: sa.Connection, shown: Sequence[Stored], deadline: datetime, policy: Policy) -> dict[str, Json]:
    """The log from before the deadline until the lot's closing was witnessed; empty before that.

    `{before, edge, entries, after}`: the note of a checkpoint that was witnessed before the deadline, the left edge
    at its size (hex, the largest subtree first), the entries from there on (hex), and the note over them all. From
    these follow both roots, and that no other roll of the lot stands before the one that was shown: one that
    witnesses saw before the deadline would be none (docs/formats/roll.md).
    """
    closed = next((one for one in shown if one.event.type == "lot.closed"), None)
    if closed is None or closed.index is None or not policy.threshold:
        return {}
    after = serve.note_over(conn, closed.index)
    before = serve.note_before(conn, deadline, policy)
    if not after or not before:
        return {}
    (start, first), (size, last) = before, after
    edge = merkle.left_edge(tree.nodes(conn, start), start)
    entries: list[Json] = [entry.hex() for entry in tree.entries(conn, start, size - start)]
    return {"before": first, "edge": [one.hex() for one in edge.hashes], "entries": entries, "after": last}


def _named(one: Stored) -> list[str]:
    member = "report" if one.event.type == "lot.evaluated" else listing.MEMBERS.get(one.event.type)
    return [str(one.event.public[member])] if member else []


def _proof(conn: sa.Connection, one: Stored) -> str:
    try:
        return serve.tlog_proof(conn, one.leaf)
    except Refusal as why:
        if why.code not in ("log.not_witnessed", "log.not_sequenced"):
            raise
        return ""
