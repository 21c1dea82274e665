"""Content: padded so that its size says little, then encrypted in chunks (C2SP chunked-encryption, §3).

Everything streams in blocks of 1 MiB: a gigabyte needs no more memory than a page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from ledger.basics.canonical import MAX_BYTES
from ledger.basics.errors import Refusal
from ledger.basics.hashing import u64
from ledger.sealed.seal import Content

STEP: Final = 64 * 1024
BLOCK: Final = 1 << 20
_CHUNK: Final = 16 * 1024
_ZEROS: Final = bytes(BLOCK)
_HEADER: Final = 24 + 32
_TAG: Final = 16


def padded_size(length: int) -> int:
    """The size of `padded(x)` for x of `length` bytes: the least 2^k or 3·2^k times 64 KiB with room for 8 more."""
    if not 0 <= length < 1 << 53:
        raise ValueError("a length is 0 to 2^53 − 1")
    steps = -(-(8 + length) // STEP)
    power = 1 << (steps - 1).bit_length()
    return STEP * (power // 4 * 3 if power >= 4 and power // 4 * 3 >= steps else power)


def ciphertext_size(length: int) -> int:
    """The size of the ciphertext over padded(x), x of `length` bytes."""
    padded = padded_size(length)
    return _HEADER + padded + _TAG * (padded // _CHUNK + 1)


# A form is a canonical header of at most 1 MiB; the box refuses longer ciphertexts, the opening voids them.
MAX_FORM_SIZE: Final = ciphertext_size(MAX_BYTES)


def padded(data: bytes) -> bytes:
    """`u64(length) ‖ data ‖ zeros`."""
    return (u64(len(data)) + data).ljust(padded_size(len(data)), b"\0")


def unpad(data: bytes) -> bytes:
    """What was padded. Raises `Refusal("sealed.bad_padding")` unless it was padded minimally and with zeros."""
    out = bytearray()
    checker = _Unpadder()
    out += checker.update(data)
    checker.finish()
    return bytes(out)


def read_blocks(source: BinaryIO) -> Iterator[bytes]:
    """The bytes of a file, 1 MiB at a time."""
    while block := source.read(BLOCK):
        yield block


def digest(source: Iterable[bytes]) -> Content:
    """Size and SHA-256 of a ciphertext."""
    size, sha = 0, hashlib.sha256()
    for block in source:
        size += len(block)
        sha.update(block)
    return Content(size, sha.digest())


@dataclass(frozen=True)
class Ciphertext:
    """A whole ciphertext in memory; `content`: size and SHA-256 of these very bytes, so that nobody hashes them again.

    Only who has just hashed the bytes makes one: with `of`, or with `hashed` where the reader did it.
    """

    data: bytes
    content: Content

    @classmethod
    def of(cls, data: bytes) -> Ciphertext:
        """These bytes, hashed here."""
        return cls(data, digest([data]))

    @classmethod
    def hashed(cls, data: bytes, sha256: str) -> Ciphertext:
        """Bytes that were found to have this SHA-256 (hex)."""
        return cls(data, Content(len(data), bytes.fromhex(sha256)))


def encrypt(key: bytes, ctx: bytes, source: Iterable[bytes], length: int, sink: BinaryIO) -> Content:
    """Encrypt padded(source) into `sink`; `length` is the sum of the blocks. The library chooses a random salt.

    Raises `Refusal("sealed.length_changed")` where the blocks are longer or shorter than `length` (a file that
    changed while it was read): what is in the sink then is worth nothing.
    """
    sealer = Cobblestone256Encryptor(key, ctx)
    size, sha, found = 0, hashlib.sha256(), 0

    def put(ciphertext: bytes) -> None:
        nonlocal size
        size += len(ciphertext)
        sha.update(ciphertext)
        sink.write(ciphertext)

    put(sealer.update(u64(length)))
    for block in source:
        found += len(block)
        if found > length:
            break
        put(sealer.update(block))
    if found != length:
        raise Refusal("sealed.length_changed", length=length)
    zeros = padded_size(length) - 8 - length
    for start in range(0, zeros, BLOCK):
        put(sealer.update(_ZEROS[: min(BLOCK, zeros - start)]))
    put(sealer.finalize())
    return Content(size, sha.digest())


def decrypt(key: bytes, ctx: bytes, source: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks of what was encrypted, without the padding.

    Raises `Refusal("sealed.not_decrypted")` or `Refusal("sealed.bad_padding")`, perhaps only at the very end: what
    came before then is authentic but incomplete, and must be thrown away.
    """
    opener, checker = Cobblestone256Decryptor(key, ctx), _Unpadder()
    try:
        for block in source:
            yield checker.update(opener.update(block))
        yield checker.update(opener.finalize())
    except (InvalidTag, ValueError) as exc:
        raise Refusal("sealed.not_decrypted") from exc
    checker.finish()


def _all_zero(data: bytes) -> bool:
    """Block by block against one block of zeros: making zeros of every length costs as much as comparing them."""
    return all(_ZEROS.startswith(data[at : at + BLOCK]) for at in range(0, len(data), BLOCK))


class _Unpadder:
    """Takes the plaintext in pieces, gives back the content and sees to the padding."""

    def __init__(self) -> None:
        self._head = b""
        self._left = 0
        self._seen = 0
        self._length = -1

    def update(self, piece: bytes) -> bytes:
        self._seen += len(piece)
        if self._length < 0:
            self._head += piece
            if len(self._head) < 8:
                return b""
            self._length = int.from_bytes(self._head[:8], "big")
            if self._length >= 1 << 53:
                raise Refusal("sealed.bad_padding")
            self._left, piece, self._head = self._length, self._head[8:], b""
        content = piece[: self._left]
        self._left -= len(content)
        if not _all_zero(piece[len(content) :]):
            raise Refusal("sealed.bad_padding")
        return content

    def finish(self) -> None:
        if self._length < 0 or self._left or self._seen != padded_size(self._length):
            raise Refusal("sealed.bad_padding")
