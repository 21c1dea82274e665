"""The platform of a test's world: its people, its notice, its tickets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from gmpy2 import powmod_sec

from bidding.acts.keys import act_object
from bidding.form import Form, check_form
from bidding.parties import Party, uscc_check_character
from bidding.procedures import listing
from bidding.procedures.listing import Body
from bidding.profiles.packaged import calendar_document, profile_document
from bidding.profiles.profile import Profile
from bidding.submission import PARTS, terms_hash
from evaluation.rules import templates
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from ledger.events import Draft
from ledger.sealed import blindrsa, coin, keyset, tickets
from ledger.sealed.keyset import Keyset
from tests.support.world_log import (
    DEADLINE,
    GRACE,
    INTERVAL,
    LOT,
    MAX_BYTES,
    PUBLISHED,
    TENDER,
    Bid,
    Dice,
    Log,
    Org,
    Record,
    ticket_key,
)


@cache
def _ticket(request: tickets.Request) -> tickets.Ticket:
    """Issued once for a request: a private operation costs more than anything else here."""
    return request.finalize(blindrsa.blind_sign(ticket_key(), request.blinded, powmod_sec))


class Platform:
    """The platform until the deadline. `n` custodians, `t` enough; `edit_notice` may change what is published."""

    def __init__(
        self,
        seed: int = 1,
        *,
        n: int = 5,
        t: int = 3,
        contributors: int = 3,
        authorities: Sequence[x509.Certificate] = (),
        edit_notice: Callable[[dict[str, Json]], dict[str, Json]] = lambda notice: notice,
    ) -> None:
        self.dice = Dice(seed)
        self.log = Log(self.dice)
        self.authorities = tuple(authorities)
        self.masters = {f"custodian-{i}": self.dice(32) for i in range(1, n + 1)}
        self.identities = {custodian: self.dice.key() for custodian in self.masters}
        self.contributors = {f"contributor-{i}": self.dice.key() for i in range(1, contributors + 1)}
        self.keysets = {part: self._keyset(part, t) for part in ("coin", *PARTS)}
        self.orgs: dict[str, Org] = {}
        self.people: dict[str, Ed25519PrivateKey] = {}
        self.bids: dict[str, Bid] = {}
        self.blobs: dict[str, bytes] = {}
        self.documents: dict[str, bytes] = {}
        self.now = PUBLISHED
        self.rules, self.form_document = templates.load("checklist-f4")
        self.form: Form = check_form(self.form_document)
        self.profile: Profile = Profile.parse(profile_document("demonstration"))
        self._open(edit_notice)

    # --- the platform before the deadline -------------------------------------------------------------------------

    def record(
        self, stream: str, type: str, public: Mapping[str, Any], *, at: datetime | None = None, **draft: Any
    ) -> Record:
        """Write any event, at `at` or a second after the last one; a list that is in place becomes its document.

        Who took tickets is disclosed with the announcement.
        """
        self.now = at or self.now + timedelta(seconds=1)
        if isinstance(public.get(listing.MEMBERS.get(type, "")), list):
            public = self.said(listing.body(type, public))
        if type == "lot.announced":
            self.log.disclose(f"issuance/{TENDER}/{LOT}")
        return self.log.append(stream, Draft(type, dict(public), **draft), self.now)

    def said(self, body: Body) -> dict[str, Json]:
        """Public of a body whose documents are stored."""
        self.documents |= body.documents
        return body.public

    def acted(self, type: str, stream: str, body: Mapping[str, Any], *people: str) -> dict[str, Any]:
        """`body` with the acts of these people (by id)."""
        obj = act_object(type, stream, body, "as decided", self.now)
        return {**body, "acts": [signing.sign("act", obj, self.people[person]) for person in people]}

    def party(self, name: str, *, ref: str | None = None, holds: Sequence[str] = (), registered: bool = True) -> Org:
        """A registered organisation with a ticket for the lot; the same one for the same name."""
        if name in self.orgs:
            return self.orgs[name]
        body = f"91350100MA{len(self.orgs):07d}"
        seal, person = self.dice.key(), self.dice.key()
        public: dict[str, Json] = {
            "party": name,
            "uscc": body + uscc_check_character(body),
            "name": {"zh": f"单位{name}", "en": f"Organisation {name}"},
            "seal_key": signing.public_bytes(seal).hex(),
            "person": {"ref": ref or f"person-of-{name}", "key": signing.public_bytes(person).hex()},
            "holds": list[Json](sorted(holds)),
        }
        org = self.orgs[name] = Org(Party.parse(public), self.dice(32), seal, person)
        if registered:
            self.record(f"party/{name}", "party.registered", public)
            self.issue(org)
        return org

    def issue(self, org: Org) -> None:
        """Write the event of a ticket issued to an organisation."""
        request = tickets.issuance(TENDER, LOT, self.request(org).blinded, org.seal)
        self.record(
            f"issuance/{TENDER}/{LOT}",
            "ticket.issued",
            {"party": org.party.party, "request": request},
            visible=False,
        )

    def request(self, org: Org) -> tickets.Request:
        """What an organisation asks for."""
        return tickets.request(org.secret, TENDER, LOT, self.spki)

    def ticket(self, org: Org) -> tickets.Ticket:
        """Its ticket."""
        return _ticket(self.request(org))

    @property
    def spki(self) -> bytes:
        """The lot's ticket key, DER."""
        return blindrsa.spki(ticket_key())

    @property
    def terms(self) -> str:
        """The terms in force: the notice and each addendum."""
        types = ("tender.published", "addendum.issued")
        return terms_hash(
            record.leaf.hex() for record in self.log.streams[f"tender/{TENDER}"] if record.event.type in types
        )

    @property
    def deadline(self) -> datetime:
        """The deadline in force."""
        moved = [
            clock.parse_time(record.event.public["deadline"])
            for record in self.log.streams[f"tender/{TENDER}"]
            if "deadline" in record.event.public
        ]
        return moved[-1] if moved else DEADLINE

    def _keyset(self, part: str, t: int) -> Keyset:
        purpose = keyset.Purpose(TENDER, LOT, part)
        when = keyset.conditions(part, clock.text(DEADLINE))
        keys = {}
        for custodian, master in self.masters.items():
            seed = keyset.custodian_seed(master, purpose, t, sorted(self.masters), when)
            keys[custodian] = keyset.custodian_key(seed).public_key().public_bytes_raw()
        return keyset.build(purpose, t, keys, when)

    def signed_keyset(self, part: str) -> dict[str, Json]:
        """`{keyset, signatures}` as in the notice."""
        made = self.keysets[part]
        signatures: list[Json] = [
            keyset.sign_keyset(made, custodian, keyset.own_key(made, custodian, master), self.identities[custodian])
            for custodian, master in self.masters.items()
        ]
        return {"keyset": made.to_json(), "signatures": signatures}

    def _document(self, name: str, value: object) -> dict[str, Json]:
        data = canonical(value)
        self.documents[H(data).hex()] = data
        return {"name": name, "sha256": H(data).hex(), "size": len(data)}

    def _open(self, edit_notice: Callable[[dict[str, Json]], dict[str, Json]]) -> None:
        log_opened: dict[str, Json] = {
            "origin": "world.example/log",
            "log_key": "world.example/log+00000000+AAAA",
            "box_key": signing.public_bytes(self.dice.key()).hex(),
            "interval_ms": int(INTERVAL / timedelta(milliseconds=1)),
            "grace_ms": int(GRACE / timedelta(milliseconds=1)),
            "demonstration": True,
        }
        self.record("log", "log.opened", log_opened)
        for person, role in (("tess", "tenderee"), ("agnes", "agency"), ("sue", "supervisor"), ("sam", "centre")):
            self.people[person] = self.dice.key()
            key = signing.public_bytes(self.people[person]).hex()
            registered: dict[str, Json] = {"person": person, "party": "tenderee", "role": role, "key": key}
            self.record(f"person/{person}", "person.registered", registered)
        self.notice = edit_notice(self._notice())
        draft = {"tender": TENDER, "party": "tenderee", "draft_sha256": H(canonical(self.notice)).hex()}
        self.record(f"tender/{TENDER}", "tender.drafted", draft)
        published = self.acted("tender.published", f"tender/{TENDER}", {"notice": self.notice}, "tess", "agnes")
        self.record(f"tender/{TENDER}", "tender.published", published)
        for party, own in self.contributors.items():
            envelope = coin.contribute(self.keysets["coin"], party, own, self.dice(32), self.dice(16))
            self.record(f"lot/{TENDER}/{LOT}", "contribution.recorded", {"contribution": envelope})
        checkpoint = {"size": len(self.log.entries), "root": self.log.root().hex()}
        self.record(f"tender/{TENDER}", "tickets.opened", {"tender": TENDER, "checkpoint": checkpoint})

    def _notice(self) -> dict[str, Json]:
        form, rules = (
            self._document(f"form-{LOT}.json", self.form_document),
            self._document(f"rules-{LOT}.json", self.rules),
        )
        profile = self._document("profile.json", profile_document("demonstration"))
        calendar = self._document("calendar.json", calendar_document())
        custodians: list[Json] = [
            {"id": custodian, "key": signing.public_bytes(key).hex()} for custodian, key in self.identities.items()
        ]
        contributors: list[Json] = [
            {"party": party, "key": signing.public_bytes(key).hex()} for party, key in self.contributors.items()
        ]
        keysets: list[Json] = [self.signed_keyset(part) for part in self.keysets]
        until = clock.text(DEADLINE - timedelta(days=10))
        return {
            "tender": TENDER,
            "party": "tenderee",
            "title": {"zh": "演示工程", "en": "A demonstration work"},
            "category": "works",
            "procedure": "open",
            "estimate_fen": 100_000_000,
            "region": "CN-00",
            "profile": {"id": self.profile.id, "version": self.profile.version, "sha256": self.profile.sha256},
            "no_touch": "award",
            "published_for": {
                "enquiries_until": until,
                "objections_until": until,
                "deadline": clock.text(DEADLINE),
            },
            "interval_ms": int(INTERVAL / timedelta(milliseconds=1)),
            "custodians": custodians,
            "t": self.keysets["coin"].t,
            "contributors": contributors,
            "lot_limits": {"bid": 0, "win": 0},
            "lots": [
                {
                    "lot": LOT,
                    "title": {"zh": "第一标段", "en": "Lot one"},
                    "ceiling_fen": 120_000_000,
                    "form": form["sha256"],
                    "rules": rules["sha256"],
                    "spki": self.spki.hex(),
                    "keysets": keysets,
                    "max_bytes": MAX_BYTES,
                    "forms_public": True,
                }
            ],
            "documents": [form, rules, profile, calendar],
            "replaces": "",
        }

    def addendum(self, deadline: datetime, *, affects_bids: bool = True) -> Record:
        """An addendum by the tenderee that moves the deadline."""
        number = sum(r.event.type == "addendum.issued" for r in self.log.streams[f"tender/{TENDER}"]) + 1
        body: dict[str, Json] = {
            "number": number,
            "text": {"zh": "澄清", "en": "A clarification"},
            "affects_bids": affects_bids,
            "deadline": clock.text(deadline),
            "documents": [],
        }
        stream = f"tender/{TENDER}"
        return self.record(stream, "addendum.issued", self.acted("addendum.issued", stream, body, "tess"))
