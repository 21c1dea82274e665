"""Forgeries of publication, tickets and people's acts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from bidding.acts.keys import act_object
from ledger.basics import clock, signing
from ledger.basics.canonical import Json
from ledger.bundle import Bundle
from ledger.sealed import keyset as keysets
from ledger.sealed import tickets
from ledger.sealed.postpone import Postponement, kids_of, sign_postponement
from tests.forgeries import cast as people
from tests.forgeries.cast import INTERVAL, LOTS, TENDER, key, secret, sha256
from tests.forgeries.forging import LOW, first_candidate, forgery, hooked, noticed, signed_notice
from tests.forgeries.play import Play, played
from tests.forgeries.stage import SECOND, TENDER_STREAM, Record


@forgery("tender.folds")
def an_award_without_candidates() -> Play:
    return played().rewritten(lambda record: None if record.event.type == "lot.candidates_published" else record)


@forgery("registry.sound")
def one_code_for_two_organisations() -> Play:
    play = played("log")
    play.write("party/late", "party.registered", people.party_public("late", uscc=people.uscc("alder")))
    return play.go("account")


@forgery("registry.sound")
def an_organisation_registered_after_its_ticket() -> Play:
    late = [record for record in played().written if record.event.stream == "party/fir"]

    def change(record: Record) -> Record | None:
        return None if record.event.stream == "party/fir" else record

    play = played().rewritten(change)
    play.write("party/fir", "party.registered", late[0].event.public)
    return play


@forgery("acts.signed")
def an_addendum_without_the_tenderee() -> Play:
    def other(public: dict[str, Any]) -> dict[str, Any]:
        body = {name: value for name, value in public.items() if name != "acts"}
        obj = act_object(
            "addendum.issued", TENDER_STREAM, body, "as the file says", people.START + timedelta(minutes=1)
        )
        return {**body, "acts": [signing.sign("act", obj, key("agnes"))]}

    return hooked("bid", "account", addendum_issued=other)


@forgery("acts.signed")
def a_notice_signed_twice_by_one_person() -> Play:
    return hooked("draft", "publish", tender_published=lambda public: signed_notice(public["notice"], "tess", "tess"))


@forgery("acts.signed")
def an_answer_in_anothers_name() -> Play:
    return hooked(
        "bid", "account", objection_answered=lambda public: {**public, "upheld": False, "text": "Other words."}
    )


@forgery("acts.lawful")
def an_answer_after_the_deadline() -> Play:
    play = played("rebid")
    play.write(TENDER_STREAM, "enquiry.asked", {"enquiry": "q-2", "text": "And how long?"})
    return play.go("account")


@forgery("acts.lawful")
def an_addendum_that_leaves_no_time() -> Play:
    play = played("bid")
    play.until(people.DEADLINE - SECOND)
    body: dict[str, Json] = {
        "number": 1,
        "text": {"zh": "变更", "en": "A change"},
        "affects_bids": True,
        "deadline": clock.text(people.DEADLINE),
        "documents": [],
    }
    signed = play.signed("addendum.issued", body, "tess")
    play.write(TENDER_STREAM, "addendum.issued", signed.public())
    return play


@forgery("notice.lawful")
def a_notice_without_time_to_object() -> Play:
    def change(notice: dict[str, Any]) -> None:
        notice["published_for"]["objections_until"] = clock.text(people.DEADLINE + INTERVAL)

    return noticed("account", change)


@forgery("notice.lawful")
def a_weak_ticket_key() -> Play:
    def change(notice: dict[str, Any]) -> None:
        notice["lots"][1]["spki"] = notice["lots"][0]["spki"]

    return noticed("publish", change)


@forgery("notice.documents")
def the_rules_left_out() -> Bundle:
    bundle = played().bundle()
    gone = sha256(people.documents()["rules-low.json"])
    return replace(bundle, documents={name: data for name, data in bundle.documents.items() if name != gone})


@forgery("institutions.trusted")
def a_custodian_of_the_platforms_own() -> Play:
    def change(notice: dict[str, Any]) -> None:
        notice["custodians"][2]["key"] = people.hex_key("evil")
        for lot in notice["lots"]:
            for item in lot["keysets"]:
                made = keysets.parse(item["keyset"])
                own = keysets.own_key(made, "custodian-3", secret("master custodian-3"))
                item["signatures"][2] = keysets.sign_keyset(made, "custodian-3", own, key("evil"))

    return noticed("tickets", change)


@forgery("institutions.trusted")
def a_contributor_of_the_platforms_own() -> Play:
    def change(notice: dict[str, Any]) -> None:
        notice["contributors"][2]["key"] = people.hex_key("evil")

    return noticed("publish", change)


@forgery("keysets.signed")
def a_key_set_that_one_custodian_did_not_sign() -> Play:
    def change(notice: dict[str, Any]) -> None:
        notice["lots"][0]["keysets"][2]["signatures"].pop()

    return noticed("account", change)


@forgery("keysets.signed")
def one_key_set_for_two_lots() -> Play:
    def change(notice: dict[str, Any]) -> None:
        notice["lots"][1]["keysets"] = notice["lots"][0]["keysets"]

    return noticed("publish", change)


@forgery("contributions.before_tickets")
def a_contribution_after_the_tickets() -> Play:
    held = next(record for record in played("contribute").stream(LOW) if _party(record) == "contributor-3")
    play = played("contribute").rewritten(lambda record: None if record.event == held.event else record)
    size = play.heads[-1][0]
    play.write(TENDER_STREAM, "tickets.opened", {"tender": TENDER, "checkpoint": _checkpoint(play, size)})
    play.write(LOW, "contribution.recorded", held.event.public)
    return play


@forgery("contributions.before_tickets")
def tickets_on_a_checkpoint_nobody_saw() -> Play:
    return hooked(
        "contribute", "account", tickets_opened=lambda public: {**public, "checkpoint": {"size": 26, "root": "0" * 64}}
    )


def _party(record: Record) -> str:
    contribution = cast(dict[str, Any], record.event.public.get("contribution", {"object": {}}))
    return str(contribution["object"].get("party"))


def _checkpoint(play: Play, size: int) -> dict[str, Json]:
    return {"size": size, "root": play.root(size).hex()}


@forgery("tickets.issued")
def a_second_ticket_for_one_organisation() -> Play:
    play = played("tickets")
    other = tickets.request(secret("a second secret"), TENDER, "f4", people.spki("f4"))
    public = {"party": "alder", "request": tickets.issuance(TENDER, "f4", other.blinded, key("seal alder"))}
    play.write(f"issuance/{TENDER}/f4", "ticket.issued", public)
    return play.go("account")


@forgery("tickets.issued")
def a_ticket_that_its_organisation_never_asked_for() -> Play:
    play = played("tickets")
    play.write("party/late", "party.registered", people.party_public("late"))
    asked = people.request("late", "f4").blinded
    public = {"party": "late", "request": tickets.issuance(TENDER, "f4", asked, key("evil"))}
    play.write(f"issuance/{TENDER}/f4", "ticket.issued", public)
    return play.go("account")


@forgery("tickets.cover_bids")
def a_minted_ticket() -> Play:
    play = played("amend")
    play.submit("stranger", "f4", "500000")
    return play.go("account")


@forgery("postponements.sound")
def a_postponement_by_nobody() -> Play:
    play = played("amend")
    kids = kids_of([people.made_keyset("low", part) for part in ("coin", "identity", "offer")])
    made = Postponement(kids, clock.text(people.MOVED), play.last("addendum.issued").leaf.hex())
    play.write(TENDER_STREAM, "postponement.recorded", {"postponement": sign_postponement(made, key("evil"))})
    return play.go("account")


@forgery("postponements.sound")
def a_postponement_without_an_addendum() -> Play:
    play = played("amend")
    kids = kids_of([people.made_keyset("low", part) for part in ("coin", "identity", "offer")])
    made = Postponement(kids, clock.text(people.MOVED), "0" * 64)
    play.write(TENDER_STREAM, "postponement.recorded", {"postponement": sign_postponement(made, key("custodian-1"))})
    return play.go("account")


@forgery("objections.lawful")
def an_award_over_an_unanswered_objection() -> Play:
    play = played("candidates")
    play.until(play.now + 3 * SECOND)
    for lot in LOTS:
        play.write(f"lot/{TENDER}/{lot}", "lot.awarded", first_candidate(play, lot))
    play.done = (*play.done, "award")
    return play.go("account")


@forgery("objections.lawful")
def an_objection_in_anothers_name() -> Play:
    return hooked(
        "evaluate", "account", objection_made=lambda public: {**public, "bid_key": people.bid_hex("alder", "f4")}
    )


@forgery("acts.signed")
def an_order_by_a_supervisor_of_the_platforms_own() -> Play:
    play = played("log")
    mallory = {"person": "mallory", "party": "authority", "role": "supervisor", "key": people.hex_key("mallory")}
    play.write("person/mallory", "person.registered", mallory)
    play.go("present")
    body = {"order": "x-1", "kind": "open_access_log", "lot": "", "custodian": "", "reason": "curiosity"}
    play.act("order.issued", body, "carl", "mallory")
    return play.go("account")


# --- times ------------------------------------------------------------------------------------------------------------


def _seen_late(play: Play, type_: str, until: timedelta) -> Play:
    """Nobody sees the log from just before an event on till long after it."""
    index = next(index for index, record in play.indexed() if record.event.type == type_)
    at = next(record.event.at for record in play.written if record.event.type == type_)
    play.heads = [(size, when) for size, when in play.heads if size <= index or when > at + until]
    return play


@forgery("periods.witnessed")
def a_notice_set_back() -> Play:
    play = played()
    play.until(people.MOVED + 10 * INTERVAL)
    return _seen_late(play, "tender.published", 10 * INTERVAL)


@forgery("periods.witnessed")
def a_standstill_set_back() -> Play:
    play = played()
    play.until(people.MOVED + 10 * INTERVAL)
    return _seen_late(play, "lot.candidates_published", 5 * INTERVAL)


@forgery("box.settings")
def an_hour_after_the_deadline() -> Play:
    def change(record: Record) -> Record:
        if record.event.type != "log.opened":
            return record
        return replace(record, event=replace(record.event, public={**record.event.public, "grace_ms": 3_600_000}))

    return played().rewritten(change)


@forgery("account.when_due")
def a_tender_without_its_account() -> Play:
    play = played("contract")
    play.until(play.now + 5 * INTERVAL)
    return play
