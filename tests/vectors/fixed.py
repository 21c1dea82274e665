"""The fixed inputs of the vectors."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.sealed import keyset

HERE = Path(__file__).parent
IDS = ("anchor", "bureau", "court", "dike", "east")
NOT_BEFORE = "2026-12-01T01:00:00.000Z"


def fixed(label: str, length: int = 32) -> bytes:
    """Bytes that stand for random ones: SHA-256 of a label, repeated and cut."""
    return (hashlib.sha256(label.encode()).digest() * (length // 32 + 1))[:length]


def keyset_of(part: str, t: int = 3, ids: tuple[str, ...] = IDS) -> tuple[keyset.Keyset, dict[str, bytes]]:
    """A key set for a part, and the custodians' seeds."""
    purpose = keyset.Purpose("t-1", "" if part.startswith("draw") else "lot-1", part)
    when = keyset.conditions(part, NOT_BEFORE)
    seeds = {id_: keyset.custodian_seed(fixed(f"master {id_}"), purpose, t, ids, when) for id_ in ids}
    keys = {id_: keyset.custodian_key(seed).public_key().public_bytes_raw() for id_, seed in seeds.items()}
    return keyset.build(purpose, t, keys, when), seeds


def author() -> Ed25519PrivateKey:
    """The author of the vectors' seals."""
    return Ed25519PrivateKey.from_private_bytes(fixed("author"))


def issuer_key(p: int, q: int) -> rsa.RSAPrivateKey:
    """The RSA key of two primes, with e = 65537."""
    d = rsa.rsa_recover_private_exponent(65537, p, q)
    crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, *crt, rsa.RSAPublicNumbers(65537, p * q)).private_key()
