from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.basics import signing
from ledger.basics.errors import Refusal
from ledger.sealed import backup, blindrsa, coin, keyset, release, tickets
from ledger.sealed.opening import BAD, Answer
from ledger.sealed.release import Release, SealId

if TYPE_CHECKING:
    from tests.unit.ledger.sealed.conftest import World

ROLL, ONE, TWO = b"r" * 32, (b"a" * 32, b"1" * 16), (b"b" * 32, b"2" * 16)
SEALS = {ONE, TWO}


def made(world: World, answers: dict[SealId, Answer], roll: bytes = ROLL, part: str = "identity") -> Release:
    return Release(world.keyset(part).kid, roll, 9, b"t" * 32, "2026-12-01T01:00:01.000Z", answers)


def signed(world: World, custodian: str, one: Release) -> dict[str, Any]:
    return release.sign_release(one, world.identities[custodian])


FULL: dict[SealId, Answer] = {TWO: BAD, ONE: b"s" * 32}


def test_a_release_is_read_as_it_was_signed(world: World) -> None:
    envelope = signed(world, "anchor", made(world, FULL))
    assert [one["author_key"][:2] for one in envelope["object"]["answers"]] == ["61", "62"]
    key = world.identity_keys["anchor"]
    assert release.verify_release(envelope, world.keyset(), key, ROLL, SEALS) == made(world, FULL)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"roll": b"q" * 32}, "wrong_roll"),
        ({"answers": {ONE: BAD}}, "wrong_seals"),
        ({"answers": {**FULL, (b"c" * 32, b"3" * 16): BAD}}, "wrong_seals"),
        ({"part": "offer"}, "wrong_keyset"),
    ],
)
def test_a_release_of_other_things_is_none(world: World, change: dict[str, Any], code: str) -> None:
    envelope = signed(world, "anchor", made(world, **({"answers": FULL} | change)))
    with pytest.raises(Refusal, match=code):
        release.verify_release(envelope, world.keyset(), world.identity_keys["anchor"], ROLL, SEALS)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"answers": {}}, "bad_answers"),
        ({"answers": [{"author_key": "61" * 32, "n16": "31" * 16}]}, "missing_member"),
        ({"answers": [{"author_key": "61" * 32, "n16": "31" * 16, "bad": False}]}, "bad_answers"),
        ({"answers": [{"author_key": "61" * 32, "n16": "31" * 16, "bad": 1}]}, "bad_answers"),
        ({"answers": [{"author_key": "61" * 32, "n16": "31" * 16, "bad": True, "share": "00" * 32}]}, "unknown_member"),
        ({"answers": [{"author_key": "61" * 32, "n16": "31" * 16, "bad": True}] * 2}, "bad_answers"),
        ({"answers": [1]}, "not_object"),
        ({"checkpoint": {"size": 0, "root": "00" * 32}}, "bad_size"),
        ({"checkpoint": {"size": True, "root": "00" * 32}}, "bad_size"),
        ({"at": "now"}, r"time\.malformed"),
        ({"more": 1}, "unknown_member"),
    ],
)
def test_a_release_of_another_shape_is_refused(world: World, change: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal, match=code):
        Release.parse(made(world, FULL).to_json() | change)


def test_the_first_release_of_a_custodian_that_is_one_counts(world: World) -> None:
    good, later = made(world, FULL), made(world, {ONE: BAD, TWO: BAD})
    other_roll = made(world, FULL, b"q" * 32)
    stranger = release.sign_release(good, Ed25519PrivateKey.generate())
    forged = signed(world, "bureau", good) | {"key": world.identity_keys["court"]}
    envelopes: list[object] = [
        stranger,
        "not an envelope",
        {},
        {"key": 5},
        forged,
        signed(world, "anchor", other_roll),
        signed(world, "anchor", good),
        signed(world, "anchor", later),
        signed(world, "dike", later),
        signed(world, "dike", good),
    ]
    found = release.first_releases(envelopes, world.keyset(), world.identity_keys, ROLL, SEALS)
    assert found == {"anchor": good, "dike": later}
    assert release.answers_for(found, ONE) == {"anchor": b"s" * 32, "dike": BAD}


