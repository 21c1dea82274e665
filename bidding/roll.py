"""The roll: what counts at the deadline, and its entry in the tree (docs/formats/roll.md).

A submission counts if it stands in a box minute that ends at or before the deadline and whose event was witnessed
within the grace after its end. Of one bid key the highest `seq` counts; a withdrawal with a higher one takes it off.
When each minute was witnessed is written down with the roll, so that nothing seen later moves what counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from bidding.procedures import listing
from bidding.procedures.listing import Body
from ledger import events
from ledger.basics import clock
from ledger.basics.canonical import Json, canonical, members, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import check_id

LABEL: Final = "roll"
ISSUED: Final = "issued"


class Numbered(Protocol):
    """A submission or a withdrawal, as far as counting goes."""

    @property
    def bid_key(self) -> str:
        """The bid's public key, 32 bytes, hex."""

    @property
    def seq(self) -> int:
        """Its number among the bid's own messages, from 1."""


@dataclass(frozen=True)
class Witnessed:
    """`size`: of the first witnessed checkpoint that holds a minute's event.

    `at`: when it had the trust file's number of witnesses, by their clocks (UTC, whole seconds).
    """

    size: int
    at: datetime

    def to_json(self) -> dict[str, Json]:
        """`{size, at}`."""
        return {"size": self.size, "at": clock.text(self.at)}

    @classmethod
    def parse(cls, value: object) -> Witnessed:
        """Reads `{size, at}`; `Refusal("roll.malformed")`, `Refusal("canonical.*")`, `Refusal("clock.*")`."""
        obj = members(value, "size at")
        if type(obj["size"]) is not int:
            raise Refusal("roll.malformed", field="size")
        return cls(obj["size"], clock.parse_time(obj["at"], "at"))


@dataclass(frozen=True)
class Minute:
    """One box minute as far as it concerns a lot.

    `version`: of the event in stream `box`; `start`: UTC; `accepted`, `withdrawn`: hashes (SHA-256, hex);
    `witnessed`: None if no witnessed checkpoint holds the event.
    """

    version: int
    start: datetime
    accepted: tuple[str, ...]
    withdrawn: tuple[str, ...]
    witnessed: Witnessed | None


def minute_value(tender: str, lot: str, accepted: Iterable[str], withdrawn: Iterable[str]) -> dict[str, Json]:
    """The value that a minute's event commits to for one lot: `{tender, lot, accepted, withdrawn}`, both lists sorted.

    Raises `Refusal("roll.doubled")` if a hash stands twice.
    """
    return {
        "tender": tender,
        "lot": lot,
        "accepted": _hashes(sorted(accepted), "accepted"),
        "withdrawn": _hashes(sorted(withdrawn), "withdrawn"),
    }


def parse_minute(
    value: object, *, tender: str, lot: str, version: int, start: datetime, witnessed: Witnessed | None
) -> Minute:
    """The minute whose disclosed value is `value`; `Refusal("roll.*")` if it is another lot's or not sorted."""
    obj = members(value, "tender lot accepted withdrawn")
    if obj["tender"] != tender or obj["lot"] != lot:
        raise Refusal("roll.other_lot", tender=tender, lot=lot)
    accepted, withdrawn = _sorted(obj["accepted"], "accepted"), _sorted(obj["withdrawn"], "withdrawn")
    return Minute(version, start, accepted, withdrawn, witnessed)


def in_time(minute: Minute, deadline: datetime, interval: timedelta, grace: timedelta) -> bool:
    """Whether what stands in this minute counts (docs/formats/roll.md)."""
    end = minute.start + interval
    return end <= deadline and minute.witnessed is not None and minute.witnessed.at <= end + grace


def count(
    tender: str,
    lot: str,
    minutes: Iterable[Minute],
    submissions: Mapping[str, Numbered],
    withdrawals: Mapping[str, Numbered],
    *,
    deadline: datetime,
    interval: timedelta,
    grace: timedelta,
) -> dict[str, Json]:
    """The roll `{tender, lot, submissions}` at the deadline.

    `submissions`, `withdrawals`: by hash, at least all that stand in the minutes that count. Of messages with one
    `seq` (the box accepts none) the first minute's counts, then the lower hash. Raises
    `Refusal("roll.message_missing", sha256=…)` for a hash that stands in a minute and whose message is not given.
    """
    best: dict[str, tuple[int, int, str, bool]] = {}
    for minute in sorted(minutes, key=lambda item: item.version):
        if not in_time(minute, deadline, interval, grace):
            continue
        for sha256, stays in [(h, True) for h in minute.accepted] + [(h, False) for h in minute.withdrawn]:
            message = (submissions if stays else withdrawals).get(sha256)
            if message is None:
                raise Refusal("roll.message_missing", sha256=sha256)
            held = best.get(message.bid_key)
            rank = (-message.seq, minute.version, sha256, stays)
            if held is None or rank < held:
                best[message.bid_key] = rank
    return roll_object(tender, lot, (sha256 for _, _, sha256, stays in best.values() if stays))


