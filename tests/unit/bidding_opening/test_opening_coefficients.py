"""Coefficients follow from the roll and what every party sealed before the first ticket; nobody can withhold one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import combinations
from typing import Any

import pytest

from bidding import opening
from bidding.sealed_lot import contribution_seals, draws_of
from bidding.verdicts import Waiting
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H, fr
from ledger.sealed import coin
from ledger.sealed.keyset import custodian_seed
from ledger.sealed.opening import BAD
from ledger.sealed.release import Release, sign_release
from tests.support.world import World


@cache
def closed() -> World:
    world = World(61)
    world.close([world.bid(world.party(f"p{number}")) for number in range(3)])
    world.present()
    world.release("coin")
    return world


def drawn(world: World, releases: list[object], **other: Any) -> Waiting | dict[str, Any]:
    contributions = other.pop("contributions", world.contributions())
    return opening.coefficients(world.sealed_lot(), world.on_roll(), contributions, releases, **other)


def test_alpha_is_what_the_format_says() -> None:
    from ledger.basics.canonical import canonical

    world = closed()
    found = drawn(world, world.releases("coin"))
    assert isinstance(found, dict)
    parts = [b"mingjing/coin/v1", canonical({"tender": "t-1", "lot": "lot-1", "part": "coin"}), world.on_roll().hash]
    for row in found["contributions"]:
        parts += [row["party"].encode(), bytes.fromhex(row["value"])]
    assert found["alpha"] == H(fr(*parts)).hex()
    assert [row["party"] for row in found["contributions"]] == sorted(world.contributors)


def test_every_coefficient_of_the_rule_set_is_drawn_from_its_list() -> None:
    world = closed()
    found = drawn(world, world.releases("coin"))
    assert isinstance(found, dict)
    draws = draws_of(world.rules)
    assert found["values"].keys() == draws.keys()
    for name, value in found["values"].items():
        assert value in draws[name]
        assert value == coin.coefficient(bytes.fromhex(found["alpha"]), "lot-1", name, draws[name])


def test_every_quorum_draws_the_same() -> None:
    world = closed()
    results = [drawn(world, list(quorum)) for quorum in combinations(world.releases("coin"), 3)]
    assert len(results) == 10
    assert all(result == results[0] for result in results)
    assert isinstance(results[0], dict)


def test_two_of_five_are_not_enough() -> None:
    world = closed()
    waiting = drawn(world, world.releases("coin")[:2])
    assert isinstance(waiting, Waiting)
    assert waiting.custodians == ("custodian-3", "custodian-4", "custodian-5")


def test_crying_bad_over_a_contribution_counts_for_nothing_without_the_seed() -> None:
    world = closed()
    lie = [world.answer("coin", custodian, lambda _party, _answer: BAD) for custodian in ("custodian-1", "custodian-2")]
    true = world.releases("coin")
    blocked = drawn(world, [*lie, *true[2:4], world.answer("coin", "custodian-5", lambda _party, _answer: BAD)])
    assert isinstance(blocked, Waiting)
    assert (blocked.code, blocked.custodians) == (
        "opening.seeds_missing",
        ("custodian-1", "custodian-2", "custodian-5"),
    )
    assert drawn(world, [*lie, *true[2:]]) == drawn(world, true)
    made = world.keysets["coin"]
    seed = custodian_seed(world.masters["custodian-1"], made.purpose, made.t, made.ids, made.conditions)
    still = drawn(world, [*lie, *true[2:4]], seeds={"custodian-1": seed})
    assert isinstance(still, Waiting), "a seed that shows a good capsule proves nothing"


def test_the_first_contribution_of_a_party_counts() -> None:
    world = closed()
    key = world.contributors["contributor-1"]
    second = coin.contribute(world.keysets["coin"], "contributor-1", key, bytes(32), bytes(16))
    lot = world.sealed_lot()
    assert contribution_seals(lot, [*world.contributions(), second]) == contribution_seals(lot, world.contributions())


def test_rubbish_stands_in_nobodys_way() -> None:
    world = closed()
    stranger = coin.contribute(world.keysets["coin"], "contributor-1", world.dice.key(), bytes(32), bytes(16))
    lot = world.sealed_lot()
    rubbish: list[object] = [{}, stranger, 3]
    assert contribution_seals(lot, [*rubbish, *world.contributions()]) == contribution_seals(lot, world.contributions())


def test_without_one_party_nothing_starts() -> None:
    world = closed()
    with pytest.raises(Refusal) as caught:
        drawn(world, world.releases("coin"), contributions=world.contributions()[1:])
    assert (caught.value.code, caught.value.params) == ("opening.contribution_missing", {"party": "contributor-1"})


def test_the_first_release_that_names_this_roll_counts() -> None:
    world = closed()
    true = world.releases("coin")
    own: Any = true[0]
    other_roll = replace(Release.parse(own["object"]), roll=bytes(32))
    none = sign_release(other_roll, world.identities["custodian-1"])
    assert drawn(world, [none, *true[:3]]) == drawn(world, true)
    assert isinstance(drawn(world, [none, *true[1:3]]), Waiting)


@pytest.mark.parametrize(
    "rules", [{"draws": [{"name": "c", "values": []}]}, {"draws": [{"name": "c", "values": [1]}]}, {"draws": 1}, 7]
)
def test_a_rule_sets_draws_are_lists_of_text(rules: object) -> None:
    with pytest.raises(Refusal):
        draws_of(rules)
