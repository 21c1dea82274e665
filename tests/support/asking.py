"""Asking a custodian's rulebook about a world's lot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from bidding.custody import BidRulebook
from ledger.custodian.rulebook import Answerable, NotYet
from tests.support.world import World
from tests.support.world_bids import broken_capsule
from tests.support.world_evidence import WorldEvidence, trust_of
from tests.support.world_log import DEADLINE, LOT, TENDER, Bid

STREAM = f"lot/{TENDER}/{LOT}"
OPENED = ("closed", "present", "coin", "identity", "coefficients", "announced")


def world_until(step: str, **odd: Any) -> tuple[World, list[Bid]]:
    """Three plain bids and an odd one, up to and with a step of the opening."""
    world = World(71)
    bids = [world.bid(world.party(f"plain{number}")) for number in range(3)]
    bids.append(world.bid(world.party("odd"), **odd))
    steps: dict[str, Callable[[], object]] = {
        "closed": lambda: world.close(bids),
        "present": world.present,
        "coin": lambda: world.release("coin"),
        "identity": lambda: world.release("identity"),
        "coefficients": world.coefficients,
        "announced": world.announce,
    }
    for name in OPENED if step else ():
        steps[name]()
        if name == step:
            break
    return world, bids


def ask(world: World, part: str, *, not_before: datetime = DEADLINE, **evidence: Any) -> Answerable | NotYet:
    rulebook = BidRulebook(trust_of(world))
    return rulebook.answerable(world.keysets[part].to_json(), not_before, WorldEvidence(world, **evidence))


def code(found: Answerable | NotYet) -> tuple[str, bool]:
    assert isinstance(found, NotYet), "it answered"
    return found.code, found.final


def seals(found: Answerable | NotYet) -> list[str]:
    assert isinstance(found, Answerable), found
    return sorted(author for author, _ in found.seals)


@cache
def announced() -> tuple[World, list[Bid]]:
    return world_until("announced", edit_seal=broken_capsule(1))
