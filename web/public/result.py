"""A tender as its page shows it: from disclosed events and public documents, and nothing else. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from bidding.form import check_form
from bidding.procedures import listing
from bidding.procedures.listing import ReadDocument
from evaluation.rules import render
from evaluation.rules.document import read as read_rules
from ledger.basics import clock
from ledger.basics.canonical import MAX_DOCUMENT, Json, parse_object
from ledger.events import Event
from ledger.store.read import Stored
from web import texts, words
from web.words import Lang

# How many characters of answers a page shows, of one bid and of a lot, the best bid first; all stand in documents.
_LONGEST: Final = 16 * 1024
_ROOM: Final = 1 << 20
# Unified social credit code → name in a language.
Names = Callable[[str, Lang], str]


@dataclass(frozen=True)
class Step:
    """One line of the timeline. `subject`: a lot or empty; `count`: how many of the kind came in a row."""

    at: str
    type: str
    subject: str
    count: int = 1


@dataclass(frozen=True)
class PartyLine:
    """One party of a bid: its name ("" if it is not registered), its code, its share in per cent ("" if sole)."""

    name: str
    uscc: str
    share: str


@dataclass(frozen=True)
class BidRow:
    """A bid in the opening sheet and the ranking. `marks`: one line a certificate; empty texts where not known yet.

    `offer`: the hash of the document that holds its answers and files; `answers`: empty where a page has no room.
    """

    bid_key: str
    state: str
    reason: str
    parties: tuple[PartyLine, ...]
    price: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    offer: str = ""
    rank: str = ""
    total: str = ""
    marks: tuple[str, ...] = ()

    @property
    def who(self) -> str:
        """Its parties in one line; the beginning of its key where they are not known."""
        return " + ".join(one.name or one.uscc for one in self.parties) or f"{self.bid_key[:16]}…"


@dataclass(frozen=True)
class LotPage:
    """One lot. `bids` on the roll, −1 before it; `released`: part → custodians that answered."""

    lot: str
    title: str
    phase: str
    ceiling: str
    bids: int = -1
    released: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    alpha: str = ""
    values: tuple[tuple[str, str], ...] = ()
    rows: tuple[BidRow, ...] = ()
    benchmark: str = ""
    candidates: tuple[BidRow, ...] = ()
    until: str = ""
    awarded: str = ""
    winner: BidRow | None = None
    failure: str = ""


def timeline(streams: Mapping[str, Sequence[Stored]]) -> list[Step]:
    """Everything that happened, in the order of the tree; streams are `tender/…` and `lot/…`."""
    found = sorted((one for stored in streams.values() for one in stored), key=lambda one: one.index or 0)
    steps: list[Step] = []
    for one in found:
        step = Step(clock.text(one.event.at), one.event.type, _lot_of(one.event.stream))
        if steps and (steps[-1].type, steps[-1].subject) == (step.type, step.subject):
            step = replace(step, count=steps.pop().count + 1)
        steps.append(step)
    return steps


def _lot_of(stream: str) -> str:
    return stream.split("/")[2] if stream.startswith("lot/") else ""


def lot_page(
    row: Mapping[str, Any], events: Sequence[Event], phase: str, read: ReadDocument, names: Names, lang: Lang
) -> LotPage:
    """A lot of the notice (`row`) with what its disclosed events tell."""
    last: dict[str, dict[str, Any]] = {event.type: cast(dict[str, Any], event.public) for event in events}
    released: dict[str, tuple[str, ...]] = {}
    for event in events:
        if event.type == "release.recorded":
            part = str(event.public["part"])
            released[part] = (*released.get(part, ()), str(event.public["custodian"]))
    drawn = last.get("lot.coefficients", {})
    rows = _rows(row, last, read, names, lang)
    candidates = last.get("lot.candidates_published", {})
    keys = [item["bid_key"] for item in candidates.get("candidates", [])]
    by_key = {one.bid_key: one for one in rows}
    report = _report(last, read)
    awarded = last.get("lot.awarded", {}).get("bid_key", "")
    return LotPage(
        lot=row["lot"],
        title=row["title"][lang],
        phase=phase,
        ceiling=texts.money(row["ceiling_fen"]) if row["ceiling_fen"] else "",
        bids=len(last["lot.closed"]["roll"]["submissions"]) if "lot.closed" in last else -1,
        released=released,
        alpha=drawn.get("alpha", ""),
        values=tuple(sorted(drawn.get("values", {}).items())),
        rows=rows,
        benchmark=render(report["benchmark"], lang) if "benchmark" in report else "",
        candidates=tuple(by_key[key] for key in keys if key in by_key),
        until=candidates.get("until", ""),
        awarded=awarded,
        winner=by_key.get(awarded),
        failure=texts.reason(last.get("lot.failed", {}).get("reason", {}), lang),
    )


def _report(last: Mapping[str, dict[str, Any]], read: ReadDocument) -> dict[str, Any]:
    if "lot.evaluated" not in last:
        return {}
    return cast(dict[str, Any], parse_object(read(last["lot.evaluated"]["report"]), MAX_DOCUMENT))


def _listed(last: Mapping[str, dict[str, Any]], type_: str, read: ReadDocument) -> list[dict[str, Any]]:
    return listing.rows(type_, last[type_], read) if type_ in last else []


def _rows(
    row: Mapping[str, Any], last: Mapping[str, dict[str, Any]], read: ReadDocument, names: Names, lang: Lang
) -> tuple[BidRow, ...]:
    """Every announced bid: ranked ones first by rank, then the others by key."""
    if "lot.announced" not in last:
        return ()
    offers = {item["bid_key"]: item for item in _listed(last, "lot.offers_opened", read)}
    report = _report(last, read)
    marked = {item["bid"]: item for item in report.get("bids", [])}
    rules, form = parse_object(read(row["rules"])), parse_object(read(row["form"]))
    titles = {one.id: one.title[lang] for part in check_form(form).parts.values() for one in part}
    choices = _choices(form, lang)
    criteria = _criteria(rules)
    price_question = read_rules(rules).price_question
    found, room = [], _ROOM
    bids = _listed(last, "lot.announced", read)
    for bid in sorted(bids, key=lambda one: marked.get(one["bid_key"], {}).get("rank", len(bids) + 1)):
        key = bid["bid_key"]
        offer, mark = offers.get(key, {}), marked.get(key, {})
        state, reason = bid["state"], bid["reason"]
        if offer and state == "counted":
            state, reason = offer["state"], offer["reason"]
        if mark and state == "opened" and "rank" not in mark:
            state = "rejected"
        sheet = parse_object(read(mark["sheet"])) if mark else {}
        answers = listing.offer(offer, read)["answers"] if offer else {}
        length = sum(len(value) for value in answers.values())
        fits = length <= min(room, _LONGEST)
        room -= length if fits else 0
        found.append(
            BidRow(
                bid_key=key,
                state=state,
                reason=texts.reason(reason, lang),
                parties=tuple(_party(item, names, lang) for item in bid["parties"]),
                price=texts.price(answers.get(price_question, "")),
                answers=tuple(
                    (titles.get(name, name), choices.get((name, str(value)), str(value)))
                    for name, value in sorted(answers.items())
                    if fits
                ),
                offer=offer.get("offer", ""),
                rank=str(mark.get("rank", "")),
                total=str(mark.get("total", "")),
                marks=tuple(
                    _mark(one, criteria, lang) for one in cast(list[dict[str, Any]], sheet.get("certificates", []))
                ),
            )
        )
    return tuple(sorted(found, key=lambda one: (one.rank == "", int(one.rank or 0), one.bid_key)))


def _choices(form: Mapping[str, Json], lang: Lang) -> dict[tuple[str, str], str]:
    """(question, answer) → what the form calls that answer, for choices and for yes and no."""
    found = {}
    for part in cast(dict[str, Any], form)["parts"].values():
        for question in part:
            for choice in question.get("choices", ()):
                found[question["id"], choice["value"]] = choice["title"][lang]
            if question["kind"] == "boolean":
                found |= {(question["id"], value): texts.text(f"answer.{value}", lang) for value in ("yes", "no")}
    return found


def _criteria(rules: Mapping[str, Json]) -> dict[str, Mapping[str, str]]:
    document = cast(dict[str, Any], rules)
    found = {one["id"]: one["title"] for one in document["criteria"]}
    if "price" in document:
        found["price"] = document["price"]["title"]
    return found


def _mark(certificate: Mapping[str, Any], criteria: Mapping[str, Mapping[str, str]], lang: Lang) -> str:
    title = criteria.get(certificate["criterion"])
    return render(certificate, lang, title, lambda code, params, _: words.say(code, params, lang))


def _party(item: Mapping[str, Any], names: Names, lang: Lang) -> PartyLine:
    return PartyLine(names(item["uscc"], lang), item["uscc"], "" if item["share"] == "100" else item["share"])
