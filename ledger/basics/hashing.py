"""SHA-256, HKDF and framing, named as in docs/formats/sealing.md §1."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def H(*parts: bytes) -> bytes:  # noqa: N802 - the papers' name
    """SHA-256 of the concatenation, 32 bytes."""
    return hashlib.sha256(parts[0] if len(parts) == 1 else b"".join(parts)).digest()


def hkdf(ikm: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA256 (RFC 5869); an empty salt is the empty string."""
    return HKDF(SHA256(), length, salt or None, info).derive(ikm)


def u8(n: int) -> bytes:
    """One byte."""
    return n.to_bytes(1, "big")


def u32(n: int) -> bytes:
    """Four bytes, big-endian."""
    return n.to_bytes(4, "big")


def u64(n: int) -> bytes:
    """Eight bytes, big-endian."""
    return n.to_bytes(8, "big")


def fr(*items: bytes) -> bytes:
    """Each item after its u32 length."""
    return b"".join(u32(len(item)) + item for item in items)
