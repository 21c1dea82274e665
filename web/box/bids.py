"""Submitting, withdrawing, and what a bid key may see of its own: small signed messages, one short transaction each."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy import Connection

from bidding.store.box import bids as box_bids
from bidding.store.box import lots as box_lots
from bidding.store.box import uploads as box_uploads
from bidding.store.box.bids import Accepted
from bidding.submission import BoxLot, Submission, Withdrawal, accept, accept_withdrawal, check_room
from ledger.basics import clock, signing
from ledger.basics.canonical import MAX_BYTES, Json, canonical, members, parse_object
from ledger.basics.errors import Refusal
from ledger.basics.ids import check_id, new_id
from ledger.store.engine import database_now, reading
from web.blobs import PIECE
from web.box.parts import Parts
from web.signed import ticket

LETTER: Final = 4000  # characters of an enquiry, an objection or an explanation
LETTERS: Final = 20  # of one bid key on one lot


class Bids:
    """The routes for submissions, withdrawals, letters and lost ciphertexts."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def blueprint(self) -> Blueprint:
        """The routes below, all under `/box/`."""
        blue = Blueprint("bids", __name__)
        blue.add_url_rule("/box/submissions", "submit", self.submit, methods=["POST"])
        blue.add_url_rule("/box/withdrawals", "withdraw", self.withdraw, methods=["POST"])
        blue.add_url_rule("/box/bids/<tender>/<lot>", "own", self.own, methods=["GET"])
        blue.add_url_rule("/box/enquiries", "enquire", self.enquire, methods=["POST"])
        blue.add_url_rule("/box/objections", "object_", self.object_, methods=["POST"])
        blue.add_url_rule("/box/explanations", "explain", self.explain, methods=["POST"])
        blue.add_url_rule("/box/files/<sha256>", "supply", self.supply, methods=["PUT"])
        return blue

    def submit(self) -> Response:
        """Take a submission: everything it names is here and hashed already, so nothing is read again."""
        body = self._body()
        with self.parts.write() as (conn, now):
            who = self.parts.signed(conn, request, now)
            message = Submission.parse(parse_object(who.body(body)))
            _same_key(message.bid_key, who.signed.key)
            lot = box_lots.lot_for_share(conn, message.tender, message.lot)
            current = box_bids.newest(conn, message.tender, message.lot, message.bid_key)
            names = [content.sha256.hex() for _, _, content in message.contents()]
            held = box_uploads.complete_sizes(conn, message.bid_key, names)
            others = box_lots.other_ticket_keys(conn, message.tender, message.lot)
            at = box_lots.judged_at(conn, lot.tender, lot.lot)
            if accept(lot, current, message, at, held, others) == "again" and current is not None:
                return _receipt(current)
            return _receipt(self._take(conn, lot, message, current, at), 201)

    def withdraw(self) -> Response:
        """Take a withdrawal: what it withdraws stays shut for ever."""
        body = self._body()
        with self.parts.write() as (conn, now):
            who = self.parts.signed(conn, request, now)
            message = Withdrawal.parse(parse_object(who.body(body)))
            _same_key(message.bid_key, who.signed.key)
            lot = box_lots.lot_for_share(conn, message.tender, message.lot)
            current = box_bids.newest(conn, message.tender, message.lot, message.bid_key)
            at = box_lots.judged_at(conn, lot.tender, lot.lot)
            if accept_withdrawal(lot, current, message, at) == "again" and current is not None:
                return _receipt(current)
            return _receipt(self._take(conn, lot, message, current, at), 201)

    def own(self, tender: str, lot: str) -> Response:
        """Everything accepted of the asking key on a lot, with receipts; an empty list for any other key."""
        with reading(self.parts.engine) as conn:
            who = self.parts.reading(request, database_now(conn))
            who.body(b"")
            items = box_bids.history(conn, check_id(tender, "tender"), check_id(lot, "lot"), who.signed.key)
        entries: list[Json] = [
            {
                "kind": item.kind,
                "sha256": item.sha256,
                "seq": item.seq,
                "stale": item.stale,
                "message": parse_object(item.envelope),
                "receipt": parse_object(item.receipt),
            }
            for item in items
        ]
        return _json({"tender": tender, "lot": lot, "bid_key": who.signed.key, "accepted": entries})

    def enquire(self) -> Response:
        """An enquiry, for who holds a ticket: `{tender, lot, text}`. Its answer names no asker."""
        body = self._body()
        with self.parts.write() as (conn, now):
            who = self.parts.signed(conn, request, now)
            got = members(parse_object(who.body(body)), "tender lot text")
            lot = box_lots.lot_for_share(conn, str(got["tender"]), str(got["lot"]))
            self._admit_bearer(conn, lot, who.signed.key)
            return self._letter(conn, lot, "enquiry", who.signed.key, {"text": _text(got["text"])})

    def object_(self) -> Response:
        """An objection: to the documents by who holds a ticket, to opening and result by who has bid.

        The envelope of TYPE request is kept as its signature.
        """
        body = self._body()
        with self.parts.write() as (conn, now):
            who = self.parts.signed(conn, request, now)
            got = members(parse_object(who.body(body)), "tender lot kind text")
            if got["kind"] not in ("documents", "opening", "result"):
                raise Refusal("letter.kind")
            lot = box_lots.lot_for_share(conn, str(got["tender"]), str(got["lot"]))
            if got["kind"] == "documents":
                # Before the roll: everybody holds tickets, so publishing this tells of no bid.
                self._admit_bearer(conn, lot, who.signed.key)
            elif box_bids.newest(conn, lot.tender, lot.lot, who.signed.key) is None:
                raise Refusal("letter.no_bid")
            content: dict[str, Json] = {
                "kind": got["kind"],
                "text": _text(got["text"]),
                "bid_key": who.signed.key,
                "signature": who.envelope,
            }
            return self._letter(conn, lot, "objection", who.signed.key, content)

    def explain(self) -> Response:
        """An explanation of an abnormally low price, by who has bid: `{tender, lot, text}`.

        Whether it was asked for and is in time, the office decides: the box does not know.
        """
        body = self._body()
        with self.parts.write() as (conn, now):
            who = self.parts.signed(conn, request, now)
            got = members(parse_object(who.body(body)), "tender lot text")
            lot = box_lots.lot_for_share(conn, str(got["tender"]), str(got["lot"]))
            if box_bids.newest(conn, lot.tender, lot.lot, who.signed.key) is None:
                raise Refusal("letter.no_bid")
            content: dict[str, Json] = {
                "text": _text(got["text"]),
                "bid_key": who.signed.key,
                "signature": who.envelope,
            }
            return self._letter(conn, lot, "explanation", who.signed.key, content)

    def supply(self, sha256: str) -> Response:
        """A ciphertext of the asking key's own accepted bid again, where the store lost it after the close."""
        with self.parts.write() as (conn, now):
            who = self.parts.signed(conn, request, now)
            if who.signed.body_sha256 != sha256:
                raise Refusal("request.body_differs")
            size = box_uploads.complete_sizes(conn, who.signed.key, [sha256]).get(sha256)
            if size is None:
                raise Refusal("upload.unknown")
        # One more than it is: where the server marks the end of its input, Werkzeug refuses what fills the limit.
        request.max_content_length = size + 1
        with self.parts.limits.pieces.hold(who.signed.key):
            if not self.parts.blobs.holds(sha256):
                self.parts.blobs.put(sha256, iter(lambda: request.stream.read(PIECE), b""))
        return Response(status=204)

    def _body(self) -> bytes:
        """The message that this request brings; strangers' bodies wait for each other and for nobody else."""
        with self.parts.limits.messages.hold(self.parts.sender(request)):
            # A body in chunks names no length: it is cut here, before anything is known of who sends it.
            request.max_content_length = MAX_BYTES + 1
            data = request.get_data(cache=False)
        if len(data) > MAX_BYTES:
            raise Refusal("canonical.too_long", limit=MAX_BYTES, found=len(data))
        return data

    def _take(
        self,
        conn: Connection,
        lot: BoxLot,
        message: Submission | Withdrawal,
        current: Accepted | None,
        at: datetime,
    ) -> Accepted:
        """`at` was read under the lot's lock, so the minute it names is not yet written."""
        minute = clock.text(clock.floor(at, self.parts.interval))
        # Two that are the last at the same moment may both be let in; the roll has room for some more than the limit.
        others = 0 if current is not None else box_bids.bidders(conn, lot.tender, lot.lot)
        check_room(others, box_bids.in_minute(conn, lot.tender, lot.lot, message.bid_key, minute))
        stated: dict[str, Json] = {
            "lot": lot.lot,
            "submission_sha256": message.sha256,
            "at": clock.text(at),
            "minute": minute,
        }
        receipt = signing.sign("receipt", stated, self.parts.receipt_key)
        item = Accepted(
            message.sha256,
            lot.tender,
            lot.lot,
            message.bid_key,
            message.seq,
            "submission" if isinstance(message, Submission) else "withdrawal",
            clock.text(at),
            minute,
            False,
            canonical(message.envelope),
            canonical(receipt),
        )
        box_bids.add_accepted(conn, item)
        return item

    def _admit_bearer(self, conn: Connection, lot: BoxLot, bid_key: str) -> None:
        bearer = ticket(request)
        if (bearer["tender"], bearer["lot"]) != (lot.tender, lot.lot):
            raise Refusal("submission.ticket_other_lot")
        self.parts.admit(lot, bid_key, bearer["ticket"], database_now(conn))

    def _letter(self, conn: Connection, lot: BoxLot, kind: str, bid_key: str, content: dict[str, Json]) -> Response:
        known = box_bids.same_letter(conn, lot.tender, lot.lot, kind, bid_key, content)
        if known is not None:  # sent again because our answer was lost: one letter, one answer
            return _json({"id": known[0], "at": known[1]}, 201)
        if box_bids.letters_of(conn, lot.tender, lot.lot, bid_key) >= LETTERS:
            raise Refusal("letter.too_many", limit=LETTERS)
        letter = new_id(self.parts.entropy)
        at = database_now(conn)
        box_bids.add_letter(conn, letter, lot.tender, lot.lot, kind, at, bid_key, canonical(content))
        return _json({"id": letter, "at": clock.text(at)}, 201)


def _same_key(of_message: str, of_request: str) -> None:
    if of_message != of_request:
        raise Refusal("signature.wrong_key")


def _text(value: Json) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LETTER:
        raise Refusal("letter.text", limit=LETTER)
    return value


def _receipt(item: Accepted, status: int = 200) -> Response:
    return _json({"sha256": item.sha256, "receipt": parse_object(item.receipt)}, status)


def _json(value: Json, status: int = 200) -> Response:
    return Response(canonical(value), status=status, mimetype="application/json")
