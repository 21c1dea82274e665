"""What a lot's disclosed events say, with the documents they name: read once for every page that shows it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol, cast

from bidding.form import Form, check_form
from bidding.procedures import listing
from bidding.procedures.listing import ReadDocument
from bidding.procedures.notice import NoticeLot
from evaluation.rules.document import RuleSet
from evaluation.rules.document import read as read_rules
from ledger.basics.canonical import MAX_DOCUMENT, parse_object
from ledger.store.read import Stored
from web import texts
from web.words import Lang

# How many characters of answers a page shows of one bid; all stand in a document.
LONGEST: Final = 16 * 1024
# Unified social credit code → name in a language, "" for one that is not registered.
Names = Callable[[str, Lang], str]


class Papers(Protocol):
    """A rule set and its form, of a lot or of a template: what rules and certificates need to be put into words."""

    @property
    def rules(self) -> RuleSet:
        """The rule set."""

    @property
    def form(self) -> Form:
        """The form that bids answer."""

    @property
    def form_document(self) -> Mapping[str, Any]:
        """The form as published: it has the words of its choices."""


@dataclass(frozen=True)
class Party:
    """One party of a bid: its name ("" if it is not registered), its code, its share in per cent ("" if sole)."""

    name: str
    uscc: str
    share: str


@dataclass(frozen=True)
class Bid:
    """A bid of a lot. Empty texts where nothing is known yet; `number`: its place in the list, from 1.

    `state`: counted, void, withdrawn, rejected, opened, same_brand. `price_fen`: as the report read it, 0 where it has
    none. `offer`: the hash of the document of its answers and files; `sheet`: that of its certificates; `reason`:
    `{code, article, params}` or nothing.
    """

    number: int
    bid_key: str
    submission: str
    state: str
    reason: Mapping[str, Any]
    parties: tuple[tuple[str, str], ...]
    price_fen: int
    offer: str
    rank: int
    total: str
    sheet: str

    def named(self, names: Names, lang: Lang) -> list[Party]:
        """Its parties with their names."""
        return [Party(names(uscc, lang), uscc, "" if share == "100" else share) for uscc, share in self.parties]

    def who(self, names: Names, lang: Lang) -> str:
        """Its parties in one line; the beginning of its key where they are not known."""
        named = self.named(names, lang)
        return " + ".join(one.name or one.uscc for one in named) or f"{self.bid_key[:16]}…"


@dataclass(frozen=True)
class Record:
    """One lot: its row of the notice, its disclosed events, and a reader of documents."""

    lot: NoticeLot
    events: Sequence[Stored]
    read: ReadDocument

    @cached_property
    def last(self) -> Mapping[str, dict[str, Any]]:
        """Type → `public` of the last event of that type."""
        return {one.event.type: cast(dict[str, Any], one.event.public) for one in self.events}

    @cached_property
    def form(self) -> Form:
        """The form that bids answered."""
        return check_form(parse_object(self.read(self.lot.form)))

    @cached_property
    def form_document(self) -> dict[str, Any]:
        """The form as published: it has the words of its choices."""
        return cast(dict[str, Any], parse_object(self.read(self.lot.form)))

    @cached_property
    def rules(self) -> RuleSet:
        """The rule set that decides."""
        return read_rules(parse_object(self.read(self.lot.rules)))

    @cached_property
    def report(self) -> dict[str, Any]:
        """The report of the evaluation, {} before it."""
        if "lot.evaluated" not in self.last:
            return {}
        return cast(dict[str, Any], parse_object(self.read(self.last["lot.evaluated"]["report"]), MAX_DOCUMENT))

    @property
    def roll(self) -> int:
        """How many bids stand on the roll, −1 before it."""
        return len(self.last["lot.closed"]["roll"]["submissions"]) if "lot.closed" in self.last else -1

    @property
    def awarded(self) -> str:
        """The bid key of the award, "" where there is none (any more)."""
        kinds = [one.event.type for one in self.events if one.event.type in ("lot.awarded", "lot.next_candidate")]
        return str(self.last["lot.awarded"]["bid_key"]) if kinds[-1:] == ["lot.awarded"] else ""

    @cached_property
    def released(self) -> Mapping[str, tuple[str, ...]]:
        """Part → the custodians that answered, as they came."""
        found: dict[str, tuple[str, ...]] = {}
        for one in self.events:
            if one.event.type == "release.recorded":
                part = str(one.event.public["part"])
                found[part] = (*found.get(part, ()), str(one.event.public["custodian"]))
        return found

    @cached_property
    def bids(self) -> tuple[Bid, ...]:
        """Every announced bid: the ranked ones first by rank, then the others by key."""
        if "lot.announced" not in self.last:
            return ()
        offers = {row["bid_key"]: row for row in self._rows("lot.offers_opened")}
        marked = {row["bid"]: row for row in self.report.get("bids", [])}
        found: list[Bid] = []
        rows = self._rows("lot.announced")
        for row in sorted(
            rows, key=lambda one: (marked.get(one["bid_key"], {}).get("rank", len(rows) + 1), one["bid_key"])
        ):
            key = row["bid_key"]
            found.append(self._bid(len(found) + 1, row, offers.get(key, {}), marked.get(key, {})))
        return tuple(found)

    def bid(self, bid_key: str) -> Bid | None:
        """The bid of a key, None if none was announced under it."""
        return next((one for one in self.bids if one.bid_key == bid_key), None)

    def price(self, bid: Bid) -> str:
        """The price of an opened bid as it is shown, "" for any other."""
        if bid.price_fen:
            return texts.money(bid.price_fen)
        return texts.price(self.answers(bid).get(self.rules.price_question, ""))

    def answers(self, bid: Bid) -> Mapping[str, str]:
        """What an opened bid answered, by question; {} for any other."""
        return cast(Mapping[str, str], listing.offer({"offer": bid.offer}, self.read)["answers"])

    def files(self, bid: Bid) -> list[dict[str, Any]]:
        """`{name, size, sha256}` of the files of an opened bid."""
        return cast(list[dict[str, Any]], listing.offer({"offer": bid.offer}, self.read)["files"])

    def sheet(self, bid: Bid) -> dict[str, Any]:
        """The sheet of a marked bid, {} for any other."""
        return cast(dict[str, Any], parse_object(self.read(bid.sheet))) if bid.sheet else {}

    def _rows(self, type_: str) -> list[dict[str, Any]]:
        return listing.rows(type_, self.last[type_], self.read) if type_ in self.last else []

    def _bid(self, number: int, row: Mapping[str, Any], offer: Mapping[str, Any], mark: Mapping[str, Any]) -> Bid:
        state, reason = row["state"], row["reason"]
        if offer and state == "counted":
            state, reason = offer["state"], offer["reason"]
        if mark.get("state") in ("rejected", "same_brand") and state == "opened":
            state = mark["state"]
        return Bid(
            number=number,
            bid_key=row["bid_key"],
            submission=row["submission"],
            state=state,
            reason=reason,
            parties=tuple((one["uscc"], one["share"]) for one in row["parties"]),
            price_fen=mark.get("price_fen", 0),
            offer=offer.get("offer", ""),
            rank=mark.get("rank", 0),
            total=str(mark.get("total", "")),
            sheet=mark.get("sheet", ""),
        )


def question_titles(record: Papers, lang: Lang) -> Mapping[str, str]:
    """Question → what the form calls it."""
    return {one.id: one.title[lang] for part in record.form.parts.values() for one in part}


def shown_answer(record: Papers, question: str, answer: str, lang: Lang) -> str:
    """What the form calls an answer, for choices and for yes and no; the answer itself for any other."""
    for part in record.form_document["parts"].values():
        for one in part:
            if one["id"] != question:
                continue
            if one["kind"] == "boolean" and answer in ("yes", "no"):
                return texts.text(f"answer.{answer}", lang)
            titles = {choice["value"]: choice["title"][lang] for choice in one.get("choices", ())}
            return texts.price(answer) if one["kind"] == "money" else str(titles.get(answer, answer))
    return answer