def test_a_contribution_is_its_partys_and_for_its_purpose(world: World) -> None:
    coins, identity = world.keyset("coin"), Ed25519PrivateKey.generate()
    parties = {"tenderee": signing.public_bytes(identity).hex()}
    envelope: Any = coin.contribute(coins, "tenderee", identity, b"s" * 32, b"n" * 16)
    found = coin.verify_contribution(envelope, coins, parties)
    assert (found.party, found.author_key.hex()) == ("tenderee", parties["tenderee"])
    assert set(envelope["object"]) == {"party", "purpose", "seal"}
    with pytest.raises(Refusal, match="not_a_party"):
        coin.verify_contribution(envelope, coins, {})
    with pytest.raises(Refusal, match="wrong_key"):
        coin.verify_contribution(envelope, coins, {"tenderee": "ab" * 32})
    with pytest.raises(Refusal, match="wrong_purpose"):
        coin.verify_contribution(envelope, world.keyset("draw-d-0"), parties)


def test_the_coin_depends_on_everything_that_makes_it() -> None:
    purpose, values = keyset.Purpose("t", "l", "coin"), {"a": b"1" * 32, "b": b"2" * 32}
    first = coin.alpha(purpose, {"submissions": []}, values)
    assert first == coin.alpha(purpose, {"submissions": []}, dict(reversed(values.items())))
    others = [
        coin.alpha(keyset.Purpose("t", "m", "coin"), {"submissions": []}, values),
        coin.alpha(purpose, {"submissions": ["x"]}, values),
        coin.alpha(purpose, {"submissions": []}, values | {"b": bytes(32)}),
        coin.alpha(purpose, {"submissions": []}, {"a": b"1" * 32, "c": b"2" * 32}),
    ]
    assert len({first, *others}) == 5
    for bad in ({}, {"a": b"short"}):
        with pytest.raises(ValueError, match="32 bytes"):
            coin.alpha(purpose, {"submissions": []}, bad)


def test_draws_are_even_and_differ_by_name_and_lot() -> None:
    draws = [coin.index(bytes(32), "lot", f"name {number}", 3) for number in range(3000)]
    assert all(abs(draws.count(value) - 1000) < 150 for value in range(3))
    assert [coin.index(bytes(32), "other", f"name {number}", 3) for number in range(30)] != draws[:30]
    with pytest.raises(ValueError, match="1 to"):
        coin.index(bytes(32), "lot", "x", 0)


