"""The standards under the format, held to their own vectors."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from ledger.basics.errors import Refusal
from ledger.sealed import blindrsa, content, hpke, shamir
from tests import vectors
from tests.vectors import chunked
from tests.vectors.fixed import issuer_key

VECTORS = Path(vectors.__file__).parent


def load(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))


HPKE = load("rfc9180")["vector"]
BLIND = load("rfc9474")


def test_derive_key_pair_gives_the_keys_of_rfc_9180() -> None:
    for role in "ER":
        key = hpke.derive_key_pair(bytes.fromhex(HPKE[f"ikm{role}"]))
        assert key.private_bytes_raw().hex() == HPKE[f"sk{role}m"]
        assert key.public_key().public_bytes_raw().hex() == HPKE[f"pk{role}m"]


def test_derive_key_pair_wants_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        hpke.derive_key_pair(bytes(31))


def test_encapsulation_and_key_schedule_are_those_of_rfc_9180() -> None:
    ephemeral = hpke.derive_key_pair(bytes.fromhex(HPKE["ikmE"]))
    recipient = hpke.public_key(bytes.fromhex(HPKE["pkRm"]))
    shared = hpke._shared(ephemeral, recipient, ephemeral.public_key().public_bytes_raw())
    assert shared.hex() == HPKE["shared_secret"]
    key, nonce = hpke._schedule(shared, bytes.fromhex(HPKE["info"]))
    assert (key.hex(), nonce.hex()) == (HPKE["key"], HPKE["base_nonce"])
    one = HPKE["encryption"]
    assert AESGCM(key).encrypt(nonce, bytes.fromhex(one["pt"]), bytes.fromhex(one["aad"])).hex() == one["ct"]


def test_what_we_seal_the_library_opens_and_the_other_way_round() -> None:
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    private = X25519PrivateKey.generate()
    ours = hpke.seal(private.public_key(), b"info", b"plain", X25519PrivateKey.generate())
    assert suite.decrypt(ours, private, b"info") == b"plain"
    assert hpke.open_capsule(private, b"info", suite.encrypt(b"plain", private.public_key(), b"info")) == b"plain"


@pytest.mark.parametrize("change", range(0, 53, 4))
def test_a_changed_capsule_does_not_open(change: int) -> None:
    private = X25519PrivateKey.generate()
    capsule = bytearray(hpke.seal(private.public_key(), b"info", b"plain", X25519PrivateKey.generate()))
    capsule[change] ^= 1
    assert hpke.open_capsule(private, b"info", bytes(capsule)) is None
    assert hpke.open_capsule(private, b"other", bytes(capsule)) is None


@pytest.mark.parametrize("capsule", [b"", bytes(31), bytes(32), bytes(80), b"\x01" + bytes(79)])
def test_a_capsule_that_is_none_does_not_open(capsule: bytes) -> None:
    assert hpke.open_capsule(X25519PrivateKey.generate(), b"info", capsule) is None


LOW_ORDER = [
    "00" * 32,
    "01" + "00" * 31,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("raw", [*LOW_ORDER, "09" + "00" * 30 + "80", "ff" * 32, "09" * 31])
def test_keys_of_low_order_and_second_spellings_are_refused(raw: str) -> None:
    with pytest.raises(Refusal, match="bad_public_key"):
        hpke.public_key(bytes.fromhex(raw))


def test_the_field_is_that_of_aes() -> None:
    # FIPS 197 §4.2: {57} · {83} = {c1}; §4.2.1: {57} · {13} = {fe}.
    assert shamir._times(0x57)[0x83] == 0xC1
    assert shamir._times(0x57)[0x13] == 0xFE
    assert all(shamir._times(a)[shamir._inverse(a)] == 1 for a in range(1, 256))


@pytest.mark.parametrize("vector", load("c2sp-chunked")["vectors"], ids=lambda vector: vector["name"])
def test_our_reading_of_chunked_encryption_is_that_of_c2sp(vector: dict[str, Any]) -> None:
    key, context, data = (bytes.fromhex(vector[name]) for name in ("key", "context", "ciphertext"))
    if vector["ok"]:
        plain = chunked.decrypt(key, context, data, "sha256")
        assert hashlib.sha256(plain).hexdigest() == vector["payload_sha256"]
        assert chunked.encrypt(key, context, data[:24], plain, "sha256") == data
    else:
        with pytest.raises((ValueError, InvalidTag)):
            chunked.decrypt(key, context, data, "sha256")


@pytest.mark.parametrize("length", [0, 1, 16375, 16376, 16377, 65528, 65529, 300000])
def test_content_is_chunked_encryption_with_sha_512(length: int) -> None:
    """Cobblestone-256 expands its keys with SHA-512: the library and our reading of the text agree, both ways."""
    key, context, plain = bytes(range(32)), b"context", bytes(at % 251 for at in range(length))
    sink = io.BytesIO()
    content.encrypt(key, context, [plain], length, sink)
    assert chunked.decrypt(key, context, sink.getvalue()) == content.padded(plain)
    again = chunked.encrypt(key, context, bytes(24), content.padded(plain))
    assert b"".join(content.decrypt(key, context, [again])) == plain


def test_blind_signatures_are_those_of_rfc_9474() -> None:
    key = issuer_key(int(BLIND["p"], 16), int(BLIND["q"], 16))
    public = blindrsa.of(key)
    r = pow(int(BLIND["inv"], 16), -1, public.n)
    prepared = blindrsa.prepare(bytes.fromhex(BLIND["msg"]), bytes.fromhex(BLIND["msg_prefix"]))
    blinded = blindrsa.blind(public, prepared, bytes.fromhex(BLIND["salt"]), r)
    blind_signature = blindrsa.blind_sign(key, blinded)
    signature = blindrsa.finalize(public, prepared, blind_signature, r)
    for name, found in (("blinded_msg", blinded), ("blind_sig", blind_signature), ("sig", signature)):
        assert [found[:32].hex(), found[-32:].hex()] == BLIND[name]
    blindrsa.verify(public, prepared, signature)
