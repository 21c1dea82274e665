"""Submissions and withdrawals: what a bid key sends to the box, and when the box takes it (docs/formats/submission.md).

Pure: the box gives the lot as it stands in its transaction, what it accepted of this key last, its database's clock,
and the ciphertexts it holds completely. A refusal is a `Refusal`; nothing raised means accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

from bidding.tickets import check_ticket
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, members, read, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import check_id
from ledger.sealed.content import MAX_FORM_SIZE
from ledger.sealed.keyset import Keyset
from ledger.sealed.seal import CAPSULE_SIZE, Content, Seal
from ledger.sealed.tickets import Ticket

# The parts of a bid, in the order in which they open.
PARTS: Final = ("identity", "offer")
KINDS: Final = ("form", "files")

# Every message of a bid key stands in the list of `lot.closed`, a document of 64 MiB: a key that could send thousands
# would keep its lot from ever closing. The last number is kept for a withdrawal.
MAX_SEQ: Final = 50

# An event has 1 MiB. A custodian's release takes some 200 bytes a bid; those few that come at the same moment as the
# last one still find room (tests/unit/bidding_opening/test_opening_size.py).
MAX_BIDS: Final = 5_000
# A minute's list of a lot has 1 MiB, too: so many messages of every bid key, 67 bytes each, fit in one.
MAX_A_MINUTE: Final = 3

State = Literal["waiting", "open", "suspended", "closed"]


@dataclass(frozen=True)
class BidSeal:
    """A bid's seal as far as its shape goes; `kid`: hex. Which key set it is to, only `Submission.seal` asks."""

    kid: str
    n: int
    form: Content
    files: Content
    seal: Seal
    raw: dict[str, Json]

    @classmethod
    def parse(cls, value: object) -> BidSeal:
        """The seal of an object with exactly `capsules checks kid n16 form files`; `Refusal` otherwise."""
        got = members(value, "capsules checks kid n16 form files")
        capsules, checks = got["capsules"], got["checks"]
        if not isinstance(capsules, list) or not isinstance(checks, list) or not 2 <= len(capsules) <= 255:
            raise Refusal("submission.malformed", field="capsules")
        if len(checks) != len(capsules):
            raise Refusal("submission.malformed", field="checks")
        form, files = Content.parse(got["form"], "form"), Content.parse(got["files"], "files")
        seal = Seal(
            unhex(got["kid"], 32, "kid"),
            unhex(got["n16"], 16, "n16"),
            tuple(unhex(capsule, CAPSULE_SIZE, "capsules") for capsule in capsules),
            tuple(unhex(check, 32, "checks") for check in checks),
            form,
            files,
        )
        return cls(seal.kid.hex(), len(capsules), form, files, seal, got)

    def content(self, kind: str) -> Content:
        """The ciphertext of this kind (`form` or `files`)."""
        return self.form if kind == "form" else self.files


@dataclass(frozen=True)
class Submission:
    """A submission whose signature holds and whose shape is right. `bid_key`, `terms`, `sha256`: 32 bytes, hex."""

    tender: str
    lot: str
    bid_key: str
    ticket: Ticket
    seq: int
    terms: str
    seals: Mapping[str, BidSeal]
    sha256: str
    envelope: dict[str, Json]

    @classmethod
    def parse(cls, envelope: object) -> Submission:
        """The submission of an envelope `{object, key, signature}`, signed by its own bid key.

        Raises `Refusal("canonical.*" | "signature.*" | "submission.malformed" | …)`; what depends on the lot
        (`accept`) or on other bids is not looked at.
        """
        return cls._parsed(envelope)[0]

    @classmethod
    def read(cls, data: bytes) -> Submission:
        """As `parse`, of an envelope's canonical bytes.

        The object is spelled out once: what comes out is held against these bytes and the signature, and hashed.
        """
        made, signed = cls._parsed(read(data))
        if signing.spelled(made.envelope, signed) != data:
            raise Refusal("canonical.not_canonical")
        return made

    @classmethod
    def _parsed(cls, envelope: object) -> tuple[Submission, bytes]:
        outer = members(envelope, "object key signature")
        got = members(outer["object"], "tender lot bid_key ticket seq terms seals")
        bid_key = unhex(got["bid_key"], 32, "bid_key").hex()
        _, signed = signing.verified("submission", outer, bid_key)
        seals = members(got["seals"], " ".join(PARTS))
        made = cls(
            check_id(got["tender"], "tender"),
            check_id(got["lot"], "lot"),
            bid_key,
            Ticket.parse(got["ticket"]),
            _seq(got["seq"]),
            unhex(got["terms"], 32, "terms").hex(),
            {part: BidSeal.parse(seals[part]) for part in PARTS},
            H(signed).hex(),
            outer,
        )
        return made, signed

    def seal(self, keyset: Keyset) -> Seal:
        """The seal of the key set's part, if it is to this key set; `Refusal("sealed.*")` otherwise."""
        seal = self.seals[keyset.purpose.part].seal
        seal.check(keyset)
        return seal

    def contents(self) -> list[tuple[str, str, Content]]:
        """(part, kind, ciphertext) of everything it names, sorted by part and kind."""
        return [(part, kind, self.seals[part].content(kind)) for part in sorted(PARTS) for kind in sorted(KINDS)]


