"""Organisations and people: registered by the centre, which looks at their papers; and a new token for somebody."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from flask import Blueprint, Response

from bidding.acts import register_party, register_person
from bidding.parties import Party, Person, party_payload
from bidding.store import accounts, directory
from bidding.store.accounts import Account
from bidding.store.book import Book
from bidding.store.perform import Plan, perform_in
from ledger.basics.canonical import Json, members
from ledger.basics.ids import new_id
from ledger.store.engine import database_now, transaction
from web.access import ANYONE_SIGNED_IN, CENTRE, route
from web.delivery import json_body, json_response, principal
from web.services import Services, services

blueprint: Final = Blueprint("enrolment", __name__, url_prefix="/office")


@route(blueprint, "POST", "/parties", CENTRE)
def add_party() -> Response:
    """Registers an organisation: `{uscc, name: {zh, en}, seal_key, person: {ref, key}, holds}`.

    Answers 201 `{party, token}`: the token signs in for the organisation as a bidder, and is said this once. The same
    registration again registers nobody twice and gives a new token: the answer with the last one may have been lost.
    """
    return json_response(enrol_party(services(), json_body(), principal().person), 201)


@route(blueprint, "POST", "/people", CENTRE)
def add_person() -> Response:
    """Registers somebody who signs acts: `{party, role, key}`. 201 `{person, token}`; again, as for `parties`."""
    return json_response(enrol_person(services(), json_body(), principal().person), 201)


@route(blueprint, "POST", "/people/<person>/disable", CENTRE)
def disable(person: str) -> Response:
    """Shuts an account: its tokens sign nobody in any more."""
    with transaction(services().engine) as conn:
        accounts.disable(conn, person)
    return json_response({"person": person, "disabled": True})


@route(blueprint, "GET", "/me", ANYONE_SIGNED_IN)
def me() -> Response:
    """Who the token is: `{person, role, party}`."""
    found = principal()
    return json_response({"person": found.person, "role": found.role, "party": found.party})


def enrol_party(at: Services, body: dict[str, Json], actor: str) -> dict[str, Json]:
    """Registers an organisation and opens its account; `{party, token}`."""
    members(body, "uscc name seal_key person holds")
    party = Party.parse({"party": new_id(at.entropy), **body})
    with transaction(at.engine) as conn:
        known = directory.by_uscc(conn, party.uscc)
        if known is not None and replace(known, party=party.party) == party:
            return {"party": known.party, "token": _token(at, conn, _bidder(known.party), database_now(conn))}
        account, when = open_party(conn, at, party, actor)
        token = _token(at, conn, account.person, when)
    return {"party": party.party, "token": token}


def open_party(conn: sa.Connection, at: Services, party: Party, actor: str) -> tuple[Account, datetime]:
    """Registers an organisation that is new, and opens its account as a bidder; when it did.

    In the caller's transaction. Raises what `register_party.decide` does: `party.already_registered` and others.
    """

    def decide(book: Book) -> Plan:
        persons = directory.persons_near(book.conn, "", [party.seal_key, party.person_key])
        return register_party.decide(party_payload(party), directory.near_party(book.conn, party), persons, book.now)

    (done,) = perform_in(conn, decide, actor=actor, entropy=at.entropy)
    account = Account(_bidder(party.party), "bidder", party.party)
    accounts.open_account(conn, account, done.event.at)
    return account, done.event.at


def enrol_person(at: Services, body: dict[str, Json], actor: str) -> dict[str, Json]:
    """Registers a person of an organisation and opens the account; `{person, token}`."""
    members(body, "party role key")
    public: dict[str, Json] = {"person": new_id(at.entropy), **body}
    person = Person.parse(public)

    def decide(book: Book) -> Plan:
        near = directory.persons_near(book.conn, person.person, [person.key])
        return register_person.decide(public, directory.parties_near_person(book.conn, person), near, book.now)

    with transaction(at.engine) as conn:
        for known in directory.by_keys(conn, [person.key]):
            if replace(known, person=person.person) == person:
                return {"person": known.person, "token": _token(at, conn, known.person, database_now(conn))}
        (done,) = perform_in(conn, decide, actor=actor, entropy=at.entropy)
        accounts.open_account(conn, Account(person.person, person.role, person.party), done.event.at)
        token = _token(at, conn, person.person, done.event.at)
    return {"person": person.person, "token": token}


def _bidder(party: str) -> str:
    """The account of an organisation as a bidder."""
    return f"{party}-bidder"[:64]


def _token(at: Services, conn: sa.Connection, account: str, now: datetime) -> str:
    return accounts.issue_token(conn, account, now, timedelta(days=at.config.office.token_days), at.entropy)
