"""The opening of a tender's lots: presence, coefficients, identities, offers, evaluation. Nobody is needed for it.

What is computed here is computed by custodians and verifiers, too, with the same functions (`bidding.opening`).
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Final, cast

from bidding import offers as offer_part
from bidding import opening, presence
from bidding.acts import announce, ask_explanations, coefficients, open_offers, record_evaluation
from bidding.acts import present as present_act
from bidding.acts.ask_explanations import AskExplanations
from bidding.acts.issue_ticket import stream_of as issuance_stream
from bidding.acts.opened import Opened
from bidding.acts.present import Present
from bidding.acts.record_evaluation import RecordEvaluation
from bidding.offers import Offer
from bidding.opening import Identity
from bidding.procedures import Procedure
from bidding.procedures.listing import Body
from bidding.sealed_lot import OnRoll, Reason
from bidding.store import mailbox, openings, procedures, published
from bidding.store.book import Book
from bidding.store.openings import Opening
from bidding.store.perform import Plan, disclose
from bidding.submission import Submission
from bidding.verdicts import Waiting
from evaluation.acts import evaluate
from ledger.basics.canonical import Json, parse_object
from ledger.basics.errors import Refusal
from ledger.sealed.opening import Digest, Void
from ledger.store.engine import database_now, reading, transaction
from web.logs import note
from web.worker.context import Context, at_once
from web.worker.marks import Marks, blocks

LOGGER: Final = logging.getLogger("mingjing.worker")

# A submission's part → None if its files are as listed, or why not.
_Files = dict[tuple[str, str], "Reason | None"]


class _Nowhere(io.RawIOBase):
    """Takes a file's plain bytes and forgets them: here only their hashes are looked at."""

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - any buffer
        return len(data)


