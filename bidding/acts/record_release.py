"""Recording a custodian's release (docs/formats/sealing.md §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.foreseen import after
from bidding.procedures import Procedure
from bidding.procedures import lot as lots
from bidding.procedures.lot import LotState
from ledger.basics import signing
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.events import Draft
from ledger.sealed.keyset import Keyset
from ledger.sealed.release import Release


@dataclass(frozen=True)
class RecordRelease:
    """An envelope TYPE release by a custodian's identity key; which lot and part it is for, its `kid` says."""

    custodian: str
    release: Mapping[str, Json]


def find(procedure: Procedure, kid: str) -> tuple[LotState, Keyset]:
    """The lot and key set of a kid (hex). Raises `Refusal("release.other_keyset")`."""
    for lot in procedure.notice.lots:
        for keyset in lot.parts.values():
            if keyset.kid.hex() == kid:
                return procedure.lot(lot.lot), keyset
    raise Refusal("release.other_keyset", kid=kid)


def decide(procedure: Procedure, command: RecordRelease, now: datetime) -> Decision:
    """`release.recorded`. A custodian that was away may answer late: till the tender is terminated it is recorded.

    Raises `Refusal`: `custodian.unknown`, `release.other_keyset`, `release.other_roll`, `release.second`,
    `release.too_early`, `lot.wrong_state`, `sealed.*`, `signature.*`. Whether it answers for exactly the seals of its
    part, `ledger.sealed.release.verify_release` judges on the submissions.
    """
    key = identity(procedure, command.custodian)
    release = Release.parse(signing.verify("release", dict(command.release), key))
    state, keyset = find(procedure, release.kid.hex())
    lots.require(state, "release.recorded")
    if release.roll.hex() != state.roll_sha256:
        raise Refusal("release.other_roll", lot=state.lot, custodian=command.custodian)
    draft = Draft(
        "release.recorded",
        {"custodian": command.custodian, "part": keyset.purpose.part, "release": dict(command.release)},
    )
    after(state, draft, now)
    return {procedure.lot_stream(state.lot): [draft]}


def identity(procedure: Procedure, custodian: str) -> str:
    """The identity key of a custodian of the notice, while the tender lives."""
    if procedure.tender.status not in ("published", "suspended"):
        raise Refusal("tender.wrong_state", event="release.recorded", state=procedure.tender.status)
    key = procedure.notice.custodians.get(custodian)
    if key is None:
        raise Refusal("custodian.unknown", custodian=custodian)
    return key
