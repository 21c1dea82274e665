"""HPKE base mode, one shot, with a *given* ephemeral key (RFC 9180).

The suite is DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM: 0x0020 0x0001 0x0002. A seal is made again when
it is opened and must come out the same, so the ephemeral key is derived, never drawn; the library only draws it.
Opening uses the library.
"""

from __future__ import annotations

import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from ledger.basics.errors import Refusal

_KEM_ID: Final = b"KEM\x00\x20"
_SUITE_ID: Final = b"HPKE\x00\x20\x00\x01\x00\x02"
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_P: Final = 2**255 - 19
# Any scalar does: clamping makes it a multiple of 8, so exactly the points of low order give zero.
_PROBE: Final = X25519PrivateKey.from_private_bytes(bytes(range(32)))


def derive_key_pair(ikm: bytes) -> X25519PrivateKey:
    """DeriveKeyPair of DHKEM(X25519) (RFC 9180 §7.1.3); `ikm` has 32 bytes or more."""
    if len(ikm) < 32:
        raise ValueError("DeriveKeyPair needs 32 bytes or more")
    prk = _extract(_KEM_ID, b"", b"dkp_prk", ikm)
    return X25519PrivateKey.from_private_bytes(_expand(_KEM_ID, prk, b"sk", b"", 32))


def public_key(raw: bytes) -> X25519PublicKey:
    """The X25519 key of 32 bytes.

    Raises `Refusal("sealed.bad_public_key")` for a key of low order (RFC 7748 §6.1) and for a second spelling of
    a key (2^255 − 19 or more), which would make "distinct keys" mean nothing.
    """
    if len(raw) != 32 or int.from_bytes(raw, "little") >= _P:
        raise Refusal("sealed.bad_public_key")
    key = X25519PublicKey.from_public_bytes(raw)
    try:
        _PROBE.exchange(key)
    except ValueError as exc:
        raise Refusal("sealed.bad_public_key") from exc
    return key


def seal(recipient: X25519PublicKey, info: bytes, plaintext: bytes, ephemeral: X25519PrivateKey) -> bytes:
    """`enc ‖ ct`: Encap with `ephemeral` (§4.1), KeySchedule in base mode (§5.1), one Seal with empty aad (§6.1).

    An ephemeral key must never seal two plaintexts to one recipient under one `info`.
    """
    enc = ephemeral.public_key().public_bytes_raw()
    key, nonce = _schedule(_shared(ephemeral, recipient, enc), info)
    return enc + AESGCM(key).encrypt(nonce, plaintext, None)


def open_capsule(private: X25519PrivateKey, info: bytes, capsule: bytes) -> bytes | None:
    """The plaintext of `enc ‖ ct`, or None where it does not open (§6.1)."""
    try:
        return _SUITE.decrypt(capsule, private, info)
    except (InvalidTag, ValueError):
        return None


def _shared(ephemeral: X25519PrivateKey, recipient: X25519PublicKey, enc: bytes) -> bytes:
    """ExtractAndExpand (§4.1)."""
    prk = _extract(_KEM_ID, b"", b"eae_prk", ephemeral.exchange(recipient))
    return _expand(_KEM_ID, prk, b"shared_secret", enc + recipient.public_bytes_raw(), 32)


def _schedule(shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Key and base nonce of the base mode (§5.1); the first message's nonce is the base nonce."""
    context = b"\x00" + _NO_PSK + _extract(_SUITE_ID, b"", b"info_hash", info)
    secret = _extract(_SUITE_ID, shared, b"secret", b"")
    return _expand(_SUITE_ID, secret, b"key", context, 32), _expand(_SUITE_ID, secret, b"base_nonce", context, 12)


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    """LabeledExtract (§4)."""
    return hmac.digest(salt, b"HPKE-v1" + suite + label + ikm, "sha256")


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand (§4) for at most 32 bytes: one block of HKDF-Expand."""
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, labeled + b"\x01", "sha256")[:length]


_NO_PSK: Final = _extract(_SUITE_ID, b"", b"psk_id_hash", b"")
