"""What stands in the `public` of each event of a tender and its lots (docs/formats/events.md), checked strictly.

A reader refuses unknown members: an event whose payload has another shape is no event of a procedure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bidding import shape
from bidding.shape import Shape
from ledger.basics import clock
from ledger.basics.canonical import MAX_INT
from ledger.basics.errors import Refusal
from ledger.events import Event

HASH: Final = shape.matching("[0-9a-f]{64}", "SHA-256, hex")
KEY: Final = HASH
ENQUIRY_TEXT: Final = shape.text(10_000)
FINDING: Final = shape.text(2_000)
LABEL: Final = shape.matching("[a-z][a-z0-9_.]{0,63}", "code")
MAX_LOTS: Final = 200
# What a shape takes; what a lot takes is `bidding.submission.MAX_BIDS`.
MAX_ROWS: Final = 20_000


def time(value: object, path: str) -> None:
    """A time of 24 characters."""
    clock.parse_time(value, path)


def anything(value: object, path: str) -> None:
    """An object whose inside another module checks."""
    if not isinstance(value, dict):
        raise Refusal("shape.type", path=path, wanted="object")


def empty_or(item: Shape) -> Shape:
    """The empty string, or an `item`."""

    def check(value: object, path: str) -> None:
        if value != "":
            item(value, path)

    return check


def maybe_empty(item: Shape) -> Shape:
    """The empty object, or an `item`."""

    def check(value: object, path: str) -> None:
        if value != {}:
            item(value, path)

    return check


ENVELOPE: Final = shape.record(
    {"object": anything, "key": KEY, "signature": shape.matching("[0-9a-f]{128}", "signature, hex")}
)
DOCUMENT: Final = shape.record({"name": shape.text(200), "sha256": HASH, "size": shape.integer(0, 1 << 40)})
# A bidder's file: names have up to 255 bytes (docs/formats/sealing.md §5).
_FILE: Final = shape.record({"name": shape.text(255), "sha256": HASH, "size": shape.integer(0, MAX_INT)})
REASON: Final = shape.record({"code": LABEL, "article": shape.matching(r"[\s\S]{0,300}", "text"), "params": anything})
_AMOUNT: Final = shape.integer(0, MAX_INT)
_TEXT: Final = shape.text(10_000)
_COUNT: Final = shape.integer(0, MAX_ROWS)
_HASHES: Final = shape.array(HASH, 0, MAX_ROWS)
_ROLE: Final = shape.record({"uscc": shape.text(18), "role": shape.text(32), "share": shape.text(16)})
_PARTIES: Final = shape.array(_ROLE, 0, 50)
_BID: Final = {"submission": HASH, "bid_key": KEY, "reason": maybe_empty(REASON)}


def _acts(count: int) -> Mapping[str, Shape]:
    return {"acts": shape.array(ENVELOPE, count, count)}


_ONE: Final = _acts(1)
_TWO: Final = _acts(2)

TENDER: Final[Mapping[str, Shape]] = {
    "tender.drafted": shape.record({"tender": shape.identifier, "party": shape.identifier, "draft_sha256": HASH}),
    "tender.published": shape.record({**_TWO, "notice": anything}),
    "tickets.opened": shape.record(
        {
            "tender": shape.identifier,
            "checkpoint": shape.record({"size": shape.integer(1, MAX_INT), "root": HASH}),
        }
    ),
    "enquiry.asked": shape.record({"enquiry": shape.identifier, "text": ENQUIRY_TEXT}),
    "enquiry.answered": shape.record({**_ONE, "enquiry": shape.identifier, "text": ENQUIRY_TEXT}),
    "addendum.issued": shape.record(
        {
            **_ONE,
            "number": shape.integer(1, 10_000),
            "text": shape.record({"zh": ENQUIRY_TEXT, "en": ENQUIRY_TEXT}),
            "affects_bids": shape.boolean,
            "deadline": time,
            "documents": shape.array(DOCUMENT, 0, 500),
        }
    ),
    "postponement.recorded": shape.record({"postponement": ENVELOPE}),
    "tender.suspended": shape.record({**_TWO, "reason": _TEXT}),
    "tender.resumed": shape.record({**_TWO, "reason": _TEXT, "deadline": time}),
    "tender.terminated": shape.record({**_TWO, "reason": _TEXT}),
    "objection.made": shape.record(
        {
            "objection": shape.identifier,
            "kind": shape.one_of("documents", "opening", "result"),
            "lot": empty_or(shape.identifier),
            "bid_key": KEY,
            "text": _TEXT,
            "signature": ENVELOPE,
        }
    ),
    "objection.answered": shape.record({**_ONE, "objection": shape.identifier, "text": _TEXT, "upheld": shape.boolean}),
    "order.issued": shape.record(
        {
            **_TWO,
            "order": shape.identifier,
            "kind": shape.one_of("publish_seed", "open_access_log", "void_lot"),
            "lot": empty_or(shape.identifier),
            "custodian": empty_or(shape.identifier),
            "reason": _TEXT,
        }
    ),
    "tender.accounted": shape.record({"streams": anything}),
}

LOT: Final[Mapping[str, Shape]] = {
    "contribution.recorded": shape.record({"contribution": ENVELOPE}),
    "lot.closed": shape.record(
        {
            "roll": shape.record({"tender": shape.identifier, "lot": shape.identifier, "submissions": _HASHES}),
            "minutes": HASH,
        }
    ),
    "lot.present": shape.record({"ciphertexts": HASH}),
    "release.recorded": shape.record(
        {
            "custodian": shape.identifier,
            "part": shape.one_of("coin", "identity", "offer"),
            "release": ENVELOPE,
        }
    ),
    "seed.recorded": shape.record(
        {"custodian": shape.identifier, "part": shape.one_of("coin", "identity", "offer"), "seed": HASH}
    ),
    "lot.blocked": shape.record(
        {"part": shape.one_of("coin", "identity", "offer"), "have": _COUNT, "need": shape.integer(1, 255)}
    ),
    "lot.coefficients": shape.record(
        {
            "contributions": shape.array(
                shape.record({"party": shape.identifier, "verdict": shape.one_of("open", "void"), "value": HASH}),
                1,
                255,
            ),
            "alpha": HASH,
            "values": shape.mapping(shape.signed_decimal, 0, 100),
        }
    ),
    "lot.announced": shape.record({"bids": HASH, "counted": _COUNT, "failed": shape.boolean}),
    "lot.offers_opened": shape.record({"bids": HASH}),
    "lot.explanations_asked": shape.record(
        {
            "asked": shape.array(
                shape.record(
                    {
                        "bid_key": KEY,
                        "price_fen": _AMOUNT,
                        "tests": shape.array(shape.one_of("mean", "second", "ceiling"), 1, 3),
                    }
                ),
                1,
                MAX_ROWS,
            ),
            "minutes": shape.integer(1, 100_000),
            "until": time,
        }
    ),
    "lot.explanation_given": shape.record({"bid_key": KEY, "text": _TEXT, "signature": ENVELOPE}),
    "lot.explanations_judged": shape.record(
        {
            **_TWO,
            "findings": shape.array(
                shape.record({"bid_key": KEY, "proved": shape.boolean, "finding": FINDING}), 1, MAX_ROWS
            ),
        }
    ),
    "lot.evaluated": shape.record(
        {
            "report": HASH,
            "rules": HASH,
            "failed": shape.boolean,
            "ranking": shape.array(
                shape.record({"rank": shape.integer(1, MAX_ROWS), "bid_key": KEY, "total": empty_or(shape.text(64))}),
                0,
                MAX_ROWS,
            ),
            "candidates": shape.array(KEY, 0, 100),
        }
    ),
    "lot.failed": shape.record({"reason": REASON}),
    "lot.candidates_published": shape.record(
        {
            "candidates": shape.array(
                shape.record(
                    {
                        "rank": shape.integer(1, MAX_ROWS),
                        "bid_key": KEY,
                        "parties": _PARTIES,
                        "price_fen": _AMOUNT,
                        "total": empty_or(shape.text(64)),
                    }
                ),
                1,
                100,
            ),
            "until": time,
        }
    ),
    "lot.awarded": shape.record(
        {"bid_key": KEY, "rank": shape.integer(1, MAX_ROWS), "price_fen": _AMOUNT},
        {"acts": shape.array(ENVELOPE, 1, 1)},
    ),
    "lot.next_candidate": shape.record({**_TWO, "from": KEY, "to": KEY, "reason": _TEXT}),
    "lot.contracted": shape.record({**_ONE, "bid_key": KEY, "contract": HASH}),
    "lot.retendered": shape.record({**_TWO, "successor": shape.identifier, "reason": _TEXT}),
}

# The documents that events of these types name in the place of a list (`bidding.procedures.listing`).
_LISTS: Final[Mapping[str, Shape]] = {
    "lot.closed": shape.record(
        {
            "minutes": shape.array(
                shape.record(
                    {
                        "version": shape.integer(1, MAX_INT),
                        "accepted": _HASHES,
                        "withdrawn": _HASHES,
                        "witnessed": shape.record({"size": shape.integer(1, MAX_INT), "at": time}),
                    }
                ),
                0,
                1_000_000,
            )
        }
    ),
    "lot.present": shape.record(
        {
            "ciphertexts": shape.array(
                shape.record(
                    {
                        "submission": HASH,
                        "part": shape.identifier,
                        "kind": shape.one_of("form", "files"),
                        "sha256": HASH,
                        "size": _AMOUNT,
                        "present": shape.boolean,
                    }
                ),
                0,
                8 * MAX_ROWS,
            )
        }
    ),
    "lot.announced": shape.record(
        {
            "bids": shape.array(
                shape.record(
                    {**_BID, "state": shape.one_of("counted", "void", "withdrawn", "rejected"), "parties": _PARTIES}
                ),
                0,
                MAX_ROWS,
            )
        }
    ),
    "lot.offers_opened": shape.record(
        {
            "bids": shape.array(
                shape.record(
                    {
                        **_BID,
                        "state": shape.one_of("opened", "void", "rejected", "withdrawn"),
                        "offer": empty_or(HASH),
                    }
                ),
                0,
                MAX_ROWS,
            )
        }
    ),
}

# What an opened bid answers, a document of its own: a header has at most 1 MiB, and so has this.
OFFER: Final = shape.record({"answers": anything, "files": shape.array(_FILE, 0, 12_000)})


def check_event(event: Event) -> None:
    """`check` of an event; once, however often it is applied: an event does not change."""
    if "_shaped" not in event.__dict__:
        check(event.type, event.public)
        object.__setattr__(event, "_shaped", True)


def check(type: str, public: object) -> None:
    """Raises `Refusal("shape.*")` for another shape, `Refusal("event.unknown_type")` for a type of no procedure."""
    known = TENDER.get(type) or LOT.get(type)
    if known is None:
        raise Refusal("event.unknown_type", type=type)
    known(public, type)


def check_list(type: str, document: object) -> None:
    """Raises `Refusal("shape.*")` unless this is the document of the list that an event of this type names."""
    _LISTS[type](document, type)
