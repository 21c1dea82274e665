"""Browsers in which a login was opened before: their wrong passwords are counted for themselves, not for its name.

Else anybody who knows a name could make its owner wait. A mark is no session and opens nothing. It names a login only
to whoever has the key and the login's row; it is bound to the password's hash, so that another password voids all
marks, and so that the live process, which has the key, too, cannot make one. It is bound to the codes' secret, too:
whoever had a password before there were codes could have gathered marks by the thousand, each good for guesses at a
code.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from ledger.basics import clock
from ledger.basics.ids import Entropy
from web.account.logins import Login

LIFE: Final = timedelta(days=90)
_LABEL: Final = b"mingjing/known-browser/v2\0"
# When it was made, 16 random bytes, HMAC-SHA256.
_MARK: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\.([0-9a-f]{32})\.([0-9a-f]{64})", re.ASCII)


def make(key: bytes, login: Login, now: datetime, entropy: Entropy) -> str:
    """A mark for the browser in which `login` has just been opened: its cookie's value."""
    made, nonce = clock.text(now), entropy(16).hex()
    return f"{made}.{nonce}.{_mac(key, login, made, nonce)}"


def read(key: bytes, login: Login, mark: str, now: datetime) -> str:
    """The browser's number (32 hex digits); empty where the mark is none of this login's, or has run out."""
    found = _MARK.fullmatch(mark)
    if found is None:
        return ""
    made, nonce, given = found.groups()
    if not hmac.compare_digest(given, _mac(key, login, made, nonce)):
        return ""
    return nonce if clock.parse_time(made) > now - LIFE else ""


def _mac(key: bytes, login: Login, made: str, nonce: str) -> str:
    codes = sha256(login.totp.encode()).hexdigest()
    said = f"{login.login}\0{login.password}\0{codes}\0{made}\0{nonce}".encode()
    return hmac.new(key, _LABEL + said, sha256).hexdigest()
