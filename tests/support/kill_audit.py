"""What must be true after a demonstration in which processes were killed; every function gives what is not."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from bidding.procedures.notice import Notice
from bidding.store import tables
from bidding.store.box import tables as box
from bidding.submission import PARTS, Submission
from evaluation.acts import evaluate
from evaluation.rules import OpenedBid
from ledger import checkpoint, events
from ledger.basics.canonical import canonical
from ledger.basics.money import parse_yuan
from ledger.events import Event
from ledger.institution.journal import peek
from ledger.sealed import coin
from ledger.sealed.release import Release
from ledger.store import tables as ledger
from tests.support.killing import Killed
from tests.support.recorder import Acknowledged
from web.demo import figures
from web.demo import rules as lot_rules
from web.demo.notice import LOT_1, LOT_2, LOT_3, LOTS
from web.files import Shelf

ONCE: Final = (
    "lot.closed",
    "lot.present",
    "lot.coefficients",
    "lot.announced",
    "lot.offers_opened",
    "lot.evaluated",
    "lot.candidates_published",
    "lot.awarded",
)


class Books:
    """The platform's database, read once it has stopped."""

    def __init__(self, killed: Killed, conn: sa.Connection) -> None:
        self.killed, self.conn = killed, conn
        rows = conn.execute(sa.select(ledger.events.c.body).order_by(ledger.events.c.entry_id))
        self.events: list[Event] = [events.decode(bytes(row.body)) for row in rows]
        self.leaves = {bytes(row.leaf).hex() for row in conn.execute(sa.select(ledger.events.c.leaf))}
        self.notice = Notice.parse(self.one("tender.published").public["notice"])

    def of(self, type_: str, stream: str = "") -> list[Event]:
        """The events of a type, of one stream or of all."""
        return [one for one in self.events if one.type == type_ and stream in ("", one.stream)]

    def one(self, type_: str, stream: str = "") -> Event:
        """The one event of a type."""
        (found,) = self.of(type_, stream)
        return found

    def row(self, table: sa.Table, **where: object) -> Any:
        """A row, None if there is none."""
        named = [table.c[name] == value for name, value in where.items()]
        return self.conn.execute(sa.select(table).where(*named)).one_or_none()

    def submission(self, sha256: str) -> Submission:
        """A submission on the roll."""
        return Submission.parse(json.loads(bytes(self.row(box.submissions, sha256=sha256).envelope)))


# --- what was acknowledged --------------------------------------------------------------------------------------------


def lost(books: Books) -> Iterator[str]:
    """Acknowledgements that went over the wires and are not true any more."""
    wires = books.killed.house.wires
    for one in wires["box"].acknowledged:
        if one.path in ("/box/submissions", "/box/withdrawals"):
            yield from _receipt(books, one.json()["sha256"], one.json()["receipt"])
    yield from _uploads(books, wires["box"].acknowledged)
    for one in wires["office"].acknowledged:
        for prefix, check in _OFFICE.items():
            if one.path.startswith(prefix) and one.method != "HEAD":
                yield from (f"{one.method} {one.path}: {what}" for what in check(books, one))
    for path in books.killed.house.root.glob("bidders/*/bids/*/*/receipts/*.json"):
        yield from _receipt(books, path.stem, json.loads(path.read_bytes()))


def _receipt(books: Books, sha256: str, receipt: Mapping[str, Any]) -> Iterator[str]:
    row = books.row(box.submissions, sha256=sha256)
    if row is None or bytes(row.receipt) != canonical(dict(receipt)):
        yield f"the box does not have what the receipt of {sha256} says"


def _uploads(books: Books, said: list[Acknowledged]) -> Iterator[str]:
    reached: dict[str, int] = {}
    for one in said:
        if not one.path.startswith("/box/uploads") or "upload-offset" not in one.headers:
            continue
        id_ = (one.headers.get("location") or one.path).rpartition("/")[2]
        offset = int(one.headers["upload-offset"])
        if offset < reached.get(id_, 0):
            yield f"{one.method} of upload {id_} went back from {reached[id_]} to {offset}"
        reached[id_] = max(offset, reached.get(id_, 0))
    given_up = (books.killed.after.lost_form, books.killed.after.lost_file)
    for id_, offset in reached.items():
        row = books.row(box.uploads, id=id_)
        if row is None or row.offset < offset:
            yield f"upload {id_} had reached {offset}"
        elif row.offset == row.length and row.sha256 not in given_up:
            path = books.killed.config.folders.blobs / "whole" / row.sha256[:2] / row.sha256
            if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != row.sha256:
                yield f"the blob {row.sha256} of a complete upload is not there"


def _act(books: Books, one: Acknowledged) -> Iterator[str]:
    for event in one.json().get("events", []):
        if event["leaf"] not in books.leaves:
            yield f"{event['type']} is not in the ledger"


