"""A secret at rest: 32 bytes under a pass phrase (docs/formats/custody.md, "The folder").

`{v: 1, kdf: {name: "scrypt", n, r, p, salt}, nonce, box}` in canonical JSON; AES-256-GCM under scrypt (RFC 7914).
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ledger.basics.canonical import canonical, members, parse_object, unhex
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy

_AAD: Final = b"mingjing/secret-file/v1\0"
_R: Final = 8
_P: Final = 1
# 2^15 · 128 · r bytes = 32 MiB and about 0.1 s (OWASP's second row for scrypt with p = 1 is 2^16; the words are the
# backup, and the file lies in the institution's own house).
COST: Final = 15
_MOST: Final = 20


def lock(secret: bytes, passphrase: str, entropy: Entropy, cost: int = COST) -> bytes:
    """The file's bytes for a secret of 32 bytes. An empty pass phrase is refused: `institution.empty_passphrase`."""
    if len(secret) != 32:
        raise ValueError("a secret has 32 bytes")
    if not passphrase:
        raise Refusal("institution.empty_passphrase")
    salt, nonce = entropy(16), entropy(12)
    box = AESGCM(_key(passphrase, salt, 1 << cost)).encrypt(nonce, secret, _AAD)
    kdf = {"name": "scrypt", "n": 1 << cost, "r": _R, "p": _P, "salt": salt.hex()}
    return canonical({"v": 1, "kdf": kdf, "nonce": nonce.hex(), "box": box.hex()})


def unlock(data: bytes, passphrase: str) -> bytes:
    """The secret. Raises `Refusal("institution.wrong_passphrase")`, or `institution.secret_malformed`."""
    obj = members(parse_object(data.strip()), "v kdf nonce box")
    kdf = members(obj["kdf"], "name n r p salt")
    n = kdf["n"]
    known = (obj["v"], kdf["name"], kdf["r"], kdf["p"]) == (1, "scrypt", _R, _P)
    if not known or type(n) is not int or n not in {1 << power for power in range(10, _MOST + 1)}:
        raise Refusal("institution.secret_malformed")
    key = _key(passphrase, unhex(kdf["salt"], 16, "salt"), n)
    try:
        return AESGCM(key).decrypt(unhex(obj["nonce"], 12, "nonce"), unhex(obj["box"], 48, "box"), _AAD)
    except InvalidTag as exc:
        raise Refusal("institution.wrong_passphrase") from exc


def _key(passphrase: str, salt: bytes, n: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=n, r=_R, p=_P).derive(passphrase.encode("utf-8"))
