"""Before anything opens it is said of every ciphertext on the roll whether it is there."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from bidding import presence
from bidding.procedures import listing
from bidding.sealed_lot import stand
from ledger.basics.errors import Refusal
from tests.support.stored import stored
from tests.support.world import World


@cache
def world() -> World:
    made = World(21)
    made.close([made.bid(made.party(f"p{number}")) for number in range(3)])
    return made


def body(missing: set[str] | None = None) -> dict[str, Any]:
    there = world().blobs.keys() - (missing or set())
    made = presence.present_body(world().on_roll().submissions.values(), there)
    return listing.whole("lot.present", made.public, stored(made.documents))


def test_every_form_and_every_file_of_every_part_is_named_once_in_order() -> None:
    rows = body()["ciphertexts"]
    keys = [(row["submission"], row["part"], row["kind"]) for row in rows]
    assert keys == sorted(set(keys))
    assert len(keys) == 3 * 2 * 2
    assert all(row["present"] is True for row in rows)
    assert all(row["size"] == len(world().blobs[row["sha256"]]) for row in rows)


def test_a_bid_that_lacks_one_ciphertext_is_withdrawn_and_the_others_stand() -> None:
    lost = body()["ciphertexts"][1]
    public = body({lost["sha256"]})
    assert presence.missing(public) == {lost["submission"]: [lost["sha256"]]}
    standing = stand(world().on_roll(), public)
    assert [bid.sha256 for bid in standing.bids] == sorted(set(world().bids) - {lost["submission"]})
    state, reason = standing.out[lost["submission"]]
    assert (state, reason.code, reason.params) == ("withdrawn", "bid.lost", (("missing", 1),))


def _dropped(rows: list[Any]) -> list[Any]:
    return rows[1:]


def _swapped(rows: list[Any]) -> list[Any]:
    return [rows[1], rows[0], *rows[2:]]


def _resized(rows: list[Any]) -> list[Any]:
    return [{**rows[0], "size": 1}, *rows[1:]]


def _doubled(rows: list[Any]) -> list[Any]:
    return [rows[0], *rows]


@pytest.mark.parametrize("edit", [_dropped, _swapped, _resized, _doubled])
def test_it_speaks_of_exactly_the_ciphertexts_on_the_roll(edit: Any) -> None:
    with pytest.raises(Refusal, match="other_ciphertexts"):
        stand(world().on_roll(), {"ciphertexts": edit(body()["ciphertexts"])})


@pytest.mark.parametrize("public", [{"ciphertexts": {}}, {"ciphertexts": [{**body()["ciphertexts"][0], "present": 1}]}])
def test_another_shape_is_malformed(public: Any) -> None:
    with pytest.raises(Refusal, match=r"presence\.malformed"):
        stand(world().on_roll(), public)
