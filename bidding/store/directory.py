"""Who is registered, read from the projections."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa

from bidding.parties import Party, Person
from bidding.store.tables import parties, persons
from ledger.basics.canonical import parse
from ledger.basics.errors import Refusal

# Codes in one question: SQLite takes no list without end.
_AT_ONCE: Final = 1000


def party(conn: sa.Connection, party_id: str) -> Party:
    """A registered organisation; `Refusal("party.unknown")`."""
    row = conn.execute(sa.select(parties).where(parties.c.party == party_id)).one_or_none()
    if row is None:
        raise Refusal("party.unknown", party=party_id[:64])
    return _party(row)


def find(conn: sa.Connection, party_id: str) -> Party | None:
    """A registered organisation, None if there is none."""
    row = conn.execute(sa.select(parties).where(parties.c.party == party_id)).one_or_none()
    return None if row is None else _party(row)


def by_uscc(conn: sa.Connection, uscc: str) -> Party | None:
    """A registered organisation by its unified social credit code, None if there is none."""
    row = conn.execute(sa.select(parties).where(parties.c.uscc == uscc)).one_or_none()
    return None if row is None else _party(row)


def by_usccs(conn: sa.Connection, usccs: Collection[str]) -> dict[str, Party]:
    """The registered organisations with these unified social credit codes, by code; unknown ones are left out."""
    wanted = sorted(set(usccs))
    found: dict[str, Party] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        piece = wanted[start : start + _AT_ONCE]
        rows = conn.execute(sa.select(parties).where(parties.c.uscc.in_(piece)))
        found |= {row.uscc: _party(row) for row in rows}
    return found


def person(conn: sa.Connection, person_id: str) -> Person:
    """A registered person; `Refusal("person.unknown")`."""
    row = conn.execute(sa.select(persons).where(persons.c.person == person_id)).one_or_none()
    if row is None:
        raise Refusal("person.unknown", person=person_id[:64])
    return _person(row)


def by_keys(conn: sa.Connection, keys: Collection[str]) -> list[Person]:
    """The registered persons with these keys (hex); unknown keys are left out."""
    return [_person(row) for row in conn.execute(sa.select(persons).where(persons.c.key.in_(sorted(set(keys)))))]


def all_parties(conn: sa.Connection) -> list[Party]:
    """Every registered organisation, by id."""
    return [_party(row) for row in conn.execute(sa.select(parties).order_by(parties.c.party))]


def near_party(conn: sa.Connection, new: Party) -> list[Party]:
    """The registered organisations that could stand in the way of `new`: same id, code or any of its keys."""
    keys = (new.seal_key, new.person_key)
    query = sa.select(parties).where(
        (parties.c.party == new.party)
        | (parties.c.uscc == new.uscc)
        | parties.c.seal_key.in_(keys)
        | parties.c.person_key.in_(keys)
    )
    return [_party(row) for row in conn.execute(query)]


def parties_near_person(conn: sa.Connection, new: Person) -> list[Party]:
    """The organisation `new` names, and those with its key."""
    query = sa.select(parties).where(
        (parties.c.party == new.party) | (parties.c.seal_key == new.key) | (parties.c.person_key == new.key)
    )
    return [_party(row) for row in conn.execute(query)]


def persons_near(conn: sa.Connection, person_id: str, keys: Collection[str]) -> list[Person]:
    """The registered persons with this id or one of these keys."""
    query = sa.select(persons).where((persons.c.person == person_id) | persons.c.key.in_(sorted(set(keys))))
    return [_person(row) for row in conn.execute(query)]


def _party(row: Any) -> Party:  # noqa: ANN401 - a SQLAlchemy row has no type of its own
    holds = parse(row.holds.encode("utf-8"))
    return Party(
        party=row.party,
        uscc=row.uscc,
        name={"zh": row.name_zh, "en": row.name_en},
        seal_key=row.seal_key,
        person_ref=row.person_ref,
        person_key=row.person_key,
        holds=tuple(str(code) for code in holds) if isinstance(holds, list) else (),
    )


def _person(row: Any) -> Person:  # noqa: ANN401 - as above
    return Person(person=row.person, party=row.party, role=row.role, key=row.key)
