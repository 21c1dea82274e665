from __future__ import annotations

import copy
import io
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.basics import clock, signing
from ledger.basics.errors import Refusal
from ledger.sealed import backup, content, keyset, postpone, rehearsal, seal, shamir

if TYPE_CHECKING:
    from tests.unit.ledger.sealed.conftest import World

PARTS = ["identity", "offer", "coin", "draw-panel-0", "draw-panel-3"]


@pytest.mark.parametrize("part", PARTS)
def test_a_key_set_is_read_as_it_was_written(world: World, part: str) -> None:
    made = world.keyset(part)
    assert keyset.parse(made.to_json()) == made


def test_each_part_has_the_conditions_of_the_table() -> None:
    at = "2026-12-01T01:00:00.000Z"
    assert keyset.conditions("coin", at).after == ("roll", "present")
    assert keyset.conditions("identity", at).after == ("roll", "present")
    assert keyset.conditions("offer", at).after == ("roll", "present", "coefficients", "announced")
    assert keyset.conditions("draw-a-0", at) == keyset.Conditions(at, ("eligible",), 0)
    assert keyset.conditions("draw-a-4", at) == keyset.Conditions(at, ("dispositions-3",), 0)
    assert keyset.conditions("offer", at).min_bids == 3
    with pytest.raises(Refusal, match="bad_part"):
        keyset.conditions("price", at)


BAD = [
    ("suite", "MJ2", "wrong_suite"),
    ("suite", "MJ1-rehearsal", "wrong_suite"),
    ("t", 1, "bad_threshold"),
    ("t", 2, "bad_threshold"),
    ("t", 6, "bad_threshold"),
    ("t", True, "bad_threshold"),
    ("t", "3", "bad_threshold"),
    ("purpose.part", "price", "bad_part"),
    ("purpose.part", "draw-a-0", "bad_part"),
    ("purpose.lot", "", "id.malformed"),
    ("purpose.tender", "rehearsal", "rehearsal_mixed"),
    ("purpose.more", 1, "unknown_member"),
    ("conditions.after", ["roll"], "bad_conditions"),
    ("conditions.after", "roll, present", "bad_conditions"),
    ("conditions.after", ["present", "roll"], "bad_conditions"),
    ("conditions.min_bids", 2, "bad_conditions"),
    ("conditions.min_bids", True, "bad_conditions"),
    ("conditions.not_before", "2026-12-01T01:00:00Z", "time.malformed"),
    ("custodians", {}, "bad_custodians"),
    ("custodians", [], "bad_threshold"),
    ("custodians.0.id", "zebra", "bad_custodians"),
    ("custodians.0.id", "bureau", "bad_custodians"),
    ("custodians.0.id", "Anchor", "id.malformed"),
    ("custodians.0.public_key", "00" * 32, "bad_public_key"),
    ("custodians.0.public_key", "01" + "00" * 31, "bad_public_key"),
    ("custodians.0.public_key", "ff" * 32, "bad_public_key"),
    ("custodians.0.public_key", "AB" * 32, "bad_hex"),
    ("custodians.0.more", "", "unknown_member"),
]


@pytest.mark.parametrize(("path", "value", "code"), BAD)
def test_a_key_set_that_is_none_is_refused(world: World, path: str, value: object, code: str) -> None:
    obj: Any = copy.deepcopy(world.keyset().to_json())
    at = obj
    *steps, last = path.split(".")
    for step in steps:
        at = at[int(step)] if step.isdigit() else at[step]
    at[last] = value
    with pytest.raises(Refusal, match=code):
        keyset.parse(obj)


def test_two_custodians_with_one_key_are_refused(world: World) -> None:
    obj: Any = world.keyset().to_json()
    obj["custodians"][1]["public_key"] = obj["custodians"][0]["public_key"]
    with pytest.raises(Refusal, match="bad_custodians"):
        keyset.parse(obj)


def test_a_seed_depends_on_everything_a_custodian_agrees_to(world: World) -> None:
    made, master = world.keyset(), bytes(32)
    args = (made.purpose, made.t, made.ids, made.conditions)
    seed = keyset.custodian_seed(master, *args)
    others = [
        keyset.custodian_seed(bytes(31) + b"\1", *args),
        keyset.custodian_seed(master, world.keyset("offer").purpose, *args[1:]),
        keyset.custodian_seed(master, args[0], 4, *args[2:]),
        keyset.custodian_seed(master, args[0], args[1], args[2][:4], args[3]),
        keyset.custodian_seed(master, *args[:3], keyset.conditions("identity", "2026-12-01T01:00:00.001Z")),
    ]
    assert seed not in others
    assert len(set(others)) == len(others)


