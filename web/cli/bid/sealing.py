"""Signing and sealing a bid: from answers to ciphertexts that only the custodians together can open."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding import statement as statements
from bidding.parties import Party
from bidding.submission import PARTS, Submission, object_of
from bidding.tickets import check_ticket
from ledger.basics import signing
from ledger.basics.canonical import Json, canonical, parse
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy, system_entropy
from ledger.files import write_atomically
from ledger.sealed import tickets
from ledger.sealed.content import encrypt
from ledger.sealed.header import read_header
from ledger.sealed.keyset import Keyset
from ledger.sealed.seal import Content, Seal, content_keys, context, seal_secret
from ledger.sealed.tickets import Ticket
from web.cli.bid import draft as drafts
from web.cli.bid.draft import Draft
from web.cli.bid.home import read_json
from web.cli.bid.known import Known

SUBMISSION: Final = "submission.json"
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Bidder:
    """Who bids: the organisation's bidding secret and its registration."""

    secret: bytes
    party: Party

    def key(self, tender: str, lot: str) -> Ed25519PrivateKey:
        """Its key in a lot's box."""
        return tickets.bid_key(self.secret, tender, lot)


# --- signing ----------------------------------------------------------------------------------------------------------


def prepare(draft: Draft, known: Known, bidder: Bidder, entropy: Entropy = system_entropy) -> dict[str, Json]:
    """Headers and statement of this version, written to its folder; the statement, for every party to sign.

    Raises `Refusal("bid.sealed_already")` where this version is sealed: what was sealed is never made again.
    """
    if draft.sealed.exists():
        raise Refusal("bid.sealed_already", seq=draft.seq)
    made = drafts.headers(draft, entropy)
    spki = known.lot(draft.lot).spki
    about: dict[str, Json] = {
        "tender": draft.tender,
        "lot": draft.lot,
        "bid_key": signing.public_bytes(bidder.key(draft.tender, draft.lot)).hex(),
        "seq": draft.seq,
        "terms": known.terms,
    }
    parties = draft.partners or ((bidder.party.uscc, "100"),)
    seed = tickets.request(bidder.secret, draft.tender, draft.lot, spki).blind_seed
    statement = statements.build(about, seed, made, parties)
    shutil.rmtree(draft.work, ignore_errors=True)
    write_atomically(draft.work / "headers.json", canonical(made) + b"\n", 0o600)
    write_atomically(draft.work / "statement.json", canonical(statement) + b"\n", 0o600)
    write_atomically(draft.work / "to-sign.bin", statements.to_sign(statement), 0o600)
    return statement


def statement_of(draft: Draft) -> dict[str, Json]:
    """The statement of this version; `Refusal("bid.not_signed")` before `sign`."""
    path = draft.work / "statement.json"
    if not path.exists():
        raise Refusal("bid.not_signed", seq=draft.seq)
    return read_json(path)


def own_entry(
    statement: dict[str, Json], party: str, seal: Ed25519PrivateKey, person: Ed25519PrivateKey
) -> dict[str, Json]:
    """A party's entry, signed with its two registered keys."""
    return statements.entry(
        party, statements.key_signature(statement, seal), statements.key_signature(statement, person)
    )


def cms_entry(party: str, seal: bytes, person: bytes) -> dict[str, Json]:
    """A party's entry from two detached CMS signatures (DER) of its authority's certificates."""
    return statements.entry(party, statements.cms_signature(seal), statements.cms_signature(person))


def put_entry(draft: Draft, entry: Mapping[str, Json]) -> None:
    """Keep a party's entry beside the statement."""
    write_atomically(draft.work / "signatures" / f"{entry['party']}.json", canonical(dict(entry)) + b"\n", 0o600)


def entries(draft: Draft, registered: Callable[[str], Party | None]) -> list[dict[str, Json]]:
    """The entries that are there, in the order of the statement's parties."""
    parties = cast(list[dict[str, str]], statement_of(draft)["parties"])
    place = {row["uscc"]: number for number, row in enumerate(parties)}
    found: list[tuple[int, dict[str, Json]]] = []
    for path in sorted((draft.work / "signatures").glob("*.json")):
        entry = read_json(path)
        party = registered(str(entry["party"]))
        if party is None or party.uscc not in place:
            raise Refusal("bid.not_a_party", party=str(entry["party"])[:64])
        found.append((place[party.uscc], entry))
    return [entry for _, entry in sorted(found, key=lambda item: item[0])]


# --- sealing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sealed:
    """A sealed version: its submission and where its ciphertexts are."""

    folder: Path
    submission: Submission

    def ciphertext(self, content: Content) -> Path:
        """The file of a ciphertext."""
        return self.folder / f"{content.sha256.hex()}.bin"


