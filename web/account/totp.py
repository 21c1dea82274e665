"""One-time codes by time (RFC 6238 over RFC 4226): SHA-1, six digits, steps of 30 seconds, as every app has them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from ledger.basics.ids import Entropy

STEP_SECONDS: Final = 30
DIGITS: Final = 6
_SECRET_BYTES: Final = 20  # RFC 4226 §4 R6
_DRIFT: Final = 1  # steps that the two clocks may be apart


def new_secret(entropy: Entropy) -> str:
    """160 random bits, 32 base32 characters."""
    return base64.b32encode(entropy(_SECRET_BYTES)).decode("ascii")


def code(secret: str, step: int, digits: int = DIGITS) -> str:
    """The code of a step (RFC 4226 §5.3)."""
    key = base64.b32decode(secret)
    # SHA-1 is what the apps have; as an HMAC key's it is not known to be broken.
    mac = hmac.new(key, step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4], 'big') & 0x7FFFFFFF) % 10**digits:0{digits}d}"


def step_of(at: datetime) -> int:
    """The step that a time is in."""
    return int(at.timestamp()) // STEP_SECONDS


def matching(secret: str, given: str, at: datetime, after: int) -> int | None:
    """The step that `given` is the code of, near `at` and later than `after` (the last one used); None if none is.

    Spaces and the full-width digits of an input method are no matter.
    """
    plain = "".join(unicodedata.normalize("NFKC", given).split()).encode()
    now = step_of(at)
    found = None
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        if hmac.compare_digest(code(secret, step).encode(), plain) and step > after and found is None:
            found = step
    return found


def address(secret: str, name: str, issuer: str) -> str:
    """The `otpauth:` address that an app reads from a QR code."""
    label = quote(f"{issuer}:{name}", safe="")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"


def spaced(secret: str) -> str:
    """The secret in groups of four, for typing."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
