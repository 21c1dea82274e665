"""Tickets: the office signs blindly what an organisation asks for, once a lot, and notes that it asked."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from flask import Blueprint, Response

from bidding.acts import issue_ticket
from bidding.acts.issue_ticket import IssueTicket
from bidding.store import directory, lot_keys, procedures, search, tables
from bidding.store.book import Book
from bidding.store.perform import Plan, perform
from ledger.basics.canonical import Json, members, unhex
from ledger.basics.errors import Refusal
from ledger.store.engine import reading
from web.access import BIDDER, route
from web.delivery import json_body, json_response, principal
from web.services import services

blueprint: Final = Blueprint("tickets", __name__, url_prefix="/office")


@route(blueprint, "POST", "/tickets", BIDDER)
def issue() -> Response:
    """Takes an issuance envelope of the organisation's seal; 201 `{blind_signature}` (384 bytes, hex).

    The same request again gives the same answer, also after the deadline: a lost answer is no lost ticket.
    """
    at, who, body = services(), principal(), json_body()
    asked = members(members(body, "object key signature")["object"], "tender lot blinded_message")
    tender, lot = str(asked["tender"])[:64], str(asked["lot"])[:64]

    def decide(book: Book) -> Plan:
        party = directory.party(book.conn, who.party)
        if body["key"] != party.seal_key:
            raise Refusal("auth.wrong_party", party=who.party)
        search.one(book.conn, tender)  # a draft is to a bidder as if it were not there
        procedure = procedures.load(book, tender, at.documents.read)
        command = IssueTicket(party, body, _issued(book.conn, tender, lot, who.party))
        return issue_ticket.decide(procedure, command, book.now)

    perform(at.engine, decide, actor=who.person, entropy=at.entropy, lock=tender)
    with reading(at.engine) as conn:
        blinded = unhex(asked["blinded_message"], None, "blinded_message")
        answer: dict[str, Json] = {"blind_signature": lot_keys.blind_sign(conn, tender, lot, blinded).hex()}
    return json_response(answer, 201)


@route(blueprint, "GET", "/tickets", BIDDER)
def open_lots() -> Response:
    """The lots one may take a ticket for now: `{lots: [{tender, lot, taken}]}`. Clients take all of them."""
    at, who = services(), principal()
    table = tables.issuances
    with reading(at.engine) as conn:
        taken = {
            (row.tender, row.lot)
            for row in conn.execute(sa.select(table.c.tender, table.c.lot).where(table.c.party == who.party))
        }
        rows = conn.execute(
            sa.select(tables.lots.c.tender, tables.lots.c.lot)
            .join(tables.tenders, tables.tenders.c.tender == tables.lots.c.tender)
            .where(tables.tenders.c.tickets_open, tables.tenders.c.state == "published", tables.lots.c.state == "open")
            .order_by(tables.lots.c.tender, tables.lots.c.lot)
        ).all()
    listed: list[Json] = [
        {"tender": row.tender, "lot": row.lot, "taken": (row.tender, row.lot) in taken} for row in rows
    ]
    return json_response({"lots": listed})


def _issued(conn: sa.Connection, tender: str, lot: str, party: str) -> str:
    table = tables.issuances
    found = conn.execute(
        sa.select(table.c.blinded_message).where(table.c.tender == tender, table.c.lot == lot, table.c.party == party)
    ).scalar_one_or_none()
    return str(found or "")
