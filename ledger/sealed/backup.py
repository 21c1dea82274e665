"""Backup words: a secret of 32 bytes as 24 words that a person can write down (BIP-39, English list).

The words carry the secret itself and a checksum of 8 bits; the pass phrase and seed of BIP-39 are not used.
The list is bip39_english.txt (MIT, see bip39_english.LICENSE.txt).
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Final

from ledger.basics.errors import Refusal

COUNT: Final = 24


@cache
def _words() -> tuple[str, ...]:
    return tuple(resources.files("ledger.sealed").joinpath("bip39_english.txt").read_text("ascii").split())


def to_words(secret: bytes) -> list[str]:
    """The 24 words of a secret of 32 bytes."""
    if len(secret) != 32:
        raise ValueError("a secret has 32 bytes")
    number = int.from_bytes(secret + hashlib.sha256(secret).digest()[:1], "big")
    return [_words()[number >> 11 * place & 2047] for place in reversed(range(COUNT))]


def from_words(text: str) -> bytes:
    """The secret of 24 words, in any case, parted by any white space.

    Raises `Refusal`: `sealed.backup_count` (how many were found), `sealed.backup_word` (which place holds no word of
    the list; the word itself is not repeated, it is part of a secret), `sealed.backup_checksum` (two words swapped,
    or one mistaken for another).
    """
    typed = text.lower().split()
    if len(typed) != COUNT:
        raise Refusal("sealed.backup_count", wanted=COUNT, found=len(typed))
    number = 0
    for place, word in enumerate(typed, 1):
        if word not in _words():
            raise Refusal("sealed.backup_word", place=place)
        number = number << 11 | _words().index(word)
    data = number.to_bytes(33, "big")
    if hashlib.sha256(data[:32]).digest()[:1] != data[32:]:
        raise Refusal("sealed.backup_checksum")
    return data[:32]
