"""What is asked of institutions by itself: contributions, challenges, postponements, ordered seeds.

Asked from what the streams say, so that a worker that was killed asks nothing twice and forgets nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, cast

import sqlalchemy as sa

from bidding.procedures import Procedure, postponed
from bidding.procedures.notice import NoticeLot
from bidding.store import custodians, mailbox, procedures
from bidding.store.book import Book
from ledger.basics import clock
from ledger.basics.canonical import Json
from ledger.basics.ids import Entropy
from ledger.sealed.keyset import Purpose
from ledger.store.engine import transaction
from web.worker.context import Context

_ADDENDUM: Final = "addendum.issued"


def post(context: Context, tender: str) -> None:
    """Leaves every request about a tender that is due and not there yet."""
    services = context.services
    with transaction(services.engine) as conn:
        book = Book(conn)
        procedure = procedures.load(book, tender, services.documents.read)
        if procedure.tender.status == "terminated":
            return
        office = _Office(conn, book, procedure, book.now, services.entropy)
        office.contributions()
        office.postponements()
        office.seeds()
        office.challenges(services.challenge_every)


class _Office:
    """The mail of one tender, inside one transaction."""

    def __init__(self, conn: sa.Connection, book: Book, procedure: Procedure, now: datetime, entropy: Entropy) -> None:
        self._conn, self._book, self._procedure, self._now, self._entropy = conn, book, procedure, now, entropy
        self._tender = procedure.tender.tender

    def contributions(self) -> None:
        """Asks the parties of the notice for their sealed values, before the first ticket."""
        if self._procedure.tender.tickets_open or self._now >= self._procedure.deadline:
            return
        for lot in self._procedure.notice.lots:
            given = self._procedure.lot(lot.lot).contributors
            body: dict[str, Json] = {
                "purpose": Purpose(self._tender, lot.lot, "coin").to_json(),
                "keyset": _part(lot, "coin"),
            }
            for party in self._procedure.notice.contributors:
                if party not in given:
                    self._ask(party, "contribution", f"{self._tender}/{lot.lot}", body)

    def postponements(self) -> None:
        """Asks every custodian to move the opening of lots whose deadline an addendum moved, until its time has come.

        Those who are away too, and however many have signed: who was never asked may open at the old time.
        """
        moved = [one for one in self._book.stored(self._procedure.stream) if one.event.type == _ADDENDUM]
        for one in postponed(self._procedure.tender):
            # The first that moved it there: whenever they are asked, all of them sign the same.
            cited = next((it for it in moved if it.event.public["deadline"] == one.not_before), None)
            life = clock.parse_time(one.until) - self._now
            if cited is None or life <= timedelta(0) or self._procedure.lot(one.lot).status != "open":
                continue
            body: dict[str, Json] = {
                "kids": list[Json](sorted(self._procedure.notice.lot(one.lot).kids.values())),
                "not_before": one.not_before,
                "addendum": cited.leaf.hex(),
                "tender": self._tender,
            }
            for custodian in one.waiting:
                self._ask(custodian, "postpone", f"{self._tender}/{one.lot}/{one.not_before}", body, life)

    def seeds(self) -> None:
        """Passes on orders to publish a seed, for the parts over which that custodian cried "bad"."""
        for order in self._procedure.tender.orders.values():
            if order.kind != "publish_seed":
                continue
            lot = self._procedure.notice.lot(order.lot)
            state = self._procedure.lot(order.lot)
            for part in self._cried_bad(order.lot, order.custodian):
                if (part, order.custodian) not in state.seeds:
                    kid = lot.kids[part]
                    self._ask(order.custodian, "seed", f"{order.order}/{kid}", {"kid": kid, "order": order.order})

    def challenges(self, every: timedelta) -> None:
        """Lets every custodian prove, every so often, that it can still derive its keys for the lots to come."""
        waiting = [lot for lot in self._procedure.notice.lots if self._procedure.lot(lot.lot).status == "open"]
        if not waiting or self._now >= self._procedure.deadline:
            return
        for custodian in self._procedure.notice.custodians:
            if not custodians.due(self._conn, self._tender, custodian, every, self._now):
                continue
            for lot in waiting:
                for kid in lot.kids.values():
                    nonce = self._entropy(32).hex()
                    body: dict[str, Json] = {"kid": kid, "nonce": nonce}
                    self._ask(custodian, "challenge", f"{kid}/{nonce}", body, life=every)
            custodians.challenged(self._conn, self._tender, custodian, self._now)

    def _cried_bad(self, lot: str, custodian: str) -> list[str]:
        found = []
        for event in self._book.events(self._procedure.lot_stream(lot)):
            public = cast(dict[str, Any], event.public)
            if event.type == "release.recorded" and public["custodian"] == custodian:
                answers = public["release"]["object"]["answers"]
                if any(answer.get("bad") for answer in answers):
                    found.append(str(public["part"]))
        return found

    def _ask(
        self, institution: str, kind: str, subject: str, body: dict[str, Json], life: timedelta | None = None
    ) -> None:
        mailbox.ask(self._conn, institution, kind, subject, body, now=self._now, entropy=self._entropy, life=life)


def _part(lot: NoticeLot, part: str) -> dict[str, Json]:
    """`{keyset, signatures}` of a part, as the notice has it."""
    return next(dict(item) for item in lot.keysets if item["keyset"]["purpose"]["part"] == part)
