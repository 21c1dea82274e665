"""How the coefficients of a lot were drawn, with every number, so that a reader can do it again. Pure.

The same functions as the opening's and the verifier's make them (`ledger.sealed.coin`); a page shows what went in.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from ledger.basics.canonical import canonical
from ledger.basics.hashing import H
from ledger.sealed import coin
from web.public.record import Record


@dataclass(frozen=True)
class Given:
    """What one contributor gave: 32 bytes in hex, zeros if its contribution was void."""

    party: str
    value: str
    void: bool


@dataclass(frozen=True)
class Drawn:
    """One coefficient. `message`: what the coin is asked; `digest`: its answer; `number`: the first 16 bytes of it.

    `tries`: how many answers were thrown away, being beyond the last multiple of `count`; `index`: counted from 0.
    """

    name: str
    values: tuple[str, ...]
    message: str
    digest: str
    number: int
    tries: int
    index: int
    value: str

    @property
    def count(self) -> int:
        """How many values the list has."""
        return len(self.values)


@dataclass(frozen=True)
class Draw:
    """The whole draw: what went into the coin, the coin (`alpha`, hex), and what was drawn by it."""

    purpose: str
    roll_sha256: str
    given: tuple[Given, ...]
    alpha: str
    drawn: tuple[Drawn, ...]


def draw(record: Record) -> Draw | None:
    """The draw of a lot, None before it."""
    public = record.last.get("lot.coefficients")
    if public is None:
        return None
    alpha = bytes.fromhex(public["alpha"])
    return Draw(
        purpose=canonical(record.lot.keyset("coin").purpose.to_json()).decode(),
        roll_sha256=H(canonical(record.last["lot.closed"]["roll"])).hex(),
        given=tuple(Given(one["party"], one["value"], one["verdict"] == "void") for one in public["contributions"]),
        alpha=public["alpha"],
        drawn=tuple(
            _drawn(alpha, record.lot.lot, name, record.rules.draws[name], value)
            for name, value in sorted(public["values"].items())
            if name in record.rules.draws
        ),
    )


def _drawn(alpha: bytes, lot: str, name: str, values: tuple[str, ...], value: str) -> Drawn:
    index = coin.index(alpha, lot, name, len(values))
    limit, tries = len(values) * ((1 << 128) // len(values)), 0
    while True:
        message = canonical({"c": tries, "lot": lot, "name": name})
        digest = hmac.digest(alpha, message, "sha256")
        number = int.from_bytes(digest[:16], "big")
        if number < limit:
            return Drawn(name, values, message.decode(), digest.hex(), number, tries, index, value)
        tries += 1
