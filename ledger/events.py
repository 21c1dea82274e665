"""Events and entries: what is decided, and the bytes that go into the tree for it (docs/formats/events-core.md).

An event is `{v: 1, stream, version, type, at, actor, public, sealed}`. Types are plain strings: what they mean is
the business of the package that writes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ledger.basics import clock
from ledger.basics.canonical import Json, canonical, members, read, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H

VERSION: Final = 1
SALT: Final = 32
SLOT: Final = "slot"
MAX_ENTRY: Final = 0xFFFF  # an entry bundle gives a length in two bytes (tlog-tiles)

_STREAM: Final = re.compile(r"[a-z0-9][a-z0-9._:/-]{0,127}\Z", re.ASCII)
_TYPE: Final = re.compile(r"[a-z][a-z0-9._-]{0,63}\Z", re.ASCII)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._:/-]{0,127}\Z", re.ASCII)
_LABEL: Final = re.compile(r"[a-z][a-z0-9-]{0,31}\Z", re.ASCII)


@dataclass(frozen=True)
class Event:
    """One event. `at`: UTC, milliseconds; `sealed`: name → commitment (32 bytes, hex); `version` counts from 1."""

    stream: str
    version: int
    type: str
    at: datetime
    actor: str
    public: dict[str, Json]
    sealed: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises `Refusal("event.malformed", field=…)`, `canonical.*`, `time.*`."""
        _match(_STREAM, self.stream, "stream")
        _match(_TYPE, self.type, "type")
        _match(_NAME, self.actor, "actor")
        if type(self.version) is not int or self.version < 1:
            raise Refusal("event.malformed", field="version")
        if clock.cut(self.at) != self.at:
            raise Refusal("event.malformed", field="at")
        for name, commitment in self.sealed.items():
            _match(_NAME, name, "sealed")
            unhex(commitment, 32, "sealed")
        # Kept: an event is encoded where it is made, and again wherever it is hashed.
        object.__setattr__(self, "_encoded", canonical(self.object()))

    def object(self) -> dict[str, Json]:
        """The event as a JSON object."""
        return {
            "v": VERSION,
            "stream": self.stream,
            "version": self.version,
            "type": self.type,
            "at": clock.text(self.at),
            "actor": self.actor,
            "public": dict(self.public),
            "sealed": dict(self.sealed),
        }

    def encode(self) -> bytes:
        """Its canonical bytes."""
        encoded: bytes = self.__dict__["_encoded"]
        return encoded


@dataclass(frozen=True)
class Committed:
    """A commitment that somebody else made and whose value they hold: 32 bytes, hex."""

    commitment: str


@dataclass(frozen=True)
class Draft:
    """An event as a decision gives it, before it has its stream, version, time, actor and salts.

    `sealed`: name → the value (it is salted, kept and disclosed later) or `Committed`; `visible`: served with its
    salt at once and given its slot, else both when disclosed; `before`: raw entries that stand directly before the
    event's own leaf.
    """

    type: str
    public: dict[str, Json]
    sealed: Mapping[str, Json | Committed] = field(default_factory=dict)
    visible: bool = True
    before: tuple[bytes, ...] = ()


def from_object(value: object) -> Event:
    """The event of a JSON object with exactly the eight members; `Refusal` otherwise."""
    obj = members(value, "v stream version type at actor public sealed")
    if type(obj["v"]) is not int or obj["v"] != VERSION:
        raise Refusal("event.malformed", field="v")
    public, sealed, version = obj["public"], obj["sealed"], obj["version"]
    if not isinstance(public, dict):
        raise Refusal("event.malformed", field="public")
    if not isinstance(sealed, dict):
        raise Refusal("event.malformed", field="sealed")
    if type(version) is not int:
        raise Refusal("event.malformed", field="version")
    return Event(
        stream=_text(obj["stream"], "stream"),
        version=version,
        type=_text(obj["type"], "type"),
        at=clock.parse_time(obj["at"], "at"),
        actor=_text(obj["actor"], "actor"),
        public=public,
        sealed={name: _text(item, "sealed") for name, item in sealed.items()},
    )


def decode(data: bytes) -> Event:
    """The event whose canonical bytes are `data`."""
    event = from_object(read(data))
    if event.encode() != data:
        raise Refusal("canonical.not_canonical")
    return event


def leaf(salt: bytes, event: bytes) -> bytes:
    """The entry of an event, 32 bytes: `H("mingjing/leaf/v1\\0" ‖ salt[32] ‖ canonical(event))`."""
    return H(b"mingjing/leaf/v1\0", _salt(salt), event)


def commitment(salt: bytes, value: object) -> bytes:
    """The commitment to a sealed value, 32 bytes: `H("mingjing/commit/v1\\0" ‖ salt[32] ‖ canonical(value))`."""
    return H(b"mingjing/commit/v1\0", _salt(salt), canonical(value))


def unblinded(label: str, subject: object, value: object) -> bytes:
    """A raw entry that anyone reading the log can see for what it is.

    `"mingjing/LABEL/v1\\0" ‖ H(canonical(subject)) ‖ H(canonical(value))`. The roll of a lot:
    `unblinded("roll", {"lot": …, "tender": …}, roll)` (docs/formats/sealing.md §5).
    """
    return unblinded_prefix(label) + H(canonical(subject)) + H(canonical(value))


def unblinded_prefix(label: str) -> bytes:
    """The bytes every raw entry of this label begins with."""
    _match(_LABEL, label, "label")
    return b"mingjing/" + label.encode("ascii") + b"/v1\0"


def split_unblinded(label: str, entry: bytes) -> tuple[bytes, bytes] | None:
    """`(H(subject), H(value))` of a raw entry of this label, None for any other entry."""
    prefix = unblinded_prefix(label)
    if len(entry) != len(prefix) + 64 or not entry.startswith(prefix):
        return None
    return entry[-64:-32], entry[-32:]


def slot_subject(stream: str, version: int) -> bytes:
    """What a slot is about, 32 bytes: `H(canonical({stream, version}))`."""
    return H(canonical({"stream": stream, "version": version}))


def slot_entry(stream: str, version: int, leaf: bytes) -> bytes:
    """The raw entry that gives a version of a stream to one leaf: `"mingjing/slot/v1\\0" ‖ slot_subject ‖ leaf`.

    Leaves are blinded, so a log could hold two events of one version and show the one that suits it. The first slot of
    a version counts, whoever holds the log finds it, and an event that is not in its slot is nothing.
    """
    return slot_of(slot_subject(stream, version), leaf)


def slot_of(subject: bytes, leaf: bytes) -> bytes:
    """`slot_entry` for who has the subject at hand."""
    return unblinded_prefix(SLOT) + subject + leaf


def check_entry(entry: bytes) -> bytes:
    """`entry` if it may stand in the tree: 32 to 65,535 bytes. Raises `Refusal("event.entry_length")`."""
    if not 32 <= len(entry) <= MAX_ENTRY:
        raise Refusal("event.entry_length", found=len(entry), least=32, most=MAX_ENTRY)
    return entry


def _salt(salt: bytes) -> bytes:
    if len(salt) != SALT:
        raise Refusal("event.malformed", field="salt")
    return salt


def _match(pattern: re.Pattern[str], value: object, name: str) -> None:
    if not isinstance(value, str) or not pattern.match(value):
        raise Refusal("event.malformed", field=name)


def _text(value: Json, name: str) -> str:
    if not isinstance(value, str):
        raise Refusal("event.malformed", field=name)
    return value
