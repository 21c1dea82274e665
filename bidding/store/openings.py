"""What an opening is computed from, gathered from the platform's own tables: the same values a verifier gathers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from cryptography import x509

from bidding.form import check_form
from bidding.parties import Party
from bidding.procedures import listing
from bidding.procedures import lot as lots
from bidding.procedures.listing import ReadDocument
from bidding.procedures.procedure import Procedure
from bidding.sealed_lot import OnRoll, SealedLot, read_roll
from bidding.store import directory, published, tables
from bidding.store.book import Book
from ledger.basics.canonical import Json, parse_object
from ledger.store import read
from ledger.store import tables as ledger


@dataclass(frozen=True)
class Opening:
    """A lot about to open. Envelopes in tree order; `seeds`: part → custodian → seed; `present`: whole, or {}."""

    lot: SealedLot
    on_roll: OnRoll
    present: dict[str, Json]
    contributions: tuple[Json, ...]
    releases: tuple[Json, ...]
    seeds: Mapping[str, Mapping[str, bytes]]
    alpha: bytes
    draws: Mapping[str, str]


def load(
    book: Book,
    procedure: Procedure,
    lot: str,
    document: ReadDocument,
    cas: tuple[str, ...],
    known: OnRoll | None = None,
) -> Opening:
    """The opening of a lot that has its roll.

    `cas`: PEM certificates of the trust file; `known`: what an earlier call read of the roll, which never changes.
    """
    notice, tender = procedure.notice, procedure.tender.tender
    row = notice.lot(lot)
    sealed = SealedLot.of(
        notice,
        lot,
        deadline=procedure.deadline,
        profile=procedure.clocks.profile,
        form=check_form(parse_object(document(row.form))),
        rules=parse_object(document(row.rules)),
        authorities=[x509.load_pem_x509_certificate(pem.encode("ascii")) for pem in cas],
    )
    stream = lots.stream_of(tender, lot)
    by_type: dict[str, list[dict[str, Any]]] = {}
    for event in book.events(stream):
        by_type.setdefault(event.type, []).append(cast(dict[str, Any], event.public))
    roll = by_type["lot.closed"][0]["roll"]
    if known is None or known.roll != roll:
        envelopes = {sha256: published.envelope(book.conn, "submission", sha256) for sha256 in roll["submissions"]}
        known = read_roll(sealed, roll, envelopes)
    seeds: dict[str, dict[str, bytes]] = {}
    for public in by_type.get("seed.recorded", []):
        seeds.setdefault(public["part"], {})[public["custodian"]] = bytes.fromhex(public["seed"])
    drawn = by_type.get("lot.coefficients", [{"alpha": "", "values": {}}])[0]
    present = [listing.whole("lot.present", public, document) for public in by_type.get("lot.present", [])]
    return Opening(
        lot=sealed,
        on_roll=known,
        present=present[0] if present else {},
        contributions=tuple(public["contribution"] for public in by_type.get("contribution.recorded", [])),
        releases=tuple(public["release"] for public in by_type.get("release.recorded", [])),
        seeds=seeds,
        alpha=bytes.fromhex(drawn["alpha"]),
        draws=drawn["values"],
    )


def closed_at(conn: sa.Connection, tender: str, lot: str) -> int | None:
    """Where the end of a lot's bidding stands in the tree, None if it has no place there yet."""
    return _place(conn, lots.stream_of(tender, lot), "lot.closed")


def registered(conn: sa.Connection, closed: int | None, party: str) -> Party | None:
    """An organisation as it stood in the tree when the lot closed (`closed_at`), None if it came later or never.

    Custodians and verifiers draw the line there (docs/formats/roll.md): whoever counts a later one waits for ever.
    """
    own = _place(conn, f"party/{party}", "party.registered")
    return directory.find(conn, party) if own is not None and closed is not None and own < closed else None


def _place(conn: sa.Connection, stream: str, type_: str) -> int | None:
    """Where a stream's first event of a type stands in the tree; asked for each bidder, so no event is read."""
    events, entries = ledger.events, ledger.entries
    query = sa.select(entries.c.idx).join(events, events.c.entry_id == entries.c.id)
    found = query.where(events.c.stream == stream, events.c.type == type_).order_by(events.c.version).limit(1)
    return conn.execute(found).scalar_one_or_none()


def issued(conn: sa.Connection, tender: str, lot: str, party: str) -> Mapping[str, Json] | None:
    """Public of the `ticket.issued` of a party in a lot, None if it took none."""
    table = tables.issuances
    version = conn.execute(
        sa.select(table.c.version).where(table.c.tender == tender, table.c.lot == lot, table.c.party == party)
    ).scalar_one_or_none()
    if version is None:
        return None
    (found,) = read.load(conn, f"issuance/{tender}/{lot}", after=version - 1, limit=1)
    return found.event.public