def load(draft: Draft) -> Sealed:
    """The sealed version; `Refusal("bid.not_sealed")`."""
    path = draft.sealed / SUBMISSION
    if not path.exists():
        raise Refusal("bid.not_sealed", seq=draft.seq)
    return Sealed(draft.sealed, Submission.parse(read_json(path)))


def seal(  # everything a seal depends on
    draft: Draft,
    known: Known,
    bidder: Bidder,
    ticket: Ticket,
    signatures: Sequence[Mapping[str, Json]],
    advance: Progress = lambda _done: None,
    entropy: Entropy = system_entropy,
) -> Sealed:
    """Seals the version that was signed, to the key sets of the witnessed notice; whole on disk, or not at all.

    Checks nothing about signatures or answers (`check_signed`, `drafts.problems` do, before). Raises the refusals of
    `Known.keysets`, `submission.ticket_invalid`, `bid.file_changed`, `bid.stale`.
    """
    if draft.sealed.exists():
        raise Refusal("bid.sealed_already", seq=draft.seq)
    statement, key = statement_of(draft), bidder.key(draft.tender, draft.lot)
    if statement["terms"] != known.terms:
        raise Refusal("bid.stale", seq=draft.seq)
    public = signing.public_bytes(key)
    sets = known.keysets(draft.lot, PARTS)
    check_ticket(known.lot(draft.lot).spki, ticket, public.hex())
    made = cast(dict[str, dict[str, Json]], read_json(draft.work / "headers.json"))
    made["identity"] = {**made["identity"], "statement": statement, "signatures": [dict(one) for one in signatures]}
    temporary = draft.sealed.with_name(f".new-{draft.seq}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True, mode=0o700)
    seals = {}
    for part in PARTS:
        read_header(made[part], part)
        seals[part] = _seal_part(draft, part, made[part], sets[part], public, temporary, advance, entropy)
    obj = object_of(draft.tender, draft.lot, public.hex(), ticket, draft.seq, known.terms, seals)
    submission = Submission.parse(signing.sign("submission", obj, key))
    write_atomically(temporary / SUBMISSION, canonical(submission.envelope) + b"\n")
    temporary.replace(draft.sealed)
    return Sealed(draft.sealed, submission)


def check_signed(draft: Draft, known: Known, signatures: Sequence[Mapping[str, Json]]) -> tuple[statements.Signed, ...]:
    """The parties, if the opening will find every signature in order; else its refusal, now (`statement.*`)."""
    statement = statement_of(draft)
    made = cast(dict[str, dict[str, Json]], read_json(draft.work / "headers.json"))
    whole = {**made["identity"], "statement": statement, "signatures": [dict(one) for one in signatures]}
    header = read_header(parse(canonical(whole)), "identity")
    return statements.verify(
        header,
        cast(Submission, _About(statement)),
        known.reader.party,
        [x509.load_pem_x509_certificate(pem.encode("ascii")) for pem in known.reader.trust.cas],
        known.state.deadline_in_force(),
    )


class _About:
    """What a statement is held against, before there is a submission."""

    def __init__(self, statement: Mapping[str, Json]) -> None:
        for name in ("tender", "lot", "bid_key", "seq", "terms"):
            setattr(self, name, statement[name])


def length(draft: Draft) -> int:
    """The bytes of all files, for a progress bar."""
    return sum(path.stat().st_size for part in PARTS for path in draft.files(part))


def _seal_part(
    draft: Draft,
    part: str,
    header: dict[str, Json],
    keyset: Keyset,
    author: bytes,
    folder: Path,
    advance: Progress,
    entropy: Entropy,
) -> Seal:
    secret, n16 = entropy(32), entropy(16)
    ctx = context(keyset.kid, author, n16)
    form_key, files_key = content_keys(secret, ctx)
    plain = canonical(header)
    size = sum(int(row["size"]) for row in cast(list[dict[str, Any]], header["files"]))

    def counted() -> Any:  # noqa: ANN401 - a generator of bytes
        for block in drafts.blocks(draft, part, header):
            advance(len(block))
            yield block

    contents = []
    for key, blocks, length_ in ((form_key, iter([plain]), len(plain)), (files_key, counted(), size)):
        temporary = folder / f"{part}.tmp"
        with temporary.open("wb") as sink:
            content = encrypt(key, ctx, blocks, length_, sink)
        temporary.replace(folder / f"{content.sha256.hex()}.bin")
        contents.append(content)
    return seal_secret(keyset, author, secret, n16, contents[0], contents[1])
