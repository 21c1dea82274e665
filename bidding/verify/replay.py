"""The procedure played again: every event of tender and lots, decided anew on what had been recorded before it.

An event is lawful if the act that makes such events, given the same command at the same time, makes this very event.
Periods, standstills, objections, limits and reasons of failure are all judged so, by the code the platform runs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from bidding import acts
from bidding.acts import (
    account,
    announce,
    ask,
    ask_explanations,
    award,
    block,
    close,
    coefficients,
    contribute,
    explain,
    make_objection,
    open_offers,
    open_tickets,
    opened,
    present,
    publish_candidates,
    record_evaluation,
    record_postponement,
    record_release,
    record_seed,
)
from bidding.acts.decision import Decision
from bidding.acts.keys import RULES, Signed
from bidding.procedures import Procedure
from bidding.procedures import lot as lots
from bidding.procedures import tender as tenders
from bidding.procedures.lot import LotState
from bidding.procedures.tender import TenderState
from bidding.verify.evidence import Evidence
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.claims import Failure
from ledger.custodian.rulebook import Seen
from ledger.events import Draft
from ledger.verify.evidence import remember

# (stream, version) → why the event is not lawful; None where it is.
Outcomes = Mapping[tuple[str, int], "Refusal | None"]


def outcomes(evidence: Evidence) -> Outcomes:
    """The outcome of every event after the notice, computed once."""
    return remember(evidence.__dict__, "replayed", lambda: _Replay(evidence).run())


def unlawful(evidence: Evidence, *types: str) -> Iterator[Failure]:
    """What is wrong with the events of these types."""
    found = outcomes(evidence)
    for one in history(evidence):
        why = found.get((one.event.stream, one.event.version))
        if one.event.type in types and why is not None:
            where: dict[str, str | int] = {
                "stream": one.event.stream,
                "type": one.event.type,
                "version": one.event.version,
            }
            yield Failure("step.unlawful", {**where, "why": why.code})


def any_of(evidence: Evidence, *types: str) -> bool:
    """Whether such an event has come."""
    return any(one.event.type in types for one in history(evidence))


def history(evidence: Evidence) -> list[Seen]:
    """The events of the tender and its lots in the order of the tree."""
    streams = [evidence.own, *(evidence.of_lot(lot.lot) for lot in evidence.notice.lots)]
    return sorted((one for stream in streams for one in stream), key=lambda one: one.index)


def procedure_before(evidence: Evidence, one: Seen) -> Procedure:
    """The procedure as it stood before an event. Raises what folding raises."""
    earlier = [seen for seen in history(evidence) if seen.index < one.index]
    tender = tenders.fold(seen.event for seen in earlier if seen.event.stream.startswith("tender/"))
    if tender is None:
        raise Refusal("tender.not_published", tender=evidence.tender)
    states: dict[str, LotState] = {}
    for lot in evidence.lots:
        state = lots.fold(seen.event for seen in earlier if seen.event.stream == lots.stream_of(evidence.tender, lot))
        if state is not None:
            states[lot] = state
    return Procedure(tender, states, evidence.clocks, evidence.persons_before(one.index), read=evidence.document)


def tender_at(evidence: Evidence, index: int) -> Procedure:
    """The tender as it stood before the entry at `index`, its lots aside. Raises what folding raises."""
    states = remember(evidence.__dict__, "tender_states", lambda: list(_states(evidence)))
    at = bisect_left(states, index, key=lambda row: row[0])
    if not at:
        raise Refusal("tender.not_published", tender=evidence.tender)
    return Procedure(states[at - 1][1], {}, evidence.clocks)


def _states(evidence: Evidence) -> Iterator[tuple[int, TenderState]]:
    state: TenderState | None = None
    for one in evidence.own:
        state = tenders.apply(state, one.event)
        yield one.index, state


# What comes before there is a notice to decide by; the notice itself is `notice.lawful`'s.
_BEFORE_NOTICE: Final = frozenset({"tender.drafted", "tender.published"})


class _Replay:
    """One pass over the history. `_owed`: by stream, the drafts that an earlier decision made along with its own."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._tender: TenderState | None = None
        self._lots: dict[str, LotState] = {}
        self._owed: dict[str, list[Draft]] = {}
        self._broken: Refusal | None = None
        self._stored = _stored(evidence)

    def run(self) -> Outcomes:
        out: dict[tuple[str, int], Refusal | None] = {}
        for one in history(self._evidence):
            out[one.event.stream, one.event.version] = self._step(one)
        for stream, drafts in self._owed.items():
            # Where the stream has no event at all, it is the tender's last one that lacks its companion.
            where = stream if self._evidence.seen(stream) else tenders.stream_of(self._evidence.tender)
            last = (where, len(self._evidence.seen(where)))
            out[last] = out.get(last) or Refusal("step.companion_missing", type=drafts[0].type)
        return out

    def _step(self, one: Seen) -> Refusal | None:
        """Why this event may not stand here, None if it may."""
        if self._broken is not None:
            return self._broken
        why: Refusal | None = None
        if self._tender is not None and self._tender.notice is not None:
            why = self._judge(one)
        elif one.event.type not in _BEFORE_NOTICE:
            # Nothing was decided before there was something to decide on.
            why = Refusal("tender.not_published", tender=self._evidence.tender)
        try:
            self._apply(one)
        except Refusal as refusal:
            self._broken = refusal
            return refusal
        return why

    def _apply(self, one: Seen) -> None:
        stream = one.event.stream
        if stream.startswith("tender/"):
            self._tender = tenders.apply(self._tender, one.event)
        else:
            lot = stream.rsplit("/", 1)[1]
            self._lots[lot] = lots.apply(self._lots.get(lot), one.event)

    def _judge(self, one: Seen) -> Refusal | None:
        stream = one.event.stream
        owed = self._owed.get(stream)
        if owed:
            wanted = owed.pop(0)
            if not owed:
                del self._owed[stream]
            return None if _same(wanted, one) else Refusal("step.other_companion", type=wanted.type)
        try:
            decision = self._decide(one)
        except Refusal as why:
            return why
        drafts = decision.get(stream, [])
        if not drafts or not _same(drafts[0], one):
            return Refusal("step.other_event", type=one.event.type)
        for name, more in decision.items():
            rest = more[1:] if name == stream else more
            if rest:
                self._owed.setdefault(name, []).extend(rest)
        return None

    def _decide(self, one: Seen) -> Decision:
        public, type_ = cast(dict[str, Any], one.event.public), one.event.type
        tender = cast(TenderState, self._tender)
        procedure = Procedure(
            tender,
            dict(self._lots),
            self._evidence.clocks,
            self._evidence.persons_before(one.index),
            self._stored,
            self._evidence.document,
        )
        if type_ in RULES and "acts" in public:
            body: dict[str, Json] = {name: value for name, value in public.items() if name != "acts"}
            return acts.OFFICE[type_](procedure, Signed(one.event.stream, body, tuple(public["acts"])), one.event.at)
        if type_ not in _DECIDE:
            raise Refusal("step.unknown", type=type_)
        lot = "" if one.event.stream.startswith("tender/") else one.event.stream.rsplit("/", 1)[1]
        return _DECIDE[type_](self._evidence, procedure, one, lot)


