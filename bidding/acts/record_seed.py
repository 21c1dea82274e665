"""Recording the seed a custodian published on a two-key order (docs/formats/sealing.md §4 step 3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.foreseen import after
from bidding.acts.record_release import identity
from bidding.procedures import Procedure
from bidding.procedures import lot as lots
from ledger.basics.canonical import unhex
from ledger.basics.errors import Refusal
from ledger.events import Draft
from ledger.sealed.keyset import check_own_key, custodian_key


@dataclass(frozen=True)
class RecordSeed:
    """A custodian's seed for one part of a lot, 32 bytes hex."""

    custodian: str
    lot: str
    part: str
    seed: str


def decide(procedure: Procedure, command: RecordSeed, now: datetime) -> Decision:
    """`seed.recorded`, after an order that names the lot and the custodian.

    Raises `Refusal`: `seed.not_ordered`, `seed.other_key`, `seed.second`, `custodian.unknown`, `lot.wrong_state`.
    """
    identity(procedure, command.custodian)
    state = procedure.lot(command.lot)
    lots.require(state, "seed.recorded")
    if not any(
        (order.kind, order.lot, order.custodian) == ("publish_seed", command.lot, command.custodian)
        for order in procedure.tender.orders.values()
    ):
        raise Refusal("seed.not_ordered", lot=command.lot, custodian=command.custodian)
    keyset = procedure.notice.lot(command.lot).keyset(command.part)
    check_own_key(keyset, command.custodian, custodian_key(unhex(command.seed, 32, "seed")))
    draft = Draft("seed.recorded", {"custodian": command.custodian, "part": command.part, "seed": command.seed})
    after(state, draft, now)
    return {procedure.lot_stream(command.lot): [draft]}