def roll_object(tender: str, lot: str, submissions: Iterable[str]) -> dict[str, Json]:
    """`{tender, lot, submissions: [SHA-256, sorted, none twice]}`."""
    return {
        "tender": check_id(tender, "tender"),
        "lot": check_id(lot, "lot"),
        "submissions": _hashes(sorted(submissions), "submissions"),
    }


def parse_roll(value: object) -> dict[str, Json]:
    """`value` if it is a roll; `Refusal("roll.*")` otherwise."""
    obj = members(value, "tender lot submissions")
    check_id(obj["tender"], "tender")
    check_id(obj["lot"], "lot")
    _sorted(obj["submissions"], "submissions")
    return obj


def listed(roll: Mapping[str, Json]) -> tuple[str, ...]:
    """The hashes on a roll, sorted."""
    return _sorted(roll["submissions"], "submissions")


def roll_hash(roll: Mapping[str, Json]) -> bytes:
    """`H(canonical(roll))`, 32 bytes: what releases name."""
    return H(canonical(dict(roll)))


def roll_subject(tender: str, lot: str) -> dict[str, Json]:
    """What a roll's entry is about: `{lot, tender}`."""
    return {"lot": lot, "tender": tender}


def roll_entry(roll: Mapping[str, Json]) -> bytes:
    """The raw entry of a roll: `"mingjing/roll/v1\\0" ‖ H(canonical({lot, tender})) ‖ H(canonical(roll))`."""
    parsed = parse_roll(dict(roll))
    return events.unblinded(LABEL, roll_subject(str(parsed["tender"]), str(parsed["lot"])), parsed)


def issued_entry(tender: str, lot: str, tickets: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The raw entry that fixes which tickets of a lot were issued when it closed, before anybody says to whom.

    `tickets`: (salt, leaf) of the lot's `ticket.issued`, in order. It stands directly before the roll's, so that no
    ticket is kept back, exchanged, nor one more shown, once bids are known. The salts, which nobody has until then,
    keep anybody from trying which leaves of the log it is made of, and how many.
    """
    listed = H(*(part for ticket in tickets for part in ticket)).hex()
    value: dict[str, Json] = {"issued": len(tickets), "tickets": listed, "lot": lot, "tender": tender}
    return events.unblinded(ISSUED, roll_subject(tender, lot), value)


def closed_body(roll: Mapping[str, Json], minutes: Iterable[Minute]) -> Body:
    """`lot.closed`: the roll, and as its list the lists disclosed for this lot with when they were witnessed.

    Empty lists are left out. Raises `Refusal("roll.unwitnessed", version=…)` for one that is not witnessed.
    """
    lists: list[Json] = []
    for minute in sorted(minutes, key=lambda item: item.version):
        if not minute.accepted and not minute.withdrawn:
            continue
        if minute.witnessed is None:
            raise Refusal("roll.unwitnessed", version=minute.version)
        lists.append({**minute_row(minute), "witnessed": minute.witnessed.to_json()})
    return listing.body("lot.closed", {"roll": parse_roll(dict(roll)), "minutes": lists})


def cited(closed: Mapping[str, Json]) -> dict[int, Witnessed]:
    """Version of a minute → when it was witnessed, by `lot.closed` and its list. Raises `Refusal("roll.malformed")`."""
    out: dict[int, Witnessed] = {}
    rows = closed.get("minutes")
    for row in rows if isinstance(rows, list) else [None]:
        obj = members(row, "version accepted withdrawn witnessed")
        if type(obj["version"]) is not int:
            raise Refusal("roll.malformed", field="version")
        out[obj["version"]] = Witnessed.parse(obj["witnessed"])
    return out


def minute_row(minute: Minute) -> dict[str, Json]:
    """`{version, accepted, withdrawn}`: what `lot.closed` says of a minute's lists."""
    return {"version": minute.version, "accepted": list(minute.accepted), "withdrawn": list(minute.withdrawn)}


def _hashes(values: Iterable[str], field: str) -> list[Json]:
    out = list(values)
    for sha256 in out:
        unhex(sha256, 32, field)
    if len(set(out)) != len(out):
        raise Refusal("roll.doubled", field=field)
    return list(out)


def _sorted(value: object, field: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Refusal("roll.malformed", field=field)
    if value != sorted(value):
        raise Refusal("roll.unsorted", field=field)
    return tuple(str(item) for item in _hashes(value, field))
