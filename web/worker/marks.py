"""Knowing a ciphertext again that this process has hashed, for far less than hashing it a second time.

A mark is a GMAC (NIST SP 800-38D) chained over the blocks of a file, under a key that lives and dies with the process:
whoever changes a file between the two readings cannot know what to aim at.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.basics.errors import Refusal
from ledger.sealed.opening import Digest
from web.blobs import Blobs

# Fits the second-level cache together with its plaintext; both readings must cut a file alike.
BLOCK: Final = 1 << 18
_NONCE: Final = 12
_START: Final = bytes(16)


def blocks(blobs: Blobs, sha256: str) -> Iterator[bytes]:
    """The blob in blocks; `Refusal("blob.missing")` if it is not there."""
    with blobs.open(sha256) as source:
        while block := source.read(BLOCK):
            yield block


class Marks:
    """The marks of the blobs that were whole when they were last read."""

    def __init__(self) -> None:
        self._cipher = AESGCM(AESGCM.generate_key(256))
        self._known: dict[str, bytes] = {}

    def holds(self, blobs: Blobs, sha256: str) -> bool:
        """Whether the blob is there with every byte as it was: reads it once, and remembers its mark."""
        digest, mark = hashlib.sha256(), _Mark(self._cipher)
        try:
            for block in blocks(blobs, sha256):
                digest.update(block)
                mark.update(block)
        except Refusal:
            return False
        if digest.hexdigest() != sha256:
            return False
        self._known[sha256] = mark.value
        return True

    def again(self, sha256: str) -> Digest | None:
        """What stands in for SHA-256 over this blob's blocks, None if it was never seen whole."""
        known = self._known.get(sha256)
        return None if known is None else _Again(self._cipher, bytes.fromhex(sha256), known)


class _Mark:
    """Each block's tag is the next one's nonce; tags leave this process as little as the key does."""

    def __init__(self, cipher: AESGCM) -> None:
        self._cipher, self.value = cipher, _START

    def update(self, block: bytes, /) -> None:
        self.value = self._cipher.encrypt(self.value[:_NONCE], b"", block)


class _Again(_Mark):
    """Gives the hash if every block is the one that was hashed, else no hash at all."""

    def __init__(self, cipher: AESGCM, sha256: bytes, known: bytes) -> None:
        super().__init__(cipher)
        self._sha256, self._known = sha256, known

    def digest(self) -> bytes:
        return self._sha256 if hmac.compare_digest(self.value, self._known) else b""
