"""Acts that people sign: the first of two signatures waits, the last one executes (docs/formats/events.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import sqlalchemy as sa
from flask import Blueprint, Response

from bidding.acts import OFFICE, Signed, keys
from bidding.acts import publish as notices
from bidding.acts.publish import Setting
from bidding.parties import Person
from bidding.procedures import Notice
from bidding.procedures import tender as tenders
from bidding.profiles.packaged import packaged_profiles
from bidding.store import directory, documents, pending, procedures
from bidding.store.book import Book
from bidding.store.pending import Pending
from bidding.store.perform import Plan, disclose, perform_in
from evaluation.acts import publish
from ledger.basics.canonical import Json, canonical, members
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.store import read
from ledger.store.append import Appended
from ledger.store.engine import reading, transaction
from ledger.store.read import Stored
from web.access import STAFF, Principal, route
from web.delivery import json_body, json_response, principal
from web.services import Services, services

blueprint: Final = Blueprint("acts", __name__, url_prefix="/office")

PUBLISH: Final = "tender.published"
AMEND: Final = "addendum.issued"

_JSON_DOCUMENTS: Final = ("profile.json", "calendar.json")


@route(blueprint, "POST", "/acts", STAFF)
def act() -> Response:
    """Takes `{act: envelope, body}`. 202 `{pending, have, need}` while signatures are missing, 201 `{events}` after.

    The same envelope again gives the same answer: a lost answer is no lost act.
    """
    at, who = services(), principal()
    asked = members(json_body(), "act body")
    envelope, body = asked["act"], asked["body"]
    if not isinstance(body, dict) or not isinstance(envelope, dict):
        raise Refusal("canonical.not_object")
    said = members(members(envelope, "object key signature")["object"], "act subject body_sha256 reason at")
    signed = Signed(str(said["subject"])[:160], body, (envelope,))
    with transaction(at.engine) as conn:
        answer_ = _take(at, conn, str(said["act"])[:64], signed, who)
    return json_response(answer_, 202 if "pending" in answer_ else 201)


@route(blueprint, "GET", "/acts", STAFF)
def waiting() -> Response:
    """The acts that wait for a second signature, which may be one's own: `{acts: [{act, subject, body, acts}]}`."""
    who = principal()
    with reading(services().engine) as conn:
        book = Book(conn)
        found = [one for one in pending.listed(conn) if _may_sign(book, one, who)]
    listed: list[Json] = [
        {"act": one.act, "subject": one.subject, "body": one.body, "acts": list(one.acts)} for one in found
    ]
    return json_response({"acts": listed})


def _take(at: Services, conn: sa.Connection, type_: str, signed: Signed, who: Principal) -> dict[str, Json]:
    need, tender = procedures.wanted_keys(type_), _tender_of(signed.subject)
    allowed = keys.RULES[type_].roles
    if who.role not in allowed:
        raise Refusal("act.role", role=who.role, allowed=", ".join(sorted(allowed)))
    book = Book(conn, tender)
    state = procedures.tender(book, tender)
    if state.notice is None and who.party != state.party and not (who.role == "agency" and type_ == PUBLISH):
        # Another's draft is to everybody as if it were not there; the refusals below would name its tenderee.
        raise Refusal("tender.unknown", tender=tender[:64])
    persons = procedures.signers(book, state, signed.acts)
    signer = keys.check_one(
        signed.acts[0],
        type_,
        signed.subject,
        signed.body,
        persons=persons,
        party=state.party,
        agencies=procedures.agencies(state, persons),
        now=book.now,
    )
    if signer.person != who.person:
        raise Refusal("act.other_person", person=signer.person)
    before = _executed(conn, type_, signed)
    if before:
        return {"events": before}
    new = Pending(
        signed.subject,
        type_,
        H(canonical(dict(signed.body))).hex(),
        dict(signed.body),
        tuple(dict(one) for one in signed.acts),
    )
    held = pending.add(conn, new, person=who.person, now=book.now, entropy=at.entropy)
    if len(held.acts) < need:
        if type_ == PUBLISH:
            _check_notice(at, book, signed, persons)
        return {"pending": True, "have": len(held.acts), "need": need}
    done = execute(at, conn, type_, Signed(signed.subject, signed.body, held.acts), who.person)
    pending.drop(conn, held)
    return {"events": _told(done)}