@dataclass(frozen=True)
class Withdrawal:
    """A withdrawal whose signature holds; members as in `Submission`."""

    tender: str
    lot: str
    bid_key: str
    seq: int
    sha256: str
    envelope: dict[str, Json]

    @classmethod
    def parse(cls, envelope: object) -> Withdrawal:
        """The withdrawal of an envelope over `{tender, lot, bid_key, seq}`, signed by its bid key."""
        outer = members(envelope, "object key signature")
        got = members(outer["object"], "tender lot bid_key seq")
        bid_key = unhex(got["bid_key"], 32, "bid_key").hex()
        signing.verify("withdrawal", outer, bid_key)
        return cls(
            check_id(got["tender"], "tender"),
            check_id(got["lot"], "lot"),
            bid_key,
            _seq(got["seq"]),
            H(canonical(got)).hex(),
            outer,
        )


@dataclass(frozen=True)
class BoxLot:
    """A lot as the box knows it inside its transaction.

    `deadline`: UTC, the one in force; `terms`: the current hash, hex; `spki`: the ticket key, DER; `kids`: part → kid,
    hex; `custodians`: how many, n; `max_bytes`: of all ciphertexts of one bid together.
    """

    tender: str
    lot: str
    state: State
    deadline: datetime
    terms: str
    spki: bytes
    kids: Mapping[str, str]
    custodians: int
    max_bytes: int


class Current(Protocol):
    """What the box accepted last of a bid key."""

    @property
    def sha256(self) -> str:
        """Hash of the submission or withdrawal, hex."""

    @property
    def seq(self) -> int:
        """Its number."""

    @property
    def kind(self) -> str:
        """`submission` or `withdrawal`."""


def terms_hash(leaves: Iterable[str]) -> str:
    """`H("mingjing/terms/v1\\0" ‖ canonical([leaf, …]))`, hex.

    `leaves`: hex of the leaves of the notice and of each addendum, in tree order.
    """
    return H(b"mingjing/terms/v1\0", canonical(list(leaves))).hex()


def object_of(
    tender: str, lot: str, bid_key: str, ticket: Ticket, seq: int, terms: str, seals: Mapping[str, Seal]
) -> dict[str, Json]:
    """The object a bidder signs (`signing.sign("submission", …)`)."""
    return {
        "tender": tender,
        "lot": lot,
        "bid_key": bid_key,
        "ticket": ticket.to_json(),
        "seq": seq,
        "terms": terms,
        "seals": {part: seals[part].to_json() for part in PARTS},
    }


def accept(
    lot: BoxLot,
    current: Current | None,
    submission: Submission,
    now: datetime,
    uploads: Mapping[str, int],
    other_keys: Iterable[bytes] = (),
) -> Literal["new", "again"]:
    """Whether the box takes this submission: "new", or "again" for the one it took last (same receipt, whenever).

    `uploads`: SHA-256 (hex) → bytes of the ciphertexts this bid key has sent completely; `other_keys`: ticket keys
    (DER) of other lots, only to say which mistake was made. Raises `Refusal("submission.*")`: lot_unknown, not_open,
    tender_suspended, late, keyset_unknown, ticket_invalid, ticket_other_lot, terms_stale, seq_not_higher, seq_too_high,
    too_big, incomplete, size_differs.
    """
    if current is not None and current.sha256 == submission.sha256:
        return "again"
    _check_open(lot, submission, now)
    for part in PARTS:
        seal = submission.seals[part]
        if seal.kid != lot.kids.get(part) or seal.n != lot.custodians:
            raise Refusal("submission.keyset_unknown", part=part, kid=seal.kid)
    check_ticket(lot.spki, submission.ticket, submission.bid_key, other_keys)
    if submission.terms != lot.terms:
        raise Refusal("submission.terms_stale", found=submission.terms, wanted=lot.terms)
    _check_seq(current, submission.seq, MAX_SEQ - 1)
    _check_uploads(lot, submission, uploads)
    return "new"


