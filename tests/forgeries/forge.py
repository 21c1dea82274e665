"""What a forger could hand out, one forgery at least for every claim.

Each begins with the true play, changes what the forger holds the keys for (log, box, ticket keys; the tenderee, a
custodian, colluding witnesses where they can't see it), and redoes everything that follows: leaves, tree,
checkpoints, cosignatures, sums. The claim named beside it must refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, cast

from bidding import roll as rolls
from bidding.acts.keys import act_object
from evaluation.acts import evaluate
from ledger import bundle as bundles
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, parse
from ledger.bundle import Bundle, Line
from ledger.checkpoint import log_key, witness_key
from ledger.events import Draft
from ledger.sealed import keyset as keysets
from ledger.sealed import tickets
from ledger.sealed.postpone import Postponement, kids_of, sign_postponement
from tests.forgeries import cast as people
from tests.forgeries.cast import INTERVAL, LOTS, TENDER, key, secret, sha256
from tests.forgeries.play import SECOND, TENDER_STREAM, Play, Record, played

F4: Final = f"lot/{TENDER}/f4"
LOW: Final = f"lot/{TENDER}/low"


@dataclass(frozen=True)
class Forgery:
    """A forged bundle: what it is, the claim that must refuse it, and how it is made."""

    name: str
    claim: str
    make: Callable[[], bytes]


FORGERIES: Final[list[Forgery]] = []


def forgery(claim: str) -> Callable[[Callable[[], bytes | Bundle | Play]], None]:
    """Registers a forgery of a claim."""

    def register(make: Callable[[], bytes | Bundle | Play]) -> None:
        def made() -> bytes:
            out = make()
            if isinstance(out, Play):
                out = out.bundle()
            return out.pack() if isinstance(out, Bundle) else out

        FORGERIES.append(Forgery(make.__name__, claim, made))

    return register


def hooked(step: str, until: str, **hooks: Callable[[dict[str, Any]], Mapping[str, Any] | None]) -> Play:
    """The play from `step` on, with the public of some events changed; `lot_closed__low` is `lot.closed@low`."""
    play = played(step)
    for name, change in hooks.items():
        type_, _, lot = name.partition("__")
        play.hooks[type_.replace("_", ".", 1) + ("@" + lot if lot else "")] = _changing(change)
    return play.go(until)


def _changing(change: Callable[[dict[str, Any]], Mapping[str, Any] | None]) -> Any:
    def hook(_play: Play, _stream: str, draft: Draft) -> Draft | None:
        public = change(cast(dict[str, Any], parse(canonical(draft.public))))
        return None if public is None else replace(draft, public=dict(public))

    return hook


def lines(bundle: Bundle, stream: str, change: Callable[[tuple[Line, ...]], tuple[Line, ...]]) -> Bundle:
    """A bundle with another stream, its tree as it was."""
    return replace(bundle, streams={**bundle.streams, stream: change(bundle.streams[stream])})


def edited(line: Line, **public: Json) -> Line:
    """A line whose event says something else."""
    event = bundles.decode(line)
    return replace(line, event=replace(event, public={**event.public, **public}).encode())


def signed_notice(notice: dict[str, Any], *names: str) -> dict[str, Any]:
    """A notice's event, signed."""
    body = {"notice": notice}
    acts = [
        signing.sign("act", act_object("tender.published", TENDER_STREAM, body, "as the file says", at), key(name))
        for at, name in zip((people.START, people.START + SECOND), names or ("tess", "agnes"), strict=True)
    ]
    return {**body, "acts": acts}


def noticed(until: str, change: Callable[[dict[str, Any]], None]) -> Play:
    """The play with another notice, signed by the same two."""

    def other(public: dict[str, Any]) -> dict[str, Any]:
        change(public["notice"])
        return signed_notice(public["notice"])

    return hooked("draft", until, tender_published=other)


# --- the bundle and the log -------------------------------------------------------------------------------------------


@forgery("bundle.intact")
def a_byte_of_a_document_changed() -> bytes:
    files = played().bundle().files()
    path = next(path for path in files if path.startswith("documents/"))
    return bundles.pack({**files, path: files[path][:-1] + b" ", bundles.SUMS: bundles.sums(files)})


@forgery("bundle.intact")
def a_file_that_nobody_knows() -> bytes:
    files = {**played().bundle().files(), "secret/plan.txt": b"nothing to see"}
    return bundles.pack({**files, bundles.SUMS: bundles.sums(files)})


@forgery("bundle.intact")
def another_spelling_of_the_zip() -> bytes:
    return played().bundle().pack() + b"\0"


@forgery("log.trusted")
def another_platform_altogether() -> Bundle:
    play = played().rewritten(_other_log)
    trust = {**people.trust_object(), "log": {"origin": people.ORIGIN, "key": log_key(people.ORIGIN, key("evil")).text}}
    return replace(play.bundle(log="evil"), trust=canonical(trust))


