"""Postponing: `{kids, not_before, addendum}`, signed by custodians for all parts of a lot, later only (§2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.basics import clock, signing
from ledger.basics.canonical import Json, members, unhex
from ledger.basics.errors import Refusal
from ledger.sealed.keyset import Keyset


@dataclass(frozen=True)
class Postponement:
    """`kids`: hex, sorted, all parts of the lot; `not_before`: time text; `addendum`: its leaf hash, hex."""

    kids: tuple[str, ...]
    not_before: str
    addendum: str

    def to_json(self) -> dict[str, Json]:
        """`{addendum, kids, not_before}`."""
        return {"kids": list(self.kids), "not_before": self.not_before, "addendum": self.addendum}

    @classmethod
    def parse(cls, value: object) -> Postponement:
        """The postponement of an object with exactly those members; kids sorted, distinct, at least one."""
        got = members(value, "addendum kids not_before")
        kids = got["kids"]
        if not isinstance(kids, list) or not kids:
            raise Refusal("sealed.bad_kids")
        listed = [unhex(kid, 32, "kids").hex() for kid in kids]
        if listed != sorted(set(listed)):
            raise Refusal("sealed.bad_kids")
        clock.parse_time(got["not_before"], "not_before")
        return cls(tuple(listed), cast(str, got["not_before"]), unhex(got["addendum"], 32, "addendum").hex())


def kids_of(keysets: Sequence[Keyset]) -> tuple[str, ...]:
    """The sorted kids of all parts of a lot."""
    return tuple(sorted(keyset.kid.hex() for keyset in keysets))


def check_may_postpone(
    new: Postponement, keysets: Sequence[Keyset], current: str, own: str, now: datetime, *, roll_in_tree: bool
) -> None:
    """What a custodian asks before it signs.

    `current`: the not_before in force for the lot; `own`: the latest of the key set's own and those it signed. It joins
    what others brought into force without it: then its word stands in the log too, and it keeps to it by itself.

    Raises `Refusal`: not all parts of the lot together, not later, too late (`current` has passed), roll in the tree.
    That the addendum is the tenderee's and witnessed is checked by whoever reads the log.
    """
    if new.kids != kids_of(keysets):
        raise Refusal("sealed.bad_kids")
    if roll_in_tree:
        raise Refusal("sealed.postpone_after_roll")
    if now >= clock.parse_time(current, "not_before"):
        raise Refusal("sealed.postpone_too_late", not_before=current)
    if new.not_before < current or new.not_before <= own:
        raise Refusal("sealed.postpone_not_later", not_before=current)


def sign_postponement(new: Postponement, identity: Ed25519PrivateKey) -> dict[str, Json]:
    """The custodian's envelope (TYPE postpone)."""
    return signing.sign("postpone", new.to_json(), identity)


def verify_postponement(envelope: object, identity_key: str) -> Postponement:
    """The postponement a custodian signed."""
    return Postponement.parse(signing.verify("postpone", envelope, identity_key))


def in_force(keyset: Keyset, kids: tuple[str, ...], signed: Iterable[tuple[str, Postponement]]) -> str:
    """The not_before that holds for `keyset` (time text).

    `signed`: (custodian, postponement) whose signatures were checked and which stand in the log before the roll;
    their order does not matter. A postponement holds when n − t + 1 distinct custodians of the set signed the
    very same one and it is later than the set's own time; of those that hold, the latest.
    """
    signers: dict[Postponement, set[str]] = {}
    for custodian, postponement in signed:
        if custodian in keyset.ids and postponement.kids == kids and keyset.kid.hex() in kids:
            signers.setdefault(postponement, set()).add(custodian)
    enough = keyset.n - keyset.t + 1
    times = [one.not_before for one, who in signers.items() if len(who) >= enough]
    # Times are of one length, so their order as text is their order in time.
    return max([keyset.conditions.not_before, *times])
