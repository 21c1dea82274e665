"""The opening up to the offers: drawn coefficients, and whose the bids are. One for worker, custodian and verifier.

Each function gives the body of its event, or `Waiting` with what is missing. The result follows from the log and
the bids alone: not from which custodians answered, nor from the order in which anything came (docs/formats/sealing.md
§4–6). The offers are `bidding.offers`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bidding import statement, tickets
from bidding.exclusions import excluded
from bidding.form import check_answers
from bidding.parties import Party
from bidding.procedures import listing
from bidding.procedures.listing import Body
from bidding.sealed_lot import OnRoll, Reason, SealedLot, State, bid_seals, contribution_seals, stand
from bidding.statement import Signed
from bidding.submission import Submission
from bidding.verdicts import Forms, Judge, Waiting, open_forms, verdicts
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.sealed import coin
from ledger.sealed import opening as sealed
from ledger.sealed.header import Header
from ledger.sealed.opening import Open
from ledger.slots import Withheld

# Where a registration or an issuance comes from: by party id; None if there is none, `Withheld` if it is not shown.
Registered = Callable[[str], "Party | None"]
Issued = Callable[[str], "Mapping[str, Json] | None"]

# The bid key of a submission on the roll that does not even say whose it is.
NO_KEY: Final = "0" * 64

SIGNATURES: Final = "实施条例第51条第1项"
AGREEMENT: Final = "实施条例第51条第2项"
RESPONSE: Final = "实施条例第51条第6项"


@dataclass(frozen=True)
class Identity:
    """A bid after its identity part: `state` counted, void, withdrawn or rejected; `secret`, `header` if it opened."""

    submission: str
    bid_key: str
    state: State
    reason: Reason | None = None
    parties: tuple[Signed, ...] = ()
    secret: bytes = b""
    header: Header | None = None


def coefficients(
    lot: SealedLot,
    on_roll: OnRoll,
    contributions: Iterable[object],
    releases: Iterable[object],
    seeds: Mapping[str, bytes] | None = None,
) -> Waiting | dict[str, Json]:
    """`public` of `lot.coefficients`: the parties' values, alpha and the drawn values (§6).

    `contributions`, `releases`: envelopes in tree order; `seeds`: custodian → its published seed for the coin.
    Raises `Refusal("opening.contribution_missing")`.
    """
    keyset = lot.keysets["coin"]
    found = verdicts(lot, on_roll, keyset, contribution_seals(lot, contributions), releases, seeds)
    if isinstance(found, Waiting):
        return found
    values = {party: sealed.random_value(verdict) for party, verdict in found.items()}
    alpha = coin.alpha(keyset.purpose, on_roll.roll, values)
    rows: list[Json] = [
        {
            "party": party,
            "verdict": "open" if isinstance(found[party], Open) else "void",
            "value": values[party].hex(),
        }
        for party in sorted(found)
    ]
    drawn: dict[str, Json] = {
        name: coin.coefficient(alpha, lot.lot, name, listed) for name, listed in sorted(lot.draws.items())
    }
    return {"contributions": rows, "alpha": alpha.hex(), "values": drawn}


def read_identities(  # noqa: PLR0913 - everything that an identity follows from
    lot: SealedLot,
    on_roll: OnRoll,
    present: Mapping[str, Json],
    releases: Iterable[object],
    forms: Forms,
    registered: Registered,
    issued: Issued,
    seeds: Mapping[str, bytes] | None = None,
    *,
    judge: Judge = verdicts,
) -> Waiting | tuple[Identity, ...]:
    """Every bid on the roll, sorted by submission, after its identity part (§5 Counting).

    `present`: `lot.present` with its list; `releases`: envelopes in tree order; `forms`: the forms' ciphertexts;
    `registered`: a party's registration; `issued`: public of the first `ticket.issued` of a party in this lot; both of
    events before `lot.closed` only, else custodians compute otherwise and the offers stay shut.
    """
    standing = stand(on_roll, present)
    if len(standing.bids) < lot.min_bids:
        return Waiting("opening.too_few", {"have": len(standing.bids), "need": lot.min_bids})
    seals = bid_seals(lot, "identity", standing.bids)
    found = judge(lot, on_roll, lot.keysets["identity"], seals, releases, seeds)
    if isinstance(found, Waiting):
        return found
    opened = open_forms(lot.keysets["identity"], standing.bids, seals, found, forms)
    if isinstance(opened, Waiting):
        return opened
    read = {bid.sha256: _identity(lot, bid, opened[bid.sha256], registered, issued) for bid in standing.bids}
    proven = {sha256: bid.parties for sha256, bid in read.items() if bid.state != "void"}
    for sha256, reason in excluded(proven, lot.exclusions).items():
        bid = read[sha256]
        read[sha256] = Identity(sha256, bid.bid_key, "rejected", reason, bid.parties, bid.secret, bid.header)
    for sha256, (state, reason) in standing.out.items():
        known = on_roll.submissions.get(sha256)
        read[sha256] = Identity(sha256, known.bid_key if known else NO_KEY, state, reason)
    return tuple(bid for _, bid in sorted(read.items()))


def announced(lot: SealedLot, identities: Sequence[Identity]) -> Body:
    """`lot.announced` and its list, for what `read_identities` gave."""
    bids: list[Json] = [
        {
            "submission": bid.submission,
            "bid_key": bid.bid_key,
            "state": bid.state,
            "reason": bid.reason.public() if bid.reason else {},
            "parties": [signed.public() for signed in bid.parties],
        }
        for bid in identities
    ]
    count = len(counted(identities))
    return listing.body("lot.announced", {"bids": bids, "counted": count, "failed": count < lot.min_bids})


def counted(identities: Iterable[Identity]) -> tuple[Identity, ...]:
    """The bids whose offers open; if they are fewer than the lot needs, none does."""
    return tuple(bid for bid in identities if bid.state == "counted")


def answers_reason(lot: SealedLot, header: Header) -> Reason | None:
    """The first thing wrong with a part's answers (docs/formats/form.md), None if nothing is."""
    if header.part not in lot.form.parts:
        return Reason("bid.unasked", RESPONSE, (("part", header.part),)) if header.form else None
    problems = check_answers(lot.form, header.part, header.form, [file.name for file in header.files])
    if not problems:
        return None
    return Reason(problems[0].code, RESPONSE, tuple(sorted(problems[0].params.items())))


