"""Passwords: what is refused, and argon2id (RFC 9106). No rules of composition (NIST SP 800-63B §3.1.1.2)."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.basics.errors import Refusal

LEAST: Final = 12
MOST: Final = 256
_LEFT: Final = 5  # characters that must be left when what everybody writes is taken away
# 32 MiB, three passes: some 60 ms. A few at the same time, so that a flood of wrong passwords takes no more memory.
_HASHER: Final = PasswordHasher(
    time_cost=3, memory_cost=32 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
_ROOM: Final = threading.BoundedSemaphore(4)


def check(password: str, name: str) -> str:
    """`password` as it is hashed, if it may be one.

    Raises `Refusal("password.short")`, `password.long`, `password.common` (guessed first by everybody) or
    `password.name` (little besides the login name).
    """
    text = unicodedata.normalize("NFC", password)
    if len(text) < LEAST:
        raise Refusal("password.short", least=LEAST)
    if len(text) > MOST:
        raise Refusal("password.long", most=MOST)
    folded = text.casefold()
    if len(folded.replace(name.casefold(), "")) < _LEFT:
        raise Refusal("password.name")
    if _rest(folded) < _LEFT:
        raise Refusal("password.common")
    return text


def hashed(password: str) -> str:
    """The hash of a password, with its salt and parameters."""
    with _ROOM:
        return _HASHER.hash(unicodedata.normalize("NFC", password))


def matches(stored: str, password: str) -> bool:
    """Whether a password is the one; as long a calculation where there is none (`stored` empty), and then never."""
    given = unicodedata.normalize("NFC", password[: MOST + 1])
    try:
        with _ROOM:
            _HASHER.verify(stored or _nobodys(), given)
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)


def _rest(folded: str) -> int:
    """How many different characters are left without common words, runs along a keyboard or alphabet, repetitions."""
    left = folded
    for word in _common():
        left = left.replace(word, "")
    left = re.sub(r"(.{1,4}?)\1+", r"\1", left)
    steps = [ord(two) - ord(one) for one, two in pairwise(left)]
    return len({one for one, step in zip(left, [0, *steps], strict=False) if step not in (1, -1)})


@cache
def _common() -> tuple[str, ...]:
    """The longest first."""
    text = resources.files("web.account").joinpath("common.txt").read_text(encoding="utf-8")
    return tuple(sorted(text.split(), key=lambda word: (-len(word), word)))


@cache
def _nobodys() -> str:
    """A hash for a login that is not there, so that its answer takes as long."""
    return _HASHER.hash("nobody's password")
