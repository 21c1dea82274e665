"""A lot as those see it who open it (worker, custodians, verifier): what the notice fixes, what is on the roll."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast

from cryptography import x509

from bidding import presence
from bidding import roll as rolls
from bidding.form import Form
from bidding.procedures.notice import Notice
from bidding.profiles.profile import Exclusion, Profile
from bidding.submission import PARTS, Submission, check_on_roll
from ledger.basics.canonical import Json, canonical, members
from ledger.basics.errors import Param, Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import check_id
from ledger.sealed import coin, keyset
from ledger.sealed.keyset import Keyset
from ledger.sealed.release import SealId
from ledger.sealed.seal import Seal

State = Literal["counted", "opened", "void", "withdrawn", "rejected"]

# 电子招标投标办法 art. 31: not decrypted by the bidder's fault counts as revoked, by another's as withdrawn.
DECRYPTION: Final = "电子招标投标办法第31条"


@dataclass(frozen=True)
class Reason:
    """Why a bid is out: an error code, the article it rests on ("" where none does), and the code's parameters."""

    code: str
    article: str = ""
    params: tuple[tuple[str, Param], ...] = ()

    @classmethod
    def of(cls, why: Refusal, article: str = "") -> Reason:
        """The reason a refusal gives."""
        return cls(why.code, article, tuple(sorted(why.params.items())))

    def public(self) -> dict[str, Json]:
        """`{code, article, params}`."""
        return {"code": self.code, "article": self.article, "params": dict(self.params)}


@dataclass(frozen=True)
class SealedLot:
    """What is fixed about a lot before anything opens.

    `deadline`: the one in force; `spki`: ticket key, DER; `keysets`: by part; `custodians`, `contributors`: id →
    Ed25519 key, hex; `draws`: the rule set's lists of values by name; `authorities`: of the trust file.
    """

    tender: str
    lot: str
    deadline: datetime
    spki: bytes
    keysets: Mapping[str, Keyset]
    custodians: Mapping[str, str]
    contributors: Mapping[str, str]
    min_bids: int
    exclusions: tuple[Exclusion, ...]
    form: Form
    draws: Mapping[str, tuple[str, ...]]
    authorities: tuple[x509.Certificate, ...] = ()

    @classmethod
    def of(
        cls,
        notice: Notice,
        lot: str,
        *,
        deadline: datetime,
        profile: Profile,
        form: Form,
        rules: object,
        authorities: Sequence[x509.Certificate] = (),
    ) -> SealedLot:
        """The lot of a notice; `rules`: its rule set document, `deadline`: the one in force when the lot closed.

        Raises `Refusal` for a notice without the lot, with other parts, or whose documents are not those named.
        """
        row = notice.lot(lot)
        named = (row.form, row.rules, notice.profile_sha256)
        if named != (form.sha256, H(canonical(rules)).hex(), profile.sha256):
            raise Refusal("opening.other_document", lot=lot)
        if sorted(row.parts) != sorted(("coin", *PARTS)):
            raise Refusal("opening.keysets", lot=lot)
        if any((item.purpose.tender, item.purpose.lot) != (notice.tender, lot) for item in row.parts.values()):
            raise Refusal("opening.keysets", lot=lot)
        return cls(
            tender=notice.tender,
            lot=lot,
            deadline=deadline,
            spki=row.spki,
            keysets=row.parts,
            custodians=notice.custodians,
            contributors=notice.contributors,
            min_bids=max(profile.min_bids, keyset.MIN_BIDS),
            exclusions=profile.exclusions,
            form=form,
            draws=draws_of(rules),
            authorities=tuple(authorities),
        )


@dataclass(frozen=True)
class OnRoll:
    """What is on a lot's roll. `submissions`: by hash, those whose signature holds; `unchecked`: those that fail."""

    roll: dict[str, Json]
    hash: bytes
    submissions: Mapping[str, Submission]
    unchecked: Mapping[str, Reason]

    def checked(self) -> list[Submission]:
        """The submissions that check, sorted by hash: only these are ever answered for."""
        return [item for sha256, item in sorted(self.submissions.items()) if sha256 not in self.unchecked]


@dataclass(frozen=True)
class Standing:
    """Before anything opens: `bids` check and are complete; `out` are void or withdrawn already, with the reason."""

    bids: tuple[Submission, ...]
    out: Mapping[str, tuple[State, Reason]]