def _other_log(record: Record) -> Record:
    if record.event.type != "log.opened":
        return record
    public = {**record.event.public, "log_key": log_key(people.ORIGIN, key("evil")).text}
    return replace(record, event=replace(record.event, public=public))


@forgery("log.trusted")
def a_box_key_of_ones_own() -> Play:
    return played().rewritten(
        lambda record: (
            replace(record, event=replace(record.event, public={**record.event.public, "box_key": people.hex_key("e")}))
            if record.event.type == "log.opened"
            else record
        )
    )


@forgery("log.trusted")
def witnesses_of_ones_own() -> Bundle:
    own: list[Json] = [
        {"name": f"own-{i}.example", "key": witness_key(f"own-{i}.example", key(str(i))).text} for i in "123"
    ]
    return replace(played().bundle(), trust=canonical({**people.trust_object(), "witnesses": own}))


@forgery("log.roots")
def an_entry_changed_behind_the_signatures() -> Bundle:
    bundle = played().bundle()
    known = {line.leaf for found in bundle.streams.values() for line in found}
    entries = [entry if entry in known else bytes(len(entry)) for entry in bundle.entries]
    return replace(bundle, entries=tuple(entries))


@forgery("log.roots")
def the_last_checkpoints_left_out() -> Bundle:
    bundle = played().bundle()
    return replace(bundle, notes={size: note for size, note in bundle.notes.items() if size < bundle.size - 5})


@forgery("log.signed")
def signed_by_another_key_under_the_same_name() -> Bundle:
    return played().bundle(log="evil")


@forgery("log.signed")
def a_signature_line_of_a_stranger() -> Bundle:
    return played().bundle(witnesses=(*people.WITNESSES[:2], "stranger.example"))


@forgery("log.witnessed")
def only_one_witness_saw_it() -> Bundle:
    return played().bundle(witnesses=people.WITNESSES[:1])


@forgery("log.witness_times")
def a_witness_whose_time_runs_back() -> Bundle:
    play = played()
    size, at = play.heads[-1]
    play.heads[-1] = (size, at - timedelta(hours=1))
    return play.bundle()


@forgery("log.events")
def an_answer_changed_after_the_fact() -> Bundle:
    def change(found: tuple[Line, ...]) -> tuple[Line, ...]:
        return tuple(
            edited(line, text="Nine metres.") if bundles.decode(line).type == "enquiry.answered" else line
            for line in found
        )

    return lines(played().bundle(), TENDER_STREAM, change)


@forgery("log.events")
def an_event_that_was_never_logged() -> Bundle:
    def change(found: tuple[Line, ...]) -> tuple[Line, ...]:
        event = bundles.decode(found[-1])
        more = replace(event, version=event.version + 1, type="enquiry.asked", public={"enquiry": "q-9", "text": "?"})
        return (*found, Line(found[-1].index + 1, secret("salt"), more.encode()))

    return lines(played().bundle(), TENDER_STREAM, change)


@forgery("log.events")
def a_registration_from_before_the_tender_changed() -> Bundle:
    name = "party/alder"
    return lines(played().bundle(), name, lambda found: (edited(found[0], seal_key=people.hex_key("evil")),))


@forgery("log.event_times")
def an_event_dated_ahead() -> Play:
    def change(record: Record) -> Record:
        if record.event.type != "lot.contracted":
            return record
        return replace(record, event=replace(record.event, at=record.event.at + timedelta(hours=1)))

    return played().rewritten(change)


@forgery("log.event_times")
def a_bidders_minute_dated_back() -> Play:
    def change(record: Record) -> Record:
        if record.event.type != "lot.awarded":
            return record
        return replace(record, event=replace(record.event, at=people.START))

    return played().rewritten(change)


@forgery("log.streams")
def an_objection_that_is_not_shown() -> Bundle:
    def change(found: tuple[Line, ...]) -> tuple[Line, ...]:
        return tuple(line for line in found if bundles.decode(line).type != "objection.made")

    return lines(played().bundle(), TENDER_STREAM, change)


@forgery("log.streams")
def another_tenders_stream() -> Bundle:
    bundle = played().bundle()
    line = bundle.streams[TENDER_STREAM][0]
    event = replace(bundles.decode(line), stream="tender/other", version=1)
    return replace(bundle, streams={**bundle.streams, "tender/other": (replace(line, event=event.encode()),)})


@forgery("log.values")
def a_minutes_list_shown_otherwise() -> Bundle:
    bundle = played().bundle()
    shown = list(bundle.values["box"])
    at = next(i for i, one in enumerate(shown) if b'"accepted":[]' not in one.value)
    value = cast(dict[str, Any], parse(shown[at].value))
    shown[at] = replace(shown[at], value=canonical({**value, "accepted": []}))
    return replace(bundle, values={"box": tuple(shown)})


