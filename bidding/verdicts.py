"""Verdicts on the seals of a part, and the headers in their forms: what every step of an opening begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bidding.sealed_lot import DECRYPTION, OnRoll, Reason, SealedLot, seal_ids
from bidding.submission import Submission
from ledger.basics.errors import Param, Refusal
from ledger.sealed import opening as sealed
from ledger.sealed.content import Ciphertext
from ledger.sealed.header import Header
from ledger.sealed.keyset import Keyset
from ledger.sealed.opening import Open, Void
from ledger.sealed.release import answers_for, first_releases
from ledger.sealed.seal import Seal

# Where a form's ciphertext comes from: by SHA-256 (hex); None if it is not there.
Forms = Callable[[str], "Ciphertext | None"]


@dataclass(frozen=True)
class Waiting:
    """Not yet, and what for.

    `custodians`: whose release (or, blocked, whose seed) is missing; `missing`: SHA-256 of forms, or of the submissions
    whose files nobody has read.
    """

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)
    custodians: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


Verdicts = Waiting | dict[str, Open | Void]


class Judge(Protocol):
    """`verdicts`, or something that remembers what it gave."""

    def __call__(  # noqa: D102 - the class says it
        self,
        lot: SealedLot,
        on_roll: OnRoll,
        keyset: Keyset,
        seals: Mapping[str, tuple[bytes, Seal]],
        envelopes: Iterable[object],
        seeds: Mapping[str, bytes] | None,
        /,
    ) -> Verdicts: ...


def verdicts(
    lot: SealedLot,
    on_roll: OnRoll,
    keyset: Keyset,
    seals: Mapping[str, tuple[bytes, Seal]],
    envelopes: Iterable[object],
    seeds: Mapping[str, bytes] | None,
) -> Verdicts:
    """The verdict on every seal of a part, or who is still to answer."""
    releases = first_releases(envelopes, keyset, lot.custodians, on_roll.hash, seal_ids(seals))
    part, out = keyset.purpose.part, dict[str, Open | Void]()
    absent, cried = set[str](), set[str]()
    for name, (author, seal) in seals.items():
        verdict = sealed.verdict(seal, keyset, author, answers_for(releases, (author, seal.n16)), seeds)
        if isinstance(verdict, sealed.Waiting):
            absent |= set(verdict.absent)
        elif isinstance(verdict, sealed.Blocked):
            cried |= set(verdict.cried_bad)
        else:
            out[name] = verdict
    if len(out) == len(seals):
        return out
    numbers: dict[str, Param] = {"part": part, "have": len(releases), "need": keyset.t}
    if absent:
        return Waiting("opening.releases_missing", numbers, tuple(sorted(absent)))
    return Waiting("opening.seeds_missing", numbers, tuple(sorted(cried)))


def open_forms(
    keyset: Keyset,
    bids: Iterable[Submission],
    seals: Mapping[str, tuple[bytes, Seal]],
    verdicts: Mapping[str, Open | Void],
    forms: Forms,
) -> Waiting | dict[str, tuple[bytes, Header] | Reason]:
    """Submission → (secret, header) or why it is void. Waits for forms that were lost: custodians have copies."""
    part = keyset.purpose.part
    out: dict[str, tuple[bytes, Header] | Reason] = {}
    lost: list[str] = []
    for bid in bids:
        verdict, (author, seal) = verdicts[bid.sha256], seals[bid.sha256]
        if isinstance(verdict, Void):
            # Which of the sealed.void_* it is may differ from one quorum to the next; that it is void does not.
            out[bid.sha256] = Reason("bid.seal_void", DECRYPTION, (("part", part),))
            continue
        sha256 = bid.seals[part].form.sha256.hex()
        header = _header(seal, keyset, author, verdict, forms(sha256))
        if header is None:
            lost.append(sha256)
        elif isinstance(header, Void):
            out[bid.sha256] = Reason("bid.form_void", DECRYPTION, (("part", part), ("why", header.reason)))
        else:
            out[bid.sha256] = (verdict.secret, header)
    if lost:
        return Waiting("opening.forms_missing", {"part": part, "forms": len(lost)}, missing=tuple(sorted(lost)))
    return out


def _header(
    seal: Seal, keyset: Keyset, author: bytes, verdict: Open, ciphertext: Ciphertext | None
) -> Header | Void | None:
    """The header in a form, why it is void, or None where this is not the ciphertext that the seal names."""
    if ciphertext is None:
        return None
    try:
        return sealed.open_form(seal, keyset, author, verdict.secret, ciphertext)
    except Refusal:
        return None
