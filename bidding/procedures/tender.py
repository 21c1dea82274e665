"""The tender's state machine: from draft to its closing account. Pure; `apply` is the only way a state comes to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal, cast

from bidding.procedures import payloads
from bidding.procedures.notice import Notice
from ledger.basics.canonical import canonical
from ledger.basics.clock import parse_time, text
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.events import Event

Status = Literal["drafted", "published", "suspended", "terminated"]

# From which states an event may come; "" is before the first one.
ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "tender.drafted": frozenset({"", "drafted"}),
    "tender.published": frozenset({"drafted"}),
    "tickets.opened": frozenset({"published"}),
    "enquiry.asked": frozenset({"published"}),
    "enquiry.answered": frozenset({"published", "suspended"}),
    "addendum.issued": frozenset({"published", "suspended"}),
    "postponement.recorded": frozenset({"published", "suspended"}),
    "tender.suspended": frozenset({"published"}),
    "tender.resumed": frozenset({"suspended"}),
    "tender.terminated": frozenset({"published", "suspended"}),
    "objection.made": frozenset({"published", "suspended"}),
    "objection.answered": frozenset({"published", "suspended"}),
    "order.issued": frozenset({"published", "suspended"}),
    "tender.accounted": frozenset({"published", "terminated"}),
}


@dataclass(frozen=True)
class Objection:
    """An objection (异议). `lot` is "" for one to the documents of the whole tender."""

    objection: str
    kind: str
    lot: str
    bid_key: str
    at: datetime
    answered: datetime | None = None
    upheld: bool = False


@dataclass(frozen=True)
class Addendum:
    """An addendum and the deadline in force from it on."""

    number: int
    at: datetime
    affects_bids: bool
    deadline: datetime


@dataclass(frozen=True)
class Order:
    """What two persons ordered: publish_seed, open_access_log, void_lot."""

    order: str
    kind: str
    lot: str
    custodian: str


@dataclass(frozen=True)
class TenderState:
    """A tender as its stream says it is. `deadline` is the one in force; `enquiries`: id → answered.

    `publishers`: the keys that signed the notice (hex).
    `acts_used` holds `H(canonical(act) ‖ key)` of every act in the stream, so that none serves twice.
    """

    tender: str
    version: int
    status: Status
    party: str
    draft_sha256: str
    notice: Notice | None = None
    published_at: datetime | None = None
    publishers: frozenset[str] = frozenset()
    tickets_open: bool = False
    deadline: datetime | None = None
    addenda: tuple[Addendum, ...] = ()
    enquiries: Mapping[str, bool] = field(default_factory=dict)
    objections: Mapping[str, Objection] = field(default_factory=dict)
    postponements: tuple[Mapping[str, Any], ...] = ()
    orders: Mapping[str, Order] = field(default_factory=dict)
    accounted: Mapping[str, int] = field(default_factory=dict)
    accounted_at: int = 0
    acts_used: frozenset[str] = frozenset()

    def published(self) -> Notice:
        """The notice. Raises `Refusal("tender.not_published")`."""
        if self.notice is None:
            raise Refusal("tender.not_published", tender=self.tender)
        return self.notice

    def deadline_in_force(self) -> datetime:
        """The deadline, moved or not. Raises `Refusal("tender.not_published")`."""
        if self.deadline is None:
            raise Refusal("tender.not_published", tender=self.tender)
        return self.deadline

    def unanswered(self, lot: str) -> tuple[Objection, ...]:
        """Objections that make this lot stand still: its own, and those to the documents of the tender."""
        return tuple(
            item for item in self.objections.values() if item.answered is None and (item.lot in ("", lot) or lot == "")
        )


def stream_of(tender: str) -> str:
    """The name of a tender's stream."""
    return f"tender/{tender}"


def used_acts(public: Mapping[str, Any]) -> frozenset[str]:
    """`H(canonical(object) ‖ key)` of each act of a payload, hex."""
    return frozenset(H(canonical(act["object"]), bytes.fromhex(act["key"])).hex() for act in public.get("acts", ()))


