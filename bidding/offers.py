"""The offers of the counted bids: their answers and files (docs/formats/events.md, `lot.offers_opened`).

Pure; the worker streams the files, custodians have none, a verifier looks at those it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from bidding import statement
from bidding.opening import SIGNATURES, Identity, answers_reason, counted
from bidding.procedures import listing
from bidding.procedures.listing import Body
from bidding.sealed_lot import DECRYPTION, OnRoll, Reason, SealedLot, bid_seals
from bidding.submission import PARTS, Submission
from bidding.verdicts import Forms, Judge, Waiting, open_forms, verdicts
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.sealed import opening as sealed
from ledger.sealed.header import Header
from ledger.sealed.opening import Digest, Void


@dataclass(frozen=True)
class Offer:
    """A counted bid after its offer part: the secret and the header, or the reason why it is void."""

    identity: Identity
    secret: bytes = b""
    header: Header | None = None
    reason: Reason | None = None


def read_offers(
    lot: SealedLot,
    on_roll: OnRoll,
    identities: Sequence[Identity],
    releases: Iterable[object],
    forms: Forms,
    seeds: Mapping[str, bytes] | None = None,
    *,
    judge: Judge = verdicts,
) -> Waiting | tuple[Offer, ...]:
    """The counted bids, sorted by submission, after their offer part; their files are still to be looked at."""
    bids = counted(identities)
    if len(bids) < lot.min_bids:
        return Waiting("opening.failed", {"have": len(bids), "need": lot.min_bids})
    submissions = [on_roll.submissions[bid.submission] for bid in bids]
    seals = bid_seals(lot, "offer", submissions)
    found = judge(lot, on_roll, lot.keysets["offer"], seals, releases, seeds)
    if isinstance(found, Waiting):
        return found
    opened = open_forms(lot.keysets["offer"], submissions, seals, found, forms)
    if isinstance(opened, Waiting):
        return opened
    return tuple(_offer(bid, opened[bid.submission]) for bid in bids)


def check_files(
    lot: SealedLot,
    submission: Submission,
    part: str,
    opened: Identity | Offer,
    source: Iterable[bytes],
    sink: Callable[[int], BinaryIO],
    digest: Digest | None = None,
) -> Void | None:
    """The files of a part of an open bid, written to `sink(0)`, `sink(1)`, …; None if they are what its header lists.

    `source` streams the ciphertext from its start, once; `digest` as in `ledger.sealed.opening.open_files`. Raises
    `Refusal("sealed.wrong_copy")` for another's bytes.
    """
    if opened.header is None:
        raise ValueError("a bid that did not open has no files to look at")
    keyset = lot.keysets[part]
    author = bytes.fromhex(submission.bid_key)
    return sealed.open_files(
        submission.seal(keyset), keyset, author, opened.secret, opened.header, source, sink, digest
    )


# (submission, part) → None if the files are as listed, or why they are void. A pair that is not there was not read.
FileVerdicts = Mapping[tuple[str, str], "Reason | None"]


def void_files(part: str, why: Void) -> Reason:
    """The reason of a bid whose files are not what its header lists."""
    return Reason("bid.files_void", DECRYPTION, (("part", part), ("why", why.reason)))


def files_to_read(offers: Sequence[Offer]) -> tuple[tuple[str, str], ...]:
    """(submission, part) of every files' ciphertext the result waits for: both parts of each bid that opened."""
    return tuple((offer.identity.submission, part) for offer in offers if offer.header for part in PARTS)


def recorded_files(body: Mapping[str, Json], offers: Sequence[Offer]) -> dict[tuple[str, str], Reason | None]:
    """What `lot.offers_opened` with its list says of the files, for a verifier that has not got them."""
    out: dict[tuple[str, str], Reason | None] = dict.fromkeys(files_to_read(offers))
    rows = body.get("bids")
    for row in rows if isinstance(rows, list) else []:
        reason = row.get("reason") if isinstance(row, dict) else None
        params = reason.get("params") if isinstance(reason, dict) else None
        if isinstance(row, dict) and isinstance(reason, dict) and isinstance(params, dict):
            key = (str(row.get("submission")), str(params.get("part")))
            if reason.get("code") == "bid.files_void" and key in out:
                out[key] = Reason("bid.files_void", DECRYPTION, (("part", key[1]), ("why", str(params.get("why")))))
    return out


def open_offers(lot: SealedLot, offers: Sequence[Offer], files: FileVerdicts) -> Waiting | Body:
    """`lot.offers_opened`: for each counted bid its answers and files, or why it is void or rejected.

    Answers and files are a document a bid: the longest that a header can hold crowd out nobody else's.
    """
    unread = [key for key in files_to_read(offers) if key not in files]
    if unread:
        return Waiting("opening.files_missing", {"files": len(unread)}, missing=tuple(sub for sub, _ in unread))
    rows: list[Json] = []
    pages: dict[str, bytes] = {}
    for offer in offers:
        row, page = _offer_row(lot, offer, files)
        rows.append(row)
        pages |= page
    return listing.body("lot.offers_opened", {"bids": rows}, pages)


def _offer_row(lot: SealedLot, offer: Offer, files: FileVerdicts) -> tuple[dict[str, Json], dict[str, bytes]]:
    bid, state, reason = offer.identity, "void", offer.reason
    sha256, page = "", dict[str, bytes]()
    if offer.header is not None:
        reason = next((why for part in PARTS if (why := files[bid.submission, part])), None)
        if reason is None:
            state, reason = "rejected", answers_reason(lot, offer.header)
        if reason is None:
            sha256, data = listing.document({"answers": dict(offer.header.form), "files": _file_rows(offer.header)})
            state, page = "opened", {sha256: data}
    row: dict[str, Json] = {
        "submission": bid.submission,
        "bid_key": bid.bid_key,
        "state": state,
        "reason": reason.public() if reason else {},
        "offer": sha256,
    }
    return row, page


def _file_rows(header: Header) -> list[Json]:
    return [{"name": file.name, "size": file.size, "sha256": file.sha256.hex()} for file in header.files]


def _offer(bid: Identity, opened: tuple[bytes, Header] | Reason) -> Offer:
    if isinstance(opened, Reason):
        return Offer(bid, reason=opened)
    secret, header = opened
    try:
        if bid.header is not None and bid.header.statement is not None:
            statement.check_header(bid.header.statement, header)
    except Refusal as why:
        return Offer(bid, reason=Reason.of(why, SIGNATURES))
    return Offer(bid, secret, header)
