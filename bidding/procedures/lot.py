"""The lot's state machine: from its first contribution to its contract, apart from the tender's. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal, cast

from bidding.procedures import listing, payloads
from bidding.procedures.tender import used_acts
from ledger.basics.canonical import Json, canonical
from ledger.basics.clock import parse_time
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.events import Event

Status = Literal[
    "open",
    "closed",
    "present",
    "coefficients",
    "announced",
    "offers_opened",
    "explaining",
    "explained",
    "evaluated",
    "candidates_published",
    "next_candidate",
    "awarded",
    "contracted",
    "failed",
    "retendered",
]

_OPENING: Final = frozenset({"present", "coefficients", "announced"})
# Offers are open, and nothing is ranked yet.
_MARKING: Final = frozenset({"offers_opened", "explaining", "explained"})
_AFTER: Final = _MARKING | {"evaluated", "candidates_published", "next_candidate", "awarded", "contracted"}
# Releases and seeds may come late: a custodian that was away answers when it is back, whatever became of the lot.
_ANSWERED: Final = _OPENING | _AFTER | {"failed", "retendered"}

ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "contribution.recorded": frozenset({"open"}),
    "lot.closed": frozenset({"open"}),
    "lot.present": frozenset({"closed"}),
    "release.recorded": _ANSWERED,
    "seed.recorded": _ANSWERED,
    "lot.blocked": _OPENING,
    "lot.coefficients": frozenset({"present"}),
    "lot.announced": frozenset({"coefficients"}),
    "lot.offers_opened": frozenset({"announced"}),
    "lot.explanations_asked": frozenset({"offers_opened"}),
    "lot.explanation_given": frozenset({"explaining"}),
    "lot.explanations_judged": frozenset({"explaining"}),
    "lot.evaluated": _MARKING,
    "lot.failed": _OPENING
    | _MARKING
    | {"open", "closed", "evaluated", "candidates_published", "next_candidate", "awarded"},
    "lot.candidates_published": frozenset({"evaluated"}),
    "lot.awarded": frozenset({"candidates_published", "next_candidate"}),
    "lot.next_candidate": frozenset({"candidates_published", "next_candidate", "awarded"}),
    "lot.contracted": frozenset({"awarded"}),
    "lot.retendered": frozenset({"failed", "candidates_published", "next_candidate", "awarded"}),
}


@dataclass(frozen=True)
class Candidate:
    """A published candidate. `price_fen`: its bid; `total`: its mark, an exact decimal as text."""

    rank: int
    bid_key: str
    uscc: tuple[str, ...]
    price_fen: int
    total: str


@dataclass(frozen=True)
class LotState:
    """A lot as its stream says it is. `times`: when each type of event last came.

    `lists`: type of event → hash of the list it names, which is no part of the state (`Procedure.rows` reads it);
    `releases`: (part, custodian) of the releases recorded; `fallen`: candidates passed over for the next one; `asked`:
    bids whose price is to be explained until `explain_until`; `given`: those that did; `findings`: what was found.
    """

    tender: str
    lot: str
    version: int = 0
    status: Status = "open"
    times: Mapping[str, datetime] = field(default_factory=dict)
    contributors: tuple[str, ...] = ()
    roll: tuple[str, ...] = ()
    roll_sha256: str = ""
    lists: Mapping[str, str] = field(default_factory=dict)
    releases: frozenset[tuple[str, str]] = frozenset()
    seeds: frozenset[tuple[str, str]] = frozenset()
    blocked: str = ""
    alpha: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    counted: int = 0
    announced_failed: bool = False
    asked: tuple[str, ...] = ()
    explain_until: datetime | None = None
    given: frozenset[str] = frozenset()
    findings: Mapping[str, bool] = field(default_factory=dict)
    evaluation_failed: bool = False
    ranking: tuple[tuple[int, str, str], ...] = ()
    proposed: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    until: datetime | None = None
    fallen: tuple[str, ...] = ()
    awarded: str = ""
    contract: str = ""
    failure: Mapping[str, Any] = field(default_factory=dict)
    successor: str = ""
    acts_used: frozenset[str] = frozenset()

    def released(self, part: str) -> frozenset[str]:
        """The custodians whose release of a part is recorded."""
        return frozenset(custodian for one, custodian in self.releases if one == part)

    def standing(self) -> Candidate | None:
        """The first candidate that has not fallen away."""
        return next((item for item in self.candidates if item.bid_key not in self.fallen), None)


def stream_of(tender: str, lot: str) -> str:
    """The name of a lot's stream."""
    return f"lot/{tender}/{lot}"


def initial(tender: str, lot: str) -> LotState:
    """A lot before its first event."""
    return LotState(tender, lot)