def apply(state: TenderState | None, event: Event) -> TenderState:
    """The state after `event`.

    Raises `Refusal`: `event.unknown_type`, `event.wrong_stream`, `event.gap`, `shape.*`, `tender.wrong_state`,
    `act.used_twice` and the codes of the single events. Signatures are not judged here (`acts/keys.py`).
    """
    if event.type not in payloads.TENDER:
        raise Refusal("event.unknown_type", type=event.type)
    version = 0 if state is None else state.version
    if event.version != version + 1:
        raise Refusal("event.gap", stream=event.stream, wanted=version + 1, found=event.version)
    payloads.check_event(event)
    require(state, event.type)
    public = cast(dict[str, Any], event.public)
    if state is None:
        if event.stream != stream_of(public["tender"]):
            raise Refusal("event.wrong_stream", stream=event.stream)
        return TenderState(public["tender"], 1, "drafted", public["party"], public["draft_sha256"])
    if event.stream != stream_of(state.tender):
        raise Refusal("event.wrong_stream", stream=event.stream)
    used = used_acts(public)
    if used & state.acts_used or len(used) != len(public.get("acts", ())):
        raise Refusal("act.used_twice")
    state = replace(state, acts_used=state.acts_used | used)
    return replace(_APPLY[event.type](state, public, event.at), version=event.version)


def fold(events: Iterable[Event]) -> TenderState | None:
    """The state after all events of a tender's stream in order."""
    state: TenderState | None = None
    for event in events:
        state = apply(state, event)
    return state


def require(state: TenderState | None, type: str) -> None:
    """Raises `Refusal("tender.wrong_state", event, state)` unless an event of this type may come now."""
    status = "" if state is None else state.status
    if status not in ALLOWED[type]:
        raise Refusal("tender.wrong_state", event=type, state=status or "none")


def _drafted(state: TenderState, public: Mapping[str, Any], at: datetime) -> TenderState:
    del at
    if public["tender"] != state.tender or public["party"] != state.party:
        raise Refusal("tender.other_draft", tender=state.tender)
    return replace(state, draft_sha256=public["draft_sha256"])


def _published(state: TenderState, public: Mapping[str, Any], at: datetime) -> TenderState:
    notice = Notice.parse(public["notice"])
    if notice.tender != state.tender or notice.party != state.party:
        raise Refusal("tender.other_draft", tender=state.tender)
    publishers = frozenset(act["key"] for act in public["acts"])
    return replace(
        state,
        status="published",
        notice=notice,
        published_at=at,
        publishers=publishers,
        deadline=notice.deadline,
    )


def _tickets(state: TenderState, public: Mapping[str, Any], at: datetime) -> TenderState:
    del at
    if state.tickets_open:
        raise Refusal("tickets.already_open", tender=state.tender)
    if public["tender"] != state.tender:
        raise Refusal("event.wrong_stream", stream=stream_of(public["tender"]))
    return replace(state, tickets_open=True)


def _asked(state: TenderState, public: Mapping[str, Any], at: datetime) -> TenderState:
    del at
    if public["enquiry"] in state.enquiries:
        raise Refusal("enquiry.exists", enquiry=public["enquiry"])
    return replace(state, enquiries={**state.enquiries, public["enquiry"]: False})


def _answered(state: TenderState, public: Mapping[str, Any], at: datetime) -> TenderState:
    del at
    enquiry = public["enquiry"]
    if enquiry not in state.enquiries:
        raise Refusal("enquiry.unknown", enquiry=enquiry)
    if state.enquiries[enquiry]:
        raise Refusal("enquiry.already_answered", enquiry=enquiry)
    return replace(state, enquiries={**state.enquiries, enquiry: True})


def _addendum(state: TenderState, public: Mapping[str, Any], at: datetime) -> TenderState:
    deadline, before = parse_time(public["deadline"], "deadline"), state.deadline_in_force()
    if public["number"] != len(state.addenda) + 1:
        raise Refusal("addendum.number", wanted=len(state.addenda) + 1, found=public["number"])
    if at >= before:
        raise Refusal("addendum.after_deadline")
    check_later(before, deadline)
    addendum = Addendum(public["number"], at, public["affects_bids"], deadline)
    return replace(state, addenda=(*state.addenda, addendum), deadline=deadline)


