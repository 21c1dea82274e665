"""The closing account: every stream of the tender with its last version, so that a bundle can be complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.issue_ticket import stream_of as issuance_stream
from bidding.procedures import Procedure
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.events import Draft


@dataclass(frozen=True)
class Account:
    """`streams`: stream → last version, of every stream of the tender that has an event."""

    streams: Mapping[str, int]


def decide(procedure: Procedure, command: Account, now: datetime) -> Decision:
    """`tender.accounted`, whenever a tender has come to rest; another one if something came after it.

    Nothing if the last account still holds. Raises `Refusal`: `account.not_at_rest`, `account.incomplete`,
    `account.foreign`.
    """
    del now
    if not procedure.at_rest():
        raise Refusal("account.not_at_rest", tender=procedure.tender.tender)
    if procedure.accounted():
        return {}
    own = {procedure.stream: procedure.tender.version}
    own |= {procedure.lot_stream(lot.lot): lot.version for lot in procedure.all_lots() if lot.version}
    for stream, version in own.items():
        if command.streams.get(stream) != version:
            raise Refusal("account.incomplete", stream=stream)
    tender = procedure.tender.tender
    issuances = {issuance_stream(tender, lot.lot) for lot in procedure.all_lots()}
    for stream in command.streams.keys() - own.keys() - issuances:
        raise Refusal("account.foreign", stream=stream)
    streams: dict[str, Json] = dict(sorted(command.streams.items()))
    return {procedure.stream: [Draft("tender.accounted", {"streams": streams})]}
