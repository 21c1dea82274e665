"""Letters that the box took for the office: enquiries, objections and explanations become events."""

from __future__ import annotations

import logging
from typing import Any, Final, cast

from bidding.acts import ask, explain, make_objection
from bidding.acts.ask import Ask
from bidding.acts.explain import Explain
from bidding.acts.make_objection import MakeObjection
from bidding.store import procedures
from bidding.store.book import Book
from bidding.store.box import bids as box_bids
from bidding.store.perform import Plan, perform_in
from ledger.basics.canonical import parse_object
from ledger.basics.errors import Refusal
from ledger.store.engine import reading, transaction
from web.logs import note
from web.worker.context import ACTOR, Context

LOGGER: Final = logging.getLogger("mingjing.worker")


def take(context: Context) -> None:
    """Makes an event of every waiting letter, each in its own transaction; one that comes too late is put away."""
    with reading(context.services.engine) as conn:
        waiting = box_bids.waiting_letters(conn)
    for letter in waiting:
        _take(context, *letter)


def _take(context: Context, letter: str, tender: str, lot: str, kind: str, body: bytes) -> None:
    got = cast(dict[str, Any], parse_object(body))

    def decide(book: Book) -> Plan:
        procedure = procedures.load(book, tender, context.services.documents.read)
        if kind == "enquiry":
            return ask.decide(procedure, Ask(letter, got["text"]), book.now)
        if kind == "explanation":
            return explain.decide(procedure, Explain(lot, got["bid_key"], got["text"], got["signature"]), book.now)
        command = MakeObjection(letter, got["kind"], lot, got["bid_key"], got["text"], got["signature"])
        return make_objection.decide(procedure, command, book.now)

    try:
        with transaction(context.services.engine) as conn:
            perform_in(conn, decide, actor=ACTOR, entropy=context.services.entropy, lock=tender)
            box_bids.mark_taken(conn, letter)
    except Refusal as refusal:
        if refusal.code == "stream.conflict":
            raise
        note(LOGGER, "letter refused", letter=letter, code=refusal.code)
        with transaction(context.services.engine) as conn:
            box_bids.mark_taken(conn, letter)