def accept_withdrawal(
    lot: BoxLot, current: Current | None, withdrawal: Withdrawal, now: datetime
) -> Literal["new", "again"]:
    """Whether the box takes this withdrawal; as `accept`. A suspended tender's bids may be withdrawn.

    Raises `Refusal("submission.*")`: lot_unknown, not_open, late, nothing_to_withdraw, seq_not_higher, seq_too_high.
    """
    if current is not None and current.sha256 == withdrawal.sha256:
        return "again"
    _check_open(lot, withdrawal, now, suspended_too=True)
    if current is None or current.kind != "submission":
        raise Refusal("submission.nothing_to_withdraw")
    _check_seq(current, withdrawal.seq, MAX_SEQ)
    return "new"


def check_room(bidders: int, messages: int) -> None:
    """Whether a lot has room for a message more, which is no copy of one that it has.

    `bidders`: other bid keys that have sent something to the lot; `messages`: of the same key, accepted in this minute.
    Raises `Refusal("submission.lot_full" | "submission.minute_full")`.
    """
    if bidders >= MAX_BIDS:
        raise Refusal("submission.lot_full", limit=MAX_BIDS)
    if messages >= MAX_A_MINUTE:
        raise Refusal("submission.minute_full", limit=MAX_A_MINUTE)


def check_on_roll(submission: Submission, keysets: Mapping[str, Keyset], spki: bytes, tender: str, lot: str) -> None:
    """What everybody checks again of a submission that stands on a roll: lot, key sets, ticket. Raises `Refusal`.

    A submission that fails counts for nothing and is not answered for (docs/formats/sealing.md §4).
    """
    if (submission.tender, submission.lot) != (tender, lot):
        raise Refusal("submission.lot_unknown", tender=submission.tender, lot=submission.lot)
    for part in PARTS:
        submission.seal(keysets[part])
    check_ticket(spki, submission.ticket, submission.bid_key)


def check_taking(lot: BoxLot, now: datetime, *, suspended_too: bool = False) -> None:
    """Whether the lot takes anything now; `Refusal("submission.not_open" | "tender_suspended" | "late")` if not."""
    if lot.state == "waiting":
        raise Refusal("submission.not_open", tender=lot.tender, lot=lot.lot)
    if lot.state == "suspended" and not suspended_too:
        raise Refusal("submission.tender_suspended", tender=lot.tender)
    if lot.state == "closed" or now >= lot.deadline:
        raise Refusal("submission.late", deadline=clock.text(lot.deadline), at=clock.text(now))


def _check_open(lot: BoxLot, message: Submission | Withdrawal, now: datetime, *, suspended_too: bool = False) -> None:
    if (message.tender, message.lot) != (lot.tender, lot.lot):
        raise Refusal("submission.lot_unknown", tender=message.tender, lot=message.lot)
    check_taking(lot, now, suspended_too=suspended_too)


def _check_seq(current: Current | None, seq: int, most: int) -> None:
    if current is not None and seq <= current.seq:
        raise Refusal("submission.seq_not_higher", found=seq, least=current.seq + 1)
    if seq > most:
        raise Refusal("submission.seq_too_high", found=seq, limit=most)


def _check_uploads(lot: BoxLot, submission: Submission, uploads: Mapping[str, int]) -> None:
    total = 0
    for part, kind, content in submission.contents():
        total += content.size
        if kind == "form" and content.size > MAX_FORM_SIZE:
            raise Refusal("submission.too_big", limit=MAX_FORM_SIZE, found=content.size, field=f"{part}.form")
    if total > lot.max_bytes:
        raise Refusal("submission.too_big", limit=lot.max_bytes, found=total, field="seals")
    for part, kind, content in submission.contents():
        held = uploads.get(content.sha256.hex())
        if held is None:
            raise Refusal("submission.incomplete", part=part, kind=kind, sha256=content.sha256.hex())
        if held != content.size:
            raise Refusal("submission.size_differs", part=part, kind=kind, wanted=content.size, found=held)


def _seq(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Refusal("submission.malformed", field="seq")
    return value