def test_a_custodian_signs_only_where_its_own_key_stands(world: World) -> None:
    made, keys = world.keyset(), world.keys("identity")
    keyset.sign_keyset(made, "anchor", keys["anchor"], world.identities["anchor"])
    with pytest.raises(Refusal, match="not_my_key"):
        keyset.sign_keyset(made, "anchor", keys["bureau"], world.identities["anchor"])
    with pytest.raises(Refusal, match="not_a_custodian"):
        keyset.sign_keyset(made, "eve", keys["anchor"], world.identities["anchor"])
    with pytest.raises(Refusal, match="not_my_key"):
        keyset.own_key(made, "anchor", bytes(32))


def signatures(world: World, made: keyset.Keyset) -> list[Any]:
    keys = world.keys("identity")
    return [keyset.sign_keyset(made, id_, keys[id_], world.identities[id_]) for id_ in world.ids]


def test_a_key_set_counts_with_all_n_signatures_only(world: World) -> None:
    made = world.keyset()
    signed = signatures(world, made)
    keyset.verify_keyset(made, signed, world.identity_keys)
    for missing in range(5):
        with pytest.raises(Refusal, match=rf"signatures_missing\(custodian={world.ids[missing]}\)"):
            keyset.verify_keyset(made, signed[:missing] + signed[missing + 1 :], world.identity_keys)


def test_signatures_of_others_do_not_count(world: World) -> None:
    made, signed = world.keyset(), signatures(world, world.keyset())
    forged = signing.sign("keyset", signed[0]["object"], Ed25519PrivateKey.generate())
    with pytest.raises(Refusal, match=r"signature\.wrong_key"):
        keyset.verify_keyset(made, [forged, *signed[1:]], world.identity_keys)
    with pytest.raises(Refusal, match="not_a_custodian"):
        keyset.verify_keyset(world.keyset("offer"), signed, world.identity_keys)
    wrong_type = signing.sign("challenge", signed[0]["object"], world.identities["anchor"])
    with pytest.raises(Refusal, match=r"signature\.invalid"):
        keyset.verify_keyset(made, [wrong_type, *signed[1:]], world.identity_keys)


def test_two_custodians_with_one_identity_are_refused(world: World) -> None:
    keys = world.identity_keys | {"anchor": world.identity_keys["bureau"]}
    with pytest.raises(Refusal, match="shared_identity"):
        keyset.verify_keyset(world.keyset(), [], keys)


def test_a_challenge_shows_that_the_key_is_there(world: World) -> None:
    made, at, nonce = world.keyset(), "2026-11-28T01:00:00.000Z", b"n" * 32
    key, identity = world.keys("identity")["court"], world.identities["court"]
    envelope = keyset.answer_challenge(made, "court", key, nonce, at, identity)
    public = world.identity_keys["court"]
    assert keyset.verify_challenge(made, "court", envelope, nonce, public) == at
    with pytest.raises(Refusal, match="challenge_failed"):
        keyset.verify_challenge(made, "court", envelope, b"m" * 32, public)
    with pytest.raises(Refusal, match="challenge_failed"):
        keyset.verify_challenge(world.keyset("offer"), "court", envelope, nonce, public)
    with pytest.raises(Refusal, match="not_my_key"):
        keyset.answer_challenge(made, "court", world.keys("identity")["dike"], nonce, at, identity)
    with pytest.raises(Refusal, match="bad_nonce"):
        keyset.answer_challenge(made, "court", key, b"", at, identity)