def _ticket(books: Books, one: Acknowledged) -> Iterator[str]:
    asked, key = one.asked()["object"], one.asked()["key"]
    party = books.row(tables.parties, seal_key=key).party
    row = books.row(tables.issuances, tender=asked["tender"], lot=asked["lot"], party=party)
    if row is None or row.blinded_message != asked["blinded_message"]:
        yield f"{party} was given another ticket, or none"


def _party(books: Books, one: Acknowledged) -> Iterator[str]:
    hashed = hashlib.sha256(one.json()["token"].encode()).hexdigest()
    if books.row(tables.tokens, token_hash=hashed) is None:
        yield "its token signs nobody in"
    if books.row(tables.parties, party=one.json()["party"]) is None:
        yield "it is not registered"


def _draft(books: Books, one: Acknowledged) -> Iterator[str]:
    if one.path == "/office/tenders" and books.row(tables.drafts, tender=one.json()["tender"]) is None:
        yield "there is no such draft"
    if one.path.endswith("/documents") and not Shelf(books.killed.config.folders.documents).has(one.json()["sha256"]):
        yield "there is no such document"


def _answer(books: Books, one: Acknowledged) -> Iterator[str]:
    id_ = one.path.rpartition("/")[2]
    row = books.row(tables.custody_requests, id=id_)
    if row is None and _ends_with_its_time(books, id_, one.asked()):
        return
    if row is None or not row.answered or not row.answer:
        yield "the answer is not kept"


def _ends_with_its_time(books: Books, id_: str, answer: Mapping[str, Any]) -> bool:
    """Whether it answers a challenge or a rehearsal, or is a postponement that the ledger has.

    Requests for a key that came into the notice stay.
    """
    obj = answer.get("object", {})
    if "addendum" in obj:
        return answer in [event.public["postponement"] for event in books.of("postponement.recorded")]
    if "nonce" not in obj:
        return "share" in answer or "bad" in answer
    sets = [lot.keyset(part) for lot in books.notice.lots for part in ("coin", "identity", "offer")]
    own = {public.hex() for keyset in sets for _, public in keyset.custodians}
    return obj["nonce"] != hashlib.sha256(_KEY_NONCE + id_.encode()).hexdigest() or obj["public_key"] not in own


def _release(books: Books, one: Acknowledged) -> Iterator[str]:
    if one.asked() not in [event.public["release"] for event in books.of("release.recorded")]:
        yield "the release is not in the ledger"


def _form(books: Books, one: Acknowledged) -> Iterator[str]:
    shelf = Shelf(books.killed.config.folders.documents / "forms")
    if not shelf.intact(one.path.rpartition("/")[2]):
        yield "the form is not kept"


def _cosignature(books: Books, one: Acknowledged) -> Iterator[str]:
    note = checkpoint.parse_note(one.request)
    size = checkpoint.Checkpoint.parse_body(note.body).size
    for name in {signature.name for signature in note.signatures} - {"demo.mingjing.example/log"}:
        if books.row(ledger.cosignatures, size=size, name=name) is None:
            yield f"the cosignature of {name} under {size} is not kept"


_KEY_NONCE: Final = b"mingjing/custody-request/v1\0"
_OFFICE: Final = {
    "/office/acts": _act,
    "/office/tickets": _ticket,
    "/office/parties": _party,
    "/office/tenders": _draft,
    "/custody/answers": _answer,
    "/custody/releases": _release,
    "/custody/forms": _form,
    "/log/cosignature": _cosignature,
}


def unseen(books: Books) -> Iterator[str]:
    """Kinds of acknowledgements that never went over the wires: then nothing was tested about them."""
    wires = books.killed.house.wires
    paths = [one.path for name in ("office", "box") for one in wires[name].acknowledged]
    for prefix in (*_OFFICE, "/box/submissions", "/box/withdrawals", "/box/uploads", "/box/files"):
        if not any(path.startswith(prefix) for path in paths):
            yield prefix


# --- what may be there only once --------------------------------------------------------------------------------------


def doubled(books: Books) -> Iterator[str]:
    """Things done twice, or not at all."""
    tender = books.killed.play.tender
    for type_ in ("tender.drafted", "tender.published", "tickets.opened"):
        if len(books.of(type_)) != 1:
            yield f"{type_} is there {len(books.of(type_))} times"
    for lot in LOTS:
        for type_ in ONCE:
            found = len(books.of(type_, f"lot/{tender}/{lot}"))
            if found != 1:
                yield f"{type_} of {lot} is there {found} times"
    seen = Counter[tuple[object, ...]]()
    for event in books.events:
        seen[_meaning(event)] += 1
    yield from (f"{what} is there {count} times" for what, count in seen.items() if count > 1)
    custodians, parts = len(books.notice.custodians), len(("coin", *PARTS))
    expected = {
        "release.recorded": custodians * parts * len(LOTS),
        "contribution.recorded": len(books.notice.contributors) * len(LOTS),
        "ticket.issued": len(books.killed.play.everybody()) * len(LOTS),
    }
    for type_, count in expected.items():
        if len(books.of(type_)) != count:
            yield f"{type_} is there {len(books.of(type_))} times, not {count}"


