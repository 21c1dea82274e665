from __future__ import annotations

from typing import Any, get_args

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.basics import signing
from ledger.basics.errors import Refusal

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
L = 2**252 + 27742317777372353535851937790883648493


def envelope() -> dict[str, Any]:
    return signing.sign("request", {"a": 1}, KEY)


def test_the_signature_is_that_of_rfc_8032() -> None:
    # RFC 8032 §7.1, TEST 1: the empty message.
    key = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert signing.public_bytes(key) == public
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    signing.check(public, b"", signature)


def test_the_message_names_its_type() -> None:
    assert signing.message("request", {"b": 1, "a": 2}) == b'mingjing/request/v1\0{"a":2,"b":1}'
    with pytest.raises(ValueError, match="unknown signed type"):
        signing.message("other", {})  # type: ignore[arg-type]  # what a caller without types may do


@pytest.mark.parametrize("type_", sorted(signing.TYPES))
def test_a_signature_is_for_one_type_only(type_: Any) -> None:
    signed = signing.sign(type_, {"a": 1}, KEY)
    for other in get_args(signing.Type):
        if other == type_:
            assert signing.verify(other, signed) == {"a": 1}
        else:
            with pytest.raises(Refusal, match=r"signature\.invalid"):
                signing.verify(other, signed)


def test_a_changed_envelope_does_not_hold() -> None:
    good = envelope()
    for name, value in (("object", {"a": 2}), ("signature", "00" * 64), ("key", "d75a98" + good["key"][6:])):
        with pytest.raises(Refusal, match=r"signature\.invalid"):
            signing.verify("request", good | {name: value})
    for name, value in (("object", []), ("object", "a"), ("signature", "00" * 63), ("key", "00"), ("more", 1)):
        with pytest.raises(Refusal, match=r"^canonical\."):
            signing.verify("request", good | {name: value})


def test_only_the_wanted_key_will_do() -> None:
    assert signing.verify("request", envelope(), signing.public_bytes(KEY).hex()) == {"a": 1}
    with pytest.raises(Refusal, match="wrong_key"):
        signing.verify("request", envelope(), "ab" * 32)


def test_s_beyond_the_order_is_refused() -> None:
    """The same signature with S + L would verify in a lax implementation (RFC 8032 §5.1.7)."""
    good = envelope()
    raw = bytes.fromhex(good["signature"])
    again = raw[:32] + (int.from_bytes(raw[32:], "little") + L).to_bytes(32, "little")
    with pytest.raises(Refusal, match=r"signature\.invalid"):
        signing.verify("request", good | {"signature": again.hex()})


SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]
NOT_CANONICAL = ["ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f", "ff" * 32, "01" + "00" * 30 + "80"]


@pytest.mark.parametrize("raw", [*SMALL_ORDER, *NOT_CANONICAL])
def test_keys_of_small_order_and_second_spellings_are_refused(raw: str) -> None:
    """With a key of small order, a signature of R = key and S = 0 holds for many messages."""
    with pytest.raises(Refusal, match="bad_key"):
        signing.check_key(bytes.fromhex(raw))
    with pytest.raises(Refusal, match="bad_key"):
        signing.verify("request", envelope() | {"key": raw, "signature": raw + "00" * 32})


def test_a_key_has_32_bytes() -> None:
    with pytest.raises(Refusal, match="bad_key"):
        signing.check_key(bytes(31))


def test_a_signature_that_held_is_computed_once_and_a_false_one_never_held() -> None:
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    public, data = signing.public_bytes(key), b"what is signed"
    good = key.sign(data)
    bad = bytes([good[0] ^ 1]) + good[1:]
    with signing.once():
        for _ in range(2):
            signing.check(public, data, good)
            for wrong in ((public, data, bad), (public, data + b"x", good), (public[::-1], data, good)):
                with pytest.raises(Refusal, match=r"signature\.invalid"):
                    signing.check(*wrong)
        # The same bytes, cut elsewhere, are another signature.
        with pytest.raises(Refusal, match=r"signature\.invalid"):
            signing.check(public + good[:1], data, good[1:])