def _identity(
    lot: SealedLot, bid: Submission, opened: tuple[bytes, Header] | Reason, registered: Registered, issued: Issued
) -> Identity:
    if isinstance(opened, Reason):
        return Identity(bid.sha256, bid.bid_key, "void", opened)
    secret, header = opened
    try:
        parties = statement.verify(header, bid, _shown(registered), lot.authorities, lot.deadline)
    except Withheld:
        raise
    except Refusal as why:
        article = AGREEMENT if why.code == "statement.no_agreement" else SIGNATURES
        return Identity(bid.sha256, bid.bid_key, "void", Reason.of(why, article), (), secret, header)
    if not _issued(lot, bid, header, parties[0].party, issued):
        reason = Reason("bid.ticket_of_another", "", (("uscc", parties[0].party.uscc),))
        return Identity(bid.sha256, bid.bid_key, "void", reason, (), secret, header)
    problem = answers_reason(lot, header)
    state: State = "rejected" if problem else "counted"
    return Identity(bid.sha256, bid.bid_key, state, problem, parties, secret, header)


def _shown(registered: Registered) -> Registered:
    """The same, what goes wrong in it being `Withheld`: who does not show a registration makes no bid void by that."""

    def look_up(party: str) -> Party | None:
        try:
            return registered(party)
        except Refusal as why:
            raise Withheld(why.code, **why.params) from why

    return look_up


def _issued(lot: SealedLot, bid: Submission, header: Header, lead: Party, issued: Issued) -> bool:
    """Whether this bid's ticket is the one that its first party asked for, signed with its seal."""
    public = issued(lead.party)
    if public is None:
        return False
    try:
        issuance = tickets.parse_issuance(dict(public), tender=lot.tender, lot=lot.lot, seal_key=lead.seal_key)
    except Refusal:
        return False
    seed = statement.blind_seed(header)
    return issuance.party == lead.party and tickets.issued_for(lot.spki, bid.ticket, seed, issuance)
