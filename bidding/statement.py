"""The statement: whose bid it is, signed by every party's seal and person in charge (docs/formats/statement.md).

实施条例 art. 51: a bid needs the organisation's seal and the signature of the person in charge, a joint bid its
agreement. Both sign the same bytes, `signing.message("statement", statement)`: with the key the platform registered, or
with a certificate of an authority of the trust file as a detached CMS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from bidding import cms
from bidding.parties import Party, check_uscc
from bidding.submission import PARTS, Submission
from ledger.basics import signing
from ledger.basics.canonical import Json, members, unhex
from ledger.basics.errors import Refusal
from ledger.basics.ids import check_id
from ledger.sealed.header import Header, header_sha256

By = Literal["seal", "person"]
SIGNERS: Final[tuple[By, ...]] = ("seal", "person")
LEAD: Final = "lead"
MEMBER: Final = "member"
MAX_PARTIES: Final = 20
WHOLE: Final = 100

# Per cent, more than nothing, at most two places, one spelling for a number.
_SHARE: Final = re.compile(r"(100|[1-9][0-9]?|(0|[1-9][0-9]?)\.([0-9][1-9]|[1-9]))\Z", re.ASCII)

# The agreement of a joint bid among the identity part's files: `agreement`, with any extension.
_AGREEMENT: Final = re.compile(r"agreement(\.[a-z0-9]{1,8})?\Z", re.ASCII)


@dataclass(frozen=True)
class Signed:
    """A party of a bid whose two signatures hold.

    `share`: per cent, a plain decimal. `certified`: both signatures by certificates of the trust file; else the bid is
    this party's on the platform's word, which registered its keys.
    """

    party: Party
    role: str
    share: str
    certified: bool

    def public(self) -> dict[str, Json]:
        """`{uscc, role, share}`, as announced."""
        return {"uscc": self.party.uscc, "role": self.role, "share": self.share}


def build(
    submission: Submission | Mapping[str, Json],
    blind_seed: bytes,
    headers: Mapping[str, dict[str, Json]],
    parties: Sequence[tuple[str, str]],
) -> dict[str, Json]:
    """The statement to sign.

    `submission`: what it is for (`tender lot bid_key seq terms`); `headers`: part → header; `parties`: (uscc, share
    in per cent, a plain decimal), the lead first.
    """
    if isinstance(submission, Submission):
        about: dict[str, Json] = {name: getattr(submission, name) for name in ("tender", "lot", "bid_key", "terms")}
        about["seq"] = submission.seq
    else:
        about = {name: submission[name] for name in ("tender", "lot", "bid_key", "seq", "terms")}
    listed: list[Json] = [
        {"uscc": uscc, "role": MEMBER if number else LEAD, "share": share}
        for number, (uscc, share) in enumerate(parties)
    ]
    return {
        **about,
        "blind_seed": blind_seed.hex(),
        "parts": {part: header_sha256(headers[part]).hex() for part in PARTS},
        "parties": listed,
    }


def to_sign(statement: dict[str, Json]) -> bytes:
    """The bytes that every seal and every person in charge signs (a dongle: their SHA-256, as a detached CMS)."""
    return signing.message("statement", statement)


def key_signature(statement: dict[str, Json], key: Ed25519PrivateKey) -> dict[str, Json]:
    """A signature by a registered key: `{key, signature}`."""
    envelope = signing.sign("statement", statement, key)
    return {"key": envelope["key"], "signature": envelope["signature"]}


def cms_signature(der: bytes) -> dict[str, Json]:
    """A signature by a certificate: `{cms}`, the DER as hex."""
    return {"cms": der.hex()}


def entry(party: str, seal: dict[str, Json], person: dict[str, Json]) -> dict[str, Json]:
    """One party's entry in the header's `signatures`; entries stand in the order of the statement's parties."""
    return {"party": party, "seal": seal, "person": person}


