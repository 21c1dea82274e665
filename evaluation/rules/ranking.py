"""The order of the bids, and what parts those that are equal.

By marks the higher total comes first, by lowest price the lower price; equals are parted by the rule set's `ties`,
one after the other. What none of them parts shares a rank, and the next rank counts on from there (1, 1, 3).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, cast

from evaluation.rules.exact import exact
from ledger.basics.canonical import Json, canonical

DRAW: Final = "draw"

# The smaller comes first; the text is what a reader is shown.
Key = tuple[Fraction | bytes, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A bid in the ranking: its price (fen), what that counts as (yuan), its marks by criterion and stage, their total.

    `total` is None where only the price counts.
    """

    bid: str
    price: int
    cost: Fraction
    marks: Mapping[str, Fraction]
    total: Fraction | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """`ranks`: bid to rank, in order. `ties`: what parted equals, `[{by, bids, values}]` in the order of ranks."""

    ranks: Mapping[str, int]
    ties: Sequence[dict[str, Json]]


def tie_value(alpha: bytes, lot: str, bid: str) -> bytes:
    """`HMAC-SHA256(alpha, canonical({bid, lot, name: "tie"}))`, 32 bytes. `alpha`: the opening's public coin."""
    return hmac.digest(alpha, canonical({"bid": bid, "lot": lot, "name": "tie"}), "sha256")


def drawn_item(alpha: bytes, lot: str, name: str, items: Sequence[str]) -> str:
    """The item with the smallest `HMAC-SHA256(alpha, canonical({item, lot, name}))`: of one or more, each as likely."""

    def value(item: str) -> bytes:
        return hmac.digest(alpha, canonical({"item": item, "lot": lot, "name": name}), "sha256")

    return min(items, key=value)


def tie_order(alpha: bytes, lot: str, bids: Sequence[str]) -> list[str]:
    """The bids by their tie value, the smallest first: nobody could know it before the coin opened."""
    return sorted(bids, key=lambda bid: tie_value(alpha, lot, bid))


def rank(entries: Sequence[Entry], ties: Sequence[str], alpha: bytes | None, lot: str) -> Ranking:
    """The ranking of `entries`; the order in which they come does not matter. Without `alpha` no draw parts equals."""
    order = sorted(entries, key=lambda entry: (_first(entry), entry.bid))
    records: list[dict[str, Json]] = []
    groups: list[list[str]] = []
    for group in _groups(order, _first):
        groups.extend(_part(group, list(ties), alpha, lot, records))
    ranks: dict[str, int] = {}
    place = 1
    for bids in groups:
        ranks.update(dict.fromkeys(bids, place))
        place += len(bids)
    return Ranking(ranks, records)


def only(ranking: Ranking, bids: Collection[str]) -> Ranking:
    """The ranking of some of its bids: equals stay equal, and ranks count anew."""
    ranks: dict[str, int] = {}
    last, place = 0, 0
    for number, bid in enumerate([bid for bid in ranking.ranks if bid in bids], 1):
        if ranking.ranks[bid] != last:
            last, place = ranking.ranks[bid], number
        ranks[bid] = place
    return Ranking(ranks, ranking.ties)


def _first(entry: Entry) -> Fraction:
    return entry.cost if entry.total is None else -entry.total


def _part(
    group: list[Entry], ties: list[str], alpha: bytes | None, lot: str, records: list[dict[str, Json]]
) -> list[list[str]]:
    if len(group) > 1 and ties[:1] == [DRAW] and alpha is None:
        records.append({"by": DRAW, "bids": [entry.bid for entry in group], "values": {}})
        ties = []
    if len(group) == 1 or not ties:
        return [[entry.bid for entry in group]]
    by, rest = ties[0], ties[1:]
    keys = {entry.bid: _key(by, entry, alpha, lot) for entry in group}
    ordered = sorted(group, key=lambda entry: (keys[entry.bid][0], entry.bid))
    records.append(
        {
            "by": by,
            "bids": cast(Json, [entry.bid for entry in ordered]),
            "values": cast(Json, {bid: key[1] for bid, key in keys.items()}),
        }
    )
    out: list[list[str]] = []
    for equals in _groups(ordered, lambda entry: keys[entry.bid][0]):
        out.extend(_part(equals, rest, alpha, lot, records))
    return out


def _key(by: str, entry: Entry, alpha: bytes | None, lot: str) -> Key:
    if by == "lower_price":
        return Fraction(entry.price), exact(Fraction(entry.price, 100))
    if by == DRAW and alpha is not None:
        drawn = tie_value(alpha, lot, entry.bid)
        return drawn, drawn.hex()
    mark = entry.marks[by.removeprefix("mark:")]
    return -mark, exact(mark)


def _groups(ordered: Sequence[Entry], key: Callable[[Entry], Fraction | bytes]) -> list[list[Entry]]:
    groups: list[list[Entry]] = []
    for entry in ordered:
        if groups and key(groups[-1][0]) == key(entry):
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return groups
