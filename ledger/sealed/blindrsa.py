"""Blind RSA signatures: RSABSSA-SHA384-PSS-Randomized (RFC 9474), with given salt and blind.

Everything random in a ticket is derived (docs/formats/sealing.md §5), so that a lost laptop loses nothing; the
library neither blinds nor offers a raw private operation, and verifies with its own RSA-PSS.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from ledger.basics.errors import Refusal

SALT: Final = 48
PREFIX: Final = 32

# (base, exponent, modulus) → base^exponent mod modulus. The server passes a constant-time one.
Modexp = Callable[[int, int, int], int]


@dataclass(frozen=True)
class PublicKey:
    """An RSA key: modulus and exponent."""

    n: int
    e: int

    @property
    def size(self) -> int:
        """Bytes of the modulus."""
        return (self.n.bit_length() + 7) // 8


def of(key: RSAPublicKey | RSAPrivateKey) -> PublicKey:
    """The numbers of a key."""
    public = key.public_key() if isinstance(key, RSAPrivateKey) else key
    numbers = public.public_numbers()
    return PublicKey(numbers.n, numbers.e)


def spki(key: RSAPublicKey | RSAPrivateKey) -> bytes:
    """The DER SubjectPublicKeyInfo of a key."""
    public = key.public_key() if isinstance(key, RSAPrivateKey) else key
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def load(der: bytes) -> PublicKey:
    """The key of a DER SubjectPublicKeyInfo. Raises `Refusal("sealed.bad_ticket_key")`."""
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise Refusal("sealed.bad_ticket_key") from exc
    if not isinstance(key, RSAPublicKey) or spki(key) != der:
        raise Refusal("sealed.bad_ticket_key")
    return of(key)


def prepare(message: bytes, prefix: bytes) -> bytes:
    """PrepareRandomize (§4.1) with a given prefix of 32 bytes."""
    if len(prefix) != PREFIX:
        raise ValueError("a prefix has 32 bytes")
    return prefix + message


def blind(key: PublicKey, prepared: bytes, salt: bytes, r: int) -> bytes:
    """Blind (§4.2): the blinded message; `salt` has 48 bytes, 1 < r < n with gcd(r, n) = 1."""
    if not 1 < r < key.n or math.gcd(r, key.n) != 1:
        raise ValueError("r is 2 to n − 1 and prime to n")
    encoded = int.from_bytes(_pss_encode(prepared, salt, key.n.bit_length() - 1), "big")
    if math.gcd(encoded, key.n) != 1:
        raise ValueError("the encoded message is not prime to n")
    return (encoded * pow(r, key.e, key.n) % key.n).to_bytes(key.size, "big")


def blind_sign(key: RSAPrivateKey, blinded: bytes, modexp: Modexp = pow) -> bytes:
    """BlindSign (§4.3): blinded^d mod n, checked before it leaves (a fault would give the key away).

    Raises `Refusal("sealed.bad_blinded_message")` for a message of another length or not below n.
    """
    numbers = key.private_numbers()
    n, e = numbers.public_numbers.n, numbers.public_numbers.e
    public = PublicKey(n, e)
    message = int.from_bytes(blinded, "big")
    if len(blinded) != public.size or not 1 < message < n - 1:
        raise Refusal("sealed.bad_blinded_message", length=public.size)
    signature = int(modexp(message, numbers.d, n))
    if pow(signature, e, n) != message:
        raise Refusal("sealed.signing_failure")
    return signature.to_bytes(public.size, "big")


def finalize(key: PublicKey, prepared: bytes, blind_signature: bytes, r: int) -> bytes:
    """Finalize (§4.4): the signature over `prepared`. Raises `Refusal("sealed.bad_ticket")`."""
    if len(blind_signature) != key.size:
        raise Refusal("sealed.bad_ticket")
    signature = (int.from_bytes(blind_signature, "big") * pow(r, -1, key.n) % key.n).to_bytes(key.size, "big")
    verify(key, prepared, signature)
    return signature


def verify(key: PublicKey, prepared: bytes, signature: bytes) -> None:
    """Verify (§4.5): RSASSA-PSS with SHA-384, MGF1-SHA384, 48 bytes of salt. Raises `Refusal("sealed.bad_ticket")`."""
    pss = padding.PSS(padding.MGF1(hashes.SHA384()), SALT)
    try:
        _loaded(key).verify(signature, prepared, pss, hashes.SHA384())
    except (InvalidSignature, ValueError) as exc:
        raise Refusal("sealed.bad_ticket") from exc


@lru_cache(maxsize=64)
def _loaded(key: PublicKey) -> RSAPublicKey:
    """The library's form of a key: a lot has one, and a thousand tickets."""
    return RSAPublicNumbers(key.e, key.n).public_key()


def _pss_encode(message: bytes, salt: bytes, bits: int) -> bytes:
    """EMSA-PSS-ENCODE (RFC 8017 §9.1.1) with SHA-384 and a given salt of 48 bytes."""
    if len(salt) != SALT:
        raise ValueError("a salt has 48 bytes")
    length = (bits + 7) // 8
    hashed = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    block = (b"\x01" + salt).rjust(length - len(hashed) - 1, b"\0")
    mask = _mgf1(hashed, len(block))
    masked = int.from_bytes(block, "big") ^ int.from_bytes(mask, "big")
    masked &= (1 << (bits - 8 * (len(hashed) + 1))) - 1
    return masked.to_bytes(len(block), "big") + hashed + b"\xbc"


def _mgf1(seed: bytes, length: int) -> bytes:
    """MGF1 (RFC 8017 §B.2.1) with SHA-384."""
    blocks = (hashlib.sha384(seed + c.to_bytes(4, "big")).digest() for c in range(-(-length // 48)))
    return b"".join(blocks)[:length]