def test_a_rehearsal_is_never_taken_for_the_real_thing(world: World) -> None:
    real = world.keyset("offer")
    keys = {id_: rehearsal.ThrowAway.new(secrets.token_bytes).public for id_ in world.ids}
    made = rehearsal.build("k3vd7x2m4q5w6e7r", "offer", 3, keys, "2026-11-01T00:00:00.000Z")
    with pytest.raises(Refusal, match="wrong_suite"):
        keyset.parse(made.to_json())
    with pytest.raises(Refusal, match="wrong_suite"):
        rehearsal.parse(real.to_json())
    for obj in (dict(real.to_json()) | {"suite": "MJ1-rehearsal"}, dict(made.to_json()) | {"suite": "MJ1"}):
        for parse in (keyset.parse, rehearsal.parse):
            with pytest.raises(Refusal, match=r"rehearsal_mixed|wrong_suite"):
                parse(obj)
    with pytest.raises(Refusal, match="rehearsal_mixed"):
        keyset.parse(dict(made.to_json()) | {"suite": "MJ1"})
    with pytest.raises(Refusal, match="bad_conditions"):
        rehearsal.parse(dict(made.to_json()) | {"conditions": real.conditions.to_json()})


def postponement(world: World, not_before: str) -> tuple[postpone.Postponement, list[keyset.Keyset]]:
    sets = [world.keyset("identity"), world.keyset("offer"), world.keyset("coin")]
    return postpone.Postponement(postpone.kids_of(sets), not_before, "ab" * 32), sets


NOW = clock.parse_time("2026-11-30T00:00:00.000Z")
FIRST, LATER = "2026-12-01T01:00:00.000Z", "2026-12-05T01:00:00.000Z"


def test_a_custodian_postpones_all_parts_later_and_in_time(world: World) -> None:
    new, sets = postponement(world, LATER)
    postpone.check_may_postpone(new, sets, FIRST, FIRST, NOW, roll_in_tree=False)
    # What others brought into force it joins, once.
    postpone.check_may_postpone(new, sets, LATER, FIRST, NOW, roll_in_tree=False)
    with pytest.raises(Refusal, match="postpone_after_roll"):
        postpone.check_may_postpone(new, sets, FIRST, FIRST, NOW, roll_in_tree=True)
    with pytest.raises(Refusal, match="postpone_too_late"):
        postpone.check_may_postpone(new, sets, FIRST, FIRST, clock.parse_time(FIRST), roll_in_tree=False)
    with pytest.raises(Refusal, match="postpone_not_later"):
        postpone.check_may_postpone(new, sets, LATER, LATER, NOW, roll_in_tree=False)
    with pytest.raises(Refusal, match="bad_kids"):
        postpone.check_may_postpone(new, sets[:2], FIRST, FIRST, NOW, roll_in_tree=False)


def test_a_postponement_is_signed_and_read_again(world: World) -> None:
    new, _ = postponement(world, LATER)
    envelope = postpone.sign_postponement(new, world.identities["anchor"])
    assert postpone.verify_postponement(envelope, world.identity_keys["anchor"]) == new
    with pytest.raises(Refusal, match="wrong_key"):
        postpone.verify_postponement(envelope, world.identity_keys["bureau"])


@pytest.mark.parametrize("kids", [[], ["ab" * 32, "aa" * 32], ["aa" * 32] * 2, "aa", ["aa"]])
def test_kids_are_sorted_and_distinct(kids: object) -> None:
    with pytest.raises(Refusal, match=r"bad_kids|bad_hex"):
        postpone.Postponement.parse({"kids": kids, "not_before": LATER, "addendum": "ab" * 32})


def test_a_caller_that_mixes_up_lengths_is_told() -> None:
    """These are mistakes of a programmer, not of a person: ValueError, no code."""
    row = bytes(32)
    mistakes: list[Callable[[], object]] = [
        lambda: shamir.share(row, [row], 0),
        lambda: shamir.share(row, [row], 256),
        lambda: shamir.share(row, [bytes(31)], 1),
        lambda: shamir.combine({}),
        lambda: shamir.combine({0: row}),
        lambda: shamir.combine({1: row, 2: bytes(31)}),
        lambda: seal.context(row, row, row),
        lambda: backup.to_words(bytes(31)),
        lambda: content.padded_size(-1),
        lambda: keyset.custodian_seed(
            bytes(31), keyset.Purpose("t", "l", "coin"), 2, [], keyset.conditions("coin", FIRST)
        ),
    ]
    for mistake in mistakes:
        with pytest.raises(ValueError, match=r"bytes|place|length|long"):
            mistake()


def test_padding_is_undone() -> None:
    for data in (b"", b"x", bytes(65528), bytes(65529)):
        assert content.unpad(content.padded(data)) == data
    assert list(content.read_blocks(io.BytesIO(bytes(content.BLOCK + 1)))) == [bytes(content.BLOCK), b"\0"]
