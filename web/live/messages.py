"""The numbered messages of a hall (docs/formats/live.md): what happened, each of exactly this shape.

All words for people stand in the messages, in both languages, so that no client needs a book of its own.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Part = Literal["coin", "identity", "offer"]
# Where an opening is, in this order; `failed` and `terminated` end it wherever it was.
Step = Literal[
    "waiting", "roll", "presence", "coefficients", "bidders", "offers", "sheet", "evaluation", "candidates", "award"
]
STEPS: Final[tuple[Step, ...]] = (
    "waiting",
    "roll",
    "presence",
    "coefficients",
    "bidders",
    "offers",
    "sheet",
    "evaluation",
    "candidates",
    "award",
)
Verdict = Literal["pass", "fail", "none"]


class Strict(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Every object: no member may be missing, and none more may come."""


class Text(Strict):
    """The same in both languages."""

    zh: str
    en: str


class Reason(Strict):
    """Why: an error code with its parameters, the article it rests on ("" for none), and its words."""

    code: str
    article: str
    params: dict[str, str | int]
    words: Text


class Member(Strict):
    """One party of a bid; `name` has empty texts where nobody of this code was registered."""

    uscc: str
    role: str
    share: str
    name: Text


class Message(Strict, tag_field="kind"):
    """A numbered message. `n` counts from 1 without gap; `source`: the event it tells of, `STREAM@VERSION`.

    `at`: the event's time; `step`: where the opening is from now on; `over`: "failed" or "terminated" once it ended so;
    `say`: the message as a sentence.
    """

    n: int
    at: str
    source: str
    step: Step
    over: Literal["", "failed", "terminated"]
    say: Text


class Custodian(Strict):
    """A custodian by its id, with the name that the trust file gives it."""

    id: str
    name: Text


class Notice(Message, tag="notice"):
    """The notice: the first message. Money in fen, 0 for no ceiling; `need`: how many custodians must answer."""

    title: Text
    lot_title: Text
    deadline: str
    ceiling_fen: int
    custodians: list[Custodian]
    need: int
    contributors: list[str]
    min_bids: int


class Contribution(Message, tag="contribution"):
    """A contributor's sealed randomness is in the log: `have` of `of`."""

    party: str
    have: int
    of: int


class Tickets(Message, tag="tickets"):
    """Tickets are open: bids may come."""


class Addendum(Message, tag="addendum"):
    """An addendum; `deadline`: the one in force from now, `moved` or not."""

    number: int
    deadline: str
    moved: bool


class Postponed(Message, tag="postponed"):
    """A custodian signed that it does not open this lot before `not_before`."""

    custodian: str
    not_before: str


class Halted(Message, tag="halted"):
    """The tender was `suspended`, `resumed` (then `deadline` is the one in force) or `terminated`."""

    how: Literal["suspended", "resumed", "terminated"]
    reason: str
    deadline: str


class Closed(Message, tag="closed"):
    """The roll is locked: how many bids, and the roll's hash."""

    bids: int
    need: int
    roll: str


class Present(Message, tag="present"):
    """Which bids have all their ciphertexts: `complete` of `bids`; the others are withdrawn by no act of theirs."""

    bids: int
    complete: int


class Release(Message, tag="release"):
    """A custodian's answer for a part: so many `have` answered, `need` are enough, `of` there are."""

    custodian: str
    part: Part
    have: int
    need: int
    of: int


class Seed(Message, tag="seed"):
    """A custodian published its seed for a part, on a two-key order."""

    custodian: str
    part: Part


class Given(Strict):
    """What a contributor had sealed: 32 bytes in hex, zeros where its contribution was void."""

    party: str
    verdict: Literal["open", "void"]
    value: str


class Drawn(Strict):
    """A coefficient: its published list, and the value that was drawn."""

    name: str
    values: list[str]
    value: str


class Coefficients(Message, tag="coefficients"):
    """The randomness is open: `alpha` follows from `given` and the roll, each drawn value from `alpha`."""

    given: list[Given]
    alpha: str
    drawn: list[Drawn]