class Openings:
    """The steps of a tender's lots. What it remembers (what it waits for, what it has read) decides nothing."""

    def __init__(self, context: Context, tender: str) -> None:
        self._context, self._tender = context, tender
        self._waiting: dict[str, tuple[int, tuple[str, ...]]] = {}
        self._files: dict[str, _Files] = {}
        self._marks = Marks()
        self._rolls: dict[str, OnRoll] = {}
        self._read: dict[str, tuple[Identity, ...]] = {}

    # --- presence ---------------------------------------------------------------------------------------------------

    def present(self, lot: str) -> None:
        """States which ciphertexts of the roll are there. Every one is read: a hash is all that counts."""
        with reading(self._context.services.engine) as conn:
            _, found = self._load(Book(conn), lot)
        rows = presence.ciphertexts(found.on_roll.submissions.values())
        forms = {str(row["sha256"]): cast(int, row["size"]) for row in rows if row["kind"] == "form"}
        there = {sha256 for sha256 in at_once(self._keep, rows) if sha256}
        body = presence.present_body(found.on_roll.submissions.values(), there)

        def decide(book: Book) -> Plan:
            return present_act.decide(self._procedure(book), Present(lot, body.public), book.now)

        services = self._context.services
        services.forms.settle()
        held = {sha256: size for sha256, size in forms.items() if sha256 in there}
        self._context.perform(
            decide, self._tender, body.documents, lambda conn, _: published.add_forms(conn, held, self._tender, lot)
        )

    def _keep(self, row: Mapping[str, Json]) -> str:
        """A ciphertext's hash if it is there, else ""; a form is copied to where anybody may fetch it."""
        sha256, context = str(row["sha256"]), self._context
        form = row["kind"] == "form"
        held = context.form(sha256, settled=False) is not None if form else self._marks.holds(context.blobs, sha256)
        return sha256 if held else ""

    def watch(self, lot: str) -> None:
        """While releases are awaited, a form that was lost since is asked back from the custodians that kept it.

        A custodian answers only for forms it holds itself: one lost now would keep the others from answering at all.
        """
        services = self._context.services
        with reading(services.engine) as conn:
            book = Book(conn)
            procedure = self._procedure(book)
        rows = procedure.rows(lot, "lot.present")
        wanted = {str(row["sha256"]) for row in rows if row["kind"] == "form" and row["present"]}
        lost = [one for one in sorted(wanted) if not services.forms.has(one) and self._context.form(one) is None]
        if lost:
            self._ask_for_forms(procedure, tuple(lost))

    # --- coefficients, identities, offers ---------------------------------------------------------------------------

    def coefficients(self, lot: str) -> None:
        """The drawn values, once t custodians have answered for the contributions."""

        def compute(_: Procedure, found: Opening) -> Waiting | Body:
            made = opening.coefficients(
                found.lot, found.on_roll, found.contributions, found.releases, found.seeds.get("coin")
            )
            return made if isinstance(made, Waiting) else Body(made)

        self._step(lot, compute, coefficients.decide)

    def announce(self, lot: str) -> None:
        """Whose the bids are; with it the issuances of tickets become public."""

        def compute(_: Procedure, found: Opening) -> Waiting | Body:
            read = self._identities(lot, found)
            return read if isinstance(read, Waiting) else opening.announced(found.lot, read)

        self._step(lot, compute, announce.decide)
        with transaction(self._context.services.engine) as conn:
            if any(event.type == "lot.announced" for event in Book(conn).events(f"lot/{self._tender}/{lot}")):
                disclose(conn, issuance_stream(self._tender, lot), "ticket.issued")

    def offers(self, lot: str) -> None:
        """The offers of the counted bids, their files held against what their headers list."""

        def compute(_: Procedure, found: Opening) -> Waiting | Body:
            identities = self._identities(lot, found)
            if isinstance(identities, Waiting):
                return identities
            read = offer_part.read_offers(
                found.lot, found.on_roll, identities, found.releases, self._context.form, found.seeds.get("offer")
            )
            if isinstance(read, Waiting):
                return read
            return offer_part.open_offers(found.lot, read, self._look_at_files(lot, found, read))

        self._step(lot, compute, open_offers.decide)

    def _identities(self, lot: str, found: Opening) -> Waiting | tuple[Identity, ...]:
        # Every quorum gives the same: once read they stay.
        known = self._read.get(lot)
        if known is not None:
            return known
        with reading(self._context.services.engine) as conn:
            closed = openings.closed_at(conn, self._tender, lot)
            read = opening.read_identities(
                found.lot,
                found.on_roll,
                found.present,
                found.releases,
                self._context.form,
                lambda party: openings.registered(conn, closed, party),
                lambda party: openings.issued(conn, self._tender, lot, party),
                found.seeds.get("identity"),
            )
        if not isinstance(read, Waiting):
            self._read[lot] = read
        return read

    def _look_at_files(self, lot: str, found: Opening, read: tuple[Offer, ...]) -> _Files:
        seen = self._files.setdefault(lot, {})
        offers = {one.identity.submission: one for one in read}

        def look(key: tuple[str, str]) -> None:
            offer, submission = offers[key[0]], found.on_roll.submissions[key[0]]
            opened: Identity | Offer = offer if key[1] == "offer" else offer.identity
            try:
                void = self._check_files(found, submission, key[1], opened)
            except Refusal as refusal:
                # Lost or spoilt: the lot waits for another copy, which its bidder may give.
                note(LOGGER, "files missing", submission=key[0], part=key[1], code=refusal.code)
            else:
                seen[key] = None if void is None else offer_part.void_files(key[1], void)

        at_once(look, [key for key in offer_part.files_to_read(read) if key not in seen])
        return seen

    def _check_files(self, found: Opening, submission: Submission, part: str, opened: Identity | Offer) -> Void | None:
        blobs, sha256 = self._context.blobs, submission.seals[part].files.sha256.hex()

        def check(digest: Digest | None) -> Void | None:
            source = blocks(blobs, sha256)
            return offer_part.check_files(found.lot, submission, part, opened, source, _nowhere, digest)

        seen = self._marks.again(sha256)
        if seen is None:
            return check(None)
        try:
            return check(seen)
        except Refusal:
            # Changed since it was there: the hash decides whether it is still the one that was sealed.
            return check(None)

    def _step(
        self,
        lot: str,
        compute: Callable[[Procedure, Opening], Waiting | Body],
        act: Callable[[Procedure, Opened, Any], Plan],
    ) -> None:
        """Computes outside any transaction, then records; what it waits for is looked for before it computes again."""
        with reading(self._context.services.engine) as conn:
            book = Book(conn)
            version = book.version(f"lot/{self._tender}/{lot}")
            held, missing = self._waiting.get(lot, (0, ()))
            if held == version and not any(self._there(sha256) for sha256 in missing):
                return
            procedure, found = self._load(book, lot)
        body = compute(procedure, found)
        if isinstance(body, Waiting):
            note(LOGGER, "waiting", tender=self._tender, lot=lot, code=body.code, custodians=list(body.custodians))
            missing = self._missing(found, body)
            self._waiting[lot] = (version, missing)
            if body.code == "opening.forms_missing":
                self._ask_for_forms(procedure, body.missing)
            return
        self._waiting.pop(lot, None)

        def decide(book: Book) -> Plan:
            return act(self._procedure(book), Opened(lot, body.public), book.now)

        self._context.perform(decide, self._tender, body.documents)

    def _missing(self, found: Opening, waiting: Waiting) -> tuple[str, ...]:
        """The ciphertexts whose return ends the waiting."""
        if waiting.code != "opening.files_missing":
            return waiting.missing
        bids = [found.on_roll.submissions[sha256] for sha256 in set(waiting.missing)]
        named = {bid.seals[part].files.sha256.hex() for bid in bids for part in bid.seals}
        return tuple(sorted(sha256 for sha256 in named if not self._there(sha256)))

    def _there(self, sha256: str) -> bool:
        return self._context.services.forms.has(sha256) or self._context.blobs.holds(sha256)

    def _ask_for_forms(self, procedure: Procedure, missing: tuple[str, ...]) -> None:
        services = self._context.services
        with transaction(services.engine) as conn:
            now = database_now(conn)
            for sha256 in missing:
                mailbox.reopen(conn, "form", sha256)
                for custodian in procedure.notice.custodians:
                    mailbox.ask(conn, custodian, "form", sha256, {"sha256": sha256}, now=now, entropy=services.entropy)

    # --- evaluation -------------------------------------------------------------------------------------------------

    def evaluate(self, lot: str) -> None:
        """The report on the opened offers: computed, stored as documents, recorded.

        Who bid abnormally low is asked first; the sweep comes here again when everybody was heard.
        """
        services = self._context.services
        with reading(services.engine) as conn:
            book = Book(conn)
            procedure, found = self._load(book, lot)
            stream = procedure.lot_stream(lot)
            opened = book.only(stream, "lot.offers_opened", seen=False).event.public
            drawn = book.only(stream, "lot.coefficients", seen=False).event.public
        row = procedure.notice.lot(lot)
        rules = parse_object(services.documents.read(row.rules))
        form = parse_object(services.documents.read(row.form))
        beyond = procedure.over_bid_limit(lot)
        answers = self._identity_answers(lot, found)
        bids = evaluate.opened_bids(opened, services.documents.read, answers, beyond or frozenset())
        state = procedure.lot(lot)
        given: dict[str, Any] = {"lot": lot, "ceiling_fen": row.ceiling_fen, "bids": bids, "coefficients": drawn}
        if state.status == "offers_opened":
            asked, minutes = evaluate.to_explain(rules, form, **given)
            if asked:
                self._ask(AskExplanations(lot, asked, minutes))
                return
        made = evaluate.report(rules, form, **given, findings=state.findings)
        body = evaluate.event_body(made, rules)

        def decide(book: Book) -> Plan:
            return record_evaluation.decide(self._procedure(book), RecordEvaluation(lot, body), book.now)

        self._context.perform(decide, self._tender, made.documents())

    def _ask(self, command: AskExplanations) -> None:
        def decide(book: Book) -> Plan:
            return ask_explanations.decide(self._procedure(book), command, book.now)

        self._context.perform(decide, self._tender)

    def _identity_answers(self, lot: str, found: Opening) -> Mapping[str, Mapping[str, Json]]:
        read = self._identities(lot, found)
        if isinstance(read, Waiting):
            raise Refusal("evaluation.identities_missing", lot=lot, why=read.code)
        return {one.bid_key: dict(one.header.form) for one in read if one.header is not None and one.header.form}

    # --- loading ----------------------------------------------------------------------------------------------------

    def _procedure(self, book: Book) -> Procedure:
        return procedures.load(book, self._tender, self._context.services.documents.read)

    def _load(self, book: Book, lot: str) -> tuple[Procedure, Opening]:
        services = self._context.services
        procedure = self._procedure(book)
        found = openings.load(book, procedure, lot, services.documents.read, services.trust.cas, self._rolls.get(lot))
        self._rolls[lot] = found.on_roll
        return procedure, found


def _nowhere(_index: int) -> BinaryIO:
    return cast(BinaryIO, _Nowhere())
