"""One tender: what the box has to know of it, and every step of its own that falls due (`bidding.procedures.sweep`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, cast

from bidding.acts import account, award, block, close, open_tickets, publish_candidates
from bidding.acts.account import Account
from bidding.acts.award import Award
from bidding.acts.block import Block
from bidding.acts.close import Close
from bidding.acts.issue_ticket import stream_of as issuance_stream
from bidding.acts.open_tickets import OpenTickets
from bidding.acts.publish_candidates import PublishCandidates
from bidding.procedures import Due, Procedure, due, listing
from bidding.procedures import lot as lots
from bidding.procedures import tender as tenders
from bidding.store import closing, documents, procedures
from bidding.store.book import Book
from bidding.store.box import lots as box_lots
from bidding.store.perform import Plan, perform_in
from bidding.submission import BoxLot, State, terms_hash
from evaluation.acts import evaluate
from ledger.basics.canonical import MAX_DOCUMENT, Json, parse_object
from ledger.store import read, serve
from ledger.store.engine import reading, transaction
from web.worker import mail
from web.worker.context import ACTOR, Context
from web.worker.opening import Openings

Part = tuple[str, Callable[[], None]]
_TERMS: Final = ("tender.published", "addendum.issued")
# How often what custodians need is looked after while their releases are awaited.
_WATCH: Final = timedelta(seconds=2)


class TenderSweep:
    """The sweep of one tender. What it keeps between sweeps saves work and decides nothing."""

    def __init__(self, context: Context, tender: str) -> None:
        self._context, self._tender = context, tender
        self._openings = Openings(context, tender)
        self._told: dict[str, BoxLot] = {}
        self._seen: dict[str, int] = {}
        self._quiet_until: datetime | None = None

    def parts(self) -> Iterator[Part]:
        """What there is to do, by name; each part is run by itself.

        Nothing, cheaply, while no stream of the tender has grown and nothing falls due.
        """
        services = self._context.services
        with reading(services.engine) as conn:
            book, versions = Book(conn), self._versions(conn)
            if versions == self._seen and self._quiet_until is not None and book.now < self._quiet_until:
                return
            procedure = self._load(book)
            # The box is told terms that stand in the tree: until the newest event does, there is more to tell.
            told_all = all(one.index is not None for one in book.stored(procedure.stream))
        steps = due(procedure, book.now)
        waits = [item for item in steps if item.kind == "release_wait"]
        mine = [item for item in steps if item.at <= book.now and item not in waits]
        for item in [*mine, *waits]:
            yield f"{item.lot} {item.kind}".strip(), partial(self._do, item)
        yield "box", self._tell_box
        yield "mail", partial(mail.post, self._context, self._tender)
        later = [item.at for item in steps if item.at > book.now] + [book.now + _WATCH for _ in waits[:1]]
        self._seen = versions
        self._quiet_until = None if mine or not told_all else min([*later, book.now + services.challenge_every / 4])

    def _versions(self, conn: Any) -> dict[str, int]:  # noqa: ANN401 - a SQLAlchemy connection; web/ names no SQL
        found = read.streams(conn, f"lot/{self._tender}/") | read.streams(conn, f"issuance/{self._tender}/")
        stream = tenders.stream_of(self._tender)
        return {**found, stream: read.version(conn, stream)}

    # --- the box ----------------------------------------------------------------------------------------------------

    def _box_rows(self, book: Book, procedure: Procedure) -> list[BoxLot]:
        """Each lot as the box has to know it: terms are those anybody can read in the tree."""
        leaves = [
            one.leaf.hex()
            for one in book.stored(procedure.stream)
            if one.event.type in _TERMS and one.index is not None
        ]
        if not leaves:
            return []
        return [
            BoxLot(
                tender=self._tender,
                lot=lot.lot,
                state=_state(procedure, lot.lot),
                deadline=procedure.deadline,
                terms=terms_hash(leaves),
                spki=lot.spki,
                kids=lot.kids,
                custodians=len(procedure.notice.custodians),
                max_bytes=lot.max_bytes,
            )
            for lot in procedure.notice.lots
        ]

    def _tell_box(self) -> None:
        with reading(self._context.services.engine) as conn:
            book = Book(conn)
            rows = self._box_rows(book, self._load(book))
        changed = [row for row in rows if self._told.get(row.lot) != row]
        if not changed:
            return
        with transaction(self._context.services.engine) as conn:
            for row in changed:
                box_lots.put_lot(conn, row)
        self._told |= {row.lot: row for row in changed}

    # --- steps ------------------------------------------------------------------------------------------------------

    def _do(self, item: Due) -> None:
        steps: dict[str, Callable[[str], None]] = {
            "close": self._close,
            "present": self._openings.present,
            "release_wait": self._openings.watch,
            "coefficients": self._openings.coefficients,
            "announce": self._openings.announce,
            "offers": self._openings.offers,
            "evaluate": self._openings.evaluate,
            "block": lambda lot: self._simply(lambda p, now: block.decide(p, Block(lot), now)),
            "award": lambda lot: self._simply(lambda p, now: award.decide(p, Award(lot), now)),
            "candidates": self._candidates,
            "open_tickets": lambda _: self._open_tickets(),
            "account": lambda _: self._account(),
        }
        if item.kind in steps:
            steps[item.kind](item.lot)

    def _simply(self, decide: Callable[[Procedure, Any], Plan]) -> None:
        def run(book: Book) -> Plan:
            return decide(self._load(book), book.now)

        self._context.perform(run, lock=self._tender)

    def _load(self, book: Book) -> Procedure:
        return procedures.load(book, self._tender, self._context.services.documents.read)

    def _open_tickets(self) -> None:
        services = self._context.services

        def decide(book: Book) -> Plan:
            procedure = self._load(book)
            indexes = [
                one.index
                for lot in procedure.notice.lots
                for one in book.stored(procedure.lot_stream(lot.lot))
                if one.event.type == "contribution.recorded"
            ]
            last = max((index for index in indexes if index is not None), default=-1)
            head = serve.covering(book.conn, last, services.trust.policy) if None not in indexes and indexes else None
            if head is None:
                return {}
            command = OpenTickets(head.size, head.root.hex(), last)
            return open_tickets.decide(procedure, command, book.now)

        self._context.perform(decide, lock=self._tender)

    def _close(self, lot: str) -> None:
        """The roll, once everything that can count is known: the lot is held alone while it is counted."""
        services = self._context.services
        interval, grace, policy = services.interval, services.grace, services.trust.policy

        def decide(book: Book) -> Plan:
            held = box_lots.lot_for_update(book.conn, self._tender, lot)
            procedure = self._load(book)
            deadline = procedure.deadline
            if held.deadline != deadline:
                return {}
            if not closing.settled(book.conn, deadline, interval, policy):
                return {}
            body = closing.body(
                book.conn, self._tender, lot, deadline=deadline, interval=interval, grace=grace, policy=policy
            )
            # Counted under the lot's lock: only here is known what the list says.
            services.documents.put_all(body.documents)
            sizes = {sha256: len(data) for sha256, data in body.documents.items()}
            documents.note_public(book.conn, sizes, book.now)
            issued = [(one.salt, one.leaf) for one in read.load(book.conn, issuance_stream(self._tender, lot))]
            return close.decide(procedure, Close(lot, body.public, issued), book.now)

        with transaction(services.engine) as conn:
            done = perform_in(conn, decide, actor=ACTOR, entropy=services.entropy, lock=self._tender)
            for one in done:
                if one.event.type == "lot.closed":
                    minutes = listing.rows("lot.closed", one.event.public, services.documents.read)
                    closing.publish(conn, self._tender, lot, minutes)
                    held = box_lots.lot_for_update(conn, self._tender, lot)
                    box_lots.put_lot(conn, _closed(held))

    def _candidates(self, lot: str) -> None:
        services = self._context.services

        def decide(book: Book) -> Plan:
            stream, procedure = lots.stream_of(self._tender, lot), self._load(book)
            evaluated = cast(dict[str, Any], book.only(stream, "lot.evaluated", seen=False).event.public)
            announced = procedure.rows(lot, "lot.announced")
            parties: dict[str, list[Json]] = {row["bid_key"]: row["parties"] for row in announced}
            prices = evaluate.prices(parse_object(services.documents.read(evaluated["report"]), MAX_DOCUMENT))
            command = PublishCandidates(lot, parties, prices)
            return publish_candidates.decide(procedure, command, book.now)

        self._context.perform(decide, lock=self._tender)

    def _account(self) -> None:
        def decide(book: Book) -> Plan:
            procedure = self._load(book)
            own = {one: version for one, version in self._versions(book.conn).items() if version}
            known = {procedure.stream} | {
                name
                for lot in procedure.notice.lots
                for name in (procedure.lot_stream(lot.lot), issuance_stream(self._tender, lot.lot))
            }
            streams = {one: version for one, version in own.items() if one in known}
            return account.decide(procedure, Account(streams), book.now)

        self._context.perform(decide, lock=self._tender)


def _state(procedure: Procedure, lot: str) -> State:
    if procedure.tender.status == "terminated" or procedure.lot(lot).status != "open":
        return "closed"
    if procedure.tender.status == "suspended":
        return "suspended"
    return "open" if procedure.tender.tickets_open else "waiting"


def _closed(row: BoxLot) -> BoxLot:
    return BoxLot(
        row.tender, row.lot, "closed", row.deadline, row.terms, row.spki, row.kids, row.custodians, row.max_bytes
    )