def verify(
    header: Header,
    submission: Submission,
    registered: Callable[[str], Party | None],
    authorities: Sequence[x509.Certificate],
    at: datetime,
) -> tuple[Signed, ...]:
    """The parties of a bid, the lead first, if the identity header's statement is theirs and about this submission.

    `registered`: a party's registration by its id; `at`: the deadline, when certificates must be valid. Raises
    `Refusal("statement.*")`; the parts' headers other than identity are held against it by `check_header`.
    """
    if header.statement is None or header.signatures is None:
        raise Refusal("statement.missing")
    statement = members(header.statement, "tender lot bid_key seq terms blind_seed parts parties")
    for name in ("tender", "lot", "bid_key", "seq", "terms"):
        if statement[name] != getattr(submission, name):
            raise Refusal("statement.other_bid", field=name)
    unhex(statement["blind_seed"], 32, "blind_seed")
    check_header(statement, header)
    listed = _parties(statement["parties"])
    if len(listed) > 1 and not any(_AGREEMENT.match(file.name) and file.size for file in header.files):
        raise Refusal("statement.no_agreement")
    if len(header.signatures) != len(listed):
        uscc = listed[min(len(header.signatures), len(listed) - 1)][0]
        raise Refusal("statement.unsigned", uscc=uscc, by="seal", why="statement.missing")
    signed, data = [], to_sign(statement)
    for (uscc, role, share), item in zip(listed, header.signatures, strict=True):
        got = members(item, "party seal person")
        party = registered(check_id(got["party"], "party"))
        if party is None or party.uscc != uscc:
            raise Refusal("statement.party_unknown", uscc=uscc)
        certified = [_check(got[by], by, party, data, authorities, at) for by in SIGNERS]
        _check_two(got, uscc)
        signed.append(Signed(party, role, share, all(certified)))
    return tuple(signed)


def check_header(statement: Mapping[str, Json], header: Header) -> None:
    """Raises `Refusal("statement.other_header")` unless the signed statement names this part's header."""
    parts = members(statement["parts"], " ".join(PARTS))
    if parts[header.part] != header_sha256(header.raw).hex():
        raise Refusal("statement.other_header", part=header.part)


def blind_seed(header: Header) -> str:
    """The seed by which a verified statement shows for whom the ticket was issued, hex."""
    return str(header.statement["blind_seed"]) if header.statement else ""


def _parties(value: Json) -> list[tuple[str, str, str]]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_PARTIES:
        raise Refusal("statement.parties", most=MAX_PARTIES)
    out = []
    for number, item in enumerate(value):
        got = members(item, "uscc role share")
        uscc, role, share = check_uscc(got["uscc"]), got["role"], got["share"]
        if role != (MEMBER if number else LEAD):
            raise Refusal("statement.roles")
        if not isinstance(share, str) or not _SHARE.match(share):
            raise Refusal("statement.shares", whole=WHOLE)
        out.append((uscc, str(role), share))
    if len({uscc for uscc, _, _ in out}) != len(out):
        raise Refusal("statement.party_twice")
    if sum(Fraction(share) for _, _, share in out) != WHOLE:
        raise Refusal("statement.shares", whole=WHOLE)
    return out


def _check(
    value: Json, by: By, party: Party, data: bytes, authorities: Sequence[x509.Certificate], at: datetime
) -> bool:
    """Whether the signature, which holds, is by a certificate; `Refusal` if it does not hold."""
    try:
        if isinstance(value, dict) and "cms" in value:
            der = unhex(members(value, "cms")["cms"], None, "cms")
            _check_subject(cms.verify(der, data, authorities, at), by, party)
            return True
        _check_registered(members(value, "key signature"), by, party, data)
        return False
    except Refusal as why:
        raise Refusal("statement.unsigned", uscc=party.uscc, by=by, why=why.code) from why


def _check_registered(got: Mapping[str, Json], by: By, party: Party, data: bytes) -> None:
    wanted = party.seal_key if by == "seal" else party.person_key
    if got["key"] != wanted:
        raise Refusal("signature.wrong_key")
    signing.check(unhex(wanted, 32, "key"), data, unhex(got["signature"], 64, "signature"))


def _check_two(got: Mapping[str, Json], uscc: str) -> None:
    """A seal and a person are two: one signature does not stand for both."""
    if got["seal"] == got["person"]:
        raise Refusal("statement.unsigned", uscc=uscc, by="person", why="statement.one_for_two")


def _check_subject(certificate: x509.Certificate, by: By, party: Party) -> None:
    """A certificate belongs to a party by its subject (docs/formats/statement.md).

    organizationIdentifier is the organisation's code. A seal's subject has no serialNumber; a person's has the
    opaque reference under which the platform registered the person in charge.
    """
    organisations = _subject(certificate, NameOID.ORGANIZATION_IDENTIFIER)
    numbers = _subject(certificate, NameOID.SERIAL_NUMBER)
    wanted = [] if by == "seal" else [party.person_ref]
    if organisations != [party.uscc] or numbers != wanted:
        raise Refusal("cms.other_subject")


def _subject(certificate: x509.Certificate, name: x509.ObjectIdentifier) -> list[str]:
    return [str(item.value) for item in certificate.subject.get_attributes_for_oid(name)]
