"""Forgeries of the opening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from bidding.procedures import listing
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.bundle import Bundle
from ledger.events import Draft
from tests.forgeries import cast as people
from tests.forgeries.cast import key
from tests.forgeries.forging import LOW, forgery, hooked
from tests.forgeries.play import Play, played
from tests.forgeries.stage import Record


@forgery("present.first")
def a_release_before_presence_was_stated() -> Play:
    play = played("close")
    public = {"custodian": "custodian-1", "part": "coin", "release": play.answer("low", "coin", "custodian-1")}
    play.write(LOW, "release.recorded", public)
    later = played("present")
    said = later.last("lot.present", "low").event.public
    play.documents[str(said["ciphertexts"])] = later.read(str(said["ciphertexts"]))
    play.write(LOW, "lot.present", said)
    return play


def _first_lost(play: Play, draft: Draft) -> list[Json]:
    """A list of presence that says of the first ciphertext that it was lost."""
    rows = listing.rows("lot.present", draft.public, play.read)
    return [{**rows[0], "present": False}, *rows[1:]]


@forgery("present.first")
def another_list_of_presence() -> Bundle:
    """Made once the bids are known, under the name of the one that was stated."""
    play, bundle = played(), played().bundle()
    said = play.last("lot.present", "low").event
    other = canonical({"ciphertexts": _first_lost(play, Draft(said.type, said.public))})
    return replace(bundle, documents={**bundle.documents, str(said.public["ciphertexts"]): other})


@forgery("present.first")
def a_list_of_presence_kept_back() -> Bundle:
    play, bundle = played(), played().bundle()
    gone = play.last("lot.present", "low").event.public["ciphertexts"]
    return replace(bundle, documents={name: data for name, data in bundle.documents.items() if name != gone})


@forgery("present.first")
def a_list_of_presence_without_a_bid() -> Play:
    def other(public: dict[str, Any]) -> dict[str, Any]:
        first = public["ciphertexts"][0]["submission"]
        return {"ciphertexts": [row for row in public["ciphertexts"] if row["submission"] != first]}

    return hooked("close", "present", lot_present__low=other)


@forgery("present.first")
def a_form_that_was_there_and_is_not() -> Bundle:
    bundle = played().bundle()
    return replace(bundle, forms=dict(list(bundle.forms.items())[1:]))


@forgery("releases.signed")
def a_release_in_a_custodians_name() -> Play:
    def other(public: dict[str, Any]) -> dict[str, Any]:
        if public["custodian"] != "custodian-3" or public["part"] != "coin":
            return public
        return {**public, "release": signing.sign("release", public["release"]["object"], key("evil"))}

    return hooked("present", "account", release_recorded__low=other)


@forgery("releases.after_conditions")
def a_release_that_saw_too_little() -> Play:
    play = played("present")
    early = next(size for size, _ in play.heads if size > 20)
    _answering(play, "coin", "low", size=early, root=play.root(early))
    return play.go("account")


@forgery("releases.after_conditions")
def a_release_before_its_time() -> Play:
    play = played("present")
    _answering(play, "coin", "low", at=clock.text(people.DEADLINE))
    return play.go("account")


@forgery("releases.exact")
def a_release_that_opens_a_withdrawn_bid() -> Play:
    play = played("coefficients")
    elm = next(bid for bid in play.bids.values() if bid.submission.bid_key == people.bid_hex("elm", "f4"))
    extra = (bytes.fromhex(elm.submission.bid_key), elm.submission.seal(people.made_keyset("f4", "identity")))
    _answering(play, "identity", "f4", seals={**play.seals("f4", "identity"), elm.sha256: extra})
    return play.go("account")


def _answering(play: Play, part: str, lot: str, **changes: Any) -> None:
    """Custodian 3 answers otherwise."""

    def hook(at: Play, _stream: str, draft: Draft) -> Draft:
        public = cast(dict[str, Any], draft.public)
        if (public["custodian"], public["part"]) != ("custodian-3", part):
            return draft
        return replace(draft, public={**public, "release": at.answer(lot, part, "custodian-3", **dict(changes))})

    play.hooks[f"release.recorded@{lot}"] = hook


@forgery("seals.judged")
def a_result_without_enough_releases() -> Play:
    def change(record: Record) -> Record | None:
        gone = record.event.type == "release.recorded" and record.event.public["part"] == "coin"
        return None if gone and record.event.public["custodian"] != "custodian-1" else record

    return played().rewritten(change)


@forgery("coefficients.recomputed")
def a_coefficient_of_ones_choice() -> Play:
    def other(public: dict[str, Any]) -> dict[str, Any]:
        value = "2" if public["values"]["c_low"] == "-4" else "-4"
        return {**public, "values": {**public["values"], "c_low": value}}

    return hooked("coin", "offer", lot_coefficients__f4=other)


@forgery("announced.recomputed")
def a_bidder_excluded_without_ground() -> Play:
    def other(public: dict[str, Any]) -> dict[str, Any]:
        bids = [dict(row) for row in public["bids"]]
        row = next(row for row in bids if row["bid_key"] == people.bid_hex("birch", "f4"))
        row |= {"state": "void", "reason": {"code": "statement.unsigned", "article": "", "params": {}}}
        return {**public, "bids": bids, "counted": public["counted"] - 1}

    return hooked("identity", "announce", lot_announced__f4=other)


@forgery("announced.recomputed")
def a_void_bid_let_in() -> Play:
    def other(public: dict[str, Any]) -> dict[str, Any]:
        bids = [{**row, "state": "counted", "reason": {}} for row in public["bids"]]
        return {**public, "bids": bids, "counted": len(bids)}

    return hooked("identity", "announce", lot_announced__low=other)


@forgery("announced.recomputed")
def the_list_of_bidders_kept_back() -> Bundle:
    play, bundle = played(), played().bundle()
    gone = play.last("lot.announced", "low").event.public["bids"]
    return replace(bundle, documents={name: data for name, data in bundle.documents.items() if name != gone})


def _cheaper(play: Play, row: Mapping[str, Any]) -> tuple[str, bytes]:
    """A document of an offer at a price of 1."""
    offer = listing.offer(row, play.read)
    return listing.document({**offer, "answers": {**offer["answers"], "price": "1"}})


@forgery("offers.recomputed")
def a_price_changed_at_the_opening() -> Play:
    play = played("offer")

    def hook(at: Play, _stream: str, draft: Draft) -> Draft:
        rows = listing.rows(draft.type, draft.public, at.read)
        row = next(row for row in rows if row["bid_key"] == people.bid_hex("cedar", "low"))
        sha256, page = _cheaper(at, row)
        row["offer"] = sha256
        return replace(draft, public=at.said(listing.body(draft.type, {"bids": list[Json](rows)}, {sha256: page})))

    play.hooks["lot.offers_opened@low"] = hook
    return play.go("account")


@forgery("offers.recomputed")
def an_offer_whose_document_is_another() -> Bundle:
    """The event is the true one; what lies under the name of the offer is not."""
    play, bundle = played(), played().bundle()
    row = next(one for one in play.rows("lot.offers_opened", "low") if one["state"] == "opened")
    _, page = _cheaper(play, row)
    return replace(bundle, documents={**bundle.documents, row["offer"]: page})


@forgery("offers.recomputed")
def an_offer_whose_document_is_missing() -> Bundle:
    play, bundle = played(), played().bundle()
    gone = next(one["offer"] for one in play.rows("lot.offers_opened", "f4") if one["state"] == "opened")
    return replace(bundle, documents={name: data for name, data in bundle.documents.items() if name != gone})