def _same(draft: Draft, one: Seen) -> bool:
    return (draft.type, draft.public) == (one.event.type, one.event.public)


def _stored(evidence: Evidence) -> dict[str, int]:
    """Sizes of documents: what addenda list is not in the bundle, and is taken as stored."""
    found = {sha256: len(data) for sha256, data in evidence.bundle.documents.items()}
    for one in evidence.own:
        if one.event.type == "addendum.issued":
            rows = cast(list[dict[str, Any]], one.event.public.get("documents", []))
            found |= {row["sha256"]: row["size"] for row in rows if row["sha256"] not in found}
    return found


# --- the command behind each event ------------------------------------------------------------------------------------


def _contribution(_: Evidence, procedure: Procedure, one: Seen, lot: str) -> Decision:
    public = cast(dict[str, Any], one.event.public)
    return contribute.decide(procedure, contribute.Contribute(lot, public["contribution"]), one.event.at)


def _tickets(evidence: Evidence, procedure: Procedure, one: Seen, _: str) -> Decision:
    checkpoint = cast(dict[str, Any], one.event.public)["checkpoint"]
    indexes = [
        seen.index
        for lot in evidence.notice.lots
        for seen in evidence.of_lot(lot.lot)
        if seen.event.type == "contribution.recorded" and seen.index < one.index
    ]
    command = open_tickets.OpenTickets(checkpoint["size"], checkpoint["root"], max(indexes, default=-1))
    return open_tickets.decide(procedure, command, one.event.at)


def _asked(_: Evidence, procedure: Procedure, one: Seen, __: str) -> Decision:
    public = cast(dict[str, Any], one.event.public)
    return ask.decide(procedure, ask.Ask(public["enquiry"], public["text"]), one.event.at)


def _objection(_: Evidence, procedure: Procedure, one: Seen, __: str) -> Decision:
    public = cast(dict[str, Any], one.event.public)
    return make_objection.decide(procedure, make_objection.MakeObjection(**public), one.event.at)


