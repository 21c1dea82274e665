"""Forgeries of the box and the roll."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from bidding import roll as rolls
from bidding.procedures import listing
from ledger import merkle
from ledger.basics import clock
from ledger.basics.canonical import Json, canonical, parse
from ledger.bundle import Bundle, decode
from ledger.checkpoint import Note, Signature, cosign, parse_note
from ledger.events import Draft
from tests.forgeries import cast as people
from tests.forgeries.cast import INTERVAL, TENDER, key, secret
from tests.forgeries.forging import LOW, forgery, hooked
from tests.forgeries.play import Play, played
from tests.forgeries.stage import SECOND, TENDER_STREAM
from tests.support.stored import stored


@forgery("box.minutes")
def a_minute_that_was_never_written() -> Play:
    gone = clock.text(people.START + 4 * INTERVAL)
    return hooked("amend", "account", box_minute=lambda public: None if public["minute"] == gone else public)


@forgery("box.minutes")
def a_minute_without_a_commitment() -> Play:
    gone = clock.text(people.START + 4 * INTERVAL)
    play = played("amend")

    def hook(_play: Play, _stream: str, draft: Draft) -> Draft:
        return replace(draft, sealed={}) if draft.public["minute"] == gone else draft

    play.hooks["box.minute"] = hook
    return play.go("account")


@forgery("box.minutes")
def no_commitment_in_the_last_minutes() -> Play:
    """Everything handed in late for one lot is dropped, and with too few left it fails: no gap, only an early end."""
    play = played("amend")
    since = clock.text(play.minute)

    def hook(_play: Play, _stream: str, draft: Draft) -> Draft:
        kept = {name: value for name, value in draft.sealed.items() if not name.endswith("/low")}
        return replace(draft, sealed=kept) if str(draft.public["minute"]) >= since else draft

    play.hooks["box.minute"] = hook
    return play.go("close")


@forgery("box.minutes")
def the_last_minutes_never_written() -> Play:
    """As if after an outage: the lot closes when the grace is over, without the lists of its last minutes."""
    play = played("amend")
    since = clock.text(play.minute)
    play.hooks["box.minute"] = lambda _play, _stream, draft: None if str(draft.public["minute"]) >= since else draft
    play.go("rebid")
    play.until(people.MOVED + people.GRACE + INTERVAL)
    play.witness()
    return play.go("close")


@forgery("box.minutes")
def a_lot_of_which_the_box_never_heard() -> Play:
    play = played("publish")

    def hook(_play: Play, _stream: str, draft: Draft) -> Draft:
        return replace(draft, sealed={name: value for name, value in draft.sealed.items() if name.endswith("/f4")})

    play.hooks["box.minute"] = hook
    return play.go("close")


@forgery("box.disclosed")
def a_minutes_list_kept_shut() -> Bundle:
    bundle = played().bundle()
    return replace(bundle, values={"box": bundle.values["box"][1:]})


@forgery("box.disclosed")
def a_bid_left_out_of_list_and_roll() -> Play:
    return hooked("rebid", "account", lot_closed__low=_without_lists)


def _without_lists(public: dict[str, Any]) -> dict[str, Any]:
    return {**public, "minutes": public["minutes"][:1]}


def _cited(bundle: Bundle) -> tuple[int, datetime]:
    """The checkpoint that lot low's closing cites for its first minute, and when it was witnessed."""
    (closed,) = [decode(line) for line in bundle.streams[LOW] if decode(line).type == "lot.closed"]
    found = listing.rows(closed.type, closed.public, stored(bundle.documents))[0]["witnessed"]
    return found["size"], clock.parse_time(found["at"])


def _cosigned(bundle: Bundle, size: int, times: Mapping[str, datetime]) -> Bundle:
    """The bundle with one checkpoint's cosignatures exchanged."""
    note = parse_note(bundle.notes[size])
    lines = [Signature.parse(cosign(note.body, name, key(name), at)) for name, at in times.items()]
    made = Note(note.body, (note.signatures[0], *lines)).text().encode()
    return replace(bundle, notes={**bundle.notes, size: made})


@forgery("box.witnessed")
def a_minutes_checkpoint_left_out() -> Bundle:
    """By the next one its bids would have come too late."""
    bundle = played().bundle()
    size, _ = _cited(bundle)
    return replace(bundle, notes={at: note for at, note in bundle.notes.items() if at != size})


