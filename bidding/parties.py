"""Organisations and the people who sign for them: what a registration must satisfy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, cast

from bidding import shape
from ledger.basics.canonical import Json, members, unhex
from ledger.basics.errors import Refusal
from ledger.basics.ids import check_id
from ledger.basics.signing import check_key

ROLES: Final = ("agency", "centre", "supervisor", "tenderee")

# GB 32100-2015 §4: 31 characters (no I, O, S, V, Z), the check character by weights 3^(i−1) mod 31.
USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))


def uscc_check_character(body: str) -> str:
    """The 18th character of a unified social credit code, from its first 17 (GB 32100-2015 §5).

    Raises `Refusal("uscc.malformed")` where a character is not of the code's alphabet.
    """
    if len(body) != 17 or any(char not in USCC_ALPHABET for char in body):
        raise Refusal("uscc.malformed", field="uscc")
    total = sum(USCC_ALPHABET.index(char) * weight for char, weight in zip(body, USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[-total % 31]


def check_uscc(value: object, field: str = "uscc") -> str:
    """`value` if it is a unified social credit code: 18 characters, digits at 3–8 (the region), the check character.

    Raises `Refusal("uscc.malformed")` or `Refusal("uscc.check_digit", found, wanted)`.
    """
    if not isinstance(value, str) or len(value) != 18 or any(char not in USCC_ALPHABET for char in value):
        raise Refusal("uscc.malformed", field=field)
    if not value[2:8].isdigit():
        raise Refusal("uscc.malformed", field=field)
    wanted = uscc_check_character(value[:17])
    if value[17] != wanted:
        raise Refusal("uscc.check_digit", field=field, found=value[17], wanted=wanted)
    return value


def check_signing_key(value: object, field: str) -> str:
    """`value` if it is a hex Ed25519 key that may be registered: 32 bytes, canonical, not of small order."""
    check_key(unhex(value, 32, field))
    return str(value)


@dataclass(frozen=True)
class Party:
    """An organisation. `person_ref` is the same wherever the same person is in charge (实施条例 art. 34)."""

    party: str
    uscc: str
    name: Mapping[str, str]
    seal_key: str
    person_ref: str
    person_key: str
    holds: tuple[str, ...]

    @classmethod
    def parse(cls, public: object) -> Party:
        """The party of a `party.registered` payload. Raises `Refusal` for a field that is not right, naming it."""
        got = members(public, "party uscc name seal_key person holds")
        person = members(got["person"], "ref key")
        shape.title(got["name"], "name")
        uscc = check_uscc(got["uscc"])
        holds = got["holds"]
        if not isinstance(holds, list):
            raise Refusal("party.holds")
        codes = [check_uscc(code, "holds") for code in holds]
        if codes != sorted(set(codes)) or uscc in codes:
            raise Refusal("party.holds")
        made = cls(
            party=check_id(got["party"], "party"),
            uscc=uscc,
            name=cast(dict[str, str], got["name"]),
            seal_key=check_signing_key(got["seal_key"], "seal_key"),
            person_ref=check_id(person["ref"], "person.ref"),
            person_key=check_signing_key(person["key"], "person.key"),
            holds=tuple(codes),
        )
        if made.seal_key == made.person_key:
            raise Refusal("party.one_key_for_two")
        return made


@dataclass(frozen=True)
class Person:
    """Somebody who signs acts in the office. `key`: hex Ed25519."""

    person: str
    party: str
    role: str
    key: str

    @classmethod
    def parse(cls, public: object) -> Person:
        """The person of a `person.registered` payload. Raises `Refusal`, naming the field."""
        got = members(public, "person party role key")
        if got["role"] not in ROLES:
            raise Refusal("person.role", allowed=", ".join(ROLES))
        return cls(
            person=check_id(got["person"], "person"),
            party=check_id(got["party"], "party"),
            role=str(got["role"]),
            key=check_signing_key(got["key"], "key"),
        )


def by_key(persons: Collection[Person]) -> dict[str, Person]:
    """Persons by their key, as acts are checked."""
    return {person.key: person for person in persons}


def check_new_party(party: Party, registered: Collection[Party], persons: Collection[Person] = ()) -> None:
    """An organisation registers once; its seal key is its own.

    A person in charge of two organisations is lawful, and may sign with one key for both: that is what `ref` shows.
    """
    for other in registered:
        if other.party == party.party:
            raise Refusal("party.id_taken", party=party.party)
        if other.uscc == party.uscc:
            raise Refusal("party.already_registered", uscc=party.uscc)
        if party.seal_key in (other.seal_key, other.person_key) or party.person_key == other.seal_key:
            raise Refusal("party.key_taken", field="seal_key")
        if party.person_key == other.person_key and party.person_ref != other.person_ref:
            raise Refusal("party.person_differs")
    if any(person.key in (party.seal_key, party.person_key) for person in persons):
        raise Refusal("party.key_taken", field="seal_key")


def check_new_person(person: Person, registered: Collection[Person], parties: Collection[Party]) -> None:
    """A person belongs to a registered organisation and has a key nobody else has."""
    if all(party.party != person.party for party in parties):
        raise Refusal("person.party_unknown", party=person.party)
    for other in registered:
        if other.person == person.person:
            raise Refusal("person.id_taken", person=person.person)
        if other.key == person.key:
            raise Refusal("person.key_taken")
    if any(person.key in (party.seal_key, party.person_key) for party in parties):
        raise Refusal("person.key_taken")


def party_payload(party: Party) -> dict[str, Json]:
    """The `party.registered` payload of a party."""
    return {
        "party": party.party,
        "uscc": party.uscc,
        "name": {"zh": party.name["zh"], "en": party.name["en"]},
        "seal_key": party.seal_key,
        "person": {"ref": party.person_ref, "key": party.person_key},
        "holds": list(party.holds),
    }


def person_payload(person: Person) -> dict[str, Json]:
    """The `person.registered` payload of a person."""
    return {"person": person.person, "party": person.party, "role": person.role, "key": person.key}
