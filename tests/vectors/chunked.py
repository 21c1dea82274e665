"""C2SP chunked-encryption written once more from its text, with a given salt: the judge of the library's."""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 16 * 1024


def keys(digest: str, key: bytes, context: bytes, salt: bytes) -> tuple[bytes, bytes, bytes]:
    """AES-256-GCM key, base nonce and commitment: HKDF-Expand with `digest` (Cobblestone-256: sha512)."""
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + context
    out, last, count = b"", b"", 1
    while len(out) < 76:
        last = hmac.digest(key, last + info + bytes([count]), digest)
        out, count = out + last, count + 1
    return out[:32], out[32:44], out[44:76]


def encrypt(key: bytes, context: bytes, salt: bytes, plain: bytes, digest: str = "sha512") -> bytes:
    """`salt ‖ commitment ‖ chunks`; the last chunk is always shorter than 16 KiB, perhaps empty."""
    aead, base, commitment = keys(digest, key, context, salt)
    chunks = [plain[at : at + CHUNK] for at in range(0, len(plain) + 1, CHUNK)]
    sealed = [AESGCM(aead).encrypt(_nonce(base, count), chunk, None) for count, chunk in enumerate(chunks)]
    return salt + commitment + b"".join(sealed)


def decrypt(key: bytes, context: bytes, data: bytes, digest: str = "sha512") -> bytes:
    """The plaintext; ValueError or InvalidTag where there is none."""
    aead, base, commitment = keys(digest, key, context, data[:24])
    if len(data) < 56 or data[24:56] != commitment:
        raise ValueError("commitment")
    step, rest = CHUNK + 16, data[56:]
    pieces = [rest[at : at + step] for at in range(0, len(rest) + 1, step)]
    if len(pieces[-1]) < 16:
        raise ValueError("truncated")
    return b"".join(AESGCM(aead).decrypt(_nonce(base, count), piece, None) for count, piece in enumerate(pieces))


def _nonce(base: bytes, count: int) -> bytes:
    return (int.from_bytes(base, "big") ^ count).to_bytes(12, "big")