@forgery("box.witnessed")
def a_later_checkpoint_cited() -> Play:
    """By the platform itself, which shows the first one all the same."""
    later = played("rebid").heads[-1]

    def other(public: dict[str, Any]) -> dict[str, Any]:
        public["minutes"][0]["witnessed"] = rolls.Witnessed(*later).to_json()
        return public

    return hooked("rebid", "account", lot_closed__low=other)


@forgery("box.witnessed")
def another_time_cited() -> Play:
    def earlier(public: dict[str, Any]) -> dict[str, Any]:
        found = public["minutes"][0]["witnessed"]
        found["at"] = clock.text(clock.parse_time(found["at"]) - SECOND)
        return public

    return hooked("rebid", "account", lot_closed__low=earlier)


@forgery("box.witnessed")
def a_late_cosignature_in_the_place_of_one_in_time() -> Bundle:
    """The third witness was away, and signed when the grace was over."""
    bundle = played().bundle()
    size, at = _cited(bundle)
    first, _, third = people.WITNESSES
    return _cosigned(bundle, size, {first: at, third: at + 2 * people.GRACE})


@forgery("box.witnessed")
def a_late_cosignature_by_a_clock_that_is_behind() -> Bundle:
    """The third witness comes last, and its clock makes the checkpoint older than it was."""
    bundle = played().bundle()
    size, at = _cited(bundle)
    first, second, third = people.WITNESSES
    return _cosigned(bundle, size, {first: at - SECOND, second: at, third: at - 2 * people.GRACE})


@forgery("box.disclosed")
def the_lists_of_the_minutes_kept_back() -> Bundle:
    play, bundle = played(), played().bundle()
    gone = play.last("lot.closed", "f4").event.public["minutes"]
    return replace(bundle, documents={name: data for name, data in bundle.documents.items() if name != gone})


@forgery("submissions.valid")
def a_bid_on_anothers_ticket() -> Play:
    play = played("amend")
    play.submit("elm", "low", "500000", ticket_of="birch")
    return play.go("account")


@forgery("submissions.valid")
def a_listed_bid_left_out() -> Bundle:
    bundle = played().bundle()
    return replace(bundle, submissions=dict(list(bundle.submissions.items())[1:]))


@forgery("submissions.valid")
def a_bid_whose_signature_was_changed() -> Bundle:
    bundle = played().bundle()
    name, data = next(iter(bundle.submissions.items()))
    envelope = {**cast(dict[str, Json], parse(data)), "signature": "0" * 128}
    return replace(bundle, submissions={**bundle.submissions, name: canonical(envelope)})


@forgery("submissions.current")
def a_bid_under_terms_long_replaced() -> Play:
    play = played("bid")
    old = play.terms
    play.go("amend")
    play.until(people.START + 5 * INTERVAL)
    play.submit("elm", "low", "500000", terms=old)
    return play.go("account")


@forgery("submissions.current")
def two_bids_with_one_number() -> Play:
    play = played("amend")
    play.submit("alder", "low", "500000", seq=1)
    return play.go("account")


@forgery("roll.first")
def two_rolls() -> Play:
    play = played("rebid")

    def hook(_play: Play, stream: str, draft: Draft) -> Draft:
        lot = stream.rsplit("/", 1)[1]
        return replace(draft, before=(rolls.roll_entry(rolls.roll_object(TENDER, lot, [])), *draft.before))

    play.hooks["lot.closed"] = hook
    return play.go("account")


@forgery("roll.first")
def an_early_roll_left_of_the_bundles_entries() -> Bundle:
    """The entries begin behind it; every event before them has its proof, so that nothing else is missed."""
    play = played("publish")
    fallen = people.sha256(b"an early roll, which would have failed the lot for ever")
    early = rolls.roll_entry(rolls.roll_object(TENDER, "low", [fallen]))

    def hook(_play: Play, _stream: str, draft: Draft) -> Draft:
        return replace(draft, before=(early,))

    play.hooks["contribution.recorded@low"] = hook
    play.go("contribute")
    del play.hooks["contribution.recorded@low"]
    bundle, entries = play.go("account").bundle(), play.entries()
    nodes = merkle.nodes_of([merkle.leaf_hash(entry) for entry in entries])
    start = len(entries) - entries[::-1].index(early)
    left = {line.index for found in bundle.streams.values() for line in found if line.index < start}
    return replace(
        bundle,
        edge=merkle.left_edge(nodes, start),
        entries=tuple(entries[start : bundle.size]),
        proofs={index: tuple(merkle.inclusion_proof(nodes, index, bundle.size)) for index in left},
        notes={size: note for size, note in bundle.notes.items() if size > start},
    )


