"""A lot's outcome as an office shows it, honest or not: its events, lists, the log around its closing, receipts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bidding import roll as rolls
from ledger import merkle
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from tests.support.log import NOON
from tests.support.proofs import BOX, SmallLog

TENDER: Final = "t-1"
LOT: Final = "lot-1"
DEADLINE: Final = NOON
MINUTE: Final = timedelta(minutes=1)
OWN_KEY: Final = "0a" * 32
OWN: Final = "a1" * 32
OLDER: Final = "a0" * 32
OTHERS: Final = ("b1" * 32, "c1" * 32)


def receipt(sha256: str, seq: int, minute: datetime, kind: str = "submission") -> dict[str, Any]:
    """A receipt as a browser keeps it."""
    at = clock.text(minute + timedelta(seconds=5))
    said: dict[str, Json] = {"lot": LOT, "submission_sha256": sha256, "at": at, "minute": clock.text(minute)}
    return {"kind": kind, "seq": seq, "sha256": sha256, "receipt": signing.sign("receipt", said, BOX)}


@dataclass
class Lot:
    """A lot whose bids are OWN and OTHERS, told step by step. What a lie changes is a parameter of its step."""

    log: SmallLog = field(default_factory=SmallLog)
    events: list[dict[str, Any]] = field(default_factory=list)
    lists: dict[str, Any] = field(default_factory=dict)
    before: str = ""
    edge: list[str] = field(default_factory=list)
    start: int = 0
    version: int = 0

    def __post_init__(self) -> None:
        """Some log before the deadline, and a checkpoint over it."""
        self.log.add("log", 1, "log.opened", {})
        self.log.add("box", 1, "box.minute", {"minute": clock.text(DEADLINE - 5 * MINUTE)})
        self.log.raw(b"other things that happened in the log")
        self.seen(DEADLINE - MINUTE)

    def seen(self, at: datetime) -> None:
        """The checkpoint from which the log is shown."""
        self.before, self.start = self.log.note(at=at), len(self.log.entries)
        frontier = merkle.Frontier.empty()
        for entry in self.log.entries:
            frontier = frontier.append(merkle.leaf_hash(entry))
        self.edge = [one.hex() for one in frontier.hashes]

    def document(self, value: Mapping[str, Any]) -> str:
        """A list that an event names."""
        sha256 = H(canonical(dict(value))).hex()
        self.lists[sha256] = dict(value)
        return sha256

    def tell(self, type_: str, public: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """The next event of the lot."""
        self.version += 1
        shown = self.log.add(f"lot/{TENDER}/{LOT}", self.version, type_, public, **more)
        self.events.append(shown)
        return shown

    def close(
        self,
        listed: Sequence[str] = (OWN, *OTHERS),
        accepted: Sequence[str] = (OLDER, OWN, *OTHERS),
        witnessed: datetime = DEADLINE - MINUTE,
    ) -> None:
        """The roll, its entry in the tree, and the minutes' lists."""
        roll = rolls.roll_object(TENDER, LOT, listed)
        row = {"version": 1, "accepted": sorted(accepted), "withdrawn": []}
        minutes = self.document({"minutes": [{**row, "witnessed": {"size": 3, "at": clock.text(witnessed)}}]})
        raw = (rolls.issued_entry(TENDER, LOT, []), rolls.roll_entry(roll))
        self.tell("lot.closed", {"roll": roll, "minutes": minutes}, between=raw)

    def announce(self, state: str = "counted", submission: str = OWN, reason: Mapping[str, Any] | None = None) -> None:
        """`lot.announced`."""
        mine = {
            "submission": submission,
            "bid_key": OWN_KEY,
            "state": state,
            "reason": dict(reason or {}),
            "parties": [],
        }
        bids = [
            mine,
            *({**mine, "submission": one, "bid_key": one, "state": "counted", "reason": {}} for one in OTHERS),
        ]
        self.tell("lot.announced", {"bids": self.document({"bids": bids}), "counted": 3, "failed": False})

    def open_offers(self, state: str = "opened") -> None:
        """`lot.offers_opened`."""
        keys = {OWN_KEY: (OWN, state), **{one: (one, "opened") for one in OTHERS}}
        bids = [
            {"submission": sha256, "bid_key": key, "state": said, "reason": {}, "offer": ""}
            for key, (sha256, said) in keys.items()
        ]
        self.tell("lot.offers_opened", {"bids": self.document({"bids": bids})})

    def evaluate(self, rank: int = 1) -> None:
        """`lot.evaluated`: ours with this rank, 0 for a rejected one."""
        keys = list(OTHERS)
        if rank:
            keys.insert(rank - 1, OWN_KEY)
        ranking = [{"rank": at, "bid_key": key, "total": f"{100 - at}.5"} for at, key in enumerate(keys, 1)]
        rows = [
            {"bid": row["bid_key"], "state": "ranked", "rank": row["rank"], "total": row["total"]} for row in ranking
        ]
        rows += [] if rank else [{"bid": OWN_KEY, "state": "rejected"}]
        report = self.document({"v": 1, "bids": rows})
        self.tell(
            "lot.evaluated", {"report": report, "rules": "", "failed": False, "ranking": ranking, "candidates": keys}
        )

    def data(self, witnesses: int = 2, at: datetime = DEADLINE + 2 * MINUTE) -> dict[str, Any]:
        """The lot's page as far as the outcome goes; its proofs under one checkpoint with so many cosignatures."""
        closing = {
            "before": self.before,
            "edge": self.edge,
            "entries": [one.hex() for one in self.log.entries[self.start :]],
            "after": self.log.note(witnesses, at=at),
        }
        return {
            "tender": TENDER,
            "lot": LOT,
            "state": "opening",
            "results": {},
            "outcome": {"events": [self.log.proved(one, witnesses, at) for one in self.events], "lists": self.lists},
            "closing": closing if self.events else {},
        }
