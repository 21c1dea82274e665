"""From the notice to the deadline: contributions, tickets, enquiries, addenda, suspension, objections, orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bidding.acts import (
    amend,
    ask,
    contribute,
    draft,
    issue_ticket,
    open_tickets,
    record_postponement,
    record_release,
)
from bidding.acts.decision import Decision
from bidding.parties import Party, uscc_check_character
from bidding.procedures import phase
from bidding.procedures import tender as tenders
from ledger.basics import clock, signing
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.events import Event
from tests.support.tender_notice import (
    CUSTODIANS,
    DEADLINE,
    PUBLISHED,
    TENDER,
    beijing,
    hex_key,
    identity,
    sha,
)
from tests.support.tenders import Run


def code_of(call: Callable[[], object]) -> str:
    return refusal(call).code


def refusal(call: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as refused:
        call()
    return refused.value


def in_two_minutes(run: Run) -> None:
    run.now += timedelta(minutes=2)


# --- contributions and tickets --------------------------------------------------------------------------------------


def test_tickets_open_when_every_contribution_stands_under_a_witnessed_checkpoint() -> None:
    run = Run(("lot-1", "lot-2"))
    assert phase(run.procedure, "lot-1", run.now) == "published"
    run.open_tickets()
    assert run.drafted().tickets_open
    assert phase(run.procedure, "lot-1", run.now) == "tickets_open"


def test_no_ticket_without_all_contributions() -> None:
    run = Run()
    for party in ("contributor-1", "contributor-2"):
        run.apply(contribute.decide(run.procedure, run.contribution("lot-1", party), run.now))
    command = open_tickets.OpenTickets(9, sha("root"), 8)
    found = refusal(lambda: open_tickets.decide(run.procedure, command, run.now))
    assert (found.code, found.params["party"]) == ("tickets.contributions_missing", "contributor-3")


def test_a_contribution_outside_the_checkpoint_does_not_open_tickets() -> None:
    run = Run()
    for party in ("contributor-1", "contributor-2", "contributor-3"):
        run.apply(contribute.decide(run.procedure, run.contribution("lot-1", party), run.now))
    command = open_tickets.OpenTickets(8, sha("root"), 8)
    assert code_of(lambda: open_tickets.decide(run.procedure, command, run.now)) == "tickets.not_witnessed"


def test_the_first_contribution_of_a_party_counts_and_none_comes_after_the_tickets() -> None:
    run = Run()
    one = run.contribution("lot-1", "contributor-1")
    run.apply(contribute.decide(run.procedure, one, run.now))
    assert code_of(lambda: contribute.decide(run.procedure, one, run.now)) == "contribution.second"
    other = Run()
    other.open_tickets()
    assert code_of(lambda: contribute.decide(other.procedure, one, other.now)) == "contribution.too_late"


def test_a_contribution_is_signed_by_a_party_of_the_notice() -> None:
    run = Run()
    one = run.contribution("lot-1", "contributor-1")
    forged = contribute.Contribute("lot-1", {**one.contribution, "signature": "00" * 64})
    assert code_of(lambda: contribute.decide(run.procedure, forged, run.now)).startswith("signature.")


def company(name: str = "p-1") -> Party:
    body = "91371100MA0000001"
    return Party(name, body + uscc_check_character(body), {"zh": "甲", "en": "A"}, hex_key(name), "r", hex_key("q"), ())


def request(lot: str = "lot-1", blinded: str = "07" * 384, by: str = "p-1", tender: str = TENDER) -> dict[str, Json]:
    return signing.sign("issuance", {"tender": tender, "lot": lot, "blinded_message": blinded}, identity(by))


def ticket(run: Run, envelope: dict[str, Json], issued: str = "") -> Decision:
    return issue_ticket.decide(run.procedure, issue_ticket.IssueTicket(company(), envelope, issued), run.now)


def test_a_ticket_is_issued_once_and_asking_again_gives_the_same_answer() -> None:
    run = Run()
    run.open_tickets()
    (one,) = ticket(run, request())[f"issuance/{TENDER}/lot-1"]
    assert not one.visible  # who takes tickets is disclosed with the announcement
    assert ticket(run, request(), issued="07" * 384) == {}
    assert code_of(lambda: ticket(run, request(blinded="08" * 384), issued="07" * 384)) == "tickets.second"


@pytest.mark.parametrize(
    ("envelope", "code"),
    [
        (request(by="p-2"), "signature.wrong_key"),
        (request(tender="t-2"), "tickets.other_tender"),
        (request(lot="lot-9"), "lot.unknown"),
        (request(blinded="07" * 383), "tickets.blinded_message"),
        (request(blinded="ff" * 384), "tickets.blinded_message"),
        (request(blinded="00" * 384), "tickets.blinded_message"),
    ],
)
def test_a_ticket_is_for_this_lot_and_this_organisation(envelope: dict[str, Json], code: str) -> None:
    run = Run()
    run.open_tickets()
    assert code_of(lambda: ticket(run, envelope)) == code


def test_no_ticket_while_the_tender_is_suspended() -> None:
    run = Run()
    run.open_tickets()
    run.act("tender.suspended", {"reason": "x"}, "buyer-1", "agent")
    assert code_of(lambda: ticket(run, request())) == "tender.wrong_state"


def test_no_ticket_before_they_open_or_after_the_deadline() -> None:
    run = Run()
    assert code_of(lambda: ticket(run, request())) == "tickets.not_open"
    run.open_tickets()
    run.now = DEADLINE
    assert code_of(lambda: ticket(run, request())) == "tender.deadline_passed"
    # a lost answer is given again, whenever: it tells nothing new
    assert ticket(run, request(), issued="07" * 384) == {}


# --- enquiries ------------------------------------------------------------------------------------------------------


def test_an_enquiry_is_published_without_its_asker_and_answered_once() -> None:
    run = Run()
    run.apply(ask.decide(run.procedure, ask.Ask("e-1", "Which asphalt?"), run.now))
    assert run.events[-1].public.keys() == {"enquiry", "text"}
    run.act("enquiry.answered", {"enquiry": "e-1", "text": "AC-13"}, "agent")
    assert run.drafted().enquiries == {"e-1": True}
    again = {"enquiry": "e-1", "text": "AC-16"}
    assert code_of(lambda: run.keyed("enquiry.answered", again, "agent")) == "enquiry.already_answered"


def test_enquiries_end_when_the_notice_says() -> None:
    run = Run()
    run.now = run.procedure.notice.enquiries_until
    assert code_of(lambda: ask.decide(run.procedure, ask.Ask("e-1", "?"), run.now)) == "enquiry.too_late"


def test_an_answer_answers_something_and_is_signed_by_the_buying_side() -> None:
    run = Run()
    body = {"enquiry": "e-1", "text": "yes"}
    assert code_of(lambda: run.keyed("enquiry.answered", body, "agent")) == "enquiry.unknown"
    assert code_of(lambda: run.keyed("enquiry.answered", body, "watcher-1")) == "act.role"
    assert code_of(lambda: run.keyed("enquiry.answered", {"enquiry": "e-1", "text": ""}, "agent")) == "shape.length"


# --- addenda --------------------------------------------------------------------------------------------------------


def addendum(deadline: Any = DEADLINE, *, number: int = 1, affects: bool = True, **changes: Any) -> dict[str, Any]:
    return {
        "number": number,
        "text": {"zh": "更正", "en": "A correction"},
        "affects_bids": affects,
        "deadline": clock.text(deadline),
        "documents": [],
        **changes,
    }


def test_an_addendum_fifteen_days_before_the_deadline_moves_nothing() -> None:
    """招标投标法 art. 23."""
    run = Run()
    run.now = beijing("2026-12-09 18:00")
    run.act("addendum.issued", addendum(), "buyer-1")
    assert run.drafted().deadline == DEADLINE


def test_a_later_one_that_affects_bids_moves_the_deadline() -> None:
    run = Run()
    run.now = beijing("2026-12-10 09:00")
    found = refusal(lambda: run.keyed("addendum.issued", addendum(), "buyer-1"))
    assert found.code == "addendum.deadline_too_early"
    assert found.params["earliest"] == clock.text(beijing("2026-12-25 09:00"))
    proposed = amend.earliest_deadline(run.procedure, affects_bids=True, now=run.now)
    run.act("addendum.issued", addendum(proposed), "buyer-1")
    assert run.drafted().deadline == beijing("2026-12-25 09:00")


def test_a_later_one_that_affects_no_bid_leaves_it() -> None:
    run = Run()
    run.now = beijing("2026-12-22 09:00")
    run.act("addendum.issued", addendum(affects=False), "buyer-1")
    assert run.drafted().deadline == DEADLINE


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (addendum(DEADLINE - timedelta(minutes=1)), "deadline.earlier"),
        (addendum(DEADLINE + timedelta(seconds=30)), "deadline.not_on_minute"),
        (addendum(number=2), "addendum.number"),
        (addendum(documents=[{"name": "plan.pdf", "sha256": sha("plan"), "size": 1}]), "document.missing"),
        (addendum(documents=[{"name": "rules-lot-1.json", "sha256": sha("plan"), "size": 1}]), "document.fixed"),
        (addendum(text={"zh": "更正", "en": ""}), "shape.length"),
    ],
)
def test_an_addendum_that_makes_no_sense_is_refused(body: dict[str, Any], code: str) -> None:
    assert code_of(lambda: Run().keyed("addendum.issued", body, "buyer-1")) == code


def test_the_tenderee_signs_addenda_nobody_for_it() -> None:
    """Custodians postpone on an addendum that the tenderee signed (sealing.md §2)."""
    assert code_of(lambda: Run().keyed("addendum.issued", addendum(), "agent")) == "act.role"


def test_after_the_deadline_nothing_is_amended() -> None:
    run = Run()
    run.now = DEADLINE
    assert code_of(lambda: run.keyed("addendum.issued", addendum(affects=False), "buyer-1")) == "tender.deadline_passed"


def test_an_addendums_document_is_uploaded_first() -> None:
    run = Run()
    run.stored[sha("plan")] = 7
    run.act("addendum.issued", addendum(documents=[{"name": "p.pdf", "sha256": sha("plan"), "size": 7}]), "buyer-1")
    assert len(run.drafted().addenda) == 1


# --- postponements --------------------------------------------------------------------------------------------------


def postponement(run: Run, kids: list[str], by: str = "custodian-1") -> Decision:
    obj: dict[str, Json] = {"kids": list(kids), "not_before": clock.text(DEADLINE), "addendum": sha("addendum")}
    envelope = signing.sign("postpone", obj, CUSTODIANS[by])
    command = record_postponement.RecordPostponement("custodian-1", envelope)
    return record_postponement.decide(run.procedure, command, run.now)


def test_a_custodians_postponement_is_recorded_once_for_all_parts_of_the_lot() -> None:
    run = Run()
    kids = sorted(run.procedure.notice.lot("lot-1").kids.values())
    run.apply(postponement(run, kids))
    assert len(run.drafted().postponements) == 1
    assert postponement(run, kids) == {}
    assert code_of(lambda: postponement(run, kids[:2])) == "postponement.other_lots"
    assert code_of(lambda: postponement(run, kids, by="custodian-2")) == "signature.wrong_key"


# --- streams --------------------------------------------------------------------------------------------------------


def test_a_stream_with_a_gap_another_shape_or_another_tender_is_none() -> None:
    run = Run()
    state = run.drafted()

    def event(**changes: Any) -> Event:
        base: dict[str, Any] = {
            "stream": f"tender/{TENDER}",
            "version": state.version + 1,
            "type": "enquiry.asked",
            "at": run.now,
            "actor": "tester",
            "public": {"enquiry": "e-1", "text": "?"},
        }
        return Event(**{**base, **changes})

    for changes, code in (
        ({"version": state.version + 2}, "event.gap"),
        ({"version": state.version}, "event.gap"),
        ({"stream": "tender/t-2"}, "event.wrong_stream"),
        ({"type": "lot.closed"}, "event.unknown_type"),
        ({"public": {"enquiry": "e-1", "text": "?", "asker": "p-1"}}, "shape.unknown"),
    ):
        with pytest.raises(Refusal) as refused:
            tenders.apply(state, event(**changes))
        assert refused.value.code == code
    assert tenders.apply(state, event()).enquiries == {"e-1": False}


def test_a_draft_may_be_drafted_again_by_its_party_only() -> None:
    first = draft.decide(None, draft.DraftTender(TENDER, "buyer", sha("a")), PUBLISHED)[f"tender/{TENDER}"][0]
    state = tenders.apply(None, Event(f"tender/{TENDER}", 1, first.type, PUBLISHED, "tester", first.public))
    assert draft.decide(state, draft.DraftTender(TENDER, "buyer", sha("b")), PUBLISHED)
    other = draft.DraftTender(TENDER, "somebody", sha("b"))
    assert code_of(lambda: draft.decide(state, other, PUBLISHED)) == "tender.other_draft"
    rehearsal = draft.DraftTender("rehearsal", "buyer", sha("b"))
    assert code_of(lambda: draft.decide(None, rehearsal, PUBLISHED)) == "tender.reserved_id"


def test_a_custodian_of_another_tender_releases_nothing_here() -> None:
    run = Run()
    run.open_tickets()
    run.close("lot-1", 4)
    run.present("lot-1")
    envelope = run.release_of("lot-1", "coin", "custodian-1")
    command = record_release.RecordRelease("custodian-9", envelope)
    assert code_of(lambda: record_release.decide(run.procedure, command, run.now)) == "custodian.unknown"