@forgery("roll.first")
def a_roll_that_is_not_the_one_in_the_tree() -> Play:
    return hooked("rebid", "close", lot_closed__low=_shorter)


def _shorter(public: dict[str, Any]) -> dict[str, Any]:
    roll = public["roll"]
    return {**public, "roll": {**roll, "submissions": roll["submissions"][1:]}}


@forgery("roll.first")
def a_ticket_kept_back() -> Play:
    play = played("rebid")

    def hook(play: Play, stream: str, draft: Draft) -> Draft:
        lot = stream.rsplit("/", 1)[1]
        issued = [(record.salt, record.leaf) for record in play.stream(f"issuance/{TENDER}/{lot}")]
        more = [*issued, (secret("salt"), secret("kept back"))]
        return replace(draft, before=(rolls.issued_entry(TENDER, lot, more), *draft.before[1:]))

    play.hooks["lot.closed@low"] = hook
    return play.go("account")


@forgery("roll.counted")
def a_bid_left_off_the_roll() -> Play:
    play = played("rebid")
    cedar = next(name for name, bid in play.bids.items() if bid.submission.bid_key == people.bid_hex("cedar", "f4"))

    def hook(_play: Play, _stream: str, draft: Draft) -> Draft:
        public = cast(dict[str, Any], draft.public)
        listed = [one for one in public["roll"]["submissions"] if one != cedar]
        roll = {**public["roll"], "submissions": listed}
        return replace(draft, public={**public, "roll": roll}, before=(*draft.before[:-1], rolls.roll_entry(roll)))

    play.hooks["lot.closed@f4"] = hook
    return play.go("account")


@forgery("roll.counted")
def a_withdrawn_bid_on_the_roll() -> Play:
    play = played("rebid")
    elm = next(name for name, bid in play.bids.items() if bid.submission.bid_key == people.bid_hex("elm", "f4"))

    def hook(_play: Play, _stream: str, draft: Draft) -> Draft:
        public = cast(dict[str, Any], draft.public)
        roll = {**public["roll"], "submissions": sorted([*public["roll"]["submissions"], elm])}
        return replace(draft, public={**public, "roll": roll}, before=(draft.before[0], rolls.roll_entry(roll)))

    play.hooks["lot.closed@f4"] = hook
    return play.go("account")


@forgery("roll.after_deadline")
def a_lot_closed_before_its_deadline() -> Play:
    play = played("amend")
    play.submit("birch", "low", "710000")
    play.until(people.MOVED - 2 * INTERVAL)
    body = play.closing("low")
    entry = rolls.roll_entry(cast(dict[str, Json], body["roll"]))
    play.write(LOW, "lot.closed", body, before=(entry,))
    play.until(people.MOVED + INTERVAL)
    return play


@forgery("roll.after_deadline")
def a_deadline_moved_after_the_roll() -> Play:
    play = played("close")
    body: dict[str, Json] = {
        "number": 2,
        "text": {"zh": "延期", "en": "Later"},
        "affects_bids": False,
        "deadline": clock.text(people.MOVED + 10 * INTERVAL),
        "documents": [],
    }
    play.write(TENDER_STREAM, "addendum.issued", play.signed("addendum.issued", body, "tess").public())
    return play


@forgery("lots.closed_lawfully")
def a_lot_failed_before_the_notice() -> Play:
    play = played("draft")
    reason = {"code": "lot.too_few_bids", "article": "招标投标法第28条", "params": {"found": 2, "wanted": 3}}
    play.write(LOW, "lot.failed", {"reason": reason})
    return play.go("publish")


@forgery("lots.closed_lawfully")
def a_lot_failed_for_no_reason() -> Play:
    play = played("announce")
    reason = {"code": "lot.too_few_bids", "article": "招标投标法第28条", "params": {"found": 2, "wanted": 3}}
    play.write(LOW, "lot.failed", {"reason": reason})
    return play