def test_a_draw_beyond_the_last_multiple_is_made_again() -> None:
    """A list of 2^64 − 1 values … any count: the number used is always below count·⌊2^128/count⌋."""
    import hmac

    from ledger.basics.canonical import canonical

    count = (1 << 64) - 5
    limit = count * ((1 << 128) // count)
    first = hmac.digest(bytes(32), canonical({"c": 0, "lot": "l", "name": "n"}), "sha256")[:16]
    assert int.from_bytes(first, "big") < limit
    assert coin.index(bytes(32), "l", "n", count) == int.from_bytes(first, "big") % count


ISSUER = rsa.generate_private_key(65537, 3072)
SPKI = blindrsa.spki(ISSUER)
SECRET = b"b" * 32


def test_a_ticket_from_request_to_check() -> None:
    asked = tickets.request(SECRET, "t-1", "lot-1", SPKI)
    assert tickets.request(SECRET, "t-1", "lot-1", SPKI) == asked, "asking again asks the same"
    ticket = asked.finalize(blindrsa.blind_sign(ISSUER, asked.blinded))
    key = signing.public_bytes(tickets.bid_key(SECRET, "t-1", "lot-1"))
    tickets.verify_ticket(SPKI, key, tickets.Ticket.parse(ticket.to_json()))
    assert tickets.blinded_again(SPKI, ticket, asked.blind_seed) == asked.blinded
    assert tickets.blinded_again(SPKI, ticket, bytes(32)) != asked.blinded
    with pytest.raises(Refusal, match="bad_ticket"):
        tickets.verify_ticket(SPKI, bytes(32), ticket)
    with pytest.raises(Refusal, match="bad_ticket"):
        tickets.verify_ticket(SPKI, key, tickets.Ticket(bytes(32), ticket.signature))
    with pytest.raises(Refusal, match="bad_ticket"):
        asked.finalize(bytes(384))
    with pytest.raises(Refusal, match="bad_ticket"):
        asked.finalize(b"")


def test_tickets_of_other_lots_keys_and_secrets_have_nothing_in_common() -> None:
    other = blindrsa.spki(rsa.generate_private_key(65537, 3072))
    asked = [
        tickets.request(SECRET, "t-1", "lot-1", SPKI),
        tickets.request(SECRET, "t-1", "lot-2", SPKI),
        tickets.request(SECRET, "t-2", "lot-1", SPKI),
        tickets.request(SECRET, "t-1", "lot-1", other),
        tickets.request(b"c" * 32, "t-1", "lot-1", SPKI),
    ]
    for name in ("prefix", "salt", "blind_seed", "blinded"):
        assert len({getattr(one, name) for one in asked}) == 5


def test_the_issuer_signs_only_numbers_below_its_modulus_and_checks_what_it_signed() -> None:
    n = blindrsa.of(ISSUER).n
    for bad in (b"", bytes(383), bytes(384), bytes(383) + b"\1", n.to_bytes(384, "big"), (n - 1).to_bytes(384, "big")):
        with pytest.raises(Refusal, match="bad_blinded_message"):
            blindrsa.blind_sign(ISSUER, bad)
    asked = tickets.request(SECRET, "t-1", "lot-1", SPKI)
    with pytest.raises(Refusal, match="signing_failure"):
        blindrsa.blind_sign(ISSUER, asked.blinded, lambda base, exponent, modulus: pow(base, exponent, modulus) ^ 1)


def test_the_issuer_may_bring_its_own_exponentiation() -> None:
    asked, used = tickets.request(SECRET, "t-1", "lot-1", SPKI), []

    def modexp(base: int, exponent: int, modulus: int) -> int:
        used.append(exponent)
        return pow(base, exponent, modulus)

    assert blindrsa.blind_sign(ISSUER, asked.blinded, modexp) == blindrsa.blind_sign(ISSUER, asked.blinded)
    assert used == [ISSUER.private_numbers().d]


@pytest.mark.parametrize("bad", ["garbage", "ed25519", "2048", "e3", "even", "trailing"])
def test_a_ticket_key_is_rsa_3072_with_65537(bad: str) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    edwards = Ed25519PrivateKey.generate().public_key()
    if bad == "garbage":
        der = b"garbage"
    elif bad == "ed25519":
        der = edwards.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    elif bad == "2048":
        der = blindrsa.spki(rsa.generate_private_key(65537, 2048))
    elif bad == "e3":
        der = blindrsa.spki(rsa.generate_private_key(3, 3072))
    elif bad == "even":
        key = blindrsa.load(SPKI)
        der = blindrsa.spki(rsa.RSAPublicNumbers(key.e, key.n + 1).public_key())
    else:
        der = SPKI + b"\0"
    with pytest.raises(Refusal, match="bad_ticket_key"):
        tickets.ticket_key(der)


def test_given_randomness_has_its_length() -> None:
    key = blindrsa.of(ISSUER)
    with pytest.raises(ValueError, match="prefix"):
        blindrsa.prepare(b"m", b"short")
    with pytest.raises(ValueError, match="salt"):
        blindrsa.blind(key, b"m", b"short", 3)
    for r in (0, 1, key.n, key.n + 1, ISSUER.private_numbers().p):
        with pytest.raises(ValueError, match="prime to n"):
            blindrsa.blind(key, b"m", bytes(48), r)
    with pytest.raises(ValueError, match="32 bytes"):
        tickets.bid_key(b"short", "t", "l")


def test_an_issuance_is_signed_by_the_organisation() -> None:
    organisation = Ed25519PrivateKey.generate()
    envelope = tickets.issuance("t-1", "lot-1", b"\1" * 384, organisation)
    key = signing.public_bytes(organisation).hex()
    assert set(signing.verify("issuance", envelope, key)) == {"tender", "lot", "blinded_message"}


def test_backup_words_say_what_is_wrong() -> None:
    words = backup.to_words(SECRET)
    assert backup.from_words("\n".join(words).title()) == SECRET
    with pytest.raises(Refusal, match=r"backup_count\(found=23, wanted=24\)"):
        backup.from_words(" ".join(words[1:]))
    with pytest.raises(Refusal, match=r"backup_word\(place=7\)") as caught:
        backup.from_words(" ".join([*words[:6], "abandom", *words[7:]]))
    assert "abandom" not in str(caught.value), "a mistyped word is nearly a part of the secret"
    swapped = backup.to_words(bytes(range(32)))
    swapped[0], swapped[1] = swapped[1], swapped[0]
    with pytest.raises(Refusal, match="backup_checksum"):
        backup.from_words(" ".join(swapped))
