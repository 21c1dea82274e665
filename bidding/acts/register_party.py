"""Registering an organisation."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bidding.acts.decision import Decision
from bidding.parties import Party, Person, check_new_party, party_payload
from ledger.events import Draft


def decide(public: object, parties: Collection[Party], persons: Collection[Person], now: datetime) -> Decision:
    """`party.registered` for a payload; `parties`, `persons`: all that are registered. Raises `party.*`, `uscc.*`."""
    del now
    made = Party.parse(public)
    check_new_party(made, parties, persons)
    return {f"party/{made.party}": [Draft("party.registered", party_payload(made))]}