class Bidder(Message, tag="bidder"):
    """One bid's identity: `place` of `of`, in the order of the submissions' hashes."""

    place: int
    of: int
    bid_key: str
    submission: str
    state: Literal["counted", "void", "withdrawn", "rejected"]
    parties: list[Member]
    reason: Reason | None


class Announced(Message, tag="announced"):
    """All bidders are announced; with `failed` no offer opens, and objections may be made until `until`."""

    bids: int
    counted: int
    need: int
    failed: bool
    until: str


class Check(Strict):
    """One check of an offer and how it went; "none": not reached, or nothing to check against."""

    check: Literal["seal", "form", "signature", "files", "answers", "ceiling"]
    verdict: Verdict


class Offer(Message, tag="offer"):
    """One offer, opened and read out. `price`: as its bidder wrote it; `price_fen`: −1 where that is no amount.

    `offer`: SHA-256 of the document that holds all answers, "" where the offer did not open.
    """

    place: int
    of: int
    bid_key: str
    submission: str
    state: Literal["opened", "void", "rejected", "withdrawn"]
    parties: list[Member]
    price: str
    price_fen: int
    checks: list[Check]
    reason: Reason | None
    offer: str


class Sheet(Message, tag="sheet"):
    """The opening sheet is complete; objections on the spot may be made until `until`."""

    opened: int
    of: int
    until: str


class Objection(Message, tag="objection"):
    """An objection that concerns this lot (`lot` is "" for one to the documents of the whole tender)."""

    objection: str
    about: Literal["documents", "opening", "result"]
    lot: str
    bid_key: str
    text: str


class Answer(Message, tag="answer"):
    """The tenderee's answer to an objection."""

    objection: str
    text: str
    upheld: bool


class Order(Message, tag="order"):
    """What two persons ordered about this lot; `custodian` is "" where none is meant."""

    what: Literal["publish_seed", "open_access_log", "void_lot"]
    custodian: str
    reason: str


class Blocked(Message, tag="blocked"):
    """Too few custodians have answered for a part; `missing`: who has not."""

    part: Part
    have: int
    need: int
    missing: list[str]


class Failed(Message, tag="failed"):
    """The lot has no result, and why."""

    reason: Reason


class Asked(Message, tag="asked"):
    """One bid whose price the rules find abnormally low, by these tests: it explains until `until`, or is rejected."""

    bid_key: str
    price_fen: int
    tests: list[Literal["mean", "second", "ceiling"]]
    until: str


class Explained(Message, tag="explained"):
    """What a bid that was asked says of its price."""

    bid_key: str
    text: str


class Found(Message, tag="found"):
    """What two persons found of a bid's explanation, and why."""

    bid_key: str
    proved: bool
    finding: str


class Evaluated(Message, tag="evaluated"):
    """The marks are made by the rules; `report`: SHA-256 of the document."""

    ranked: int
    candidates: int
    failed: bool
    report: str


class Candidate(Strict):
    """A published candidate; `total`: an exact decimal as text, "" where bids are ranked by price alone."""

    rank: int
    bid_key: str
    parties: list[Member]
    price_fen: int
    total: str


class Candidates(Message, tag="candidates"):
    """The candidates, and until when they stand published."""

    candidates: list[Candidate]
    until: str


class Awarded(Message, tag="awarded"):
    """The award."""

    bid_key: str
    rank: int
    price_fen: int


class Followed(Message, tag="followed"):
    """The next candidate took the place of one that fell away."""

    gone: str
    next: str
    reason: str


class Contracted(Message, tag="contracted"):
    """The contract was signed; its SHA-256."""

    bid_key: str
    contract: str


class Retendered(Message, tag="retendered"):
    """The lot goes on as a new tender."""

    successor: str
    reason: str


AnyMessage = (
    Notice
    | Contribution
    | Tickets
    | Addendum
    | Postponed
    | Halted
    | Closed
    | Present
    | Release
    | Seed
    | Coefficients
    | Bidder
    | Announced
    | Offer
    | Sheet
    | Objection
    | Answer
    | Order
    | Blocked
    | Failed
    | Asked
    | Explained
    | Found
    | Evaluated
    | Candidates
    | Awarded
    | Followed
    | Contracted
    | Retendered
)
