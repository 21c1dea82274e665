"""Bids that shut each other out: one organisation in two bids, one person in charge, a holding relation.

实施条例 art. 37 and 51 (two bids of one organisation, alone or as a member: all of them) and art. 34 (one person in
charge, control or holding between bidders of one lot: all of them). Which rules are in force, the profile says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bidding.profiles.profile import Exclusion
from bidding.sealed_lot import Reason
from bidding.statement import Signed

Bids = Mapping[str, tuple[Signed, ...]]

# In this order the first rule that rejects a bid names the reason.
ORDER: Final = ("same_organisation", "same_person", "holding")


def excluded(bids: Bids, rules: Sequence[Exclusion]) -> dict[str, Reason]:
    """Submission hash → why it is rejected, for the bids that are.

    `bids`: the parties of each bid whose statement is proven; an unproven bid names nobody, and so harms nobody.
    All rules look at the same bids: none is spared because another rule took away what it clashed with.
    """
    out: dict[str, Reason] = {}
    for name in ORDER:
        for rule in rules:
            if rule.rule == name:
                for sha256, reason in _RULES[name](bids, rule.article).items():
                    out.setdefault(sha256, reason)
    return out


def _same_organisation(bids: Bids, article: str) -> dict[str, Reason]:
    return _shared(bids, lambda signed: signed.party.uscc, "bid.same_organisation", article)


def _same_person(bids: Bids, article: str) -> dict[str, Reason]:
    return _shared(bids, lambda signed: signed.party.person_ref, "bid.same_person", article)


def _shared(bids: Bids, key: Callable[[Signed], str], code: str, article: str) -> dict[str, Reason]:
    """All bids that have a party whose `key` is also that of a party of another bid."""
    holders: dict[str, set[str]] = {}
    for sha256, parties in bids.items():
        for signed in parties:
            holders.setdefault(key(signed), set()).add(sha256)
    out: dict[str, Reason] = {}
    for sha256, parties in bids.items():
        for signed in parties:
            among = len(holders[key(signed)])
            if among > 1:
                out.setdefault(sha256, Reason(code, article, (("bids", among), ("uscc", signed.party.uscc))))
    return out


def _holding(bids: Bids, article: str) -> dict[str, Reason]:
    """Bids of which a party holds a party of another bid, or is held by one (as registered; not through third ones)."""
    of = {signed.party.uscc: set[str]() for parties in bids.values() for signed in parties}
    for sha256, parties in bids.items():
        for signed in parties:
            of[signed.party.uscc].add(sha256)
    out: dict[str, Reason] = {}
    for sha256, parties in sorted(bids.items()):
        for signed in parties:
            for held in signed.party.holds:
                for other in sorted(of.get(held, set()) - {sha256}):
                    reason = Reason("bid.holding", article, (("held", held), ("holder", signed.party.uscc)))
                    out.setdefault(sha256, reason)
                    out.setdefault(other, reason)
    return out


_RULES: Final[Mapping[str, Callable[[Bids, str], dict[str, Reason]]]] = {
    "same_organisation": _same_organisation,
    "same_person": _same_person,
    "holding": _holding,
}
