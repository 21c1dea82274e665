"""Presence: for each ciphertext on the roll, whether it is there, said before anything opens (docs/formats/roll.md).

A bid that lacks one is withdrawn, then and never later: nobody can lose a bid after seeing something.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from bidding.procedures import listing
from bidding.procedures.listing import Body
from bidding.submission import Submission
from ledger.basics.canonical import Json, members
from ledger.basics.errors import Refusal


def ciphertexts(submissions: Iterable[Submission]) -> list[dict[str, Json]]:
    """`{submission, part, kind, sha256, size}` of every ciphertext on the roll, sorted by submission, part and kind."""
    rows: list[dict[str, Json]] = []
    for submission in sorted(submissions, key=lambda item: item.sha256):
        rows += [
            {
                "submission": submission.sha256,
                "part": part,
                "kind": kind,
                "sha256": content.sha256.hex(),
                "size": content.size,
            }
            for part, kind, content in submission.contents()
        ]
    return rows


def present_body(submissions: Iterable[Submission], there: Container[str]) -> Body:
    """`lot.present` and its list; `there`: SHA-256 (hex) of the ciphertexts that were read and have the right hash."""
    rows: list[Json] = [{**row, "present": row["sha256"] in there} for row in ciphertexts(submissions)]
    return listing.body("lot.present", {"ciphertexts": rows})


def check_present(body: object, submissions: Iterable[Submission]) -> None:
    """Raises `Refusal("presence.*")` unless the list `{ciphertexts}` is exactly that of these submissions."""
    listed = members(body, "ciphertexts")["ciphertexts"]
    if not isinstance(listed, list):
        raise Refusal("presence.malformed")
    rows = []
    for item in listed:
        row = dict(members(item, "submission part kind sha256 size present"))
        if not isinstance(row.pop("present"), bool):
            raise Refusal("presence.malformed")
        rows.append(row)
    if rows != ciphertexts(submissions):
        raise Refusal("presence.other_ciphertexts", found=len(rows))


def missing(body: Mapping[str, Json]) -> dict[str, list[str]]:
    """Submission → SHA-256 of its ciphertexts that were missing, for those that lack one (the list was checked)."""
    out: dict[str, list[str]] = {}
    listed = body["ciphertexts"]
    for row in listed if isinstance(listed, list) else []:
        if isinstance(row, dict) and row["present"] is not True:
            out.setdefault(str(row["submission"]), []).append(str(row["sha256"]))
    return out
