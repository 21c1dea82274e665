"""Forgeries of the screening of abnormally low prices, and of the explanations."""

from __future__ import annotations

from typing import Any

from ledger.events import Draft
from tests.forgeries import cast as people
from tests.forgeries.cast import LOTS, TENDER
from tests.forgeries.forging import LOW, forgery, hooked
from tests.forgeries.play import Play, played
from tests.forgeries.stage import SECOND


@forgery("explanations.asked")
def a_low_price_refused_without_asking() -> Play:
    play = played("offers")
    play.until(play.now + 2 * SECOND)
    for lot in LOTS:
        play.write(f"lot/{TENDER}/{lot}", "lot.evaluated", play.evaluation(lot))
    return play


@forgery("explanations.asked")
def somebody_asked_who_need_not_explain() -> Play:
    def other(public: dict[str, Any]) -> dict[str, Any]:
        row = {"bid_key": people.bid_hex("birch", "low"), "price_fen": 71_000_000, "tests": ["ceiling"]}
        return {**public, "asked": sorted([*public["asked"], row], key=lambda one: one["bid_key"])}

    return hooked("offers", "evaluate", lot_explanations_asked__low=other)


@forgery("explanations.asked")
def a_reason_that_is_not_the_rules() -> Play:
    def other(public: dict[str, Any]) -> dict[str, Any]:
        return {**public, "asked": [{**row, "tests": ["mean"]} for row in public["asked"]]}

    return hooked("offers", "evaluate", lot_explanations_asked__low=other)


@forgery("explanations.asked")
def less_time_than_the_rules_give() -> Play:
    return hooked("offers", "evaluate", lot_explanations_asked__low=lambda public: {**public, "minutes": 1})


@forgery("explanations.asked")
def asked_before_anybody_could_object() -> Play:
    play = played("offers")
    asked = played("explain").last("lot.explanations_asked", "low").event.public
    play.now = play.last("lot.offers_opened", "low").event.at
    play.write(LOW, "lot.explanations_asked", asked)
    play.done += ("explain",)
    return play


@forgery("explanations.heard")
def words_that_the_bidder_did_not_sign() -> Play:
    return hooked(
        "offers", "evaluate", lot_explanation_given__low=lambda public: {**public, "text": "We made a mistake."}
    )


@forgery("explanations.heard")
def an_explanation_after_its_time() -> Play:
    play = played("offers")
    play.until(play.now + 2 * SECOND)
    play.ask("low")
    play.until(play.now + 25 * SECOND)
    play.write(LOW, "lot.explanation_given", play.explanation("low", "alder", "late"))
    play.act("lot.explanations_judged", play.findings("low", "alder"), "tess", "agnes", lot="low")
    play.done += ("explain",)
    return play.go("evaluate")


@forgery("explanations.heard")
def a_finding_before_the_time_was_over() -> Play:
    play = played("offers")
    play.until(play.now + 2 * SECOND)
    play.ask("low")
    play.explain("low", "alder", "The quarry is our own.")
    signed = play.signed("lot.explanations_judged", play.findings("low", "alder"), "tess", "agnes", lot="low")
    play.write(LOW, "lot.explanations_judged", signed.public())
    play.done += ("explain",)
    return play.go("evaluate")


@forgery("explanations.heard")
def a_finding_by_one_side_alone() -> Play:
    play = played("offers")
    play.until(play.now + 2 * SECOND)
    play.ask("low")
    play.explain("low", "alder", "The quarry is our own.")
    play.until(play.now + 25 * SECOND)
    signed = play.signed(
        "lot.explanations_judged", play.findings("low", "alder", proved=False), "agnes", "sue", lot="low"
    )
    play.write(LOW, "lot.explanations_judged", signed.public())
    play.done += ("explain",)
    return play.go("evaluate")


@forgery("evaluation.recomputed")
def a_finding_that_the_marks_do_not_follow() -> Play:
    play = played("explain")

    def hook(at: Play, _stream: str, draft: Draft) -> Draft:
        return Draft(draft.type, at.evaluation("low", {people.bid_hex("alder", "low"): False}))

    play.hooks["lot.evaluated@low"] = hook
    return play.go("evaluate")


@forgery("evaluation.recorded")
def marks_before_an_explanation_is_judged() -> Play:
    play = played("offers")
    play.until(play.now + 2 * SECOND)
    play.ask("low")
    play.explain("low", "alder", "The quarry is our own.")
    play.until(play.now + 25 * SECOND)
    play.write(LOW, "lot.evaluated", play.evaluation("low"))
    play.done += ("explain",)
    return play
