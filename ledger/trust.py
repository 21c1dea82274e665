"""The trust file: whose keys one believes, and how many of them it takes (docs/formats/trust.md).

It never comes from the platform it judges: an institution, a client and a verifier get theirs from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from ledger.basics import signing
from ledger.basics.canonical import Json, canonical, members, parse_object, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import check_id
from ledger.checkpoint import Policy

VERSION: Final = 1

T = TypeVar("T")


@dataclass(frozen=True)
class Custodian:
    """An institution that holds shares: its id, its names (`zh`, `en`), its Ed25519 identity key (hex)."""

    id: str
    name: Mapping[str, str]
    key: str


@dataclass(frozen=True)
class Trust:
    """A trust file, read. Keys are hex; `contributors` and `supervisors` map party or person to key."""

    policy: Policy
    box_key: str
    custodians: Mapping[str, Custodian]
    contributors: Mapping[str, str]
    supervisors: Mapping[str, str]
    cas: tuple[str, ...]
    fingerprint: str

    def custodian_keys(self) -> dict[str, str]:
        """Custodian id → identity key (hex)."""
        return {one.id: one.key for one in self.custodians.values()}


def parse(data: bytes) -> Trust:
    """Reads a trust file: canonical JSON, one final newline allowed.

    `{v: 1, log: {origin, key}, box_key, witnesses: [{name, key}], witness_threshold, custodians: [{id, name, key}],
    contributors: [{party, key}], cas: [PEM], supervisors: [{person, key}]}`; `log.key` and the witnesses' are vkeys.
    Raises `Refusal("trust.*")`, `canonical.*`, `checkpoint.*`, `signature.bad_key`.
    """
    return from_object(parse_object(data.removesuffix(b"\n")))


def from_object(value: object) -> Trust:
    """The trust file of its JSON object; refusals as `parse`."""
    obj = members(value, "v log box_key witnesses witness_threshold custodians contributors cas supervisors")
    if obj["v"] != VERSION or isinstance(obj["v"], bool):
        raise Refusal("trust.malformed", field="v")
    log = members(obj["log"], "origin key")
    witnesses = [members(one, "name key") for one in _list(obj["witnesses"], "witnesses")]
    threshold = obj["witness_threshold"]
    if type(threshold) is not int:
        raise Refusal("trust.malformed", field="witness_threshold")
    policy = Policy.parse(
        _text(log["key"], "log.key"), [_text(one["key"], "witnesses.key") for one in witnesses], threshold
    )
    named = [policy.log.name, *(one.name for one in policy.witnesses)]
    if named != [log["origin"], *(one["name"] for one in witnesses)]:
        raise Refusal("trust.malformed", field="name")
    custodians = [_custodian(one) for one in _list(obj["custodians"], "custodians")]
    return Trust(
        policy=policy,
        box_key=_key(obj["box_key"], "box_key"),
        custodians=_distinct([(one.id, one) for one in custodians], [one.key for one in custodians], "custodians"),
        contributors=_keys(obj["contributors"], "party", "contributors"),
        supervisors=_keys(obj["supervisors"], "person", "supervisors"),
        cas=tuple(_text(one, "cas") for one in _list(obj["cas"], "cas")),
        fingerprint=H(canonical(obj)).hex(),
    )


def _custodian(value: Json) -> Custodian:
    obj = members(value, "id name key")
    name = members(obj["name"], "zh en")
    names = {lang: _text(name[lang], "custodians.name") for lang in ("zh", "en")}
    return Custodian(check_id(obj["id"], "custodians.id"), names, _key(obj["key"], "custodians.key"))


def _keys(value: Json, who: str, field: str) -> dict[str, str]:
    rows = [members(one, f"{who} key") for one in _list(value, field)]
    pairs = [(check_id(row[who], f"{field}.{who}"), _key(row["key"], f"{field}.key")) for row in rows]
    return _distinct(pairs, [key for _, key in pairs], field)


def _distinct(pairs: list[tuple[str, T]], keys: list[str], field: str) -> dict[str, T]:
    out = dict(pairs)
    if len(out) != len(pairs) or len(set(keys)) != len(keys):
        raise Refusal("trust.doubled", field=field)
    return out


def _key(value: Json, field: str) -> str:
    raw = unhex(value, 32, field)
    signing.check_key(raw)
    return raw.hex()


def _list(value: Json, field: str) -> list[Json]:
    if not isinstance(value, list):
        raise Refusal("trust.malformed", field=field)
    return value


def _text(value: Json, field: str) -> str:
    if not isinstance(value, str):
        raise Refusal("trust.malformed", field=field)
    return value