def apply(state: LotState | None, event: Event) -> LotState:
    """The state after `event`; the first one may come to `None` or to `initial(…)`.

    Raises `Refusal`: `event.unknown_type`, `event.wrong_stream`, `event.gap`, `shape.*`, `lot.wrong_state`,
    `act.used_twice` and the codes of the single events.
    """
    if event.type not in payloads.LOT:
        raise Refusal("event.unknown_type", type=event.type)
    if state is None:
        parts = event.stream.split("/")
        if len(parts) != 3 or parts[0] != "lot":
            raise Refusal("event.wrong_stream", stream=event.stream)
        state = initial(parts[1], parts[2])
    if event.stream != stream_of(state.tender, state.lot):
        raise Refusal("event.wrong_stream", stream=event.stream)
    if event.version != state.version + 1:
        raise Refusal("event.gap", stream=event.stream, wanted=state.version + 1, found=event.version)
    payloads.check_event(event)
    return _moved(state, event.type, event.public, event.at)


def foresee(state: LotState, type: str, public: Mapping[str, Json], at: datetime) -> LotState:
    """The state after an event that would be the next of the lot's stream; raises what `apply` raises."""
    if type not in payloads.LOT:
        raise Refusal("event.unknown_type", type=type)
    payloads.check(type, public)
    return _moved(state, type, public, at)


def _moved(state: LotState, type: str, members: Mapping[str, Json], at: datetime) -> LotState:
    require(state, type)
    public = cast(dict[str, Any], members)
    used = used_acts(public)
    if used & state.acts_used or len(used) != len(public.get("acts", ())):
        raise Refusal("act.used_twice")
    after = _APPLY[type](state, public)
    named = {type: public[listing.MEMBERS[type]]} if type in listing.MEMBERS else {}
    return replace(
        after,
        lists={**state.lists, **named},
        version=state.version + 1,
        times={**state.times, type: at},
        acts_used=state.acts_used | used,
    )


def fold(events: Iterable[Event]) -> LotState | None:
    """The state after all events of a lot's stream in order; None without any."""
    state: LotState | None = None
    for event in events:
        state = apply(state, event)
    return state


def require(state: LotState, type: str) -> None:
    """Raises `Refusal("lot.wrong_state", event, lot, state)` unless an event of this type may come now."""
    if state.status not in ALLOWED[type]:
        raise Refusal("lot.wrong_state", event=type, lot=state.lot, state=state.status)


def _contribution(state: LotState, public: Mapping[str, Any]) -> LotState:
    party = public["contribution"]["object"].get("party")
    if not isinstance(party, str) or party in state.contributors:
        raise Refusal("contribution.second", party=str(party)[:64])
    return replace(state, contributors=(*state.contributors, party))


def _closed(state: LotState, public: Mapping[str, Any]) -> LotState:
    roll = public["roll"]
    if roll["tender"] != state.tender or roll["lot"] != state.lot:
        raise Refusal("roll.other_lot", tender=roll["tender"], lot=roll["lot"])
    listed = tuple(roll["submissions"])
    if list(listed) != sorted(set(listed)):
        raise Refusal("roll.unsorted", field="submissions")
    return replace(state, status="closed", roll=listed, roll_sha256=H(canonical(roll)).hex())


def _present(state: LotState, _: Mapping[str, Any]) -> LotState:
    return replace(state, status="present")


def _release(state: LotState, public: Mapping[str, Any]) -> LotState:
    part, custodian = public["part"], public["custodian"]
    if (part, custodian) in state.releases:
        raise Refusal("release.second", custodian=custodian, part=part)
    check_answerable(state, part)
    return replace(state, releases=state.releases | {(part, custodian)})


def _seed(state: LotState, public: Mapping[str, Any]) -> LotState:
    part, custodian = public["part"], public["custodian"]
    if (part, custodian) in state.seeds:
        raise Refusal("seed.second", custodian=custodian, part=part)
    check_answerable(state, part)
    return replace(state, seeds=state.seeds | {(part, custodian)})


def check_answerable(state: LotState, part: str) -> None:
    """Nothing answers before *present*, and no offer before *announced* or where that failed."""
    after = "lot.announced" if part == "offer" else "lot.present"
    if after not in state.times or (part == "offer" and state.announced_failed):
        raise Refusal("release.too_early", part=part, after=after)


def _blocked(state: LotState, public: Mapping[str, Any]) -> LotState:
    if state.blocked == public["part"]:
        raise Refusal("lot.already_blocked", part=state.blocked)
    if public["have"] >= public["need"]:
        raise Refusal("lot.not_blocked", have=public["have"], need=public["need"])
    return replace(state, blocked=public["part"])


def _coefficients(state: LotState, public: Mapping[str, Any]) -> LotState:
    return replace(state, status="coefficients", blocked="", alpha=public["alpha"], values=dict(public["values"]))


def _announced(state: LotState, public: Mapping[str, Any]) -> LotState:
    return replace(state, status="announced", blocked="", counted=public["counted"], announced_failed=public["failed"])


def _offers(state: LotState, _: Mapping[str, Any]) -> LotState:
    if state.announced_failed:
        raise Refusal("offers.announced_failed", lot=state.lot)
    return replace(state, status="offers_opened", blocked="")


