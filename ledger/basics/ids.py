"""Opaque identifiers: random, ASCII, no order and no meaning to read out of them."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable
from typing import Final

from ledger.basics.errors import Refusal

# Where random bytes come from. Production uses `secrets.token_bytes`; a two-world test passes a seeded one.
Entropy = Callable[[int], bytes]

system_entropy: Final[Entropy] = secrets.token_bytes

_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z", re.ASCII)


def new_id(entropy: Entropy = system_entropy) -> str:
    """80 random bits as 16 lower-case base32 characters."""
    return base64.b32encode(entropy(10)).decode("ascii").lower()


def check_id(value: object, field: str = "id") -> str:
    """`value` if it may serve as an id: 1–64 of `a–z 0–9 . _ -`, starting with a letter or digit."""
    if not isinstance(value, str) or not _ID.match(value) or ".." in value:
        raise Refusal("id.malformed", field=field)
    return value
