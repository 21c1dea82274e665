"""An abnormally low price: who is asked, who answers, who finds, and what waits for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest

from bidding.acts import ask_explanations, explain, record_evaluation
from bidding.acts.ask_explanations import AskExplanations
from bidding.acts.record_evaluation import RecordEvaluation
from bidding.procedures import due, phase
from bidding.profiles.packaged import profile_document
from bidding.profiles.profile import Profile
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from tests.support.tender_notice import DEADLINE, TENDER, hex_key, identity, sha
from tests.support.tenders import Run

LOT = "lot-1"
HALF_HOUR = timedelta(minutes=30)
NAMES = [f"{LOT} bid {number}" for number in range(4)]


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        call()
    return refused.value.code


def opened(profile: str = "works-2019", edit: Callable[[dict[str, Any]], None] = lambda _notice: None) -> Run:
    run = Run(profile=profile, edit=edit)
    run.open_tickets()
    run.close(LOT, 4)
    run.opened(LOT)
    run.now = run.clocks.end("opening_objection", run.now)
    return run


def rows(*names: str) -> list[Json]:
    return [{"bid_key": key, "price_fen": 1, "tests": ["mean"]} for key in sorted(map(hex_key, names))]


def ask(run: Run, *names: str, minutes: int = 30) -> None:
    command = AskExplanations(LOT, rows(*names), minutes)
    run.apply(ask_explanations.decide(run.procedure, command, run.now))


def asked(*names: str) -> Run:
    run = opened()
    ask(run, *(names or NAMES[:2]))
    return run


def explanation(run: Run, name: str, text: str = "our own quarry", said: str = "") -> explain.Explain:
    request: dict[str, Json] = {
        "method": "POST",
        "path": "/box/explanations",
        "body_sha256": H(canonical(explain.body(TENDER, LOT, text))).hex(),
        "at": clock.text(run.now),
        "nonce": sha(f"{name}{text}"),
    }
    return explain.Explain(LOT, hex_key(name), said or text, signing.sign("request", request, identity(name)))


def say(run: Run, name: str, text: str = "our own quarry") -> None:
    run.apply(explain.decide(run.procedure, explanation(run, name, text), run.now))


def findings(**proved: bool) -> dict[str, Json]:
    found: list[Json] = [
        {"bid_key": key, "proved": held, "finding": "its books show it"}
        for key, held in sorted((hex_key(NAMES[int(name[1:])]), held) for name, held in proved.items())
    ]
    return {"findings": found}


def judge(run: Run, people: tuple[str, ...] = ("buyer-1", "agent"), **proved: bool) -> None:
    run.act("lot.explanations_judged", findings(**proved), *people, lot=LOT)


def mark(run: Run) -> None:
    command = RecordEvaluation(LOT, run.evaluated_body(LOT))
    run.apply(record_evaluation.decide(run.procedure, command, run.now))


def test_who_is_asked_explains_and_is_judged_before_marks() -> None:
    run = asked()
    end = run.now + HALF_HOUR
    assert (run.lots[LOT].status, run.lots[LOT].explain_until) == ("explaining", end)
    assert [(one.kind, one.at) for one in due(run.procedure, run.now)] == [("evaluate", end)]
    say(run, NAMES[0])
    say(run, NAMES[0], "and our books show it")
    assert due(run.procedure, run.now) == []
    assert phase(run.procedure, LOT, run.now) == "explaining"
    run.now = end
    assert phase(run.procedure, LOT, run.now) == "judging"
    assert code_of(lambda: mark(run)) == "evaluation.unjudged"
    judge(run, b0=True)
    assert run.lots[LOT].findings == {hex_key(NAMES[0]): True}
    assert phase(run.procedure, LOT, run.now) == "explained"
    assert [one.kind for one in due(run.procedure, run.now)] == ["evaluate"]
    mark(run)
    assert run.lots[LOT].status == "evaluated"
    run.refold()


def test_where_nobody_explains_marks_follow_by_themselves() -> None:
    run = asked()
    assert code_of(lambda: mark(run)) == "evaluation.too_early"
    run.now += HALF_HOUR
    assert phase(run.procedure, LOT, run.now) == "explaining"
    assert code_of(lambda: judge(run, b0=True)) == "explanation.other_bids"
    mark(run)
    run.refold()


def test_a_demonstration_shortens_the_time_and_nobody_else_may() -> None:
    run = opened("demonstration", lambda notice: notice["published_for"].update(objections_until=clock.text(DEADLINE)))
    ask(run, NAMES[0], minutes=30)
    assert run.lots[LOT].explain_until == run.now + timedelta(seconds=25)
    page = cast(Any, profile_document("works-2019"))
    page["periods"]["explanation"] = {"amount": 1, "unit": "day", "article": "ours"}
    assert code_of(lambda: Profile.parse(page)) == "profile.shortened"


def test_nobody_is_asked_while_the_opening_may_be_objected_to() -> None:
    run = opened()
    run.now -= timedelta(milliseconds=1)
    assert code_of(lambda: ask(run, NAMES[0])) == "evaluation.too_early"
    run.object("opening", LOT, NAMES[0])
    run.now += HALF_HOUR
    assert code_of(lambda: ask(run, NAMES[0])) == "objection.unanswered"


def test_only_bids_of_the_lot_are_asked_each_once_and_in_order() -> None:
    run = opened()
    assert code_of(lambda: ask(run, "a stranger")) == "evaluation.other_bids"
    twice = AskExplanations(LOT, [*rows(NAMES[0]), *rows(NAMES[0])], 30)
    assert code_of(lambda: ask_explanations.decide(run.procedure, twice, run.now)) == "explanation.unsorted"
    none = AskExplanations(LOT, [], 30)
    assert code_of(lambda: ask_explanations.decide(run.procedure, none, run.now)).startswith("shape.")
    ask(run, NAMES[0])
    assert code_of(lambda: ask(run, NAMES[0])) == "lot.wrong_state"


def test_only_who_was_asked_explains_in_its_own_words_and_in_time() -> None:
    run = asked()
    assert code_of(lambda: say(run, NAMES[2])) == "explanation.not_asked"
    other = explanation(run, NAMES[0], said="we made a mistake")
    assert code_of(lambda: explain.decide(run.procedure, other, run.now)) == "explanation.other_body"
    of_another = explanation(run, NAMES[1])
    stolen = explain.Explain(LOT, hex_key(NAMES[0]), of_another.text, of_another.signature)
    assert code_of(lambda: explain.decide(run.procedure, stolen, run.now)).startswith("signature.")
    assert code_of(lambda: say(run, NAMES[0], "x" * 10_001)).startswith("shape.")
    run.now += HALF_HOUR
    assert code_of(lambda: say(run, NAMES[0])) == "explanation.too_late"
    assert code_of(lambda: say(opened(), NAMES[0])) == "lot.wrong_state"


def test_findings_come_after_the_end_by_two_and_cover_who_explained() -> None:
    run = asked()
    say(run, NAMES[0])
    say(run, NAMES[1])
    assert code_of(lambda: judge(run, b0=True, b1=False)) == "explanation.not_over"
    run.now += HALF_HOUR
    assert code_of(lambda: judge(run, b0=True)) == "explanation.other_bids"
    assert code_of(lambda: judge(run, b0=True, b1=False, b2=True)) == "explanation.other_bids"
    assert code_of(lambda: judge(run, ("buyer-1", "watcher-1"), b0=True, b1=False)) == "act.role"
    assert code_of(lambda: judge(run, ("buyer-1", "buyer-1"), b0=True, b1=False)) == "act.same_person"
    judge(run, b0=True, b1=False)
    assert code_of(lambda: judge(run, b0=True, b1=True)) == "lot.wrong_state"


def test_a_lot_can_be_voided_while_it_explains() -> None:
    run = asked()
    body = {"order": "void-1", "kind": "void_lot", "lot": LOT, "custodian": "", "reason": "the form was wrong"}
    run.act("order.issued", body, "watcher-1", "watcher-2")
    assert run.lots[LOT].status == "failed"
