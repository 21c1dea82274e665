"""A notice as it stands and as it was changed: documents in versions, questions, objections. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from bidding.procedures.listing import ReadDocument
from bidding.procedures.notice import Notice
from ledger.basics.clock import parse_time
from ledger.basics.errors import Refusal
from ledger.store.read import Stored
from web.public import differences
from web.public.differences import Line


@dataclass(frozen=True)
class Document:
    """A document by its file name; `version`: with which addendum it came, 0 for the notice itself."""

    name: str
    sha256: str
    size: int
    version: int


@dataclass(frozen=True)
class Change:
    """A document that an addendum brought. `before`: the one it replaces, None for a new one.

    `lines`: the difference of the two, None where they are not to be compared as texts.
    """

    name: str
    before: Document | None
    after: Document
    lines: tuple[Line, ...] | None


@dataclass(frozen=True)
class Version:
    """An addendum: what it says, what it changes. `moved_from`: the deadline before, None where it stayed."""

    number: int
    at: datetime
    leaf: str
    text: Mapping[str, str]
    affects_bids: bool
    deadline: datetime
    moved_from: datetime | None
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Question:
    """An enquiry and its answer; `answered` is None and `answer` "" while it waits."""

    id: str
    asked: datetime
    text: str
    answered: datetime | None = None
    answer: str = ""


@dataclass(frozen=True)
class Objection:
    """An objection and its answer. `lot`: "" for the whole tender; `bid_key` of who made it."""

    id: str
    kind: str
    lot: str
    bid_key: str
    made: datetime
    text: str
    answered: datetime | None = None
    answer: str = ""
    upheld: bool = False


def in_force(notice: Notice, events: Sequence[Stored]) -> list[Document]:
    """The documents in force, in the notice's order, those that an addendum added behind."""
    found = {name: Document(name, sha256, size, 0) for name, (sha256, size) in notice.documents.items()}
    for one in _of(events, "addendum.issued"):
        found |= {new.name: new for new in _listed(_public(one))}
    return list(found.values())


def versions(notice: Notice, events: Sequence[Stored], read: ReadDocument) -> list[Version]:
    """Every addendum with what it changes, the newest first."""
    held = {name: Document(name, sha256, size, 0) for name, (sha256, size) in notice.documents.items()}
    deadline, out = notice.deadline, []
    for one in events:
        public = _public(one)
        if one.event.type not in ("addendum.issued", "tender.resumed"):
            continue
        before, deadline = deadline, parse_time(public["deadline"], "deadline")
        if one.event.type == "tender.resumed":
            continue
        listed = _listed(public)
        out.append(
            Version(
                number=public["number"],
                at=one.event.at,
                leaf=one.leaf.hex(),
                text=public["text"],
                affects_bids=public["affects_bids"],
                deadline=deadline,
                moved_from=before if before != deadline else None,
                changes=tuple(_change(held.get(new.name), new, read) for new in listed),
            )
        )
        held |= {new.name: new for new in listed}
    return out[::-1]


def questions(events: Sequence[Stored]) -> list[Question]:
    """Every enquiry, the newest first. Nobody learns who asked, and no event says it."""
    found: dict[str, Question] = {}
    for one in events:
        public = _public(one)
        if one.event.type == "enquiry.asked":
            found[public["enquiry"]] = Question(public["enquiry"], one.event.at, public["text"])
        elif one.event.type == "enquiry.answered":
            held = found[public["enquiry"]]
            found[held.id] = Question(held.id, held.asked, held.text, one.event.at, public["text"])
    return list(found.values())[::-1]


def objections(events: Sequence[Stored], lot: str | None = None) -> list[Objection]:
    """Every objection with its answer, the newest first; of one lot, with those to the whole tender, if it is named."""
    found: dict[str, Objection] = {}
    for one in events:
        public = _public(one)
        if one.event.type == "objection.made":
            found[public["objection"]] = Objection(
                public["objection"], public["kind"], public["lot"], public["bid_key"], one.event.at, public["text"]
            )
        elif one.event.type == "objection.answered":
            held = found[public["objection"]]
            found[held.id] = Objection(
                held.id,
                held.kind,
                held.lot,
                held.bid_key,
                held.made,
                held.text,
                one.event.at,
                public["text"],
                public["upheld"],
            )
    return [one for one in reversed(found.values()) if lot is None or one.lot in ("", lot)]


def _public(one: Stored) -> dict[str, Any]:
    return cast(dict[str, Any], one.event.public)


def _of(events: Sequence[Stored], type_: str) -> list[Stored]:
    return [one for one in events if one.event.type == type_]


def _listed(public: Mapping[str, Any]) -> list[Document]:
    return [Document(one["name"], one["sha256"], one["size"], public["number"]) for one in public["documents"]]


def _change(before: Document | None, after: Document, read: ReadDocument) -> Change:
    """Only what is short enough to be compared is read at all."""
    if before is None or before.sha256 == after.sha256 or max(before.size, after.size) > differences.MAX_BYTES:
        return Change(after.name, before, after, None)
    try:
        old, new = read(before.sha256), read(after.sha256)
    except Refusal:
        return Change(after.name, before, after, None)  # a document that is lost is named by its hash still
    return Change(after.name, before, after, differences.between(old, new))