@forgery("log.account")
def the_last_event_of_a_lot_withheld() -> Bundle:
    return lines(played().bundle(), F4, lambda found: found[:-1])


@forgery("log.account")
def a_whole_lot_withheld() -> Bundle:
    bundle = played().bundle()
    return replace(bundle, streams={name: found for name, found in bundle.streams.items() if name != LOW})


@forgery("bundle.named")
def a_document_under_anothers_name() -> Bundle:
    bundle = played().bundle()
    one, two = sorted(bundle.documents)[:2]
    return replace(bundle, documents={**bundle.documents, one: bundle.documents[two]})


@forgery("bundle.named")
def a_bid_that_no_minute_lists() -> Bundle:
    bundle, bid = played().bundle(), people.sealed("fir", "f4", played().terms, "1", seq=9)
    return replace(bundle, submissions={**bundle.submissions, bid.sha256: canonical(bid.submission.envelope)})


# --- publication and people -------------------------------------------------------------------------------------------


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
        play.write(f"lot/{TENDER}/{lot}", "lot.awarded", _first(play, lot))
    play.done = (*play.done, "award")
    return play.go("account")


@forgery("objections.lawful")
def an_objection_in_anothers_name() -> Play:
    return hooked(
        "evaluate", "account", objection_made=lambda public: {**public, "bid_key": people.bid_hex("alder", "f4")}
    )


def _first(play: Play, lot: str) -> dict[str, Any]:
    row = cast(Any, play.last("lot.candidates_published", lot).event.public["candidates"])[0]
    return {"bid_key": row["bid_key"], "rank": row["rank"], "price_fen": row["price_fen"]}


# --- the box and the roll ---------------------------------------------------------------------------------------------


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


@forgery("box.disclosed")
def a_minutes_list_kept_shut() -> Bundle:
    bundle = played().bundle()
    return replace(bundle, values={"box": bundle.values["box"][1:]})


@forgery("box.disclosed")
def a_bid_left_out_of_list_and_roll() -> Play:
    return hooked("rebid", "account", lot_closed__low=_without_lists)


def _without_lists(public: dict[str, Any]) -> dict[str, Any]:
    return {**public, "minutes": public["minutes"][:1]}


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
def a_roll_that_is_not_the_one_in_the_tree() -> Play:
    return hooked("rebid", "close", lot_closed__low=_shorter)


def _shorter(public: dict[str, Any]) -> dict[str, Any]:
    roll = public["roll"]
    return {**public, "roll": {**roll, "submissions": roll["submissions"][1:]}}


@forgery("roll.counted")
def a_bid_left_off_the_roll() -> Play:
    play = played("rebid")

    def hook(_play: Play, _stream: str, draft: Draft) -> Draft:
        public = _shorter(cast(dict[str, Any], draft.public))
        return replace(draft, public=public, before=(rolls.roll_entry(public["roll"]),))

    play.hooks["lot.closed@f4"] = hook
    return play.go("account")


@forgery("roll.counted")
def a_withdrawn_bid_on_the_roll() -> Play:
    play = played("rebid")
    elm = next(name for name, bid in play.bids.items() if bid.submission.bid_key == people.bid_hex("elm", "f4"))

    def hook(_play: Play, _stream: str, draft: Draft) -> Draft:
        public = cast(dict[str, Any], draft.public)
        roll = {**public["roll"], "submissions": sorted([*public["roll"]["submissions"], elm])}
        return replace(draft, public={**public, "roll": roll}, before=(rolls.roll_entry(roll),))

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
def a_lot_failed_for_no_reason() -> Play:
    play = played("announce")
    reason = {"code": "lot.too_few_bids", "article": "招标投标法第28条", "params": {"found": 2, "wanted": 3}}
    play.write(LOW, "lot.failed", {"reason": reason})
    return play


# --- the opening ------------------------------------------------------------------------------------------------------


@forgery("present.first")
def a_release_before_presence_was_stated() -> Play:
    play = played("close")
    public = {"custodian": "custodian-1", "part": "coin", "release": play.answer("low", "coin", "custodian-1")}
    play.write(LOW, "release.recorded", public)
    play.write(LOW, "lot.present", played("present").last("lot.present", "low").event.public)
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


# --- the evaluation and the award -------------------------------------------------------------------------------------


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
    announced = cast(list[dict[str, Any]], play.last("lot.announced", "low").event.public["bids"])
    prices = evaluate.prices(cast(dict[str, Any], parse(play.documents[evaluated["report"]])))
    parties = {row["bid_key"]: row["parties"] for row in announced}
    rows = [
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
        play.write(f"lot/{TENDER}/{lot}", "lot.awarded", _first(play, lot))
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
