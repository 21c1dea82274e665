"""The lists of a lot that grow with its bids: documents, which events name by their hash (docs/formats/events.md).

An event ends at 1 MiB, and a lot may not stop because many bid or answer at length. So `public` of such an event has
the SHA-256 of a canonical JSON document `{member: rows}` in the place of `rows`; an offer's answers and files are a
document of their own. What stands there follows from the bids, and is computed anew by whoever believes nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, cast

from bidding.procedures import payloads
from ledger.basics.canonical import MAX_DOCUMENT, Json, canonical, parse_object
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H

# The bytes of a document by SHA-256 (hex), its hash checked; raises `Refusal` where it is not there.
ReadDocument = Callable[[str], bytes]

# Type of event → the member of its `public` that is the hash of a list.
MEMBERS: Final[Mapping[str, str]] = {
    "lot.closed": "minutes",
    "lot.present": "ciphertexts",
    "lot.announced": "bids",
    "lot.offers_opened": "bids",
}


@dataclass(frozen=True)
class Body:
    """What a step of a lot says: `public` of its event, and the documents it names, by SHA-256 (hex)."""

    public: dict[str, Json]
    documents: Mapping[str, bytes] = field(default_factory=dict)


def body(type: str, whole: Mapping[str, Json], documents: Mapping[str, bytes] | None = None) -> Body:
    """The body of `whole`: `public` with its list in place. `documents`: those that the rows of the list name.

    Raises `Refusal("canonical.too_long")` for a list of more than 64 MiB.
    """
    member = MEMBERS[type]
    sha256, data = document({member: whole[member]})
    return Body({**whole, member: sha256}, {**(documents or {}), sha256: data})


def whole(type: str, public: Mapping[str, Json], read: ReadDocument, most: int = MAX_DOCUMENT) -> dict[str, Any]:
    """`public` of an event with its list in place of the hash; of an event that names no list as it is.

    `most`: bytes that the list may have. Raises what `read` raises, `canonical.*`, `shape.*` for a document that is no
    such list.
    """
    member = MEMBERS.get(type)
    if member is None:
        return dict(public)
    found = parse_object(read(str(public.get(member))), most)
    payloads.check_list(type, found)
    return {**public, member: found[member]}


def offer(row: Mapping[str, Any], read: ReadDocument) -> dict[str, Any]:
    """`{answers, files}` of a row of `lot.offers_opened`; both empty for a bid that did not open."""
    if not row["offer"]:
        return {"answers": {}, "files": []}
    found = parse_object(read(row["offer"]), MAX_DOCUMENT)
    payloads.OFFER(found, "offer")
    return found


def named(type: str, public: Mapping[str, Json], read: ReadDocument) -> set[str]:
    """The hashes of every document that such an event names. Raises what `whole` raises."""
    if type not in MEMBERS:
        return set()
    out = {str(public.get(MEMBERS[type]))}
    if type == "lot.offers_opened":
        out |= {row["offer"] for row in whole(type, public, read)["bids"] if row["offer"]}
    return out


def document(value: Mapping[str, Json]) -> tuple[str, bytes]:
    """(SHA-256, canonical bytes) of a document."""
    data = canonical(dict(value), MAX_DOCUMENT)
    return H(data).hex(), data


def nowhere(sha256: str) -> bytes:
    """Reads nothing: for a procedure that no list is asked of."""
    raise Refusal("file.not_found", sha256=sha256[:64])


def rows(type: str, public: Mapping[str, Json], read: ReadDocument) -> list[dict[str, Any]]:
    """The rows of the list that such an event names: not to be changed, the next one who asks gets the same."""
    return _rows(type, read(str(public.get(MEMBERS[type]))))


@lru_cache(maxsize=4)
def _rows(type: str, data: bytes) -> list[dict[str, Any]]:
    """Parsed once for the many acts (letters, objections) that look something up in one list."""
    member = MEMBERS[type]
    return cast(list[dict[str, Any]], whole(type, {member: ""}, lambda _: data)[member])