def check_later(before: datetime, deadline: datetime) -> None:
    """A deadline moves later or not at all. Raises `Refusal("deadline.earlier")`."""
    if deadline < before:
        raise Refusal("deadline.earlier", in_force=text(before), found=text(deadline))


def _postponed(state: TenderState, public: Mapping[str, Any], at: datetime) -> TenderState:
    del at
    if public["postponement"] in state.postponements:
        raise Refusal("postponement.exists")
    return replace(state, postponements=(*state.postponements, public["postponement"]))


def _suspended(state: TenderState, public: Mapping[str, Any], at: datetime) -> TenderState:
    del public, at
    return replace(state, status="suspended")


def _resumed(state: TenderState, public: Mapping[str, Any], at: datetime) -> TenderState:
    del at
    deadline = parse_time(public["deadline"], "deadline")
    check_later(state.deadline_in_force(), deadline)
    return replace(state, status="published", deadline=deadline)


def _terminated(state: TenderState, public: Mapping[str, Any], at: datetime) -> TenderState:
    del public, at
    return replace(state, status="terminated")


def _objected(state: TenderState, public: Mapping[str, Any], at: datetime) -> TenderState:
    objection = public["objection"]
    if objection in state.objections:
        raise Refusal("objection.exists", objection=objection)
    if public["lot"]:
        state.published().lot(public["lot"])
    elif public["kind"] != "documents":
        raise Refusal("objection.lot_missing", kind=public["kind"])
    made = Objection(objection, public["kind"], public["lot"], public["bid_key"], at)
    return replace(state, objections={**state.objections, objection: made})


def _objection_answered(state: TenderState, public: Mapping[str, Any], at: datetime) -> TenderState:
    held = open_objection(state, public["objection"])
    answered = replace(held, answered=at, upheld=public["upheld"])
    return replace(state, objections={**state.objections, held.objection: answered})


def open_objection(state: TenderState, objection: str) -> Objection:
    """The objection of this id if nobody answered it yet."""
    held = state.objections.get(objection)
    if held is None:
        raise Refusal("objection.unknown", objection=objection)
    if held.answered is not None:
        raise Refusal("objection.already_answered", objection=objection)
    return held


def _ordered(state: TenderState, public: Mapping[str, Any], at: datetime) -> TenderState:
    del at
    order = Order(public["order"], public["kind"], public["lot"], public["custodian"])
    check_order(state, order)
    return replace(state, orders={**state.orders, order.order: order})


def check_order(state: TenderState, order: Order) -> None:
    """An order names what its kind is about: a seed its lot and custodian, a lot to be voided the lot."""
    if order.order in state.orders:
        raise Refusal("order.exists", order=order.order)
    wants_lot, wants_custodian = order.kind != "open_access_log", order.kind == "publish_seed"
    if bool(order.lot) < wants_lot or bool(order.custodian) != wants_custodian:
        raise Refusal("order.subject", kind=order.kind)
    notice = state.published()
    if order.lot:
        notice.lot(order.lot)
    if order.custodian and order.custodian not in notice.custodians:
        raise Refusal("order.custodian_unknown", custodian=order.custodian)


def _accounted(state: TenderState, public: Mapping[str, Any], at: datetime) -> TenderState:
    del at
    streams = public["streams"]
    for version in streams.values():
        if type(version) is not int or version < 1:
            raise Refusal("account.malformed", tender=state.tender)
    if streams.get(stream_of(state.tender)) != state.version:
        raise Refusal("account.incomplete", stream=stream_of(state.tender))
    return replace(state, accounted=dict(streams), accounted_at=state.version + 1)


_APPLY: Final[Mapping[str, Callable[[TenderState, Mapping[str, Any], datetime], TenderState]]] = {
    "tender.drafted": _drafted,
    "tender.published": _published,
    "tickets.opened": _tickets,
    "enquiry.asked": _asked,
    "enquiry.answered": _answered,
    "addendum.issued": _addendum,
    "postponement.recorded": _postponed,
    "tender.suspended": _suspended,
    "tender.resumed": _resumed,
    "tender.terminated": _terminated,
    "objection.made": _objected,
    "objection.answered": _objection_answered,
    "order.issued": _ordered,
    "tender.accounted": _accounted,
}
