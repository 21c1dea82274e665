"""Forgeries of the opening."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from ledger.basics import clock, signing
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
    said = played("present").last("lot.present", "low").event.public
    play.write(LOW, "lot.present", said)
    return play


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


@forgery("offers.recomputed")
def a_price_changed_at_the_opening() -> Play:
    def other(public: dict[str, Any]) -> dict[str, Any]:
        rows = [dict(row) for row in public["bids"]]
        row = next(row for row in rows if row["bid_key"] == people.bid_hex("cedar", "low"))
        row["answers"] = {**row["answers"], "price": "1"}
        return {"bids": rows}

    return hooked("offer", "account", lot_offers_opened__low=other)