def _check_notice(at: Services, book: Book, signed: Signed, persons: Mapping[str, Person]) -> None:
    """Everything in a notice but its second key: who signs first learns what is wrong with it, not who signs last."""
    raw = signed.body.get("notice")
    if not isinstance(raw, dict):
        raise Refusal("notice.missing", tender=_tender_of(signed.subject))
    setting = _setting(at, book, signed, persons)
    notices.check(raw, book.now, setting)
    publish.check_rules(Notice.parse(raw), setting)


def _may_sign(book: Book, one: Pending, who: Principal) -> bool:
    """Whether a person could sign this act. Nobody else reads what is not published, or not ordered, yet."""
    if who.role not in keys.RULES[one.act].roles:
        return False
    state = procedures.tender(book, _tender_of(one.subject))
    if who.role == "agency":
        mine = procedures.agencies(state, procedures.signers(book, state, one.acts))
        return mine is None or who.party in mine
    return who.role != "tenderee" or who.party == state.party


def _executed(conn: sa.Connection, type_: str, signed: Signed) -> list[Json]:
    """What this very envelope has done already, none if it has not."""
    found = []
    for one in read.load(conn, signed.subject):
        acts = one.event.public.get("acts")
        if one.event.type == type_ and isinstance(acts, list) and signed.acts[0] in acts:
            found.append(one)
    return _told(found)


def _told(done: Sequence[Appended | Stored]) -> list[Json]:
    return [
        {"stream": one.event.stream, "version": one.event.version, "type": one.event.type, "leaf": one.leaf.hex()}
        for one in done
    ]


def execute(at: Services, conn: sa.Connection, type_: str, signed: Signed, actor: str) -> list[Appended]:
    """Decides an act that has all its signatures, appends it, and publishes the documents it names."""
    tender = _tender_of(signed.subject)

    def decide(book: Book) -> Plan:
        state = procedures.tender(book, tender)
        persons = procedures.signers(book, state, signed.acts)
        if type_ == PUBLISH:
            return publish.decide(state, signed, book.now, _setting(at, book, signed, persons))
        stored = documents.sizes(book.conn, _named(signed.body))
        procedure = procedures.load(book, tender, at.documents.read, persons, stored)
        return OFFICE[type_](procedure, signed, book.now)

    done = perform_in(conn, decide, actor=actor, entropy=at.entropy, lock=tender)
    if type_ == PUBLISH:
        disclose(conn, tenders.stream_of(tender), "tender.drafted")
    if type_ in (PUBLISH, AMEND):
        documents.publish(conn, _named(signed.body))
    return done


def _setting(at: Services, book: Book, signed: Signed, persons: Mapping[str, Person]) -> Setting:
    """What publishing looks at: the platform's own announcement, its registers, and the documents of the notice."""
    notice = signed.body.get("notice")
    body = cast(dict[str, Any], notice) if isinstance(notice, dict) else {}
    stored = documents.sizes(book.conn, _named(signed.body))
    wanted = {sha256 for name, sha256 in _rows(signed.body) if name.startswith(("form-", "rules-", *_JSON_DOCUMENTS))}
    party = directory.find(book.conn, str(body.get("party", ""))[:64])
    return Setting(
        log=book.events("log")[0].public,
        persons=persons,
        documents={sha256: at.documents.read(sha256) for sha256 in wanted & stored.keys()},
        stored=stored,
        known_profiles=frozenset(packaged_profiles()),
        # Never empty: an empty register would be taken for one that was not looked at.
        parties=frozenset({party.party if party else ""}),
    )


def _rows(body: Mapping[str, Json]) -> list[tuple[str, str]]:
    """(name, SHA-256) of the documents a notice or an addendum lists; malformed rows are the act's to refuse."""
    notice = body.get("notice")
    listed = (notice if isinstance(notice, dict) else body).get("documents")
    rows = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [(str(one.get("name", "")), str(one.get("sha256", ""))) for one in rows]


def _named(body: Mapping[str, Json]) -> list[str]:
    return [sha256 for _, sha256 in _rows(body)]


def _tender_of(subject: str) -> str:
    """The tender whose stream, or whose lot's stream, this is; `Refusal("act.subject")`."""
    parts = subject.split("/")
    if (parts[0], len(parts)) not in (("tender", 2), ("lot", 3)):
        raise Refusal("act.subject", subject=subject)
    return parts[1]
