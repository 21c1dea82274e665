"""Forgeries of the evaluation and the award."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from evaluation.acts import evaluate
from ledger.basics.canonical import Json, canonical, parse
from ledger.bundle import Bundle
from ledger.events import Draft
from tests.forgeries import cast as people
from tests.forgeries.cast import LOTS, TENDER, sha256
from tests.forgeries.forging import F4, LOW, first_candidate, forgery, hooked, noticed
from tests.forgeries.play import Play, played
from tests.forgeries.stage import SECOND, Record


@forgery("rules.published")
def rules_for_another_category() -> Play:
    return noticed("publish", lambda notice: notice.update(category="services"))


@forgery("rules.published")
def rules_that_nobody_published() -> Play:
    play = played("evaluate")

    def change(record: Record) -> Record:
        if record.event.type != "lot.evaluated" or record.event.stream != LOW:
            return record
        other = sha256(people.documents()["rules-f4.json"])
        return replace(record, event=replace(record.event, public={**record.event.public, "rules": other}))

    return play.rewritten(change)


@forgery("evaluation.recomputed")
def a_mark_raised_by_hand() -> Play:
    play = played("offers")

    def hook(at: Play, _stream: str, draft: Draft) -> Draft:
        public = cast(dict[str, Any], draft.public)
        summary = cast(dict[str, Any], parse(at.documents[public["report"]]))
        low = max(summary["bids"], key=lambda row: row.get("rank", 0))
        low["total"] = "99.00"
        ranking = [{**row, "total": "99.00"} if row["bid_key"] == low["bid"] else row for row in public["ranking"]]
        page = canonical(summary)
        at.documents[sha256(page)] = page
        return replace(draft, public={**public, "report": sha256(page), "ranking": ranking})

    play.hooks["lot.evaluated@f4"] = hook
    return play.go("account")


@forgery("evaluation.recomputed")
def a_sheet_that_is_missing() -> Bundle:
    play, bundle = played(), played().bundle()
    summary = cast(
        dict[str, Any], parse(bundle.documents[str(play.last("lot.evaluated", "f4").event.public["report"])])
    )
    gone = summary["bids"][0]["sheet"]
    return replace(bundle, documents={name: data for name, data in bundle.documents.items() if name != gone})


@forgery("evaluation.recorded")
def a_ranking_that_is_not_the_reports() -> Play:
    def other(public: dict[str, Any]) -> dict[str, Any]:
        return {**public, "candidates": public["candidates"][::-1]}

    return hooked("offers", "account", lot_evaluated__f4=other)


@forgery("evaluation.recorded")
def an_evaluation_before_anybody_could_object() -> Play:
    play = played("offers")
    play.now = play.last("lot.offers_opened").event.at
    for lot in LOTS:
        play.write(f"lot/{TENDER}/{lot}", "lot.evaluated", play.evaluation(lot))
        play.now -= SECOND
    return play


@forgery("candidates.follow")
def a_candidates_price_changed() -> Play:
    def other(public: dict[str, Any]) -> dict[str, Any]:
        first, *rest = public["candidates"]
        return {**public, "candidates": [{**first, "price_fen": first["price_fen"] + 1}, *rest]}

    return hooked("evaluate", "account", lot_candidates_published__f4=other)


@forgery("candidates.follow")
def a_winner_beyond_the_limit() -> Play:
    play = played("evaluate")
    play.hooks["lot.candidates_published@low"] = _all_candidates
    return play.go("account")


def _all_candidates(play: Play, _stream: str, draft: Draft) -> Draft:
    """Every candidate the report proposes, the one who won the other lot too."""
    evaluated = cast(dict[str, Any], play.last("lot.evaluated", "low").event.public)
    prices = evaluate.prices(cast(dict[str, Any], parse(play.documents[evaluated["report"]])))
    parties = {row["bid_key"]: row["parties"] for row in play.rows("lot.announced", "low")}
    rows: list[Json] = [
        {**row, "parties": parties[row["bid_key"]], "price_fen": prices[row["bid_key"]]}
        for row in evaluated["ranking"]
        if row["bid_key"] in evaluated["candidates"]
    ]
    return replace(draft, public={**draft.public, "candidates": rows})


@forgery("award.follows")
def an_award_before_the_standstill_is_over() -> Play:
    play = played("evaluate")
    play.hooks["objection.made"] = lambda _play, _stream, _draft: None
    play.go("candidates")
    for lot in LOTS[::-1]:
        play.write(f"lot/{TENDER}/{lot}", "lot.awarded", first_candidate(play, lot))
    return play


@forgery("award.follows")
def an_award_to_the_second() -> Play:
    def change(record: Record) -> Record:
        if record.event.type != "lot.awarded" or record.event.stream != F4:
            return record
        rows = cast(Any, played().last("lot.candidates_published", "f4").event.public["candidates"])
        second = {name: rows[1][name] for name in ("bid_key", "rank", "price_fen")}
        return replace(record, event=replace(record.event, public=second))

    return played().rewritten(change)


@forgery("award.follows")
def the_second_passed_to_without_two_keys() -> Play:
    play = played("objection")
    rows = cast(Any, play.last("lot.candidates_published", "f4").event.public["candidates"])
    body = {"from": rows[0]["bid_key"], "to": rows[1]["bid_key"], "reason": "we like it better"}
    signed = play.signed("lot.next_candidate", body, "tess", "sue", lot="f4")
    play.write(F4, "lot.next_candidate", signed.public())
    return play.go("award")