def read_roll(
    lot: SealedLot, roll: object, envelopes: Mapping[str, object], known: Mapping[str, Submission] | None = None
) -> OnRoll:
    """Check everything on the roll: signatures, lot, key sets, tickets, one bid a key (docs/formats/sealing.md §4).

    `envelopes`: by submission hash, all that stand on the roll, but for those `known`: read before, hash and signature
    in order. Raises `Refusal("roll.*")`.
    """
    parsed = rolls.parse_roll(roll)
    if (parsed["tender"], parsed["lot"]) != (lot.tender, lot.lot):
        raise Refusal("roll.other_lot", tender=lot.tender, lot=lot.lot)
    submissions: dict[str, Submission] = {}
    unchecked: dict[str, Reason] = {}
    for sha256 in rolls.listed(parsed):
        submission = known.get(sha256) if known else None
        envelope = envelopes.get(sha256) if submission is None else {}
        if submission is None and (not isinstance(envelope, dict) or _sha256(envelope.get("object")) != sha256):
            raise Refusal("roll.message_missing", sha256=sha256)
        try:
            submission = submission or Submission.parse(envelope)
            submissions[sha256] = submission
            check_on_roll(submission, lot.keysets, lot.spki, lot.tender, lot.lot)
        except Refusal as why:
            unchecked[sha256] = Reason("bid.unchecked", "", (("why", why.code),))
    keys = Counter(item.bid_key for item in submissions.values())
    for sha256, submission in submissions.items():
        if keys[submission.bid_key] > 1:
            unchecked[sha256] = Reason("bid.unchecked", "", (("why", "submission.key_doubled"),))
    return OnRoll(parsed, rolls.roll_hash(parsed), submissions, unchecked)


def stand(on_roll: OnRoll, present: Mapping[str, Json]) -> Standing:
    """Which bids may open at all, given `lot.present` with its list. Raises `Refusal("presence.*")`."""
    presence.check_present(present, on_roll.submissions.values())
    missing = presence.missing(present)
    out: dict[str, tuple[State, Reason]] = {sha256: ("void", why) for sha256, why in on_roll.unchecked.items()}
    for submission in on_roll.checked():
        if submission.sha256 in missing:
            lacks = len(missing[submission.sha256])
            out[submission.sha256] = ("withdrawn", Reason("bid.lost", DECRYPTION, (("missing", lacks),)))
    return Standing(tuple(item for item in on_roll.checked() if item.sha256 not in out), out)


def bid_seals(lot: SealedLot, part: str, bids: Iterable[Submission]) -> dict[str, tuple[bytes, Seal]]:
    """Submission hash → (author key, seal) for a part of these bids: what custodians answer for."""
    return {bid.sha256: (bytes.fromhex(bid.bid_key), bid.seal(lot.keysets[part])) for bid in bids}


def contribution_seals(lot: SealedLot, contributions: Iterable[object]) -> dict[str, tuple[bytes, Seal]]:
    """Party → (author key, seal): the first contribution of each party that is one (envelopes in tree order).

    Raises `Refusal("opening.contribution_missing", party=…)`: without all of them nothing starts.
    """
    found: dict[str, tuple[bytes, Seal]] = {}
    for envelope in contributions:
        try:
            one = coin.verify_contribution(envelope, lot.keysets["coin"], lot.contributors)
        except Refusal:
            continue  # whatever is no contribution of a party of the notice stands in nobody's way
        found.setdefault(one.party, (one.author_key, one.seal))
    for party in sorted(lot.contributors):
        if party not in found:
            raise Refusal("opening.contribution_missing", party=party)
    return found


def seal_ids(seals: Mapping[str, tuple[bytes, Seal]]) -> frozenset[SealId]:
    """(author key, n16) of each: how a release names them."""
    return frozenset((author, seal.n16) for author, seal in seals.values())


def draws_of(rules: object) -> dict[str, tuple[str, ...]]:
    """Name → values of what a rule set document wants drawn; the rest of it is evaluation's business."""
    out: dict[str, tuple[str, ...]] = {}
    for row in _objects(rules.get("draws") if isinstance(rules, dict) else None):
        draw = members(row, "name values")
        values = draw["values"]
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            raise Refusal("opening.draws")
        out[check_id(draw["name"], "draws.name")] = tuple(cast(list[str], values))
    return out


def _objects(value: object) -> list[dict[str, Json]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Refusal("canonical.not_object")
    return cast(list[dict[str, Json]], value)


def _sha256(value: object) -> str:
    return H(canonical(value)).hex()
