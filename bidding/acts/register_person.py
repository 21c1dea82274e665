"""Registering somebody who signs acts in the office."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bidding.acts.decision import Decision
from bidding.parties import Party, Person, check_new_person, person_payload
from ledger.events import Draft


def decide(public: object, parties: Collection[Party], persons: Collection[Person], now: datetime) -> Decision:
    """`person.registered` for a payload. Raises `person.*`."""
    del now
    made = Person.parse(public)
    check_new_person(made, persons, parties)
    return {f"person/{made.person}": [Draft("person.registered", person_payload(made))]}
