"""What institutions answer, checked and recorded: each kind of request its own rule, one transaction an answer.

The same right answer again is accepted and changes nothing; another one is refused (docs/formats/custody.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

import sqlalchemy as sa

from bidding.acts import contribute, record_postponement, record_release, record_seed
from bidding.acts.record_release import RecordRelease
from bidding.acts.record_seed import RecordSeed
from bidding.procedures import lot as lots
from bidding.procedures.listing import ReadDocument
from bidding.store import custodians, keysets, mailbox, procedures
from bidding.store.book import Book
from bidding.store.mailbox import Mail
from bidding.store.perform import Plan, perform_in
from ledger.basics import signing
from ledger.basics.canonical import Json, members, unhex
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy
from ledger.sealed import keyset as sealed
from ledger.sealed.keyset import Keyset
from ledger.trust import Trust


@dataclass(frozen=True)
class Desk:
    """What taking an answer needs besides the answer. `conn`: a writing transaction."""

    conn: sa.Connection
    trust: Trust
    read: ReadDocument
    entropy: Entropy
    now: datetime

    def perform(self, decide: Callable[[Book], Plan], actor: str, tender: str) -> None:
        """Appends what a decision gives, taking turns with the tender's other acts."""
        perform_in(self.conn, decide, actor=actor, entropy=self.entropy, lock=tender)


def take(desk: Desk, mail_id: str, value: dict[str, Json]) -> Mail:
    """Checks and records an answer.

    Raises `Refusal`: `custody.unknown`, `custody.answered_otherwise`, and the kind's own.
    """
    mail = mailbox.request(desk.conn, mail_id)
    rule = _RULES.get(mail.kind)
    if rule is None:
        raise Refusal("custody.not_answered_here", kind=mail.kind)
    if mail.answer:
        # A second signature by the same key over the same thing may differ in its time; the first one stands.
        if mail.answer != rule.kept(mail, value):
            raise Refusal("custody.answered_otherwise", id=mail.id)
        return mail
    kept = rule.take(desk, mail, value)
    mailbox.answer(desk.conn, mail.id, kept, desk.now)
    if rule.after is not None:
        rule.after(desk, mail)
    return mail


def notice_keyset(desk: Desk, kid: str) -> tuple[str, str, Keyset]:
    """`(tender, lot, keyset)` of a key set that a draft or a notice has."""
    tender, lot, part = keysets.by_kid(desk.conn, kid)
    made = next(one for one in keysets.progress(desk.conn, tender) if (one.lot, one.part) == (lot, part))
    return tender, lot, sealed.parse(made.keyset)


def take_release(desk: Desk, envelope: dict[str, Json]) -> None:
    """Records a custodian's release in the lot's stream, once; `Refusal("release.*")`, `keyset.unknown`."""
    outer = members(envelope, "object key signature")
    kid = members(outer["object"], "answers at checkpoint kid roll")["kid"]
    tender, lot, _ = keysets.by_kid(desk.conn, str(kid)[:64])
    custodian = _institution(desk.trust, str(outer["key"]))

    def decide(book: Book) -> Plan:
        if any(event.public.get("release") == envelope for event in book.events(lots.stream_of(tender, lot))):
            return {}
        procedure = procedures.load(book, tender, desk.read)
        return record_release.decide(procedure, RecordRelease(custodian, envelope), book.now)

    desk.perform(decide, custodian, tender)


def _institution(trust: Trust, key: str) -> str:
    for custodian, known in trust.custodian_keys().items():
        if known == key:
            return custodian
    raise Refusal("custodian.unknown", custodian=key[:64])


def _identity_key(desk: Desk, custodian: str) -> str:
    if custodian not in desk.trust.custodians:
        raise Refusal("custodian.unknown", custodian=custodian[:64])
    return desk.trust.custodians[custodian].key


@dataclass(frozen=True)
class _Rule:
    """`take` checks an answer and gives what is kept of it; `kept` the same without changing anything."""

    take: Callable[[Desk, Mail, dict[str, Json]], dict[str, Json]]
    kept: Callable[[Mail, dict[str, Json]], dict[str, Json]]
    after: Callable[[Desk, Mail], None] | None = None


