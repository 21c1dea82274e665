"""Shamir's sharing, byte by byte over GF(2^8) mod x^8 + x^4 + x^3 + x + 1 (0x11b), with given coefficients.

A whole row of bytes is multiplied by one field element with `bytes.translate` and added as one integer.
Table look-ups leak through caches; sharer and combiner run on their own machine (docs/formats/sealing.md §3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache


def _times_slow(a: int, b: int) -> int:
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0x100:
            a ^= 0x11B
        b >>= 1
    return product


@cache
def _times(a: int) -> bytes:
    """The table of multiplication by `a`, 256 bytes."""
    return bytes(_times_slow(a, b) for b in range(256))


def _inverse(a: int) -> int:
    """1/a; `a` is not zero."""
    return _times(a).index(1)


def share(secret: bytes, coefficients: Sequence[bytes], place: int) -> bytes:
    """f(place) for the polynomial secret + c₁x + c₂x² + …; 1 ≤ place ≤ 255, all of the secret's length."""
    if not 1 <= place <= 255:
        raise ValueError("a place is 1 to 255")
    if any(len(row) != len(secret) for row in coefficients):
        raise ValueError("coefficients are as long as the secret")
    table, value = _times(place), bytes(len(secret))
    for row in (*reversed(coefficients), secret):
        value = _add(value.translate(table), row)
    return value


def combine(shares: Mapping[int, bytes]) -> bytes:
    """f(0) of the polynomial of degree < len(shares) through the shares, by place (Lagrange)."""
    if not shares or not all(1 <= place <= 255 for place in shares):
        raise ValueError("a place is 1 to 255")
    if len({len(value) for value in shares.values()}) != 1:
        raise ValueError("shares are of one length")
    secret = bytes(len(next(iter(shares.values()))))
    for place, value in shares.items():
        weight = 1
        for other in shares:
            if other != place:
                weight = _times(weight)[_times(other)[_inverse(other ^ place)]]
        secret = _add(secret, value.translate(_times(weight)))
    return secret


def _add(a: bytes, b: bytes) -> bytes:
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).to_bytes(len(a), "big")
