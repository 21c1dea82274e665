"""The lists of an opening as a hall tells them: coefficients, bidders one by one, offers one by one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from bidding.procedures import listing
from evaluation.rules.document import read as read_rules
from ledger.basics import clock
from ledger.basics.canonical import parse_object
from ledger.basics.errors import Refusal
from ledger.basics.money import parse_yuan
from ledger.events import Event
from web import texts
from web.live import messages as m
from web.live.messages import Text
from web.live.names import members, reason, text, who, why
from web.live.scene import Line, Scene

# In which order an offer is looked at, and what a reason's code says went wrong.
_CHECKS: Final = ("seal", "form", "signature", "files", "answers", "ceiling")
_FAILS: Final[Mapping[str, str]] = {
    "bid.seal_void": "seal",
    "bid.form_void": "form",
    "statement.other_header": "signature",
    "bid.files_void": "files",
}
LONGEST: Final = 2_000  # characters of what somebody wrote that a hall shows; the event has the rest


def coefficients(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    """The contributions are open, and what was drawn with them: each coefficient with its published list."""
    lists = read_rules(parse_object(scene.read(scene.row.rules))).draws
    drawn = [
        m.Drawn(name=name, values=list(lists.get(name, ())), value=value)
        for name, value in sorted(public["values"].items())
    ]
    given = [m.Given(party=row["party"], verdict=row["verdict"], value=row["value"]) for row in public["contributions"]]
    values = Text(
        zh="，".join(f"{one.name} = {one.value}" for one in drawn),
        en=", ".join(f"{one.name} = {one.value}" for one in drawn),
    )
    yield (
        m.Coefficients,
        {"given": given, "alpha": public["alpha"], "drawn": drawn},
        text("hall.say.coefficients" if drawn else "hall.say.coefficients.none", count=len(given), values=values),
    )


def announced(public: dict[str, Any], event: Event, scene: Scene) -> Iterator[Line]:
    """Every bid by its parties, then how many count."""
    rows = listing.rows("lot.announced", public, scene.read)
    for place, row in enumerate(rows, 1):
        parties, found = members(row["parties"], scene.names, scene.place), reason(row["reason"])
        scene.known[row["bid_key"]] = parties
        key = f"hall.say.bidder.{row['state']}"
        yield (
            m.Bidder,
            {
                "place": place,
                "of": len(rows),
                "bid_key": row["bid_key"],
                "submission": row["submission"],
                "state": row["state"],
                "parties": parties,
                "reason": found,
            },
            text(key, place=place, of=len(rows), who=who(parties, row["bid_key"]), why=why(found)),  # texts: hall.say.*
        )
    failed, need, until = public["failed"], scene.min_bids, ""
    if failed:
        until = clock.text(scene.procedure.clocks.end("opening_objection", event.at))
    yield (
        m.Announced,
        {"bids": len(rows), "counted": public["counted"], "need": need, "failed": failed, "until": until},
        text(
            "hall.say.announced.failed" if failed else "hall.say.announced",
            bids=len(rows),
            counted=public["counted"],
            need=need,
        ),
    )


def offers(public: dict[str, Any], event: Event, scene: Scene) -> Iterator[Line]:
    """Every counted bid's offer with its price and checks, then the opening sheet."""
    rows = listing.rows("lot.offers_opened", public, scene.read)
    question = read_rules(parse_object(scene.read(scene.row.rules))).price_question
    for place, row in enumerate(rows, 1):
        yield _offer(row, place, len(rows), question, scene)
    opened = sum(row["state"] == "opened" for row in rows)
    until = clock.text(scene.procedure.clocks.end("opening_objection", event.at))
    yield (
        m.Sheet,
        {"opened": opened, "of": len(rows), "until": until},
        text("hall.say.sheet", opened=opened, of=len(rows), time=texts.time(until)),
    )


def _offer(row: Mapping[str, Any], place: int, of: int, question: str, scene: Scene) -> Line:
    price = str(listing.offer(row, scene.read)["answers"].get(question, ""))
    fen, ceiling, found = _fen(price), scene.row.ceiling_fen, reason(row["reason"])
    checks = list(_checks(row["state"], found, fen, ceiling))
    last = checks[-1].verdict
    key = f"hall.say.offer.{row['state']}"
    if row["state"] == "opened":
        key += {"pass": ".within", "fail": ".over", "none": ""}[last]
    bid_key = row["bid_key"]
    members_: dict[str, Any] = {
        "place": place,
        "of": of,
        "bid_key": bid_key,
        "submission": row["submission"],
        "state": row["state"],
        "parties": scene.known.get(bid_key, []),
        "price": price,
        "price_fen": fen,
        "checks": checks,
        "reason": found,
        "offer": row["offer"],
    }
    said = text(
        key,  # texts: hall.say.*
        place=place,
        of=of,
        who=scene.who(bid_key),
        price=texts.price(price),
        ceiling=texts.money(ceiling),
        why=why(found),
    )
    return m.Offer, members_, said


def asked(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    """Every bid whose price is to be explained."""
    until = str(public["until"])
    for row in public["asked"]:
        tests = [text(f"hall.low.{one}") for one in row["tests"]]  # texts: hall.low.*
        yield (
            m.Asked,
            {"bid_key": row["bid_key"], "price_fen": row["price_fen"], "tests": row["tests"], "until": until},
            text(
                "hall.say.asked",
                who=scene.who(row["bid_key"]),
                price=texts.money(row["price_fen"]),
                tests=m.Text(zh="、".join(one.zh for one in tests), en=", ".join(one.en for one in tests)),
                time=texts.time(until),
            ),
        )


def explained(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    """A bid's own words about its price."""
    bid_key = public["bid_key"]
    yield (
        m.Explained,
        # Whole: its bidder's browser knows its own words again.
        {"bid_key": bid_key, "text": public["text"]},
        text("hall.say.explained", who=scene.who(bid_key)),
    )


def found(public: dict[str, Any], _: Event, scene: Scene) -> Iterator[Line]:
    """What was found of every explanation."""
    for row in public["findings"]:
        bid_key, proved = row["bid_key"], row["proved"]
        yield (
            m.Found,
            {"bid_key": bid_key, "proved": proved, "finding": row["finding"]},
            text("hall.say.found.proved" if proved else "hall.say.found.unproved", who=scene.who(bid_key)),
        )


def _fen(price: str) -> int:
    try:
        return parse_yuan(price)
    except Refusal:
        return -1


def _checks(state: str, found: m.Reason | None, fen: int, ceiling: int) -> Iterator[m.Check]:
    """Every check in its order: what comes after the one that failed was not reached."""
    fails = "" if found is None else _FAILS.get(found.code, "answers")
    reached = state != "withdrawn"
    for name in _CHECKS:
        verdict = "pass" if reached else "none"
        if name == fails:
            verdict, reached = "fail", False
        elif name == "ceiling" and reached:
            verdict = "none" if not ceiling or fen < 0 else "fail" if fen > ceiling else "pass"
        yield m.Check(check=cast(Any, name), verdict=cast(Any, verdict))