def _same(_mail: Mail, value: dict[str, Json]) -> dict[str, Json]:
    return value


def _public_key_only(_mail: Mail, value: dict[str, Json]) -> dict[str, Json]:
    obj = value.get("object")
    return {"public_key": obj.get("public_key", "")} if isinstance(obj, dict) else {}


def _key(desk: Desk, mail: Mail, value: dict[str, Json]) -> dict[str, Json]:
    return keysets.take_key(mail, value, _identity_key(desk, mail.institution))


def _advance(desk: Desk, mail: Mail) -> None:
    purpose = cast(Mapping[str, Any], mail.body["purpose"])
    keysets.advance(desk.conn, purpose["tender"], purpose["lot"], purpose["part"], now=desk.now, entropy=desk.entropy)


def _sign(desk: Desk, mail: Mail, value: dict[str, Json]) -> dict[str, Json]:
    keyset = sealed.parse(mail.body["keyset"])
    got = members(signing.verify("keyset", value, _identity_key(desk, mail.institution)), "custodian kid")
    if (got["custodian"], got["kid"]) != (mail.institution, keyset.kid.hex()):
        raise Refusal("custody.other_request", id=mail.id)
    return value


def _challenge(desk: Desk, mail: Mail, value: dict[str, Json]) -> dict[str, Json]:
    tender, _, keyset = notice_keyset(desk, str(mail.body["kid"]))
    nonce = unhex(mail.body["nonce"], 32, "nonce")
    sealed.verify_challenge(keyset, mail.institution, value, nonce, _identity_key(desk, mail.institution))
    custodians.answered(desk.conn, tender, mail.institution, desk.now)
    return value


def _postpone(desk: Desk, mail: Mail, value: dict[str, Json]) -> dict[str, Json]:
    tender = str(mail.body["tender"])

    def decide(book: Book) -> Plan:
        procedure = procedures.load(book, tender, desk.read)
        command = record_postponement.RecordPostponement(mail.institution, value)
        return record_postponement.decide(procedure, command, book.now)

    desk.perform(decide, mail.institution, tender)
    return value


def _contribution(desk: Desk, mail: Mail, value: dict[str, Json]) -> dict[str, Json]:
    purpose = cast(Mapping[str, Any], mail.body["purpose"])

    def decide(book: Book) -> Plan:
        procedure = procedures.load(book, purpose["tender"], desk.read)
        command = contribute.Contribute(purpose["lot"], value)
        return contribute.decide(procedure, command, book.now)

    if value.get("key") != desk.trust.contributors.get(mail.institution):
        raise Refusal("contributor.unknown", party=mail.institution)
    desk.perform(decide, mail.institution, purpose["tender"])
    return value


def _seed(desk: Desk, mail: Mail, value: dict[str, Json]) -> dict[str, Json]:
    seed = unhex(members(value, "seed")["seed"], 32, "seed")
    tender, lot, keyset = notice_keyset(desk, str(mail.body["kid"]))

    def decide(book: Book) -> Plan:
        procedure = procedures.load(book, tender, desk.read)
        command = RecordSeed(mail.institution, lot, keyset.purpose.part, seed.hex())
        return record_seed.decide(procedure, command, book.now)

    desk.perform(decide, mail.institution, tender)
    return value


def _share(desk: Desk, mail: Mail, value: dict[str, Json]) -> dict[str, Json]:
    del desk, mail
    got = members(value, "", "share bad")
    if "share" in got:
        unhex(got["share"], 32, "share")
    if len(got) != 1 or got.get("bad", True) is not True:
        raise Refusal("canonical.missing_member", member="share")
    return value


_RULES: Final[Mapping[str, _Rule]] = {
    "key": _Rule(_key, _public_key_only, _advance),
    "sign": _Rule(_sign, _same),
    "challenge": _Rule(_challenge, _same),
    "postpone": _Rule(_postpone, _same),
    "contribution": _Rule(_contribution, _same),
    "seed": _Rule(_seed, _same),
    "rehearsal-key": _Rule(_key, _public_key_only),
    "rehearsal": _Rule(_share, _same),
}