def _explanations_asked(state: LotState, public: Mapping[str, Any]) -> LotState:
    asked = tuple(item["bid_key"] for item in public["asked"])
    check_sorted(asked, "asked")
    return replace(state, status="explaining", asked=asked, explain_until=parse_time(public["until"], "until"))


def _explanation(state: LotState, public: Mapping[str, Any]) -> LotState:
    if public["bid_key"] not in state.asked:
        raise Refusal("explanation.not_asked", lot=state.lot)
    return replace(state, given=state.given | {public["bid_key"]})


def _explanations_judged(state: LotState, public: Mapping[str, Any]) -> LotState:
    findings = {item["bid_key"]: item["proved"] for item in public["findings"]}
    check_sorted([item["bid_key"] for item in public["findings"]], "findings")
    if findings.keys() != state.given:
        raise Refusal("explanation.other_bids", found=len(findings), wanted=len(state.given))
    return replace(state, status="explained", findings=findings)


def check_sorted(keys: Sequence[str], field: str) -> None:
    """Raises `Refusal("explanation.unsorted", field)` unless these keys rise: each stands there once."""
    if list(keys) != sorted(set(keys)):
        raise Refusal("explanation.unsorted", field=field)


def _evaluated(state: LotState, public: Mapping[str, Any]) -> LotState:
    ranking = tuple((item["rank"], item["bid_key"], item["total"]) for item in public["ranking"])
    ranked = {bid_key for _, bid_key, _ in ranking}
    if len(ranked) != len(ranking) or not set(public["candidates"]) <= ranked:
        raise Refusal("evaluation.other_bids", lot=state.lot)
    return replace(
        state,
        status="evaluated",
        evaluation_failed=public["failed"],
        ranking=ranking,
        proposed=tuple(public["candidates"]),
    )


def _failed(state: LotState, public: Mapping[str, Any]) -> LotState:
    return replace(state, status="failed", blocked="", failure=public["reason"])


def _candidates(state: LotState, public: Mapping[str, Any]) -> LotState:
    if state.evaluation_failed:
        raise Refusal("candidates.evaluation_failed", lot=state.lot)
    listed = tuple(
        Candidate(
            item["rank"],
            item["bid_key"],
            tuple(party["uscc"] for party in item["parties"]),
            item["price_fen"],
            item["total"],
        )
        for item in public["candidates"]
    )
    keys = [item.bid_key for item in listed]
    if keys != [key for key in state.proposed if key in keys]:
        raise Refusal("candidates.other_bids", lot=state.lot)
    until = parse_time(public["until"], "until")
    return replace(state, status="candidates_published", candidates=listed, until=until)


def _awarded(state: LotState, public: Mapping[str, Any]) -> LotState:
    standing = state.standing()
    if standing is None:
        raise Refusal("award.no_candidate", lot=state.lot)
    if (public["bid_key"], public["rank"], public["price_fen"]) != (
        standing.bid_key,
        standing.rank,
        standing.price_fen,
    ):
        raise Refusal("award.not_first", lot=state.lot, wanted=standing.bid_key)
    return replace(state, status="awarded", awarded=standing.bid_key)


def _next(state: LotState, public: Mapping[str, Any]) -> LotState:
    standing = state.standing()
    if standing is None or public["from"] != standing.bid_key:
        raise Refusal("next_candidate.from", lot=state.lot, wanted=standing.bid_key if standing else "")
    after = replace(state, status="next_candidate", fallen=(*state.fallen, standing.bid_key), awarded="")
    following = after.standing()
    if following is None or public["to"] != following.bid_key:
        raise Refusal("next_candidate.to", lot=state.lot, wanted=following.bid_key if following else "")
    return after


def _contracted(state: LotState, public: Mapping[str, Any]) -> LotState:
    if public["bid_key"] != state.awarded:
        raise Refusal("contract.not_awarded", lot=state.lot, wanted=state.awarded)
    return replace(state, status="contracted", contract=public["contract"])


def _retendered(state: LotState, public: Mapping[str, Any]) -> LotState:
    if public["successor"] == state.tender:
        raise Refusal("retender.itself", lot=state.lot)
    return replace(state, status="retendered", successor=public["successor"])


_APPLY: Final[Mapping[str, Callable[[LotState, Mapping[str, Any]], LotState]]] = {
    "contribution.recorded": _contribution,
    "lot.closed": _closed,
    "lot.present": _present,
    "release.recorded": _release,
    "seed.recorded": _seed,
    "lot.blocked": _blocked,
    "lot.coefficients": _coefficients,
    "lot.announced": _announced,
    "lot.offers_opened": _offers,
    "lot.explanations_asked": _explanations_asked,
    "lot.explanation_given": _explanation,
    "lot.explanations_judged": _explanations_judged,
    "lot.evaluated": _evaluated,
    "lot.failed": _failed,
    "lot.candidates_published": _candidates,
    "lot.awarded": _awarded,
    "lot.next_candidate": _next,
    "lot.contracted": _contracted,
    "lot.retendered": _retendered,
}