def _postponement(_: Evidence, procedure: Procedure, one: Seen, __: str) -> Decision:
    envelope = cast(dict[str, Any], one.event.public)["postponement"]
    custodian = next((id_ for id_, key in procedure.notice.custodians.items() if key == envelope["key"]), "")
    command = record_postponement.RecordPostponement(custodian, envelope)
    return record_postponement.decide(procedure, command, one.event.at)


def _account(_: Evidence, procedure: Procedure, one: Seen, __: str) -> Decision:
    return account.decide(procedure, account.Account(cast(Any, one.event.public["streams"])), one.event.at)


def _close(_: Evidence, procedure: Procedure, one: Seen, lot: str) -> Decision:
    # Which tickets there were stands in a raw entry, which is not replayed.
    return close.decide(procedure, close.Close(lot, one.event.public, ()), one.event.at)


def _present(_: Evidence, procedure: Procedure, one: Seen, lot: str) -> Decision:
    return present.decide(procedure, present.Present(lot, one.event.public), one.event.at)


def _release(_: Evidence, procedure: Procedure, one: Seen, __: str) -> Decision:
    public = cast(dict[str, Any], one.event.public)
    command = record_release.RecordRelease(public["custodian"], public["release"])
    return record_release.decide(procedure, command, one.event.at)


def _seed(_: Evidence, procedure: Procedure, one: Seen, lot: str) -> Decision:
    public = cast(dict[str, Any], one.event.public)
    command = record_seed.RecordSeed(public["custodian"], lot, public["part"], public["seed"])
    return record_seed.decide(procedure, command, one.event.at)


def _block(_: Evidence, procedure: Procedure, one: Seen, lot: str) -> Decision:
    return block.decide(procedure, block.Block(lot), one.event.at)


def _computed(decide: Callable[[Procedure, opened.Opened, Any], Decision]) -> Command:
    return lambda _, procedure, one, lot: decide(procedure, opened.Opened(lot, one.event.public), one.event.at)


def _explanations(_: Evidence, procedure: Procedure, one: Seen, lot: str) -> Decision:
    public = cast(dict[str, Any], one.event.public)
    command = ask_explanations.AskExplanations(lot, public["asked"], public["minutes"])
    return ask_explanations.decide(procedure, command, one.event.at)


def _explanation(_: Evidence, procedure: Procedure, one: Seen, lot: str) -> Decision:
    return explain.decide(procedure, explain.Explain(lot, **cast(dict[str, Any], one.event.public)), one.event.at)


def _evaluated(_: Evidence, procedure: Procedure, one: Seen, lot: str) -> Decision:
    command = record_evaluation.RecordEvaluation(lot, one.event.public)
    return record_evaluation.decide(procedure, command, one.event.at)


def _candidates(evidence: Evidence, procedure: Procedure, one: Seen, lot: str) -> Decision:
    parties = {row["bid_key"]: row["parties"] for row in evidence.whole(lot, "lot.announced")["bids"]}
    command = publish_candidates.PublishCandidates(lot, parties, evidence.prices(lot))
    return publish_candidates.decide(procedure, command, one.event.at)


def _failed(evidence: Evidence, procedure: Procedure, one: Seen, lot: str) -> Decision:
    """What fails by itself does so with the event that made it fail, but for limits that leave no candidate."""
    if procedure.lot(lot).status != "evaluated":
        raise Refusal("lot.failed_unfounded", lot=lot)
    return _candidates(evidence, procedure, one, lot)


def _award(_: Evidence, procedure: Procedure, one: Seen, lot: str) -> Decision:
    return award.decide(procedure, award.Award(lot), one.event.at)


Command = Callable[[Evidence, Procedure, Seen, str], Decision]

_DECIDE: Final[Mapping[str, Command]] = {
    "contribution.recorded": _contribution,
    "tickets.opened": _tickets,
    "enquiry.asked": _asked,
    "objection.made": _objection,
    "postponement.recorded": _postponement,
    "tender.accounted": _account,
    "lot.closed": _close,
    "lot.present": _present,
    "release.recorded": _release,
    "seed.recorded": _seed,
    "lot.blocked": _block,
    "lot.coefficients": _computed(coefficients.decide),
    "lot.announced": _computed(announce.decide),
    "lot.offers_opened": _computed(open_offers.decide),
    "lot.explanations_asked": _explanations,
    "lot.explanation_given": _explanation,
    "lot.evaluated": _evaluated,
    "lot.candidates_published": _candidates,
    "lot.failed": _failed,
    "lot.awarded": _award,
}
