"""Forgeries of the bundle and the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from ledger import bundle as bundles
from ledger.basics.canonical import Json, canonical, parse
from ledger.bundle import Bundle, Line
from ledger.checkpoint import log_key, witness_key
from tests.forgeries import cast as people
from tests.forgeries.cast import key, secret
from tests.forgeries.forging import F4, LOW, edited, forgery, lines
from tests.forgeries.play import Play, played
from tests.forgeries.stage import SECOND, TENDER_STREAM, Record


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


@forgery("log.slots")
def an_event_with_a_twin() -> Bundle:
    """The closing account stands in the tree twice, in one version; the later telling is shown."""
    play = played()
    told = play.last("tender.accounted")
    play.written.append(replace(told, salt=secret("twin")))
    play.until(play.now + SECOND)
    play.witness()
    return lines(play.bundle(), TENDER_STREAM, lambda found: tuple(one for one in found if one.leaf != told.leaf))


@forgery("log.slots")
def an_event_far_ahead_of_its_stream() -> Bundle:
    """Whoever counts up to a version that somebody else chose does not come back."""

    def change(found: tuple[Line, ...]) -> tuple[Line, ...]:
        event = replace(bundles.decode(found[-1]), version=2**53 - 1)
        return (*found, Line(found[-1].index + 1, secret("salt"), event.encode()))

    return lines(played().bundle(), TENDER_STREAM, change)


@forgery("log.slots")
def a_suspension_behind_a_gap() -> Play:
    """A version that is never used hides what comes after it from whoever looks one ahead; and it is shown."""
    return played().renumbered("lot.contracted", 1)


@forgery("log.slots")
def a_contract_kept_back() -> Bundle:
    return lines(played("contract").bundle(), F4, lambda found: found[:-1])


@forgery("log.slots")
def a_lot_kept_back() -> Bundle:
    bundle = played("contribute").bundle()
    return replace(bundle, streams={name: found for name, found in bundle.streams.items() if name != LOW})


@forgery("log.slots")
def an_event_that_was_never_made_public() -> Play:
    return played().rewritten(
        lambda record: replace(record, visible=record.event.type != "enquiry.answered" and record.visible)
    )


@forgery("log.slots")
def a_registration_whose_slot_is_not_proved() -> Bundle:
    bundle = played().bundle()
    (line,) = bundle.streams["party/alder"]
    return replace(bundle, proofs={at: path for at, path in bundle.proofs.items() if at != line.index - 1})


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
