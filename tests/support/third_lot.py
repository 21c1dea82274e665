"""What lot 3 of a demonstration must show, read from its bundle alone; every function gives what is not so."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from evaluation.rules import abnormal
from ledger import bundle
from ledger.basics.canonical import canonical
from ledger.basics.money import parse_yuan
from ledger.events import Event
from web.demo import figures
from web.demo.bidders import Bidder
from web.demo.notice import LOT_3


class ThirdLot:
    """The lot's report, its sheets and its events. `bidders`: of the demonstration, in order."""

    def __init__(self, path: Path, bidders: list[Bidder]) -> None:
        read = bundle.read(path.read_bytes())
        assert read.problems == []
        assert read.bundle is not None
        self.bundle = read.bundle
        stream = self.bundle.streams[f"lot/{self.bundle.tender}/{LOT_3}"]
        self.events = [(line.index, bundle.decode(line)) for line in stream]
        self.report = self.document(self.public("lot.evaluated")["report"])
        self.sheets = {row["bid"]: self.document(row["sheet"]) for row in self.report["bids"]}
        self.keys = [
            bidder.bid_key(self.bundle.tender, LOT_3) for bidder, _ in zip(bidders, figures.WORKS, strict=False)
        ]

    def document(self, sha256: str) -> Any:
        """A document of the bundle."""
        return json.loads(self.bundle.documents[sha256])

    def all(self, type_: str) -> list[tuple[int, Event]]:
        """The lot's events of a type, with their place in the tree."""
        return [(index, event) for index, event in self.events if event.type == type_]

    def public(self, type_: str) -> Any:
        """What the one event of a type says."""
        ((_, event),) = self.all(type_)
        return event.public

    def certificate(self, place: int, criterion: str) -> Mapping[str, Any]:
        """A certificate of the bidder at a place in `figures.WORKS`."""
        (found,) = (one for one in self.sheets[self.keys[place]]["certificates"] if one["criterion"] == criterion)
        return dict(found)

    def rank(self, place: int) -> int:
        """Likewise."""
        return int(self.sheets[self.keys[place]]["rank"])


def wrong(lot: ThirdLot) -> Iterator[str]:
    """All of it."""
    yield from _deducted(lot)
    yield from _drawn(lot)
    yield from _parted(lot)
    yield from _low(lot)


def _deducted(lot: ThirdLot) -> Iterator[str]:
    """The small enterprise asks for more than the first, has fewer other points, and comes before it."""
    small, first = figures.SMALL, figures.FIRST
    for place, answers in enumerate(figures.WORKS):
        made = lot.certificate(place, "evaluated_price")
        rate = Fraction(5) if place == small else Fraction(0)
        counts = parse_yuan(answers["price"], "price") * (100 - rate) / 10_000
        if made["inputs"]["answers"] != {"size": answers["size"]} or Fraction(made["result"]) != counts:
            yield f"bid {place} counts as {made['result']}, not {counts}"
    asked = [lot.certificate(place, "evaluated_price")["inputs"]["price_fen"] for place in (small, first)]
    others = [
        sum(
            Fraction(mark)
            for name, mark in lot.certificate(place, "total")["inputs"]["marks"].items()
            if name != "price"
        )
        for place in (small, first)
    ]
    if not (asked[0] > asked[1] and others[0] < others[1] and (lot.rank(small), lot.rank(first)) == (1, 2)):
        yield f"the deduction changes nothing: asked {asked}, other marks {others}"


def _drawn(lot: ThirdLot) -> Iterator[str]:
    """What is drawn comes of what was sealed before the tickets, and after the last bid was on the roll."""
    coefficients = lot.public("lot.coefficients")
    tender = lot.bundle.streams[f"tender/{lot.bundle.tender}"]
    (tickets,) = (line.index for line in tender if bundle.decode(line).type == "tickets.opened")
    given = [index for index, _ in lot.all("contribution.recorded")]
    ((closed, _),), ((drawn, _),), ((opened, _),) = (
        lot.all(type_) for type_ in ("lot.closed", "lot.coefficients", "lot.offers_opened")
    )
    if not (len(given) == len(coefficients["contributions"]) and max(given) < tickets < closed < drawn < opened):
        yield f"the order is {given}, tickets {tickets}, roll {closed}, draw {drawn}, offers {opened}"
    values = coefficients["values"]
    if {name for name, value in values.items() if value in figures.DRAWN[name]} != set(figures.DRAWN):
        yield f"drawn were {values}"
    steps = {one["name"]: one["value"] for one in lot.report["benchmark"]["steps"]}
    if lot.report["draws"] != values or {name: steps[name] for name in figures.DRAWN} != values:
        yield f"the benchmark is not made with what was drawn: {steps}"


def _parted(lot: ThirdLot) -> Iterator[str]:
    """The two that are alike in all that counts: the smaller value under the coin is the third candidate."""
    alike = [lot.keys[place] for place in figures.ALIKE]
    alpha = bytes.fromhex(lot.public("lot.coefficients")["alpha"])
    values = {
        bid: hmac.digest(alpha, canonical({"bid": bid, "lot": LOT_3, "name": "tie"}), "sha256").hex() for bid in alike
    }
    order = sorted(alike, key=lambda bid: values[bid])
    ties = [(tie["by"], tie["bids"]) for tie in lot.report["ties"]]
    if ties != [("lower_price", sorted(alike)), ("draw", order)] or lot.report["ties"][-1]["values"] != values:
        yield f"equals were parted by {lot.report['ties']}, not by {values}"
    published = [row["bid_key"] for row in lot.public("lot.candidates_published")["candidates"]]
    if published != [lot.keys[figures.SMALL], lot.keys[figures.FIRST], order[0]]:
        yield f"candidates are {published}"


def _low(lot: ThirdLot) -> Iterator[str]:
    """It was asked, explained under its own key and was upheld by two; then it was marked as everybody was."""
    key = lot.keys[figures.LOW]
    asked, given, judged = (
        lot.public(type_) for type_ in ("lot.explanations_asked", "lot.explanation_given", "lot.explanations_judged")
    )
    if [(row["bid_key"], row["tests"]) for row in asked["asked"]] != [(key, list(abnormal.TESTS))]:
        yield f"asked were {asked['asked']}"
    if given["bid_key"] != key or [(row["bid_key"], row["proved"]) for row in judged["findings"]] != [(key, True)]:
        yield f"explained by {given['bid_key']}, judged {judged['findings']}"
    if (
        len({act["key"] for act in judged["acts"]}) != 2
        or lot.certificate(figures.LOW, "abnormally_low")["result"] != "explained"
    ):
        yield "the finding is not two people's, or the marks do not follow it"
    if lot.rank(figures.LOW) != len(figures.WORKS):
        yield f"the low bid is number {lot.rank(figures.LOW)}"