def _meaning(event: Event) -> tuple[object, ...]:
    public: Any = event.public
    if event.type == "release.recorded":
        return event.type, event.stream, public["custodian"], public["part"]
    if event.type == "contribution.recorded":
        return event.type, event.stream, public["contribution"]["key"]
    if event.type == "ticket.issued":
        return event.type, public["request"]["key"], public["request"]["object"]["lot"]
    if event.type == "party.registered":
        return event.type, public["uscc"]
    if event.type == "box.minute":
        return event.type, public["minute"]
    return event.type, event.stream, event.version


# --- what custodians did ----------------------------------------------------------------------------------------------


def misanswered(books: Books) -> Iterator[str]:
    """Releases that are not the one of their key set, and answers for what is not on the roll."""
    kids = {kid: (lot.lot, part) for lot in books.notice.lots for part, kid in lot.kids.items()}
    for name in books.killed.house.custodians():
        folder = books.killed.house.root / name
        records = peek(folder / "state.jsonl")
        signed = Counter(canonical(dict(one["keyset"])["purpose"]) for one in records if one["kind"] == "signed")  # type: ignore[arg-type]  # our own records
        released = [one for one in records if one["kind"] == "released"]
        yield from (f"{name} signed twice for {what!r}" for what, count in signed.items() if count != 1)
        if sorted(str(one["kid"]) for one in released) != sorted(kids):
            yield f"{name} released {[one['kid'] for one in released]}"
        for one in released:
            lot, part = kids[str(one["kid"])]
            yield from (f"{name}, {part} of {lot}: {what}" for what in _release_of(books, folder, lot, part, one))


def _release_of(books: Books, folder: Path, lot: str, part: str, record: Mapping[str, Any]) -> Iterator[str]:
    envelope = record["release"]
    if (folder / "publish" / "releases" / f"{record['kid']}.json").read_bytes() != canonical(envelope) + b"\n":
        yield "publishes another release than it remembers"
    recorded = [event.public["release"] for event in books.of("release.recorded", _stream(books, lot))]
    if envelope not in recorded:
        yield "remembers another release than the ledger"
    answered = set(Release.parse(envelope["object"]).answers)
    if not answered <= _answerable(books, lot, part):
        yield "answers for what is not on the roll"


def _answerable(books: Books, lot: str, part: str) -> set[tuple[bytes, bytes]]:
    keyset = books.notice.lot(lot).keyset(part)
    if part == "coin":
        given = [event.public["contribution"] for event in books.of("contribution.recorded", _stream(books, lot))]
        made = [coin.verify_contribution(one, keyset, books.notice.contributors) for one in given]
        return {(one.author_key, one.seal.n16) for one in made}
    roll: Any = books.one("lot.closed", _stream(books, lot)).public["roll"]
    bids = [books.submission(sha256) for sha256 in roll["submissions"]]
    return {(bytes.fromhex(bid.bid_key), bid.seal(keyset).n16) for bid in bids}


# --- what came out ----------------------------------------------------------------------------------------------------


def ranking(books: Books, lot: str) -> list[int]:
    """The bidders' numbers as they were ranked."""
    ranked: Any = books.one("lot.evaluated", _stream(books, lot)).public["ranking"]
    return [books.killed.after.owner[lot, row["bid_key"]].number for row in ranked]


def undisturbed(books: Books, lot: str) -> list[int]:
    """The ranking that the rules give for what the bidders typed and the coefficients that were drawn."""
    bidders = books.killed.play.bidders
    typed, ceiling = {
        LOT_1: ([{"price": price} for price in figures.BIDS], figures.RESERVE),
        LOT_2: ([{**answers, "safety-licence": "yes"} for answers in figures.CHECKLISTS], figures.CEILING_2),
        LOT_3: (list(figures.WORKS), figures.CEILING_3),
    }[lot]
    keys = {bidder.bid_key(books.killed.play.tender, lot): bidder.number for bidder in bidders}
    rules, form = lot_rules.documents(lot)
    report = evaluate.report(
        rules,
        form,
        lot=lot,
        ceiling_fen=parse_yuan(ceiling, "ceiling"),
        bids=[OpenedBid(key, {"offer": answers}) for key, answers in zip(keys, typed, strict=False)],
        coefficients=books.one("lot.coefficients", _stream(books, lot)).public,
        findings={key: True for key, number in keys.items() if lot == LOT_3 and number == bidders[figures.LOW].number},
    )
    return [keys[row["bid_key"]] for row in report.ranking]


def _stream(books: Books, lot: str) -> str:
    return f"lot/{books.killed.play.tender}/{lot}"


__all__ = ["Books", "doubled", "lost", "misanswered", "ranking", "undisturbed", "unseen"]
